"""Keys in what people and programs leave behind: tables, logs, chats, mails, notes, transcripts, addresses."""

from __future__ import annotations

from tests.corpus.registry import text

text("csv-console", "accessKeys.csv", "Access key ID,Secret access key\n@ID@,@SK@\n")
text("csv-console-bom", "rootkey.csv", "Access key ID,Secret access key\n@ID@,@SK@\n", bom=True, newline="\r\n")
text(
    "csv-console-user",
    "credentials.csv",
    """
User name,Password,Access key ID,Secret access key,Console login link
@user@,,@ID@,@SK@,https://@account@.signin.aws.amazon.com/console
""",
)
text("csv-old-rootkey", "rootkey.csv", "AWSAccessKeyId=@ID@\nAWSSecretKey=@SK@\n", newline="\r\n")
text(
    "csv-quoted",
    "keys.csv",
    """
"name","access_key","secret_key"
"@word@","@ID@","@SK@"
"@word@","@ID2@","@SK2@"
""",
)
text("csv-semicolon", "keys.csv", "user;access key;secret key\n@user@;@ID@;@SK@\n", held=True)
text("tsv", "keys.tsv", "user\taccess_key_id\tsecret_access_key\n@user@\t@ID@\t@SK@\n", held=True)
text(
    "markdown-list",
    "notes.md",
    """
# Accounts

- Access key: `@ID@`
- Secret: `@SK@`
""",
)
text(
    "markdown-table",
    "wiki.md",
    """
| account | access key | secret key |
|---|---|---|
| @word@ | @ID@ | @SK@ |
""",
)
text(
    "markdown-fence",
    "README.md",
    """
Run it with

```sh
export AWS_ACCESS_KEY_ID=@ID@
export AWS_SECRET_ACCESS_KEY=@SK@
```
""",
)
text(
    "notes-plain",
    "notes.txt",
    """
aws for @word@
access key @ID@
secret key @SK@
""",
    """
@date@ new key from @user@
id: @ID@
secret: @SK@
""",
)
text("notes-bare-lines", "todo.txt", "@sentence@\n\n@ID@\n@SK@\n\n@sentence@\n")
text("notes-lone-id", "x.txt", "The key is @ID@, ask @user@ for the other half.\n")
text("notes-org", "notes.org", "* AWS\n:PROPERTIES:\n:access_key: @ID@\n:secret_key: @SK@\n:END:\n", held=True)
text(
    "email",
    "mail.eml",
    """
From: @user@@example.com
Subject: keys
Content-Type: text/plain

Hi,
here are the credentials:
Access Key ID: @ID@
Secret Access Key: @SK@
Regards
""",
)
text("email-quoted", "reply.eml", "> Access Key ID: @ID@\n> Secret Access Key: @SK@\n>> @sentence@\n", held=True)
text(
    "email-html",
    "mail.html",
    """
<p>Access Key ID: <b>@ID@</b><br>Secret Access Key: <b>@SK@</b></p>
""",
)
text(
    "html-table",
    "wiki.html",
    """
<tr><td>Access key</td><td><code>@ID@</code></td></tr>
<tr><td>Secret key</td><td><code>@SK@</code></td></tr>
""",
    held=True,
)
text("html-entities", "page.html", "<pre>aws_access_key_id = @ID@\naws_secret_access_key = @SK:html@</pre>\n")
text(
    "slack-export",
    "general.json",
    """
[{"user": "U1", "text": "use AWS_ACCESS_KEY_ID=@ID@ and AWS_SECRET_ACCESS_KEY=@SK@ for now", "ts": "@epoch@.000200"}]
""",
)
text(
    "chat-log",
    "irc.log",
    """
[10:02] <@user@> access key is @ID@
[10:02] <@user@> secret is @SK@
[10:03] <@user@> thanks
""",
)
text(
    "log-debug",
    "app.log",
    """
@log@
@stamp@ DEBUG botocore Setting config access_key=@ID@ secret_key=@SK@
@logs@
""",
)
text(
    "log-json",
    "app.jsonl",
    """
{"level":"info","msg":"request","id":"@uuid@"}
{"level":"debug","msg":"env","AWS_ACCESS_KEY_ID":"@ID@","AWS_SECRET_ACCESS_KEY":"@SK@"}
""",
)
text(
    "log-env-dump",
    "ci.log",
    """
+ env
HOME=/home/@user@
AWS_ACCESS_KEY_ID=@ID@
AWS_SECRET_ACCESS_KEY=@SK@
SHLVL=1
""",
)
text("log-xtrace", "trace.log", "+ AWS_ACCESS_KEY_ID=@ID@\n+ AWS_SECRET_ACCESS_KEY=@SK@\n+ aws s3 ls\n")
text(
    "log-python-repr",
    "debug.log",
    """
DEBUG config={'aws_access_key_id': '@ID@', 'aws_secret_access_key': '@SK@', 'region': '@region@'}
""",
)
text(
    "log-go-struct", "debug.log", "creds={AccessKeyID:@ID@ SecretAccessKey:@SK@ SessionToken: Source:Env}\n", held=True
)
text("log-java-tostring", "debug.log", "AwsBasicCredentials(accessKeyId=@ID@, secretAccessKey=@SK@)\n", held=True)
text(
    "log-ansi",
    "tty.log",
    "\x1b[32mAWS_ACCESS_KEY_ID\x1b[0m=\x1b[1m@ID@\x1b[0m\n\x1b[32mAWS_SECRET_ACCESS_KEY\x1b[0m=\x1b[1m@SK@\x1b[0m\n",
    held=True,
)
text("docker-history", "history.txt", "/bin/sh -c #(nop)  ENV AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@   0B\n")
text("ps-output", "ps.txt", "root  @pid@  0.0 /usr/bin/s3cmd --access_key=@ID@ --secret_key=@SK@ ls\n")
text(
    "terraform-plan",
    "plan.txt",
    """
  + resource "aws_x" "y" {
      + access_key = "@ID@"
      + secret_key = "@SK@"
    }
""",
)
text(
    "diff",
    "x.patch",
    """
--- a/.env
+++ b/.env
@@ -1,2 +1,2 @@
-AWS_ACCESS_KEY_ID=@ID@
-AWS_SECRET_ACCESS_KEY=@SK@
+AWS_ACCESS_KEY_ID=@ID2@
+AWS_SECRET_ACCESS_KEY=@SK2@
""",
)
text("url-query", "urls.txt", "https://@host@/setup?aws_access_key_id=@ID@&aws_secret_access_key=@SK:pct@&x=1\n")
text("url-userinfo", "distcp.sh", "hadoop distcp s3n://@ID@:@SK:pct@@@bucket@/x hdfs:///y\n")
text("url-celery", "celery.py", 'broker_url = "sqs://@ID@:@SK:pct@@"\n')
text(
    "curl-sigv4",
    "x.sh",
    'curl --aws-sigv4 "aws:amz:@region@:s3" --user "@ID@:@SK@" https://@bucket@.s3.amazonaws.com/\n',
)
text(
    "curl-json",
    "x.sh",
    """
curl -X POST https://@host@/keys -d '{"access_key": "@ID@", "secret_key": "@SK@"}'
""",
)
text(
    "postman",
    "x.postman_collection.json",
    """
{"auth": {"type": "awsv4", "awsv4": [{"key": "accessKey", "value": "@ID@"}, {"key": "secretKey", "value": "@SK@"}]}}
""",
)
text(
    "transcript-claude",
    ".claude/projects/x.jsonl",
    """
{"type":"user","message":{"role":"user","content":"my key is AWS_ACCESS_KEY_ID=@ID@\\nAWS_SECRET_ACCESS_KEY=@SK@\\nfix it"}}
""",
)
text(
    "transcript-tool",
    ".codex/sessions/x.jsonl",
    """
{"output":"{\\"stdout\\":\\"export AWS_ACCESS_KEY_ID=\\\\\\"@ID@\\\\\\"\\\\nexport AWS_SECRET_ACCESS_KEY=\\\\\\"@SK@\\\\\\"\\\\n\\"}"}
""",
)
text(
    "aider-history",
    ".aider.chat.history.md",
    "#### set AWS_ACCESS_KEY_ID=@ID@ and AWS_SECRET_ACCESS_KEY=@SK@ in the env\n",
)
text("vim-viminfo", ".viminfo", '"a\tLINE\t0\n\taws_access_key_id = @ID@\n\taws_secret_access_key = @SK@\n')
text("clipboard", "clip.txt", "@ID@ @SK@\n", "@ID@\t@SK@\n", "@ID@,@SK@\n", "@ID@/@SK@\n")
text("ldif", "x.ldif", "dn: cn=@word@\nawsAccessKeyId: @ID@\nawsSecretAccessKey: @SK@\n", held=True)
text("vcard-note", "x.vcf", "BEGIN:VCARD\nNOTE:AWS access key @ID@\\n secret key @SK@\nEND:VCARD\n", held=True)
text("latex", "x.tex", "\\newcommand{\\accesskey}{@ID@}\n\\newcommand{\\secretkey}{@SK@}\n", held=True)
text("rst", "x.rst", ":access key: ``@ID@``\n:secret key: ``@SK@``\n", held=True)
text("jira", "x.txt", "{noformat}\naws_access_key_id=@ID@\naws_secret_access_key=@SK@\n{noformat}\n", held=True)
text("japanese-note", "memo.txt", "アクセスキー: @ID@\nシークレットキー: @SK@\n", held=True)
text(
    "german-note",
    "notiz.txt",
    "Zugangsschlüssel (Access Key): @ID@\nGeheimschlüssel (Secret Key): @SK@\n",
    encoding="latin-1",
)
text(
    "utf16-note",
    "note.txt",
    "AWS access key id: @ID@\nAWS secret access key: @SK@\n",
    encoding="utf-16",
    newline="\r\n",
)
text("utf16le-bare", "note.txt", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n", encoding="utf-16-le")
text("utf32-note", "note.txt", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n", encoding="utf-32", held=True)
text("mac-newlines", "note.txt", "x\nAWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\n", newline="\r", held=True)
text(
    "quoted-printable",
    "mail.eml",
    """
Content-Transfer-Encoding: quoted-printable

aws_access_key_id=3D@ID@
aws_secret_access_key=3D@SK:qp@
""",
)
text(
    "presigned-id",
    "urls.txt",
    """
https://@bucket@.s3.amazonaws.com/x?X-Amz-Credential=@ID@%2F20260101%2F@region@%2Fs3%2Faws4_request&X-Amz-Signature=@hex64@
""",
)
text("secret-alone", "deploy.log", "aws_secret_access_key = @SK@\n", "AWS_SECRET_ACCESS_KEY: @SK@\n")
text("session-token-alone", "x.env", "AWS_SESSION_TOKEN=@ST@\n")
