# fmt: off - one style a line, as in a table
"""Styles: keys written into programs, in the languages people write against AWS."""

from tests.corpus.registry import text

text(
    "py-constants",
    "settings.py",
    'import os\n\nDEBUG = False\nAWS_ACCESS_KEY_ID = "@ID@"\nAWS_SECRET_ACCESS_KEY = "@SK@"\nAWS_STORAGE_BUCKET_NAME = "@bucket@"\n',
)
text(
    "py-getenv-default",
    "conf.py",
    "import os\nkey_id = os.environ.get('AWS_ACCESS_KEY_ID', '@ID@')\nsecret = os.getenv(\"AWS_SECRET_ACCESS_KEY\", \"@SK@\")\n",
)
text(
    "py-environ-set",
    "boot.py",
    'os.environ["AWS_ACCESS_KEY_ID"] = "@ID@"\nos.environ["AWS_SECRET_ACCESS_KEY"] = "@SK@"\nos.environ.setdefault("AWS_DEFAULT_REGION", "@region@")\n',
)
text(
    "py-boto3-kwargs",
    "up.py",
    """
import boto3

client = boto3.client(
    "s3",
    aws_access_key_id="@ID@",
    aws_secret_access_key="@SK@",
    region_name="@region@",
)
""",
)
text(
    "py-boto3-session-token",
    "up2.py",
    "session = boto3.Session(aws_access_key_id='@TID@',\n                        aws_secret_access_key='@SK@',\n                        aws_session_token='@ST@')\n",
)
text(
    "py-positional",
    "old.py",
    "from boto.s3.connection import S3Connection\nconn = S3Connection('@ID@', '@SK@')\nbucket = conn.get_bucket('@bucket@')\n",
)
text(
    "py-dict",
    "creds.py",
    "CREDENTIALS = {\n    'access_key': '@ID@',\n    'secret_key': '@SK@',\n}\nOTHER = dict(key=\"@ID2@\", secret=\"@SK2@\")\n",
)
text(
    "py-tuple-list", "pool.py", 'KEYS = [\n    ("@ID@", "@SK@"),\n    ("@ID2@", "@SK2@"),\n    ("@ID3@", "@SK3@"),\n]\n'
)
text("py-tuple-assign", "t.py", "aws_id, aws_secret = '@ID@', '@SK@'\n", held=True)
text(
    "py-annotated",
    "models.py",
    'class Settings(BaseSettings):\n    access_key_id: str = "@ID@"\n    secret_access_key: SecretStr = SecretStr("@SK@")\n    region: str = "@region@"\n',
    held=True,
)
text("py-triple", "notes.py", 'TEXT = """\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"""\n', held=True)
text(
    "py-commented",
    "c.py",
    "# aws_access_key_id='@ID#@',\n# aws_secret_access_key='@SK#@',\nsession = boto3.Session()\n",
)
text(
    "py-fsspec",
    "load.py",
    "df = pd.read_parquet('s3://@bucket@/x', storage_options={'key': '@ID@', 'secret': '@SK@'})\n",
)
text("py-airflow-uri", "dag.py", "os.environ['AIRFLOW_CONN_AWS'] = 'aws://@ID@:@SK:pct@@@/?region_name=@region@'\n")
text("py-bytes-implicit-join", "j.py", 'ACCESS = b"@ID@"\nSECRET = (\n    b"@SK@"\n)\n', held=True)
text("py-raw-and-prefix", "r.py", "secret_key = r'@SK@'\naccess_key = u'@ID@'\n", held=True)
text(
    "py-argparse",
    "cli.py",
    'parser.add_argument("--access-key", default="@ID@")\nparser.add_argument("--secret-key", default="@SK@", help="secret")\n',
    held=True,
)
text(
    "py-spark-conf",
    "job.py",
    'sc._jsc.hadoopConfiguration().set("fs.s3a.access.key", "@ID@")\nsc._jsc.hadoopConfiguration().set("fs.s3a.secret.key", "@SK@")\n',
)

text(
    "js-object",
    "aws.js",
    "const AWS = require('aws-sdk');\nAWS.config.update({\n  accessKeyId: '@ID@',\n  secretAccessKey: '@SK@',\n  region: '@region@',\n});\n",
)
text(
    "js-shorthand",
    "short.js",
    "const accessKeyId = '@ID@';\nconst secretAccessKey = \"@SK@\";\nconst s3 = new S3Client({ credentials: { accessKeyId, secretAccessKey } });\n",
)
text(
    "js-template-literal",
    "tl.mjs",
    "export const accessKeyId = `@ID@`\nexport const secretAccessKey = `@SK@`\n",
    held=True,
)
text(
    "js-process-env",
    "env.js",
    "process.env.AWS_ACCESS_KEY_ID = '@ID@';\nprocess.env.AWS_SECRET_ACCESS_KEY = '@SK@';\nconst id = process.env.AWS_ID || '@ID@';\n",
)
text(
    "js-positional",
    "pos.js",
    "const credentials = new AWS.Credentials('@ID@', '@SK@');\nvar c2 = new AWS.Credentials(\"@ID2@\", \"@SK2@\", null);\n",
    held=True,
)
text(
    "js-minified",
    "app.min.js",
    '!function(e,t){"use strict";var n=t(3),r={a:1};e.exports=function(e){return n.create({accessKeyId:"@ID@",secretAccessKey:"@SK@",region:"@region@"}),r}}(module,require);var sha="@hex40@";\n',
)
text(
    "js-minified-quoted",
    "bundle.js",
    '(()=>{var e={81:(e,t)=>{t.hash="@hex64@",t.k={"access_key":"@ID@","secret_key":"@SK@"}}},t={};e[81](0,t)})();\n',
    held=True,
)
text(
    "ts-environment",
    "src/environments/environment.prod.ts",
    "export const environment = {\n  production: true,\n  awsAccessKey: '@ID@',\n  awsSecretKey: '@SK@',\n};\n",
)
text(
    "ts-typed",
    "config.ts",
    'export class Config {\n  private readonly accessKey: string = "@ID@";\n  private readonly secretKey: string = "@SK@";\n}\n',
    held=True,
)
text(
    "jsx-amplify",
    "App.jsx",
    '<Uploader\n  accessKeyId="@ID@"\n  secretAccessKey={\'@SK@\'}\n  bucket="@bucket@"\n/>\n',
    held=True,
)
text(
    "html-inline-script",
    "index.html",
    "<html><body><script>\n  AWS.config.credentials = new AWS.Credentials({accessKeyId: '@ID@', secretAccessKey: '@SK@'});\n</script></body></html>\n",
)
text(
    "html-hidden-input",
    "form.html",
    '<form>\n<input type="hidden" name="AWSAccessKeyId" value="@ID@">\n<input type="hidden" name="AWSSecretKey" value="@SK:html@">\n</form>\n',
    held=True,
)

text(
    "php-array",
    "config.php",
    "<?php\nreturn [\n    'credentials' => [\n        'key'    => '@ID@',\n        'secret' => '@SK@',\n    ],\n    'region' => '@region@',\n];\n",
    held=True,
)
text(
    "php-define",
    "wp-config.php",
    "<?php\ndefine( 'AWS_ACCESS_KEY_ID', '@ID@' );\ndefine( 'AWS_SECRET_ACCESS_KEY', '@SK@' );\ndefine( 'DB_NAME', '@word@' );\n",
    held=True,
)
text(
    "php-serialized-settings",
    "as3cf.php",
    "<?php\ndefine( 'AS3CF_SETTINGS', serialize( array(\n    'provider' => 'aws',\n    'access-key-id' => '@ID@',\n    'secret-access-key' => '@SK@',\n) ) );\n",
    held=True,
)
text(
    "php-env-default",
    "services.php",
    "<?php\n'ses' => [\n  'key' => env('AWS_ACCESS_KEY_ID', '@ID@'),\n  'secret' => env('AWS_SECRET_ACCESS_KEY', \"@SK@\"),\n],\n",
    held=True,
)
text(
    "php-positional",
    "s3.php",
    "<?php\n$s3 = new S3('@ID@', '@SK@');\n$awsAccessKey = '@ID2@';\n$awsSecretKey = \"@SK2@\";\n",
    held=True,
)

text(
    "ruby-hash",
    "s3.rb",
    "CarrierWave.configure do |config|\n  config.fog_credentials = {\n    provider: 'AWS',\n    aws_access_key_id: '@ID@',\n    aws_secret_access_key: '@SK@'\n  }\nend\n",
    held=True,
)
text(
    "ruby-rocket",
    "old.rb",
    'AWS::S3::Base.establish_connection!(\n  :access_key_id     => "@ID@",\n  :secret_access_key => "@SK@"\n)\n',
    held=True,
)
text(
    "ruby-positional", "new.rb", "creds = Aws::Credentials.new('@ID@', '@SK@')\nAws.config.update(credentials: creds)\n"
)
text(
    "ruby-env",
    "env.rb",
    "ENV['AWS_ACCESS_KEY_ID'] ||= '@ID@'\nENV['AWS_SECRET_ACCESS_KEY'] ||= '@SK@'\nID = ENV.fetch('AWS_ID', '@ID@')\n",
    held=True,
)
text("ruby-percent", "p.rb", "access_key, secret_key = %w[@ID@ @SK@]\n", held=True)

text("go-positional", "main.go", 'package main\n\nvar creds = credentials.NewStaticCredentials("@ID@", "@SK@", "")\n')
text(
    "go-struct",
    "conf.go",
    'package conf\n\nvar S3 = Config{\n\tAccessKeyID:     "@ID@",\n\tSecretAccessKey: `@SK@`,\n\tRegion:          "@region@",\n}\n',
    held=True,
)
text(
    "go-const",
    "keys.go",
    'package keys\n\nconst (\n\tawsAccessKeyID     = "@ID@"\n\tawsSecretAccessKey = "@SK@"\n)\n',
    held=True,
)
text(
    "go-setenv",
    "env_test.go",
    't.Setenv("AWS_ACCESS_KEY_ID", "@ID@")\n_ = os.Setenv("AWS_SECRET_ACCESS_KEY", "@SK@")\n',
    held=True,
)
