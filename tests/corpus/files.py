"""Keys in the files of AWS tools, shells, services and clients: where people put them first."""

from __future__ import annotations

from tests.corpus.registry import text

text("aws-credentials", ".aws/credentials", """
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
""", """
[@word@]
aws_access_key_id=@ID@
aws_secret_access_key=@SK@
region=@region@

[@word@2]
aws_access_key_id=@ID2@
aws_secret_access_key=@SK2@
""")  # fmt: skip
text(
    "aws-credentials-session",
    ".aws/credentials",
    """
[mfa]
aws_access_key_id = @TID@
aws_secret_access_key = @SK@
aws_session_token = @ST@
""",
)
text(
    "aws-credentials-upper",
    ".aws/credentials",
    """
[DEFAULT]
AWS_ACCESS_KEY_ID = @ID@
AWS_SECRET_ACCESS_KEY = @SK@
""",
)
text(
    "aws-credentials-swapped",
    ".aws/credentials",
    """
[default]
aws_secret_access_key = @SK@
region = @region@
output = json
aws_access_key_id = @ID@
""",
)
text(
    "aws-credentials-commented",
    ".aws/credentials",
    """
[default]
region = @region@
# aws_access_key_id = @ID#@
# aws_secret_access_key = @SK#@
""",
)
text(
    "aws-config",
    ".aws/config",
    """
[profile @word@]
region = @region@
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
""",
)
text(
    "aws-config-crlf",
    ".aws/config",
    """
[default]
aws_access_key_id=@ID@
aws_secret_access_key=@SK@
""",
    newline="\r\n",
)
text(
    "aws-config-bom",
    ".aws/config",
    """
[default]
aws_access_key_id=@ID@
aws_secret_access_key=@SK@
""",
    bom=True,
)
text(
    "aws-many-profiles",
    ".aws/credentials",
    "\n".join(f"[p{n}]\naws_access_key_id = @ID{n}@\naws_secret_access_key = @SK{n}@\n" for n in range(1, 13)),
)
text(
    "crontab-environment",
    "etc/crontab",
    """
SHELL=/bin/sh
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY=@SK@
17 * * * * root run-parts /etc/cron.hourly
""",
)
text(
    "crontab-inline",
    "etc/cron.d/backup",
    """
5 4 * * * root AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ /usr/local/bin/backup @bucket@
""",
)
text(
    "crontab-user",
    "spool/cron/crontabs/@user@",
    """
0 3 * * 1 env AWS_ACCESS_KEY_ID='@ID@' AWS_SECRET_ACCESS_KEY='@SK@' sync
""",
)
text("etc-environment", "etc/environment", 'PATH="/usr/bin"\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY="@SK@"\n')
text("pam-environment", ".pam_environment", "AWS_ACCESS_KEY_ID DEFAULT=@ID@\nAWS_SECRET_ACCESS_KEY DEFAULT=@SK@\n")
text("environment-d", "environment.d/90-aws.conf", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n")
text(
    "systemd-environment",
    "etc/systemd/system/x.service",
    """
[Unit]
Description=@sentence@
[Service]
Environment=AWS_ACCESS_KEY_ID=@ID@
Environment=AWS_SECRET_ACCESS_KEY=@SK@
ExecStart=/usr/bin/@word@
""",
    """
[Service]
Environment="AWS_ACCESS_KEY_ID=@ID@" "AWS_SECRET_ACCESS_KEY=@SK@"
""",
)
text(
    "systemd-exec",
    "etc/systemd/system/x.service",
    """
[Service]
ExecStart=/usr/bin/env AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ /opt/@word@/run
""",
)
text("etc-default", "etc/default/x", '# @sentence@\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\nOPTS="-v"\n')
text(
    "dotenv",
    ".env",
    """
NODE_ENV=production
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY=@SK@
AWS_REGION=@region@
""",
    """
AWS_KEY="@ID@"
AWS_SECRET="@SK@"
""",
    """
S3_ACCESS_KEY=@ID@
S3_SECRET_KEY=@SK@
S3_BUCKET=@bucket@
""",
)
text(
    "dotenv-prefixed",
    ".env.production",
    """
DATABASE_URL=postgres://localhost/@word@
STORAGE_AWS_ACCESS_KEY_ID=@ID@
STORAGE_AWS_SECRET_ACCESS_KEY=@SK@
MAIL_AWS_ACCESS_KEY_ID=@ID2@
MAIL_AWS_SECRET_ACCESS_KEY=@SK2@
""",
)
text("dotenv-django", ".env", "DJANGO_AWS_ACCESS_KEY_ID='@ID@'\nDJANGO_AWS_SECRET_ACCESS_KEY='@SK@'\n", held=True)
text("dotenv-vite", ".env.local", "VITE_S3_KEY_ID=@ID@\nVITE_S3_SECRET=@SK@\n", held=True)
text("dotenv-short", ".env", "AWS_ACCESS_KEY_ID=@SID@\nAWS_SECRET_ACCESS_KEY=@SSK@\n")
text("envrc", ".envrc", "export AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY=@SK@\nPATH_add bin\n")
text("s3cfg", ".s3cfg", "[default]\naccess_key = @ID@\nsecret_key = @SK@\nhost_base = s3.amazonaws.com\n")
text("boto", ".boto", "[Credentials]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n")
text("passwd-s3fs", ".passwd-s3fs", "@ID@:@SK@\n", "@bucket@:@ID@:@SK@\n")
text(
    "rclone",
    "rclone.conf",
    """
[@word@]
type = s3
provider = AWS
access_key_id = @ID@
secret_access_key = @SK@
region = @region@
""",
)
text(
    "duplicity",
    ".duplicity/env",
    """
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
export PASSPHRASE=x
""",
)
text(
    "restic-env",
    "restic.env",
    """
RESTIC_REPOSITORY=s3:s3.amazonaws.com/@bucket@
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY=@SK@
""",
)
text("netrc", ".netrc", "machine s3.amazonaws.com login @ID@ password @SK@\n")
text(
    "mc-config",
    ".mc/config.json",
    """
{"version": "10", "aliases": {"s3": {"url": "https://s3.amazonaws.com", "accessKey": "@ID@", "secretKey": "@SK@"}}}
""",
)
text(
    "cyberduck",
    "bookmark.duck",
    """
<?xml version="1.0"?>
<plist version="1.0"><dict>
<key>Protocol</key><string>s3</string>
<key>Username</key><string>@ID@</string>
<key>Password</key><string>@SK@</string>
</dict></plist>
""",
    held=True,
)
text(
    "pulumi-config",
    "Pulumi.dev.yaml",
    """
config:
  aws:accessKey: @ID@
  aws:secretKey: @SK@
  aws:region: @region@
""",
    held=True,
)
text(
    "litestream",
    "litestream.yml",
    """
access-key-id: @ID@
secret-access-key: @SK@
dbs:
  - path: /var/lib/@word@.db
""",
    held=True,
)
text("velero", "credentials-velero", "[default]\naws_access_key_id=@ID@\naws_secret_access_key=@SK@\n", held=True)
text("fstab-comment", "etc/fstab", "s3fs#@bucket@ /mnt fuse _netdev,passwd_file=/etc/x 0 0\n# @ID#@:@SK#@\n", held=True)
text("bedrock-env", ".env", "AWS_BEARER_TOKEN_BEDROCK=@BK@\n", 'AWS_BEARER_TOKEN_BEDROCK="@BS@"\n')
text(
    "aws-env-session",
    "env.sh",
    """
export AWS_ACCESS_KEY_ID="@TID@"
export AWS_SECRET_ACCESS_KEY="@SK@"
export AWS_SESSION_TOKEN="@ST@"
""",
)
text(
    "desktop-file", "x.desktop", "[Desktop Entry]\nExec=env AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ app %u\n"
)
text(
    "launch-agent",
    "x.plist",
    """
<plist version="1.0"><dict><key>EnvironmentVariables</key><dict>
  <key>AWS_ACCESS_KEY_ID</key>
  <string>@ID@</string>
  <key>AWS_SECRET_ACCESS_KEY</key>
  <string>@SK@</string>
</dict></dict></plist>
""",
)
text("ssh-environment", ".ssh/environment", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n")
text("environ-dump", "environ", "HOME=/root\0AWS_ACCESS_KEY_ID=@ID@\0AWS_SECRET_ACCESS_KEY=@SK@\0", held=True)
