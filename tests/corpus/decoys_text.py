"""Texts that look as if they held keys and hold none: examples, placeholders, references, names without values."""

from __future__ import annotations

from tests.corpus.registry import decoy

_EXAMPLE_ID = "AKIA" + "IOSFODNN7" + "EXAMPLE"
_EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCY" + "EXAMPLEKEY"

decoy("aws-example", "README.md", f"aws_access_key_id = {_EXAMPLE_ID}\naws_secret_access_key = {_EXAMPLE_SECRET}\n")
decoy("aws-example-json", "doc.json", f'{{"AccessKeyId": "{_EXAMPLE_ID}", "SecretAccessKey": "{_EXAMPLE_SECRET}"}}\n')
decoy(
    "aws-example-second",
    "doc.md",
    "AKIA" + "I44QH8DHB" + "EXAMPLE and je7MtGbClwBF/2Zp9Utk/" + "h3yCo8nvb" + "EXAMPLEKEY\n",
)
decoy(
    "placeholder-words",
    ".env.example",
    "AWS_ACCESS_KEY_ID=your-access-key-id\nAWS_SECRET_ACCESS_KEY=your-secret-access-key\n",
)
decoy(
    "placeholder-upper",
    ".env.sample",
    "AWS_ACCESS_KEY_ID=YOUR_ACCESS_KEY_HERE\nAWS_SECRET_ACCESS_KEY=YOUR_SECRET_ACCESS_KEY_GOES_HERE_PLEASE\n",
)
decoy(
    "placeholder-x",
    "x.ini",
    "aws_access_key_id = " + "AKIA" + "X" * 16 + "\naws_secret_access_key = " + "x" * 40 + "\n",
)
decoy(
    "placeholder-angle",
    "x.md",
    "export AWS_ACCESS_KEY_ID=<your access key>\nexport AWS_SECRET_ACCESS_KEY=<your secret key>\n",
)
decoy(
    "placeholder-changeme",
    "x.env",
    "AWS_ACCESS_KEY_ID=changeme\nAWS_SECRET_ACCESS_KEY=changeme-changeme-changeme-changeme-1234\n",
)
decoy(
    "redacted",
    "log.txt",
    "access key: " + "AKIA" + "************WXYZ secret: ****************************************\n",
)
decoy("redacted-dots", "log.txt", "AWS_SECRET_ACCESS_KEY=[REDACTED]\nAWS_ACCESS_KEY_ID=" + "AKIA" + "...\n")
decoy(
    "env-reference",
    "compose.yaml",
    "environment:\n  AWS_ACCESS_KEY_ID: ${AWS_ACCESS_KEY_ID}\n  AWS_SECRET_ACCESS_KEY: ${AWS_SECRET_ACCESS_KEY:-}\n",
)
decoy(
    "shell-reference", "x.sh", 'export AWS_SECRET_ACCESS_KEY=$(pass show aws/secret)\nexport AWS_ACCESS_KEY_ID="$ID"\n'
)
decoy(
    "github-reference",
    "x.yml",
    "aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}\naws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
)
decoy(
    "helm-reference",
    "x.yaml",
    "secretAccessKey: {{ .Values.aws.secretAccessKey | b64enc }}\naccessKeyId: {{ .Values.id }}\n",
)
decoy("op-reference", ".env", "AWS_SECRET_ACCESS_KEY=op://Private/aws/secret-access-key-of-the-staging\n")
decoy(
    "ssm-reference", "serverless.yml", "AWS_SECRET: ${ssm:/aws/reference/secretsmanager/prod/aws-secret-access-key}\n"
)
decoy("cloudformation-reference", "x.yaml", "SecretAccessKey: !GetAtt Key.SecretAccessKey\nAccessKeyId: !Ref Key\n")
decoy("terraform-reference", "x.tf", "access_key = var.aws_access_key\nsecret_key = aws_iam_access_key.deploy.secret\n")
decoy(
    "code-names",
    "client.py",
    """
def make(aws_access_key_id=None, aws_secret_access_key=None, aws_session_token=None):
    if aws_access_key_id is None:
        aws_access_key_id = os.environ.get("AWS_ACCESS_KEY_ID")
    secret_access_key = self.get_configuration_secret_access_key_value(config)
    return Client(access_key=aws_access_key_id, secret_key=aws_secret_access_key)
""",
)
decoy(
    "code-javascript",
    "s3.js",
    """
const accessKeyId = config.get('aws.accessKeyId');
const secretAccessKey = getSecretFromConfigurationServiceProvider();
this.credentials = {accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey};
""",
)
decoy(
    "code-java", "S3.java", "String secretKey = configurationPropertiesHolder.getAwsSecretAccessKeyForRegion(region);\n"
)
decoy(
    "docs",
    "iam.md",
    """
Never embed AWS access keys in code. An access key ID (for example AKIA followed by 16 characters) and the
secret access key work together. AWS_SECRET_ACCESS_KEY is read before ~/.aws/credentials.
""",
)
decoy(
    "config-without-keys",
    ".aws/config",
    "[profile @word@]\nsso_start_url = https://x.awsapps.com/start\nrole_arn = arn:aws:iam::@account@:role/@word@\n",
)
decoy(
    "credential-process", ".aws/config", "[profile x]\ncredential_process = /usr/bin/keywatch-credential aws-default\n"
)
decoy(
    "resource-ids",
    "iam.json",
    '{"UserId": "@resource@", "RoleId": "@resource@", "Arn": "arn:aws:iam::@account@:user/@user@"}\n',
)
decoy("uuids", "ids.txt", "\n".join("@uuid@" for _ in range(60)) + "\n")
decoy(
    "git-shas", "log.txt", "\n".join("commit @hex40@ by @user@: fix the secret key handling" for _ in range(40)) + "\n"
)
decoy("sha-near-secret", "x.yaml", "secret_version: @hex40@\nsecret_key_sha1: @hex40@\naws_secret_hash: @hex40@\n")
decoy(
    "requirements-hashes",
    "requirements.txt",
    "\n".join("@word@==1.@int@ --hash=sha256:@hex64@" for _ in range(30)) + "\n",
)
decoy("go-sum", "go.sum", "\n".join("github.com/@user@/@word@ v1.@int@.0 h1:@hash32b@" for _ in range(30)) + "\n")
decoy(
    "package-lock",
    "package-lock.json",
    "{"
    + ",".join('"node_modules/@word@": {"version": "1.0.@int@", "integrity": "sha512-@hash64b@"}' for _ in range(30))
    + "}\n",
)
decoy(
    "yarn-lock",
    "yarn.lock",
    "\n".join(
        '"@word@@^1.0.0":\n  resolved "https://r/@word@.tgz#@hex40@"\n  integrity sha512-@hash64b@\n' for _ in range(15)
    ),
)
decoy(
    "poetry-lock",
    "poetry.lock",
    "\n".join('    {file = "@word@.whl", hash = "sha256:@hex64@"},' for _ in range(30)) + "\n",
)
decoy("sri", "x.html", '<script src="x.js" integrity="sha384-@hash48b@" crossorigin></script>\n')
decoy(
    "ssh-public",
    "authorized_keys",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI@b64@ @user@@host@\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ@b64@ x\n",
)
decoy("password-hashes", "shadow", "root:$6$@word@$@b64@:19000:0:99999:7:::\n")
decoy("css", "x.css", "body{background:url(data:image/png;base64,@b64@)}.accesskey{color:#fff}\n")
decoy(
    "translations",
    "de.po",
    'msgid "Secret access key"\nmsgstr "Geheimer Zugriffsschlüssel für Amazon-Dienste"\n\nmsgid "AWS access key"\nmsgstr "AWS-Zugriffsschlüssel"\n',
)
decoy("html-accesskey", "x.html", '<a accesskey="k" href="/documentation/configuration/security/credentials">Key</a>\n')
decoy("sigv4-log", "s3.log", "Signature=@hex64@, SignedHeaders=host;x-amz-date, SecretKeyLength=40\n")
decoy(
    "arns",
    "x.txt",
    "\n".join("arn:aws:secretsmanager:@region@:@account@:secret:@word@/aws-secret-access-key-AbCdEf" for _ in range(9))
    + "\n",
)
decoy(
    "paths",
    "files.txt",
    "\n".join("aws_secret_access_key/usr/share/doc/@word@/@word@/@word@/examples/@word@1" for _ in range(9)) + "\n",
)
