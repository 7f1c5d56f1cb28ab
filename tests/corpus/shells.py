"""Keys in shells: start-up files, scripts, commands, histories."""

from __future__ import annotations

from tests.corpus.registry import text

text(
    "bash-export",
    ".bashrc",
    """
# @sentence@
export PATH="$HOME/bin:$PATH"
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
alias ll='ls -l'
""",
    """
export AWS_ACCESS_KEY_ID="@ID@"
export AWS_SECRET_ACCESS_KEY="@SK@"
""",
    """
export AWS_ACCESS_KEY_ID='@ID@' AWS_SECRET_ACCESS_KEY='@SK@'
""",
)
text(
    "bash-assign-then-export",
    ".profile",
    """
AWS_ACCESS_KEY_ID="@ID@"
AWS_SECRET_ACCESS_KEY="@SK@"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
""",
)
text(
    "bash-ansi-quote",
    ".bash_profile",
    """
export AWS_ACCESS_KEY_ID=$'@ID@'
export AWS_SECRET_ACCESS_KEY=$'@SK@'
""",
)
text(
    "bash-function",
    ".bashrc",
    """
work() {
    local AWS_ACCESS_KEY_ID=@ID@
    local AWS_SECRET_ACCESS_KEY=@SK@
    aws "$@"
}
""",
)
text(
    "bash-case",
    ".bash_aliases",
    """
awsenv() {
  case "$1" in
    a) export AWS_ACCESS_KEY_ID=@ID@; export AWS_SECRET_ACCESS_KEY=@SK@ ;;
    b) export AWS_ACCESS_KEY_ID=@ID2@; export AWS_SECRET_ACCESS_KEY=@SK2@ ;;
  esac
}
""",
)
text("bash-declare", ".bashrc", 'declare -x AWS_ACCESS_KEY_ID="@ID@"\ndeclare -x AWS_SECRET_ACCESS_KEY="@SK@"\n')
text("bash-alias", ".bash_aliases", "alias s3='AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ aws s3'\n")
text(
    "bash-heredoc",
    "setup.sh",
    """
#!/bin/bash
mkdir -p ~/.aws
cat > ~/.aws/credentials <<EOF
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
EOF
""",
)
text(
    "bash-printf",
    "install.sh",
    r"""
printf "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n" "@ID@" "@SK@" > ~/.aws/credentials
""",
    held=True,
)
text(
    "bash-echo",
    "install.sh",
    """
echo "aws_access_key_id = @ID@" >> ~/.aws/credentials
echo "aws_secret_access_key = @SK@" >> ~/.aws/credentials
""",
)
text(
    "bash-inline",
    "backup.sh",
    """
#!/bin/sh
set -e
AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ aws s3 sync /srv s3://@bucket@
""",
)
text(
    "bash-continued",
    "run.sh",
    """
docker run --rm \\
  -e AWS_ACCESS_KEY_ID=@ID@ \\
  -e AWS_SECRET_ACCESS_KEY=@SK@ \\
  @word@/@word@:latest
""",
)
text(
    "bash-commented",
    ".zshrc",
    """
# old account, remove in @date@
#export AWS_ACCESS_KEY_ID=@ID#@
#export AWS_SECRET_ACCESS_KEY=@SK#@
""",
)
text("zsh-typeset", ".zshenv", "typeset -gx AWS_ACCESS_KEY_ID='@ID@' AWS_SECRET_ACCESS_KEY='@SK@'\n")
text(
    "bash-default-expansion",
    "env.sh",
    """
: "${AWS_ACCESS_KEY_ID:=@ID@}"
: "${AWS_SECRET_ACCESS_KEY:=@SK@}"
""",
    held=True,
)
text(
    "bash-associative",
    "keys.sh",
    """
declare -A keys=([id]="@ID@" [secret]="@SK@")
""",
    held=True,
)
text("bash-positional", "push.sh", "./upload.sh @ID@ @SK@ @bucket@\n", held=True)
text(
    "fish-set",
    ".config/fish/config.fish",
    """
set -gx EDITOR vim
set -gx AWS_ACCESS_KEY_ID @ID@
set -gx AWS_SECRET_ACCESS_KEY '@SK@'
""",
)
text(
    "fish-variables",
    ".config/fish/fish_variables",
    """
# This file contains fish universal variable definitions.
# VERSION: 3.0
SETUVAR --export AWS_ACCESS_KEY_ID:@ID@
SETUVAR --export AWS_SECRET_ACCESS_KEY:@SK@
""",
)
text("csh-setenv", ".cshrc", 'setenv AWS_ACCESS_KEY_ID @ID@\nsetenv AWS_SECRET_ACCESS_KEY "@SK@"\n')
text(
    "history-bash",
    ".bash_history",
    """
ls -l
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
aws s3 ls
""",
)
text(
    "history-configure",
    ".zsh_history",
    """
: @epoch@:0;aws configure set aws_access_key_id @ID@ --profile @word@
: @epoch@:0;aws configure set aws_secret_access_key @SK@ --profile @word@
""",
)
text(
    "history-fish",
    ".local/share/fish/fish_history",
    """
- cmd: set -x AWS_ACCESS_KEY_ID @ID@
  when: @epoch@
- cmd: set -x AWS_SECRET_ACCESS_KEY @SK@
  when: @epoch@
""",
)
text(
    "history-python",
    ".python_history",
    """
import boto3
s3 = boto3.client('s3', aws_access_key_id='@ID@', aws_secret_access_key='@SK@')
s3.list_buckets()
""",
)
text(
    "history-psql",
    ".psql_history",
    """
COPY t FROM 's3://@bucket@/x' CREDENTIALS 'aws_access_key_id=@ID@;aws_secret_access_key=@SK@';
""",
)
text("powershell-profile", "profile.ps1", "$env:AWS_ACCESS_KEY_ID = '@ID@'\n$env:AWS_SECRET_ACCESS_KEY = '@SK@'\n")
text("powershell-set", "deploy.ps1", "Set-AWSCredential -AccessKey @ID@ -SecretKey @SK@ -StoreAs default\n")
text("batch", "run.bat", "set AWS_ACCESS_KEY_ID=@ID@\nset AWS_SECRET_ACCESS_KEY=@SK@\n", newline="\r\n")
text(
    "registry-file",
    "env.reg",
    '"AWS_ACCESS_KEY_ID"="@ID@"\n"AWS_SECRET_ACCESS_KEY"="@SK@"\n',
    encoding="utf-16",
    newline="\r\n",
)
