export AWS_SHARED_CREDENTIALS_FILE=/etc/keywatch/aws/deploy AWS_DEFAULT_REGION=us-east-1; umask 022
