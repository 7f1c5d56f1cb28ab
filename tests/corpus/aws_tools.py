# fmt: off - one style a line, as in a table
"""Styles: downloads of the AWS console and files of the tools that live on its keys."""

from tests.corpus.registry import style, text
from tests.corpus.template import Draft

text("aws-console-csv-bom", "accessKeys.csv", "Access key ID,Secret access key\n@ID@,@SK@\n", newline="\r\n", bom=True)
text(
    "aws-console-csv-user",
    "credentials.csv",
    """
User name,Password,Access key ID,Secret access key,Console login link
@user@,,@ID@,@SK@,https://@account@.signin.aws.amazon.com/console
""",
)
text(
    "aws-csv-quoted-many",
    "keys.csv",
    """
"User Name","Access Key Id","Secret Access Key"
"@user@","@ID@","@SK@"
"@user@-ci","@ID2@","@SK2@"
"@user@-old","@ID3@","@SK3@"
""",
)
text(
    "aws-csv-semicolon",
    "export.csv",
    """
user;access_key_id;secret_access_key;created
@user@;@ID@;@SK@;@date@
@user@;@ID2@;@SK2@;@date@
""",
    held=True,
)

text(
    "process-credentials",
    "creds.json",
    '{"Version": 1, "AccessKeyId": "@TID@", "SecretAccessKey": "@SK@", "SessionToken": "@ST@", "Expiration": "@stamp@"}\n',
)

text(
    "instance-metadata",
    "creds.txt",
    """
{
  "Code" : "Success",
  "LastUpdated" : "@stamp@",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "@TID@",
  "SecretAccessKey" : "@SK@",
  "Token" : "@ST@",
  "Expiration" : "@stamp@"
}
""",
)

text(
    "s3cmd",
    ".s3cfg",
    """
[default]
access_key = @ID@
access_token =
bucket_location = @region@
check_ssl_certificate = True
encrypt = False
gpg_passphrase =
host_base = s3.amazonaws.com
secret_key = @SK@
signature_v2 = False
""",
)

text(
    "boto",
    ".boto",
    """
[Credentials]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
gs_oauth2_refresh_token =

[Boto]
https_validate_certificates = True
""",
)

text("passwd-s3fs", ".passwd-s3fs", "@ID@:@SK@\n")
text("passwd-s3fs-buckets", "etc/passwd-s3fs", "@bucket@:@ID@:@SK@\n@bucket@:@ID2@:@SK2@\n")

text(
    "rclone",
    ".config/rclone/rclone.conf",
    """
[@word@]
type = s3
provider = AWS
env_auth = false
access_key_id = @ID@
secret_access_key = @SK@
region = @region@
acl = private

[@word@-two]
type = s3
access_key_id = @ID2@
secret_access_key = @SK2@
session_token =
""",
)

text(
    "restic-env",
    "etc/restic/env",
    """
RESTIC_REPOSITORY=s3:s3.amazonaws.com/@bucket@
RESTIC_PASSWORD_FILE=/etc/restic/pw
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY=@SK@
""",
)

text(
    "duplicity-conf",
    "etc/duply/@word@/conf",
    """
GPG_KEY='disabled'
TARGET='s3://s3.@region@.amazonaws.com/@bucket@'
TARGET_USER='@ID@'
TARGET_PASS='@SK@'
export AWS_ACCESS_KEY_ID='@ID@'
export AWS_SECRET_ACCESS_KEY='@SK@'
MAX_AGE=2M
""",
)

text(
    "mc-config",
    ".mc/config.json",
    """
{
	"version": "10",
	"aliases": {
		"s3": {
			"url": "https://s3.amazonaws.com",
			"accessKey": "@ID@",
			"secretKey": "@SK@",
			"api": "S3v4",
			"path": "auto"
		},
		"@word@": {
			"url": "https://@host@:9000",
			"accessKey": "@ID2@",
			"secretKey": "@SK2@",
			"api": "S3v4"
		}
	}
}
""",
)

text(
    "cyberduck-netrc",
    ".netrc",
    """
machine s3.amazonaws.com login @ID@ password @SK@
machine @host@
  login @ID2@
  password @SK2@
""",
)

text(
    "s3ql-authinfo",
    ".s3ql/authinfo2",
    """
[s3]
storage-url: s3://@region@/@bucket@
backend-login: @ID@
backend-password: @SK@
""",
    held=True,
)

text(
    "goofys-fstab",
    "etc/fstab",
    """
UUID=@uuid@ / ext4 defaults 0 1
s3fs#@bucket@ /mnt/@word@ fuse _netdev,allow_other,use_cache=/tmp 0 0
@bucket@ /mnt/@word@ fuse.s3fs _netdev,AWSACCESSKEYID=@ID@,AWSSECRETACCESSKEY=@SK@ 0 0
""",
    held=True,
)

text("bedrock-env", ".env", "AWS_REGION=@region@\nAWS_BEARER_TOKEN_BEDROCK=@BK@\n")
text("bedrock-short-sh", "bedrock.sh", 'export AWS_BEARER_TOKEN_BEDROCK="@BS@"\n')
text(
    "bedrock-settings",
    ".claude/settings.json",
    '{\n  "env": {\n    "CLAUDE_CODE_USE_BEDROCK": "1",\n    "AWS_BEARER_TOKEN_BEDROCK": "@BK@"\n  }\n}\n',
)
text(
    "bedrock-header",
    "call.sh",
    "curl -X POST https://bedrock-runtime.@region@.amazonaws.com/model/x/converse -H 'Authorization: Bearer @BK@' -d @body.json\n",
    held=True,
)
text("bedrock-prose", "notes.md", "The new one for Bedrock is @BK@ (valid until @date@).\n", held=True)

text(
    "short-keys-export",
    ".bashrc",
    """
export AWS_ACCESS_KEY_ID="@SID@"
export AWS_SECRET_ACCESS_KEY="@SSK@"
""",
)
text("short-keys-ini", ".aws/credentials", "[old]\naws_access_key_id = @SID@\naws_secret_access_key = @SSK@\n")


@style("aws-credentials-large", ".aws/credentials")
def _large(draft: Draft) -> str:
    """A file of many profiles, of the kind in which scanners mix up the secrets."""
    profiles = []
    for number in range(1, 21):
        parts = [f"aws_access_key_id = @ID{number}@", f"aws_secret_access_key = @SK{number}@"]
        if draft.rng.random() < 0.3:
            parts.reverse()
        if draft.rng.random() < 0.4:
            parts.insert(draft.rng.randrange(3), "region = @region@")
        profiles.append(f"[@word@-{number}]\n" + "\n".join(parts))
    return "\n\n".join(profiles) + "\n"
