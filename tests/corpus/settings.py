"""Keys in the settings of infrastructure tools, containers and collectors, each with a syntax of its own."""

from __future__ import annotations

from tests.corpus.registry import text

text("toml-table", "config.toml", '[aws]\naccess_key_id = "@ID@"\nsecret_access_key = "@SK@"\n')
text("toml-literal", "wrangler.toml", "[vars]\nAWS_ACCESS_KEY_ID = '@ID@'\nAWS_SECRET_ACCESS_KEY = '@SK@'\n")
text("toml-inline", "config.toml", 'storage = { type = "s3", key = "@ID@", secret = "@SK@" }\n', held=True)
text(
    "toml-codex",
    ".codex/config.toml",
    """
[mcp_servers.aws.env]
AWS_ACCESS_KEY_ID = "@ID@"
AWS_SECRET_ACCESS_KEY = "@SK@"
""",
)
text(
    "hcl-provider",
    "main.tf",
    """
provider "aws" {
  region     = "@region@"
  access_key = "@ID@"
  secret_key = "@SK@"
}
""",
)
text(
    "hcl-backend",
    "backend.tf",
    """
terraform { backend "s3" {
    bucket = "@bucket@"
    access_key = "@ID@"
    secret_key = "@SK@"
} }
""",
)
text(
    "hcl-variable",
    "variables.tf",
    """
variable "aws_access_key" { default = "@ID@" }
variable "aws_secret_key" {
  type    = string
  default = "@SK@"
}
""",
)
text("tfvars", "terraform.tfvars", 'aws_access_key_id     = "@ID@"\naws_secret_access_key = "@SK@"\n')
text("tfvars-json", "x.auto.tfvars.json", '{"access_key": "@ID@", "secret_key": "@SK@"}\n')
text(
    "tfstate",
    "terraform.tfstate",
    """
{"resources": [{"type": "aws_iam_access_key", "instances": [{"attributes": {
  "id": "@ID@", "secret": "@SK@", "user": "@user@", "ses_smtp_password_v4": null}}]}]}
""",
)
text("packer", "x.pkr.hcl", 'source "amazon-ebs" "x" {\n  access_key = "@ID@"\n  secret_key = "@SK@"\n}\n', held=True)
text("vagrantfile", "Vagrantfile", 'aws.access_key_id = "@ID@"\naws.secret_access_key = "@SK@"\n')
text(
    "dockerfile-env",
    "Dockerfile",
    """
FROM debian
ENV AWS_ACCESS_KEY_ID=@ID@ \\
    AWS_SECRET_ACCESS_KEY=@SK@
""",
    "FROM x\nENV AWS_ACCESS_KEY_ID @ID@\nENV AWS_SECRET_ACCESS_KEY @SK@\n",
)
text("dockerfile-arg", "Dockerfile", "ARG AWS_ACCESS_KEY_ID=@ID@\nARG AWS_SECRET_ACCESS_KEY=@SK@\nRUN pip install x\n")
text("makefile", "Makefile", "AWS_ACCESS_KEY_ID := @ID@\nAWS_SECRET_ACCESS_KEY ?= @SK@\n\nall:\n\techo ok\n")
text(
    "logstash",
    "x.conf",
    """
output { s3 {
    access_key_id => "@ID@"
    secret_access_key => "@SK@"
    bucket => "@bucket@"
} }
""",
)
text("fluentd", "fluent.conf", "<match **>\n  @type s3\n  aws_key_id @ID@\n  aws_sec_key @SK@\n</match>\n")
text("nginx-set", "nginx.conf", 'set $aws_access_key "@ID@";\nset $aws_secret_key "@SK@";\n', held=True)
text(
    "vector",
    "vector.yaml",
    """
sinks:
  s3:
    auth:
      access_key_id: @ID@
      secret_access_key: @SK@
""",
    held=True,
)
text(
    "thanos",
    "objstore.yml",
    """
type: S3
config:
  bucket: @bucket@
  access_key: @ID@
  secret_key: @SK@
""",
    held=True,
)
text("sigv4", "am.yml", "    sigv4:\n      access_key: @ID@\n      secret_key: @SK@\n", held=True)
text(
    "nix",
    "x.nix",
    """
{
  environment.variables.AWS_ACCESS_KEY_ID = "@ID@";
  environment.variables.AWS_SECRET_ACCESS_KEY = "@SK@";
}
""",
    held=True,
)
text("jsonnet", "x.jsonnet", "{ access_key: '@ID@', secret_key: '@SK@' }\n", held=True)
text("cue", "x.cue", 'aws: {\n\taccessKeyID: "@ID@"\n\tsecretAccessKey: "@SK@"\n}\n', held=True)
text("bicep", "x.bicepparam", "param awsAccessKey = '@ID@'\nparam awsSecretKey = '@SK@'\n", held=True)
text("edn", "config.edn", '{:access-key "@ID@"\n :secret-key "@SK@"}\n', held=True)
text("apple-strings", "x.strings", '"AWSAccessKey" = "@ID@";\n"AWSSecretKey" = "@SK@";\n', held=True)
text(
    "mcp-settings",
    ".claude.json",
    """
{"mcpServers": {"s3": {"command": "uvx", "env": {"AWS_ACCESS_KEY_ID": "@ID@", "AWS_SECRET_ACCESS_KEY": "@SK@"}}}}
""",
)
text(
    "cloudformation",
    "stack.yaml",
    """
Parameters:
  AccessKey:
    Default: @ID@
  SecretKey:
    Default: @SK@
    NoEcho: true
""",
    held=True,
)
text(
    "user-data",
    "user-data.txt",
    """
#cloud-config
write_files:
- path: /root/.aws/credentials
  content: |
    [default]
    aws_access_key_id=@ID@
    aws_secret_access_key=@SK@
""",
)
