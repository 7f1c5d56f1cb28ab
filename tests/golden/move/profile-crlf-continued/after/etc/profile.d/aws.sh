export AWS_SHARED_CREDENTIALS_FILE=/etc/keywatch/aws/deploy \
  \
  LANG=C
