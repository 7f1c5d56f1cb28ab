export AWS_PROFILE="aws-sevt"
