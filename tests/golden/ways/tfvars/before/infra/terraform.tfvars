region = "eu-west-1"
access_key = "{ID}"
secret_key = "{SECRET}" # prod
tags = {
  a = "b"
}
