# fmt: off - one style a line, as in a table
"""Styles: what people and programs write down about their work: chats, mails, notes, logs, transcripts, notebooks."""

import json

from tests.corpus.registry import style, text
from tests.corpus.template import Draft, Planted

text(
    "chat-slack",
    "export.txt",
    "[10:02 AM] @user@: can you send me the aws keys?\n[10:04 AM] @user@: sure\n[10:04 AM] @user@: @ID@\n[10:04 AM] @user@: @SK@\n[10:05 AM] @user@: thx, will delete\n",
    held=True,
)
text("chat-labelled", "chat.log", "<@user@> key: @ID@ secret: @SK@ dont post it anywhere\n<@user@> ok\n", held=True)
text(
    "chat-slack-json",
    "2026-01-02.json",
    '[{"user": "U024BE7LH", "type": "message", "ts": "@epoch@.000200", "text": "access key `@ID@` and secret `@SK@`"}]\n',
    held=True,
)
text(
    "chat-whatsapp",
    "chat.txt",
    "02/01/2026, 10:04 - @user@: AWS Access Key ID: @ID@\n02/01/2026, 10:04 - @user@: AWS Secret Access Key: @SK@\n",
    held=True,
)
text(
    "mail-plain",
    "mail.eml",
    "From: @user@@example.com\nTo: @user@@example.com\nSubject: your access\nContent-Type: text/plain; charset=utf-8\n\nHi,\n\nyour new credentials:\n\n  Access Key ID: @ID@\n  Secret Access Key: @SK@\n\n@sentence@\n\n-- \n@user@\n",
    held=True,
)
text(
    "mail-quoted",
    "reply.eml",
    "> On @date@ @user@ wrote:\n>> Access key: @ID@\n>> Secret key: @SK@\n> Thanks!\nThey work.\n",
    held=True,
)
text(
    "mail-quoted-printable",
    "qp.eml",
    "Subject: keys\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nAWS_ACCESS_KEY_ID=3D@ID@\nAWS_SECRET_ACCESS_KEY=3D@SK:qp@\n",
    held=True,
)
text("mail-html", "m.html", "<p>Access Key ID: <b>@ID@</b><br>\nSecret Access Key: <code>@SK@</code></p>\n", held=True)
text("markdown-list", "README.md", "# @word@\n\n- Access key: `@ID@`\n- Secret key: `@SK@`\n\n@sentence@\n")
text(
    "markdown-fence",
    "SETUP.md",
    "Put this into your shell:\n\n```bash\nexport AWS_ACCESS_KEY_ID=@ID@\nexport AWS_SECRET_ACCESS_KEY=@SK@\n```\n\n@sentence@\n",
)
text(
    "markdown-table",
    "accounts.md",
    "| user | access key | secret key |\n|------|------------|------------|\n| @user@ | @ID@ | @SK@ |\n| @user@ | @ID2@ | @SK2@ |\n",
    held=True,
)
text(
    "markdown-prose",
    "runbook.md",
    "@sentence@ The deploy user's key is **@ID@** with the secret **@SK@**. @sentence@\n",
    held=True,
)
text(
    "wiki-table",
    "page.wiki",
    "|| Key || Secret ||\n| @ID@ | @SK@ |\n{{{\naws_access_key_id=@ID2@\naws_secret_access_key=@SK2@\n}}}\n",
    held=True,
)
text(
    "org-mode",
    "notes.org",
    "* @word@\n:PROPERTIES:\n:AWS_ACCESS_KEY_ID: @ID@\n:AWS_SECRET_ACCESS_KEY: @SK@\n:END:\n** TODO @sentence@\n",
    held=True,
)
text(
    "rst-literal",
    "install.rst",
    "Install\n=======\n::\n\n    access_key = @ID@\n    secret_key = @SK@\n\n@sentence@\n",
    held=True,
)
text("notes-two-lines", "keys.txt", "aws @word@\n@ID@\n@SK@\n", held=True)
text("notes-slash", "pw.txt", "@word@ @ID@ / @SK@\n", held=True)
text("notes-colon-labels", "todo.txt", "AWS\nID: @ID@\nKey: @SK@\nRegion: @region@\n", held=True)
text("notes-padded", "access.txt", "Access Key ID ....... @ID@\nSecret Access Key ... @SK@\n", held=True)
text("notes-spanish", "claves.txt", "Clave de acceso: @ID@\nClave de acceso secreta: @SK@\n", held=True)
text(
    "password-manager-csv",
    "export.csv",
    "name,url,username,password,note\nAWS @word@,https://console.aws.amazon.com/,@ID@,@SK@,\nmail,https://@host@/,@user@,,\n",
    held=True,
)
text("tsv-sheet", "sheet.tsv", "account\taccess key\tsecret key\n@account@\t@ID@\t@SK@\n@account@\t@ID2@\t@SK2@\n")
text(
    "bitwarden-json",
    "bw.json",
    '{"encrypted": false, "items": [{"id": "@uuid@", "type": 1, "name": "AWS", "fields": [{"name": "Access Key", "value": "@ID@", "type": 0}, {"name": "Secret Key", "value": "@SK@", "type": 1}]}]}\n',
    held=True,
)

text(
    "log-json",
    "app.log",
    '@logs@\n{"ts": "@stamp@", "level": "debug", "msg": "config", "access_key_id": "@ID@", "secret_access_key": "@SK@", "request": "@uuid@"}\n@logs@\n',
)
text(
    "log-python-repr",
    "debug.log",
    "@logs@\n@stamp@ DEBUG settings: {'access_key': '@ID@', 'secret_key': '@SK@', 'region': '@region@'}\n@logs@\n",
)
text("log-go-struct", "go.log", "@stamp@ config={AccessKeyID:@ID@ SecretAccessKey:@SK@ Region:@region@}\n", held=True)
text(
    "log-logfmt", "logfmt.log", '@stamp@ level=debug msg="s3 client" access_key=@ID@ secret_key=@SK@ region=@region@\n'
)
text(
    "log-java-tostring",
    "java.log",
    "@logs@\n@stamp@ DEBUG c.a.Config - S3Config(accessKey=@ID@, secretKey=@SK@, bucket=@bucket@)\n",
    held=True,
)
text(
    "log-rails",
    "development.log",
    'Started PATCH "/settings" for 127.0.0.1\n  Parameters: {"settings"=>{"access_key_id"=>"@ID@", "secret_access_key"=>"@SK@"}}\n@logs@\n',
    held=True,
)
text(
    "log-xtrace",
    "ci.log",
    "+ export AWS_ACCESS_KEY_ID=@ID@\n+ AWS_ACCESS_KEY_ID=@ID@\n+ export AWS_SECRET_ACCESS_KEY=@SK@\n+ AWS_SECRET_ACCESS_KEY=@SK@\n+ make deploy\n",
    held=True,
)
text(
    "log-timestamps",
    "gha.log",
    "@stamp@ env:\n@stamp@   AWS_ACCESS_KEY_ID: @ID@\n@stamp@   AWS_SECRET_ACCESS_KEY: @SK@\n@stamp@ ##[endgroup]\n",
    held=True,
)
text(
    "log-ansi-colours",
    "tf.log",
    '\x1b[32m+\x1b[0m access_key = \x1b[1m"@ID@"\x1b[0m\n\x1b[32m+\x1b[0m secret_key = \x1b[1m"@SK@"\x1b[0m\n',
    held=True,
)
text(
    "log-strace",
    "strace.out",
    'execve("/usr/bin/aws", ["aws", "s3", "ls"], ["HOME=/root", "AWS_ACCESS_KEY_ID=@ID@", "AWS_SECRET_ACCESS_KEY=@SK@", "TERM=xterm"]) = 0\n',
    held=True,
)
text(
    "log-ps",
    "ps.txt",
    "root  @pid@  0.0  0.1 s3fs @bucket@ /mnt -o awsaccesskeyid=@ID@,awssecretaccesskey=@SK@\n",
    held=True,
)
text(
    "docker-inspect",
    "inspect.json",
    '[{"Id": "@hex64@", "Config": {"Hostname": "@word@", "Env": ["PATH=/usr/bin", "AWS_ACCESS_KEY_ID=@ID@", "AWS_SECRET_ACCESS_KEY=@SK@"]}}]\n',
)
text(
    "docker-history",
    "history.txt",
    "<missing>  2 weeks ago  /bin/sh -c #(nop)  ENV AWS_ACCESS_KEY_ID=@ID@  0B\n<missing>  2 weeks ago  /bin/sh -c #(nop)  ENV AWS_SECRET_ACCESS_KEY=@SK@  0B\n",
    held=True,
)
text(
    "cloudtrail-id",
    "trail.json",
    '{"eventTime": "@stamp@", "userIdentity": {"type": "IAMUser", "principalId": "@resource@", "arn": "arn:aws:iam::@account@:user/@user@", "accessKeyId": "@ID@"}, "eventID": "@uuid@"}\n',
)
text(
    "credential-report-note",
    "leak.txt",
    "Detected key @ID@ in public repository (user @user@, @resource@)\n",
    held=True,
)
text(
    "git-diff",
    "change.patch",
    "diff --git a/.env b/.env\nindex 3b18e51..@hex40@ 100644\n--- a/.env\n+++ b/.env\n@@ -1,2 +1,2 @@\n-AWS_ACCESS_KEY_ID=@ID@\n-AWS_SECRET_ACCESS_KEY=@SK@\n+AWS_ACCESS_KEY_ID=@ID2@\n+AWS_SECRET_ACCESS_KEY=@SK2@\n",
)
text(
    "merge-conflict",
    "config.ini",
    "[s3]\n<<<<<<< HEAD\naccess_key = @ID@\nsecret_key = @SK@\n=======\naccess_key = @ID2@\nsecret_key = @SK2@\n>>>>>>> @hex40@\n",
    held=True,
)
text(
    "vim-swap-text",
    ".env.swp",
    "b0VIM 8.2\0\0\0\0\x10\0\0@user@\0\0@host@\0\0~@user@/.env\0\0\0utf-8\0\0U3210\0\0\0AWS_SECRET_ACCESS_KEY=@SK@\0AWS_ACCESS_KEY_ID=@ID@\0APP_ENV=dev\0",
    held=True,
)
text(
    "viminfo",
    ".viminfo",
    '# Registers:\n""1\tLINE\t0\n\texport AWS_SECRET_ACCESS_KEY=@SK@\n|3,1,1,1,1,0,@epoch@,"export AWS_ACCESS_KEY_ID=@ID@"\n',
    held=True,
)
text("emacs-lockless-backup", "settings.py~", "AWS_ACCESS_KEY_ID = '@ID@'\nAWS_SECRET_ACCESS_KEY = '@SK@'\n")
text(
    "tmux-capture",
    "pane.txt",
    "@user@@@host@:~$ env | grep AWS\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n@user@@@host@:~$ \n",
)
text(
    "subtitle-srt",
    "demo.srt",
    "12\n00:01:02,000 --> 00:01:05,000\nNow type export AWS_ACCESS_KEY_ID=@ID@\n\n13\n00:01:05,500 --> 00:01:09,000\nexport AWS_SECRET_ACCESS_KEY=@SK@\n",
    held=True,
)

text(
    "jupyter-outputs",
    "o.ipynb",
    r'{"cells": [{"cell_type": "code", "source": ["%env AWS_ACCESS_KEY_ID=@ID@\n", "%env AWS_SECRET_ACCESS_KEY=@SK@"], "outputs": [{"output_type": "stream", "text": ["env: AWS_ACCESS_KEY_ID=@ID@\n", "env: AWS_SECRET_ACCESS_KEY=@SK@\n"]}]}], "nbformat": 4}'
    + "\n",
)
text(
    "transcript-jsonl",
    ".claude/projects/x/@uuid@.jsonl",
    r'{"type":"user","uuid":"@uuid@","message":{"role":"user","content":"here are my keys: AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ please deploy"}}'
    + "\n"
    + r'{"type":"assistant","uuid":"@uuid@","message":{"content":[{"type":"text","text":"Done, commit @hex40@."}]}}'
    + "\n",
)
text(
    "transcript-tool-result",
    ".codex/sessions/r.jsonl",
    r'{"timestamp":"@stamp@","type":"tool_result","content":"$ cat ~/.aws/credentials\n[default]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n\n[@word@]\naws_access_key_id = @ID2@\naws_secret_access_key = @SK2@\n"}'
    + "\n",
)
text(
    "transcript-double-escaped",
    "t.jsonl",
    r'{"event":"call","arguments":"{\"cmd\":\"export AWS_ACCESS_KEY_ID=\\\"@ID@\\\"; export AWS_SECRET_ACCESS_KEY=\\\"@SK@\\\"\"}"}'
    + "\n",
)
text(
    "transcript-write-file",
    "w.jsonl",
    r'{"tool":"Write","input":{"file_path":"/srv/config.py","content":"import boto3\n\nKEY = \"@ID@\"\nSECRET = \"@SK@\"\n"},"id":"toolu_@hex32@"}'
    + "\n",
    held=True,
)
text(
    "repl-node",
    ".node_repl_history",
    "const s3 = new AWS.S3({ accessKeyId: '@ID@', secretAccessKey: '@SK@' })\n.exit\n",
    held=True,
)


@style("jupyter-cells", "analysis.ipynb")
def _notebook(draft: Draft) -> Planted:
    """Source lines as a notebook stores them: each line a JSON string of its own."""
    source = 'import boto3\ns3 = boto3.client(\n    "s3",\n    aws_access_key_id="@ID@",\n    aws_secret_access_key="@SK@",\n)\n'
    lines = ",\n".join("    " + json.dumps(line) for line in source.splitlines(keepends=True))
    head = (
        '{\n "cells": [\n  {\n   "cell_type": "code",\n   "execution_count": 1,\n   "metadata": {},\n   "source": [\n'
    )
    return draft.plant(head + lines + '\n   ]\n  }\n ],\n "nbformat": 4,\n "nbformat_minor": 5\n}\n')


@style("log-large", "service.log")
def _large_log(draft: Draft) -> str:
    """A pair in the middle of some thousand lines of a log."""
    lines = [draft.fill.log_line() for _ in range(4000)]
    lines.insert(draft.rng.randrange(len(lines)), "DEBUG AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@")
    return "\n".join(lines) + "\n"
