# fmt: off - one style a line, as in a table
"""Styles: the AWS CLI's own files and those of the tools that live on its keys (s3cmd, boto, rclone, s3fs, restic …)."""

from tests.corpus.registry import text

text(
    "aws-credentials",
    ".aws/credentials",
    """
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
""",
)

text(
    "aws-credentials-tight",
    ".aws/credentials",
    """
[default]
aws_access_key_id=@ID@
aws_secret_access_key=@SK@
region=@region@
output=json
""",
)

text(
    "aws-credentials-profiles",
    ".aws/credentials",
    """
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@

[@word@-dev]
aws_access_key_id = @ID2@
aws_secret_access_key = @SK2@

[@word@-prod]
region = @region@
aws_secret_access_key = @SK3@
aws_access_key_id = @ID3@

[mfa]
aws_access_key_id = @TID4@
aws_secret_access_key = @SK4@
aws_session_token = @ST4@
""",
)

text(
    "aws-credentials-upper",
    ".aws/credentials",
    """
; written by hand
[@word@]
AWS_ACCESS_KEY_ID = @ID@
AWS_SECRET_ACCESS_KEY = @SK@
""",
)

text(
    "aws-credentials-quoted",
    ".aws/credentials",
    """
[default]
aws_access_key_id = "@ID@"
aws_secret_access_key = "@SK@"
""",
)

text(
    "aws-credentials-tabs",
    ".aws/credentials",
    """
[default]
\taws_access_key_id\t=\t@ID@
\taws_secret_access_key\t=\t@SK@

[@word@]
    aws_access_key_id     : @ID2@
    aws_secret_access_key : @SK2@
""",
)

text(
    "aws-credentials-commented",
    ".aws/credentials",
    """
[default]
region = @region@
#aws_access_key_id = @ID#@
#aws_secret_access_key = @SK#@
aws_access_key_id = @ID2@
aws_secret_access_key = @SK2@
# old, before @date@:
; aws_access_key_id = @ID3#@
; aws_secret_access_key = @SK3#@
""",
)

text(
    "aws-credentials-many-defaults",
    ".aws/credentials.bak",
    """
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@

[default]
aws_access_key_id = @ID2@
aws_secret_access_key = @SK2@
""",
)

text(
    "aws-credentials-expiry",
    ".aws/credentials",
    """
[saml]
output = json
region = @region@
aws_access_key_id = @TID@
aws_secret_access_key = @SK@
aws_session_token = @ST@
aws_security_token = @ST@
x_security_token_expires = @date@T@time@+00:00
x_principal_arn = arn:aws:sts::@account@:assumed-role/@word@/@user@
""",
)

text(
    "aws-config-profile",
    ".aws/config",
    """
[default]
region = @region@

[profile @word@]
role_arn = arn:aws:iam::@account@:role/@word@
source_profile = @word@-base
s3 =
    max_concurrent_requests = 20
    addressing_style = path

[profile @word@-base]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
""",
)

text(
    "aws-credentials-last-line", ".aws/credentials", "[default]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@"
)

text(
    "aws-credentials-crlf",
    ".aws/credentials",
    """
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
""",
    newline="\r\n",
)

text(
    "aws-cli-cache",
    ".aws/cli/cache/@hex40@.json",
    """
{"Credentials": {"AccessKeyId": "@TID@", "SecretAccessKey": "@SK@", "SessionToken": "@ST@", "Expiration": "@date@T@time@+00:00"}, "AssumedRoleUser": {"AssumedRoleId": "@resource@:botocore-session-@epoch@", "Arn": "arn:aws:sts::@account@:assumed-role/@word@/@user@"}, "ResponseMetadata": {"RequestId": "@uuid@", "HTTPStatusCode": 200}}
""",
)

text(
    "aws-create-access-key",
    "key.json",
    """
{
    "AccessKey": {
        "UserName": "@user@",
        "AccessKeyId": "@ID@",
        "Status": "Active",
        "SecretAccessKey": "@SK@",
        "CreateDate": "@date@T@time@Z"
    }
}
""",
)

text("aws-create-access-key-text", "out.txt", "ACCESSKEY\t@ID@\t@date@T@time@Z\t@SK@\tActive\t@user@\n", held=True)

text(
    "aws-create-access-key-table",
    "out.txt",
    """
-----------------------------------------------------------------------
|                           CreateAccessKey                           |
+---------------------------------------------------------------------+
||                             AccessKey                             ||
|+------------------+------------------------------------------------+|
||  AccessKeyId     |  @ID@                          ||
||  CreateDate      |  @date@T@time@Z                          ||
||  SecretAccessKey |  @SK@      ||
||  Status          |  Active                                        ||
||  UserName        |  @user@                                         ||
|+------------------+------------------------------------------------+|
""",
    held=True,
)

text(
    "aws-create-access-key-yaml",
    "key.yml",
    """
AccessKey:
  AccessKeyId: @ID@
  CreateDate: '@date@T@time@+00:00'
  SecretAccessKey: @SK@
  Status: Active
  UserName: @user@
""",
)

text("aws-console-csv", "@user@_accessKeys.csv", "Access key ID,Secret access key\r\n@ID@,@SK@\r\n")
text("aws-console-csv-old", "rootkey.csv", "AWSAccessKeyId=@ID@\r\nAWSSecretKey=@SK@\r\n")
