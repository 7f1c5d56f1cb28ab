"""Decoys written by people: examples, placeholders, references, redacted keys, programs without values."""

from tests.corpus.registry import decoy

# The examples of AWS's documentation, in pieces: whole, they would trip the push protection of forges.
_DOC_ID = "AKIA" + "IOSFODNN7" + "EXAMPLE"
_DOC_ID2 = "AKIA" + "I44QH8DHB" + "EXAMPLE"
_DOC_SECRET = "wJalrXUtnFEMI" + "/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
_DOC_SECRET2 = "je7MtGbClwBF" + "/2Zp9Utk/" + "h3yCo8nvbEXAMPLEKEY"

decoy(
    "documented-ini",
    ".aws/credentials",
    f"[default]\naws_access_key_id = {_DOC_ID}\naws_secret_access_key = {_DOC_SECRET}\n\n[user2]\naws_access_key_id = {_DOC_ID2}\naws_secret_access_key = {_DOC_SECRET2}\n",
)
decoy(
    "documented-shell", "howto.sh", f"export AWS_ACCESS_KEY_ID={_DOC_ID}\nexport AWS_SECRET_ACCESS_KEY={_DOC_SECRET}\n"
)
decoy("documented-markdown", "README.md", f"Run `aws configure` and type `{_DOC_ID}` and `{_DOC_SECRET}`.\n")
decoy("documented-json", "example.json", f'{{"AccessKeyId": "{_DOC_ID}", "SecretAccessKey": "{_DOC_SECRET}"}}\n')
decoy(
    "documented-url",
    "docs.html",
    f"<a href='https://examplebucket.s3.amazonaws.com/x?X-Amz-Credential={_DOC_ID}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request'>x</a>\n",
)
decoy(
    "placeholder-your",
    ".env.example",
    "AWS_ACCESS_KEY_ID=YOUR_ACCESS_KEY_ID\nAWS_SECRET_ACCESS_KEY=YOUR_SECRET_ACCESS_KEY_GOES_HERE\n",
)
decoy(
    "placeholder-angle",
    "conf.sample",
    "[default]\naws_access_key_id = <your access key id>\naws_secret_access_key = <YOUR-SECRET-ACCESS-KEY>\n",
)
decoy(
    "placeholder-x",
    "template.ini",
    "aws_access_key_id = AKIA" + "X" * 16 + "\naws_secret_access_key = " + "x" * 40 + "\n",
)
decoy(
    "placeholder-stars",
    "log.txt",
    "aws_access_key_id = AKIA****************\naws_secret_access_key = ****************************************\n",
)
decoy(
    "placeholder-words",
    "settings.py",
    "AWS_ACCESS_KEY_ID = 'changeme-changeme-changeme'\nAWS_SECRET_ACCESS_KEY = 'replace-me-with-your-secret-access-key'\n",
)
decoy(
    "placeholder-testing",
    "conftest.py",
    'os.environ["AWS_ACCESS_KEY_ID"] = "testing"\nos.environ["AWS_SECRET_ACCESS_KEY"] = "testing"\nos.environ["AWS_SESSION_TOKEN"] = "testing"\n',
)
decoy("placeholder-sequence", "t.yml", "access_key: AKIA" + "1234567890ABCDEF\nsecret_key: " + "1234567890" * 4 + "\n")
decoy(
    "placeholder-dots",
    "guide.md",
    "`AWS_SECRET_ACCESS_KEY=wJal.....................................KEY`, `AKIA...`, `AKIA…WXYZ`\n",
)
decoy(
    "placeholder-localstack",
    "docker-compose.yml",
    "environment:\n  - AWS_ACCESS_KEY_ID=test\n  - AWS_SECRET_ACCESS_KEY=test\n  - AWS_DEFAULT_REGION=@region@\n",
)
decoy(
    "placeholder-minio",
    "minio.env",
    "MINIO_ROOT_USER=minioadmin\nMINIO_ROOT_PASSWORD=minioadmin\nAWS_ACCESS_KEY_ID=minioadmin\nAWS_SECRET_ACCESS_KEY=minioadmin\n",
)
decoy(
    "redacted",
    "ticket.txt",
    "Key AKIA************WXYZ of @user@ was turned off; secret [REDACTED], token <hidden>.\nSecretAccessKey: ***\n",
)
decoy(
    "references-shell",
    "deploy.sh",
    'export AWS_ACCESS_KEY_ID="${DEPLOY_KEY_ID:?}"\nexport AWS_SECRET_ACCESS_KEY=$(pass show aws/@word@/secret_access_key)\nexport AWS_SESSION_TOKEN=`cat /run/token/aws_session_token`\n',
)
decoy(
    "references-jinja",
    "aws.j2",
    "aws_access_key_id = {{ vault_aws_access_key_id }}\naws_secret_access_key = {{ lookup('env', 'AWS_SECRET_ACCESS_KEY') }}\n",
)
decoy(
    "references-github",
    "ci.yml",
    "env:\n  AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY_PRODUCTION }}\n",
)
decoy(
    "references-cloudformation",
    "stack.yml",
    "AccessKeyId: !Ref DeployAccessKeyOfTheWorker\nSecretAccessKey: !GetAtt DeployAccessKeyOfTheWorker.SecretAccessKey\nOther: !Sub '{{resolve:secretsmanager:${MySecret}:SecretString:secret_access_key}}'\n",
)
decoy(
    "references-serverless",
    "serverless.yml",
    "provider:\n  environment:\n    AWS_SECRET: ${ssm:/aws/reference/secretsmanager/@word@_secret_key}\n    SECRET_ACCESS_KEY: ${env:SECRET_ACCESS_KEY}\n",
)
decoy(
    "references-op",
    ".env",
    "AWS_ACCESS_KEY_ID=op://@word@/aws/access_key_id\nAWS_SECRET_ACCESS_KEY=op://@word@/aws/secret_access_key\n",
)
decoy(
    "references-vault",
    "vault.hcl",
    'secret_key = "vault:secret/data/@word@/aws#secret_access_key"\naccess_key = data.vault_aws_access_credentials.creds.access_key\n',
)
decoy(
    "references-terraform",
    "main.tf",
    'provider "aws" {\n  access_key = var.aws_access_key_of_the_deployer\n  secret_key = module.credentials.aws_secret_access_key\n}\noutput "secret" { value = aws_iam_access_key.deploy_user_for_ci.secret }\n',
)
decoy(
    "references-arn",
    "task.json",
    '{"secrets": [{"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": "arn:aws:secretsmanager:@region@:@account@:secret:@word@-AbCdEf"}]}\n',
)
decoy(
    "references-k8s",
    "deploy.yaml",
    "env:\n- name: AWS_SECRET_ACCESS_KEY\n  valueFrom:\n    secretKeyRef:\n      name: @word@-aws-credentials-production\n      key: secret_access_key_of_the_bucket\n",
)
decoy(
    "references-process",
    ".aws/config",
    "[profile @word@]\ncredential_process = /usr/local/bin/keywatch credential --entry @word@\nrole_arn = arn:aws:iam::@account@:role/@word@\nsso_start_url = https://@word@.awsapps.com/start\n",
)
decoy(
    "sdk-python",
    "credentials.py",
    "class Credentials:\n    def __init__(self, access_key, secret_key, token=None):\n        self.access_key = access_key\n        self.secret_key = secret_key\n        self.token = token\n\n    ACCESS_KEY = 'aws_access_key_id'\n    SECRET_KEY = 'aws_secret_access_key'\n    TOKENS = ['aws_security_token', 'aws_session_token']\n",
)
decoy(
    "sdk-go",
    "provider.go",
    'const EnvAccessKey = "AWS_ACCESS_KEY_ID"\nvar secretAccessKey = os.Getenv("AWS_SECRET_ACCESS_KEY")\nreturn Value{AccessKeyID: id, SecretAccessKey: secretAccessKeyFromEnvironment}\n',
)
decoy(
    "sdk-js",
    "creds.js",
    "const secretAccessKey = credentialsProvider.getSecretAccessKeyFromSharedFile();\nthis.secretAccessKey = options.secretAccessKey || process.env.AWS_SECRET_ACCESS_KEY;\n",
)
decoy(
    "sdk-java",
    "Auth.java",
    'String secretKey = System.getProperty("aws.secretAccessKeyForIntegrationTests");\nawsCredentials.setAWSSecretKey(configuration.getSecretAccessKeyFromKeystore());\n',
)
decoy(
    "policy-json",
    "policy.json",
    '{"Version": "2012-10-17", "Statement": [{"Sid": "@word@", "Effect": "Allow", "Action": ["iam:CreateAccessKey", "secretsmanager:GetSecretValue"], "Resource": "arn:aws:iam::@account@:user/@user@", "Condition": {"StringEquals": {"aws:userid": ["@resource@", "@resource@:@user@"]}}}]}\n',
)
decoy(
    "resource-ids",
    "iam.json",
    '{"Users": [{"UserName": "@user@", "UserId": "@resource@", "Arn": "arn:aws:iam::@account@:user/@user@"}, {"UserId": "@resource@"}], "RoleId": "@resource@", "ServerCertificateId": "@resource@"}\n',
)
decoy(
    "presigned-signature-only",
    "url.txt",
    "https://@bucket@.s3.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260102T030405Z&X-Amz-Signature=@hex64@\n",
)
decoy(
    "lorem",
    "lorem.txt",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.\nThe secret key to success is patience; the access key of this form is Alt+Shift+A.\n",
)
decoy(
    "html-accesskey",
    "page.html",
    '<button accesskey="s" id="secretAccessKeyButtonOfTheSettingsPage" class="aws-access-key-field-wrapper-large">Save</button>\n<label for="aws_secret_access_key">Secret</label>\n',
)
decoy(
    "translations",
    "locales/de.json",
    '{"aws.secret_access_key": "Geheimer Zugriffsschluessel", "aws.access_key_id": "Zugriffsschluessel-ID", "form.secret_key.help": "Den Schluessel findet man in der Konsole", "secret_access_key_label": "SecretAccessKeyOfYourStorageProvider"}\n',
)
decoy(
    "gettext",
    "de.po",
    'msgid "AWS secret access key"\nmsgstr "Geheimer AWS-Zugriffsschluessel"\nmsgid "aws_secret_access_key is missing in /etc/@word@/@word@/storage/s3.conf"\nmsgstr ""\n',
)
decoy(
    "akia-in-words",
    "names.txt",
    "AKIASHIMA PREFECTURE, MARAKIAN, SAKIAS, ASIATICA, ASIAPACIFICECONOMICFORUM, ACCADEMIADELLECRUSCAINFLORENCE, ABIATHARTHEPRIESTOFNOBSON\nAKIABARAELECTRICTOWN\n",
)
decoy(
    "akia-in-identifiers",
    "const.h",
    "#define ASIA_PACIFIC_REGION_CODE_TABLE 1\n#define ASIAPACIFICREGIONTABLE 2\nextern int AKIA_PREFIX_LENGTH_IN_CHARS;\nextern int ACCASSERTIONFAILEDINFO;\n",
)
decoy(
    "regex-of-scanner",
    "rules.toml",
    '[[rules]]\nid = "aws-access-token"\nregex = \'\'\'\\b((?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\\b\'\'\'\nkeywords = ["akia", "asia", "abia", "acca"]\n',
)
decoy(
    "wrong-charset-or-length",
    "ids.txt",
    "AKIA"
    + "0189" * 4
    + "\nAKIA"
    + "ABCDEFGH"
    + "\nAKIA"
    + "ABCDEFGHIJKLMNOPQRSTUVWX" * 2
    + "\nakia"
    + "abcdefghijklmnop"
    + "\n",
)
decoy(
    "form-labels",
    "help.txt",
    "Access key ID: 20 upper-case letters and digits\nSecret access key: 40 letters, digits, slashes and plus signs\nSession token: several hundred characters\n",
)
decoy(
    "paths-after-names",
    "paths.conf",
    "secret_key_file = /var/lib/@word@/credentials/AwsProd1/secretkey\naws_secret_access_key_path=/home/@user@/Private/Keys2024/AwsSecretKey\nsecret_key = /etc/ssl/private/Some2LongPath/To/A/Secret/Key1\n",
)
