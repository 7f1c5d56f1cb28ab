setenv AWS_SHARED_CREDENTIALS_FILE /etc/keywatch/aws/deploy
setenv EDITOR vi
