"""What AWS itself knows of a key: asked only where a person said so (`--online`). Needs the extra `aws` (boto3)."""
