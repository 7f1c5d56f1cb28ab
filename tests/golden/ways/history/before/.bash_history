ls
aws configure set aws_access_key_id {ID}
aws configure set aws_secret_access_key {SECRET}
ls
