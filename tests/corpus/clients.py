# fmt: off - one style a line, as in a table
"""Styles: command lines, URLs, requests and SQL statements that carry a key."""

from tests.corpus.registry import text

text(
    "curl-sigv4",
    "call.sh",
    'curl --user "@ID@:@SK@" --aws-sigv4 "aws:amz:@region@:s3" https://@bucket@.s3.amazonaws.com/x\n',
)
text(
    "curl-sigv4-split",
    "call2.sh",
    "curl -s \\\n  --aws-sigv4 'aws:amz:@region@:execute-api' \\\n  -u '@ID@':'@SK@' \\\n  -H 'x-amz-security-token: @ST@' https://@word@.execute-api.@region@.amazonaws.com/\n",
    held=True,
)
text("s3-url", "sync.conf", "target = s3://@ID@:@SK:pct@@@bucket@/@word@\n")
text("s3-url-raw", "flow.sh", "distcp s3a://@ID@:@SK:pct@@@bucket@/a hdfs:///b\n", held=True)
text("duplicity-url", "dup.sh", "duplicity full /srv s3+http://@ID@:@SK:pct@@@bucket@/@word@\n", held=True)
text("sqs-celery-url", "celery.py", 'broker_url = "sqs://@ID@:@SK:pct@@"\n')
text("smtp-url", ".env", "MAILER_DSN=ses+api://@ID@:@SK:pct@@@default?region=@region@\n", held=True)
text("paperclip-url", "s3.txt", "s3-@region@://@ID@:@SK:pct@@@bucket@\n", held=True)
text(
    "cloud-storage-query-url",
    "conn.txt",
    "s3:///@bucket@?awsAccessKeyId=@ID@&awsSecretAccessKey=@SK:pct@&region=@region@\n",
    held=True,
)
text(
    "presigned-url-v4",
    "mail.txt",
    "Fetch it from https://@bucket@.s3.amazonaws.com/a.zip?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=@ID@%2F20260102%2F@region@%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=@hex64@\n",
)
text(
    "presigned-url-v2",
    "mail2.txt",
    "https://@bucket@.s3.amazonaws.com/report.pdf?AWSAccessKeyId=@ID@&Expires=@epoch@&Signature=Zm9vYmFyYmF6cXV4Zm9vYmFyYmE%3D\n",
    held=True,
)
text(
    "authorization-header",
    "access.log",
    '@date@ GET /x HTTP/1.1 authorization="AWS4-HMAC-SHA256 Credential=@ID@/20260102/@region@/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=@hex64@"\n',
)
text(
    "authorization-v2",
    "trace.txt",
    "> PUT /@bucket@/x HTTP/1.1\n> Authorization: AWS @ID@:Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=\n> Date: Tue, 27 Mar 2007 19:36:42 +0000\n",
    held=True,
)
text(
    "form-post",
    "har.txt",
    "POST /settings HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\naws_access_key_id=@ID@&aws_secret_access_key=@SK:pct@&save=1\n",
    held=True,
)
text("s3cmd-options", "s3.sh", "s3cmd --access_key @ID@ --secret_key @SK@ put a s3://@bucket@\n")
text("s5cmd-mc-alias", "alias.sh", "mc alias set @word@ https://s3.amazonaws.com @ID@ @SK@\nmc mb @word@/@bucket@\n")
text(
    "juicefs-options",
    "jf.sh",
    "juicefs format --storage s3 --bucket https://@bucket@.s3.amazonaws.com --access-key @ID@ --secret-key @SK@ redis://@host@ @word@\n",
    held=True,
)
text(
    "ec2-old-tools",
    "ec2.sh",
    "ec2-describe-instances -O @ID@ -W @SK@\nec2din --aws-access-key @ID@ --aws-secret-key @SK@\n",
    held=True,
)
text(
    "expect-configure",
    "conf.exp",
    'spawn aws configure\nexpect "AWS Access Key ID*"\nsend "@ID@\\r"\nexpect "AWS Secret Access Key*"\nsend "@SK@\\r"\n',
    held=True,
)
text(
    "typescript-configure",
    "typescript",
    "$ aws configure\nAWS Access Key ID [None]: @ID@\nAWS Secret Access Key [None]: @SK@\nDefault region name [None]: @region@\nDefault output format [None]:\n",
)
text("configure-heredoc", "auto.sh", "aws configure <<INPUT\n@ID@\n@SK@\n@region@\njson\nINPUT\n", held=True)
text("configure-printf", "auto2.sh", 'printf "@ID@\\n@SK@\\n@region@\\njson\\n" | aws configure\n', held=True)
text("sed-into-config", "init.sh", "sed -i -e 's|@@KEY@@|@ID@|' -e 's|@@SECRET@@|@SK@|' /etc/@word@.conf\n", held=True)
text("sls-credentials", "sls.sh", "serverless config credentials --provider aws --key @ID@ --secret @SK@\n", held=True)
text("terraform-cli-var", "tf.sh", "terraform apply -var 'access_key=@ID@' -var=\"secret_key=@SK@\"\n", held=True)
text(
    "chamber-env-options",
    "kc.sh",
    "docker service create --env AWS_ACCESS_KEY_ID=@ID@ --env=AWS_SECRET_ACCESS_KEY=@SK@ @word@\n",
    held=True,
)
text("knife-options", "knife.sh", "knife ec2 server create -A @ID@ -K @SK@ -I ami-0@int@\n", held=True)
text(
    "aws-vault-import",
    "log.txt",
    "$ aws-vault add @word@\nEnter Access Key Id: @ID@\nEnter Secret Key: @SK@\nAdded credentials to profile.\n",
    held=True,
)

text(
    "sql-copy-redshift",
    "load.sql",
    "COPY @word@ FROM 's3://@bucket@/x.gz'\nCREDENTIALS 'aws_access_key_id=@ID@;aws_secret_access_key=@SK@'\nDELIMITER '|' GZIP;\n",
)
text(
    "sql-copy-redshift-new",
    "load2.sql",
    "copy @word@ from 's3://@bucket@/t'\naccess_key_id '@ID@'\nsecret_access_key '@SK@'\nregion '@region@';\n",
    held=True,
)
text(
    "sql-snowflake-stage",
    "stage.sql",
    "CREATE STAGE s URL='s3://@bucket@/'\n  CREDENTIALS=(AWS_KEY_ID='@ID@' AWS_SECRET_KEY='@SK@' AWS_TOKEN='@ST@');\n",
    held=True,
)
text(
    "sql-clickhouse",
    "ch.sql",
    "SELECT count() FROM s3('https://@bucket@.s3.amazonaws.com/x.csv', '@ID@', '@SK@', 'CSV');\n",
    held=True,
)
text(
    "sql-duckdb",
    "duck.sql",
    "SET s3_access_key_id='@ID@';\nSET s3_secret_access_key='@SK@';\nCREATE SECRET (TYPE s3, KEY_ID '@ID2@', SECRET '@SK2@', REGION '@region@');\n",
    held=True,
)
text(
    "sql-insert",
    "dump.sql",
    "INSERT INTO settings (name, value) VALUES ('aws_access_key_id', '@ID@');\nINSERT INTO settings (name, value) VALUES ('aws_secret_access_key', '@SK@');\n",
    held=True,
)
text(
    "sql-insert-columns",
    "dump2.sql",
    "INSERT INTO `accounts` (`id`,`access_key`,`secret_key`,`created`) VALUES\n(1,'@ID@','@SK@','@date@'),\n(2,'@ID2@','@SK2@','@date@');\n",
    held=True,
)
text(
    "sql-pg-dump-copy",
    "pg.sql",
    "COPY public.creds (id, access_key_id, secret_access_key, owner) FROM stdin;\n1\t@ID@\t@SK@\t@user@\n2\t@ID2@\t@SK2@\t@user@\n\\.\n",
    held=True,
)
text(
    "sql-wp-options",
    "wp.sql",
    'INSERT INTO `wp_options` VALUES (311,\'aws_keys\',\'a:2:{s:13:\\"access_key_id\\";s:20:\\"@ID@\\";s:17:\\"secret_access_key\\";s:40:\\"@SK@\\";}\',\'yes\');\n',
    held=True,
)
text(
    "hive-set",
    "q.hql",
    "set fs.s3a.access.key=@ID@;\nset fs.s3a.secret.key=@SK@;\nselect count(*) from @word@;\n",
    held=True,
)
text("mongo-backup", "ops.js", 'db.adminCommand({s3: {awsAccessKey: "@ID@", awsSecretKey: "@SK@"}})\n', held=True)
text(
    "elasticsearch-keystore",
    "es.sh",
    "echo @ID@ | bin/elasticsearch-keystore add --stdin s3.client.default.access_key\necho @SK@ | bin/elasticsearch-keystore add --stdin s3.client.default.secret_key\n",
    held=True,
)
text(
    "elasticsearch-put",
    "repo.http",
    'PUT _snapshot/@word@\n{"type": "s3", "settings": {"bucket": "@bucket@", "access_key": "@ID@", "secret_key": "@SK@"}}\n',
    held=True,
)
