# fmt: off - one style a line, as in a table
"""Styles: more of shells: histories, other shells, cron, systemd and environment files."""

from tests.corpus.registry import text

text(
    "powershell-env", "profile.ps1", '$env:AWS_ACCESS_KEY_ID = "@ID@"\n$env:AWS_SECRET_ACCESS_KEY = "@SK@"\n', held=True
)
text(
    "powershell-set",
    "keys.ps1",
    "Set-AWSCredential -AccessKey @ID@ -SecretKey @SK@ -StoreAs @word@\nInitialize-AWSDefaultConfiguration -ProfileName @word@ -Region @region@\n",
    held=True,
)
text(
    "powershell-hash",
    "h.ps1",
    "$params = @{\n    AccessKey = '@ID@'\n    SecretKey = '@SK@'\n}\n[Environment]::SetEnvironmentVariable('AWS_ACCESS_KEY_ID', '@ID@', 'User')\n[Environment]::SetEnvironmentVariable('AWS_SECRET_ACCESS_KEY', '@SK@', 'User')\n",
    held=True,
    newline="\r\n",
)
text(
    "batch-set",
    "env.bat",
    "@echo off\nset AWS_ACCESS_KEY_ID=@ID@\nset AWS_SECRET_ACCESS_KEY=@SK@\ncall deploy.cmd\n",
    held=True,
    newline="\r\n",
)
text(
    "batch-set-quoted",
    "env.cmd",
    'SET "AWS_ACCESS_KEY_ID=@ID@"\nSET "AWS_SECRET_ACCESS_KEY=@SK@"\nsetx AWS_DEFAULT_REGION @region@\n',
    held=True,
    newline="\r\n",
)
text(
    "batch-setx",
    "setx.cmd",
    "setx AWS_ACCESS_KEY_ID @ID@ /M\nsetx AWS_SECRET_ACCESS_KEY @SK@ /M\n",
    held=True,
    newline="\r\n",
)
text(
    "windows-reg",
    "env.reg",
    'Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\Environment]\n"AWS_ACCESS_KEY_ID"="@ID@"\n"AWS_SECRET_ACCESS_KEY"="@SK@"\n',
    held=True,
    encoding="utf-16-le",
    bom=True,
    newline="\r\n",
)

text(
    "history-bash",
    ".bash_history",
    """
ls -la
cd /srv/@word@
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
aws s3 ls s3://@bucket@
git commit -m "@word@ fix"
""",
)
text(
    "history-bash-times",
    ".bash_history",
    "#@epoch@\naws configure set aws_access_key_id @ID@\n#@epoch@\naws configure set aws_secret_access_key @SK@\n#@epoch@\nexit\n",
)
text(
    "history-zsh",
    ".zsh_history",
    ": @epoch@:0;export AWS_ACCESS_KEY_ID=@ID@\n: @epoch@:0;export AWS_SECRET_ACCESS_KEY=@SK@\n: @epoch@:3;terraform plan\n",
)
text(
    "history-fish",
    ".local/share/fish/fish_history",
    "- cmd: set -x AWS_ACCESS_KEY_ID @ID@\n  when: @epoch@\n- cmd: set -x AWS_SECRET_ACCESS_KEY @SK@\n  when: @epoch@\n  paths:\n    - /tmp\n",
)
text(
    "history-one-line",
    ".bash_history",
    "cd\nAWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ terraform apply -auto-approve\nhtop\n",
)
text(
    "history-python",
    ".python_history",
    "import boto3\ns3 = boto3.client('s3', aws_access_key_id='@ID@', aws_secret_access_key='@SK@')\ns3.list_buckets()\n",
)
text(
    "history-psql",
    ".psql_history",
    "\\d+\nCOPY @word@ FROM 's3://@bucket@/x' CREDENTIALS 'aws_access_key_id=@ID@;aws_secret_access_key=@SK@' CSV;\n",
)
text(
    "history-numbered",
    "history.txt",
    "  501  cd /srv\n  502  export AWS_ACCESS_KEY_ID=@ID@\n  503  export AWS_SECRET_ACCESS_KEY=@SK@\n  504  aws sts get-caller-identity\n",
    held=True,
)

text(
    "cron-env",
    "etc/cron.d/@word@",
    """
SHELL=/bin/sh
MAILTO=root
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY = "@SK@"
17 3 * * * backup /usr/local/bin/backup --bucket @bucket@
""",
)
text(
    "cron-inline",
    "etc/crontab",
    "17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly\n5 4 * * * root AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ /usr/bin/aws s3 sync /srv s3://@bucket@\n",
)
text(
    "cron-user",
    "var/spool/cron/crontabs/@user@",
    "# m h dom mon dow command\n@daily export AWS_ACCESS_KEY_ID=@ID@; export AWS_SECRET_ACCESS_KEY='@SK@'; /home/@user@/bin/sync.sh >/dev/null 2>&1\n",
)

text(
    "systemd-environment",
    "etc/systemd/system/@word@.service",
    """
[Unit]
Description=@word@ worker
After=network-online.target

[Service]
User=@word@
Environment=AWS_ACCESS_KEY_ID=@ID@
Environment=AWS_SECRET_ACCESS_KEY=@SK@
ExecStart=/usr/local/bin/@word@

[Install]
WantedBy=multi-user.target
""",
)
text(
    "systemd-environment-quoted",
    "etc/systemd/system/@word@.service.d/aws.conf",
    '[Service]\nEnvironment="AWS_ACCESS_KEY_ID=@ID@" "AWS_SECRET_ACCESS_KEY=@SK@" AWS_REGION=@region@\n',
)
text(
    "systemd-environment-continued",
    ".config/systemd/user/@word@.service",
    "[Service]\nEnvironment=AWS_ACCESS_KEY_ID=@ID@ \\\n    AWS_SECRET_ACCESS_KEY=@SK@\nExecStart=/bin/true\n",
)
text(
    "systemd-exec",
    "etc/systemd/system/sync.service",
    "[Service]\nType=oneshot\nExecStart=/usr/bin/s3cmd --access_key=@ID@ --secret_key=@SK@ sync /srv s3://@bucket@\n",
)
text(
    "etc-default",
    "etc/default/@word@",
    "# Defaults for @word@\nENABLED=1\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n",
)
text(
    "etc-environment",
    "etc/environment",
    'PATH="/usr/local/sbin:/usr/bin"\nAWS_ACCESS_KEY_ID="@ID@"\nAWS_SECRET_ACCESS_KEY="@SK@"\n',
)
text("environment-d", ".config/environment.d/aws.conf", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n")
text(
    "pam-environment",
    ".pam_environment",
    'AWS_ACCESS_KEY_ID DEFAULT=@ID@\nAWS_SECRET_ACCESS_KEY DEFAULT="@SK@"\nLANG=C.UTF-8\n',
)
text("ssh-environment", ".ssh/environment", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n")
text(
    "runit-run",
    "etc/sv/@word@/run",
    "#!/bin/sh\nexec 2>&1\nexport AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY=@SK@\nexec chpst -u @word@ /usr/bin/@word@\n",
)
text(
    "upstart",
    "etc/init/@word@.conf",
    'description "@word@"\nenv AWS_ACCESS_KEY_ID=@ID@\nenv AWS_SECRET_ACCESS_KEY=@SK@\nexec /usr/bin/@word@\n',
    held=True,
)
text(
    "supervisord",
    "etc/supervisor/conf.d/@word@.conf",
    '[program:@word@]\ncommand=/usr/bin/@word@\nenvironment=AWS_ACCESS_KEY_ID="@ID@",AWS_SECRET_ACCESS_KEY="@SK@",LANG="C"\nautorestart=true\n',
    held=True,
)
text("dotenv", ".env", "APP_ENV=production\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\nAWS_BUCKET=@bucket@\n")
text(
    "dotenv-quoted",
    ".env.local",
    "AWS_ACCESS_KEY_ID='@ID@' # mine\nAWS_SECRET_ACCESS_KEY=\"@SK@\" # rotate in @date@\n",
)
text(
    "dotenv-spaces",
    ".env.production",
    "AWS_ACCESS_KEY_ID = @ID@\nAWS_SECRET_ACCESS_KEY = @SK@\n# AWS_ACCESS_KEY_ID = @ID2#@\n# AWS_SECRET_ACCESS_KEY = @SK2#@\n",
)
text(
    "dotenv-own-names",
    ".env",
    "S3_ACCESS_KEY=@ID@\nS3_SECRET_KEY=@SK@\nAWS_KEY=@ID2@\nAWS_SECRET=@SK2@\nSES_KEY_ID=@ID3@\nSES_SECRET_KEY=@SK3@\n",
    held=True,
)
text("dotenv-yaml-style", ".env", "AWS_ACCESS_KEY_ID: @ID@\nAWS_SECRET_ACCESS_KEY: @SK@\n", held=True)
text(
    "envrc",
    ".envrc",
    "layout python3\nexport AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY=@SK@\nPATH_add bin\n",
)
text(
    "env-dump-nul", "environ", "HOME=/root\0AWS_ACCESS_KEY_ID=@ID@\0AWS_SECRET_ACCESS_KEY=@SK@\0TERM=xterm\0", held=True
)
text(
    "env-dump",
    "printenv.txt",
    "HOME=/home/@user@\nAWS_SECRET_ACCESS_KEY=@SK@\nLOGNAME=@user@\nSHLVL=1\nAWS_ACCESS_KEY_ID=@ID@\n_=/usr/bin/env\n",
)
