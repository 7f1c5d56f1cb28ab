eval "$({BIN}/keywatch env --shell sh --as AWS_ACCESS_KEY_ID=access_key_id --as AWS_SECRET_ACCESS_KEY=secret_access_key aws-sevt)"
