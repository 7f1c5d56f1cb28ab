# fmt: off - one style a line, as in a table
"""Styles: shells of every kind, their start-up files and histories, cron, systemd and environment files."""

from tests.corpus.registry import text

text(
    "sh-export",
    ".bashrc",
    """
# ~/.bashrc: executed by bash(1) for non-login shells.
case $- in *i*) ;; *) return ;; esac
HISTSIZE=1000
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
export AWS_DEFAULT_REGION=@region@
""",
)
text("sh-export-double", ".bash_profile", 'export AWS_ACCESS_KEY_ID="@ID@"\nexport AWS_SECRET_ACCESS_KEY="@SK@"\n')
text("sh-export-single", ".profile", "export AWS_ACCESS_KEY_ID='@ID@'\nexport AWS_SECRET_ACCESS_KEY='@SK@'\n")
text("sh-export-one-line", ".zshrc", "export AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ AWS_REGION=@region@\n")
text(
    "sh-assign-then-export",
    "env.sh",
    'AWS_ACCESS_KEY_ID="@ID@"; AWS_SECRET_ACCESS_KEY="@SK@"\nexport AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n',
)
text(
    "sh-declare-x",
    "dump.sh",
    'declare -x AWS_ACCESS_KEY_ID="@ID@"\ndeclare -x AWS_SECRET_ACCESS_KEY="@SK@"\ndeclare -x SHLVL="1"\n',
)
text("sh-typeset", ".kshrc", "typeset -x AWS_ACCESS_KEY_ID=@ID@\ntypeset -x AWS_SECRET_ACCESS_KEY=@SK@\n", held=True)
text("sh-readonly", "lib.sh", "readonly AWS_ACCESS_KEY_ID='@ID@'\nreadonly AWS_SECRET_ACCESS_KEY='@SK@'\n", held=True)
text(
    "sh-inline",
    "backup.sh",
    """
#!/bin/sh
set -eu
AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ aws s3 sync /srv/@word@ s3://@bucket@/
""",
)
text(
    "sh-env-command",
    "run.sh",
    "exec env AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ /usr/bin/python3 -m @word@\n",
)
text("sh-ansi-c", "q.sh", "export AWS_ACCESS_KEY_ID=$'@ID@'\nexport AWS_SECRET_ACCESS_KEY=$'@SK@'\n")
text(
    "sh-heredoc",
    "setup.sh",
    """
#!/bin/bash
mkdir -p ~/.aws
cat > ~/.aws/credentials <<EOF
[default]
aws_access_key_id = @ID@
aws_secret_access_key = @SK@
EOF
chmod 600 ~/.aws/credentials
""",
)
text(
    "sh-heredoc-tabs",
    "setup2.sh",
    """
#!/bin/bash
if [ ! -f .env ]; then
\tcat <<-'END' > .env
\tAWS_ACCESS_KEY_ID=@ID@
\tAWS_SECRET_ACCESS_KEY=@SK@
\tEND
fi
""",
)
text(
    "sh-function",
    ".bash_aliases",
    """
alias ll='ls -l'
use_@word@() {
    local region=${1:-@region@}
    export AWS_ACCESS_KEY_ID=@ID@
    export AWS_SECRET_ACCESS_KEY=@SK@
    export AWS_DEFAULT_REGION=$region
}
use_other() {
    export AWS_ACCESS_KEY_ID=@ID2@
    export AWS_SECRET_ACCESS_KEY=@SK2@
}
""",
)
text(
    "sh-case",
    "pick.sh",
    """
case "$1" in
  dev)  AWS_ACCESS_KEY_ID=@ID@; AWS_SECRET_ACCESS_KEY=@SK@ ;;
  prod) AWS_ACCESS_KEY_ID=@ID2@; AWS_SECRET_ACCESS_KEY=@SK2@ ;;
  *) echo "usage: $0 dev|prod" >&2; exit 64 ;;
esac
""",
)
text(
    "sh-array",
    "rotate.sh",
    'KEYS=(\n  "@ID@:@SK@"\n  "@ID2@:@SK2@"\n)\nfor k in "${KEYS[@]}"; do use "$k"; done\n',
    held=True,
)
text("sh-assoc", "assoc.sh", 'declare -A cred=( [access_key_id]="@ID@" [secret_access_key]="@SK@" )\n', held=True)
text(
    "sh-default-value",
    "default.sh",
    ': "${AWS_ACCESS_KEY_ID:=@ID@}"\n: "${AWS_SECRET_ACCESS_KEY:=@SK@}"\nexport KEY=${AWS_ACCESS_KEY_ID:-@ID@}\n',
    held=True,
)
text(
    "sh-commented",
    ".bashrc",
    "# export AWS_ACCESS_KEY_ID=@ID#@\n# export AWS_SECRET_ACCESS_KEY=@SK#@\nexport AWS_PROFILE=@word@\n",
)
text("sh-commented-inline", "a.sh", "run_job # AWS_ACCESS_KEY_ID=@ID#@ AWS_SECRET_ACCESS_KEY=@SK#@\n", held=True)
text(
    "sh-continuation",
    "docker.sh",
    r"""
docker run --rm \
  -e AWS_ACCESS_KEY_ID=@ID@ \
  -e AWS_SECRET_ACCESS_KEY=@SK@ \
  -e AWS_DEFAULT_REGION=@region@ \
  -v "$PWD:/data" @word@/@word@:latest
""",
)
text(
    "sh-docker-env-quoted",
    "up.sh",
    'docker run -e "AWS_ACCESS_KEY_ID=@ID@" -e "AWS_SECRET_ACCESS_KEY=@SK@" --env AWS_SESSION_TOKEN="" @word@\n',
    held=True,
)
text("sh-echo-pipe", "s3fs.sh", "echo @ID@:@SK@ > /etc/passwd-s3fs && chmod 600 /etc/passwd-s3fs\n")
text("sh-printf", "p.sh", "printf '%s:%s\\n' '@ID@' '@SK@' > ~/.passwd-s3fs\n", held=True)
text("sh-lower-names", "l.sh", 'access_key="@ID@"\nsecret_key="@SK@"\nbucket="@bucket@"\n')
text(
    "sh-own-names",
    "m.sh",
    'S3_KEY="@ID@"\nS3_SECRET="@SK@"\ns3cmd --access_key="$S3_KEY" --secret_key="$S3_SECRET" ls\n',
    held=True,
)
text("sh-concat-quotes", "c.sh", "export AWS_ACCESS_KEY_ID=@ID@\"\"\nexport AWS_SECRET_ACCESS_KEY=''@SK@\n", held=True)
text(
    "sh-configure-set",
    "conf.sh",
    """
aws configure set aws_access_key_id @ID@ --profile @word@
aws configure set aws_secret_access_key @SK@ --profile @word@
aws configure set region @region@ --profile @word@
""",
)
text(
    "sh-session",
    "mfa.sh",
    """
export AWS_ACCESS_KEY_ID="@TID@"
export AWS_SECRET_ACCESS_KEY="@SK@"
export AWS_SESSION_TOKEN="@ST@"
export AWS_CREDENTIAL_EXPIRATION="@date@T@time@Z"
""",
)
text(
    "sh-eval-string",
    "e.sh",
    "bash -c 'export AWS_ACCESS_KEY_ID=@ID@; export AWS_SECRET_ACCESS_KEY=@SK@; terraform apply'\n",
)
text(
    "sh-ssh",
    "deploy.sh",
    'ssh deploy@@host@ "AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ ./deploy.sh @word@"\n',
    held=True,
)
text(
    "sh-two-keys-prefix",
    "two.sh",
    "export DEV_AWS_ACCESS_KEY_ID=@ID@\nexport PROD_AWS_ACCESS_KEY_ID=@ID2@\nexport DEV_AWS_SECRET_ACCESS_KEY=@SK@\nexport PROD_AWS_SECRET_ACCESS_KEY=@SK2@\n",
)
text("sh-tf-var", "tf.sh", 'export TF_VAR_access_key="@ID@"\nexport TF_VAR_secret_key="@SK@"\n')

text(
    "fish-set",
    ".config/fish/config.fish",
    "if status is-interactive\n    set -gx AWS_ACCESS_KEY_ID @ID@\n    set -gx AWS_SECRET_ACCESS_KEY @SK@\nend\n",
)
text(
    "fish-set-quoted",
    ".config/fish/conf.d/aws.fish",
    "set -x AWS_ACCESS_KEY_ID '@ID@'\nset -x AWS_SECRET_ACCESS_KEY \"@SK@\"\nset -x AWS_DEFAULT_REGION @region@\n",
)
text(
    "fish-universal",
    ".config/fish/fish_variables",
    "# This file contains fish universal variable definitions.\n# VERSION: 3.0\nSETUVAR --export AWS_ACCESS_KEY_ID:@ID@\nSETUVAR --export AWS_SECRET_ACCESS_KEY:@SK:hexesc@\nSETUVAR fish_greeting:\n",
    held=True,
)
text(
    "fish-function",
    ".config/fish/functions/work.fish",
    "function work --description 'keys'\n    set --global --export AWS_ACCESS_KEY_ID @ID@\n    set --global --export AWS_SECRET_ACCESS_KEY @SK@\n    env AWS_ACCESS_KEY_ID=@ID2@ AWS_SECRET_ACCESS_KEY=@SK2@ aws $argv\nend\n",
)
text("csh-setenv", ".cshrc", "set history=100\nsetenv AWS_ACCESS_KEY_ID @ID@\nsetenv AWS_SECRET_ACCESS_KEY @SK@\n")
text(
    "csh-setenv-quoted",
    ".tcshrc",
    "setenv AWS_ACCESS_KEY_ID '@ID@'\nsetenv AWS_SECRET_ACCESS_KEY \"@SK@\"\nset prompt='%m> '\n",
)
text("csh-set", ".login", "set aws_access_key_id = @ID@\nset aws_secret_access_key = @SK@\n")
text(
    "nushell",
    ".config/nushell/env.nu",
    '$env.AWS_ACCESS_KEY_ID = "@ID@"\n$env.AWS_SECRET_ACCESS_KEY = "@SK@"\nlet-env AWS_REGION = "@region@"\n',
    held=True,
)
text("xonsh", ".xonshrc", "$AWS_ACCESS_KEY_ID = '@ID@'\n$AWS_SECRET_ACCESS_KEY = '@SK@'\n", held=True)
text(
    "elvish",
    ".config/elvish/rc.elv",
    "set E:AWS_ACCESS_KEY_ID = @ID@\nset E:AWS_SECRET_ACCESS_KEY = '@SK@'\n",
    held=True,
)
