"""Keys in source code and build files of many languages."""

from __future__ import annotations

from tests.corpus.registry import text

text("python-assign", "settings.py", 'AWS_ACCESS_KEY_ID = "@ID@"\nAWS_SECRET_ACCESS_KEY = "@SK@"\n')
text(
    "python-client",
    "app.py",
    """
import boto3
client = boto3.client(
    "s3",
    aws_access_key_id="@ID@",
    aws_secret_access_key="@SK@",
)
""",
)
text("python-session", "app.py", 'session = boto3.Session("@ID@", "@SK@", region_name="@region@")\n', held=True)
text("python-dict", "conf.py", "AWS = {'key': '@ID@', 'secret': '@SK@'}\n")
text(
    "python-environ",
    "run.py",
    """
os.environ["AWS_ACCESS_KEY_ID"] = "@ID@"
os.environ["AWS_SECRET_ACCESS_KEY"] = "@SK@"
""",
)
text(
    "python-getenv-default",
    "x.py",
    """
KEY = os.getenv("AWS_ACCESS_KEY_ID", "@ID@")
SECRET = os.getenv("AWS_SECRET_ACCESS_KEY", "@SK@")
""",
)
text("python-tuple", "x.py", 'CREDENTIALS = ("@ID@", "@SK@")\n', held=True)
text("python-fstring", "x.py", 'url = f"s3://@ID@:@SK:pct@@{bucket}/"\n', held=True)
text(
    "notebook",
    "a.ipynb",
    """
{"cells": [{"cell_type": "code", "source": ["%env AWS_ACCESS_KEY_ID=@ID@\\n", "%env AWS_SECRET_ACCESS_KEY=@SK@\\n"]}]}
""",
)
text(
    "notebook-output",
    "b.ipynb",
    """
{"cells": [{"outputs": [{"text": ["{'aws_access_key_id': '@ID@', 'aws_secret_access_key': '@SK@'}\\n"]}]}]}
""",
)
text(
    "javascript-config",
    "aws.js",
    """
AWS.config.update({
  accessKeyId: '@ID@',
  secretAccessKey: '@SK@',
  region: '@region@',
});
""",
)
text(
    "typescript-const",
    "s3.ts",
    """
const s3 = new S3Client({ credentials: { accessKeyId: "@ID@", secretAccessKey: "@SK@" } });
""",
)
text("javascript-constants", "k.js", "const ACCESS_KEY = `@ID@`;\nconst SECRET_KEY = `@SK@`;\n")
text(
    "javascript-fallback",
    "k.js",
    """
const accessKeyId = process.env.AWS_ACCESS_KEY_ID || '@ID@'
const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY || '@SK@'
""",
    held=True,
)
text(
    "javascript-minified",
    "app.min.js",
    """
!function(e){var t={a:1},n=function(e,t){return e+t};new r.S3({accessKeyId:"@ID@",secretAccessKey:"@SK@"}),n(1,2)}();
""",
)
text(
    "java-constants",
    "Keys.java",
    """
public class Keys {
    private static final String ACCESS_KEY = "@ID@";
    private static final String SECRET_KEY = "@SK@";
}
""",
)
text("java-basic", "S3.java", 'AWSCredentials c = new BasicAWSCredentials("@ID@", "@SK@");\n')
text(
    "java-broken-lines",
    "S3.java",
    """
AwsBasicCredentials credentials = AwsBasicCredentials.create(
        "@ID@",
        "@SK@");
""",
    held=True,
)
text("kotlin", "Keys.kt", 'const val AWS_ACCESS_KEY = "@ID@"\nconst val AWS_SECRET_KEY = "@SK@"\n', held=True)
text("scala", "Keys.scala", 'val accessKey = "@ID@"\nval secretKey = "@SK@"\n', held=True)
text(
    "spark",
    "job.scala",
    """
sc.hadoopConfiguration.set("fs.s3a.access.key", "@ID@")
sc.hadoopConfiguration.set("fs.s3a.secret.key", "@SK@")
""",
)
text(
    "spark-submit",
    "submit.sh",
    """
spark-submit --conf spark.hadoop.fs.s3a.access.key=@ID@ --conf spark.hadoop.fs.s3a.secret.key=@SK@ job.py
""",
    held=True,
)
text(
    "go-static",
    "main.go",
    """
creds := credentials.NewStaticCredentials("@ID@", "@SK@", "")
""",
)
text("go-const", "main.go", 'const (\n\taccessKey = "@ID@"\n\tsecretKey = "@SK@"\n)\n')
text("go-struct", "main.go", 'cfg := Config{\n\tAccessKey: "@ID@",\n\tSecretKey: "@SK@",\n}\n')
text("rust-const", "main.rs", 'const AWS_KEY: &str = "@ID@";\nconst AWS_SECRET: &str = "@SK@";\n', held=True)
text("rust-new", "main.rs", 'let c = Credentials::new("@ID@", "@SK@", None, None, "x");\n', held=True)
text("ruby-hash", "s3.rb", "Aws.config.update(access_key_id: '@ID@', secret_access_key: '@SK@')\n")
text(
    "ruby-rocket",
    "s3.rb",
    """
config.fog_credentials = {
  :aws_access_key_id     => "@ID@",
  :aws_secret_access_key => "@SK@",
}
""",
)
text(
    "php-array",
    "config.php",
    """
<?php
return ['credentials' => [
    'key'    => '@ID@',
    'secret' => '@SK@',
]];
""",
)
text(
    "php-define",
    "wp-config.php",
    """
define('AWS_ACCESS_KEY_ID', '@ID@');
define('AWS_SECRET_ACCESS_KEY', '@SK@');
""",
)
text(
    "php-laravel",
    "filesystems.php",
    "'key' => env('AWS_ACCESS_KEY_ID', '@ID@'),\n'secret' => env('AWS_SECRET_ACCESS_KEY', '@SK@'),\n",
)
text(
    "csharp",
    "Keys.cs",
    """
var client = new AmazonS3Client("@ID@", "@SK@", RegionEndpoint.EUWest1);
""",
)
text(
    "csharp-const",
    "Keys.cs",
    'private const string AwsAccessKey = "@ID@";\nprivate const string AwsSecretKey = @"@SK@";\n',
    held=True,
)
text("c-define", "keys.h", '#define AWS_ACCESS_KEY_ID "@ID@"\n#define AWS_SECRET_ACCESS_KEY "@SK@"\n')
text("cpp", "s3.cpp", 'Aws::Auth::AWSCredentials credentials("@ID@", "@SK@");\n', held=True)
text("swift", "Keys.swift", 'let accessKey = "@ID@"\nlet secretKey = "@SK@"\n', held=True)
text("objective-c", "Keys.m", '#define ACCESS_KEY_ID @"@ID@"\n#define SECRET_KEY @"@SK@"\n', held=True)
text("dart", "keys.dart", "const awsAccessKey = '@ID@';\nconst awsSecretKey = '@SK@';\n", held=True)
text(
    "perl",
    "s3.pl",
    "my $s3 = Net::Amazon::S3->new({ aws_access_key_id => '@ID@', aws_secret_access_key => '@SK@' });\n",
    held=True,
)
text("lua", "s3.lua", 'local access_key = "@ID@"\nlocal secret_key = [[@SK@]]\n', held=True)
text("r", "s3.R", 'Sys.setenv("AWS_ACCESS_KEY_ID" = "@ID@",\n           "AWS_SECRET_ACCESS_KEY" = "@SK@")\n', held=True)
text("julia", "s3.jl", 'creds = AWSCredentials("@ID@", "@SK@")\n', held=True)
text("matlab", "s3.m", "setenv('AWS_ACCESS_KEY_ID', '@ID@');\nsetenv('AWS_SECRET_ACCESS_KEY', '@SK@');\n", held=True)
text("haskell", "S3.hs", 'accessKey = "@ID@"\nsecretKey = "@SK@"\n', held=True)
text("elixir", "config.exs", 'config :ex_aws,\n  access_key_id: "@ID@",\n  secret_access_key: "@SK@"\n')
text("erlang", "sys.config", '{access_key_id, "@ID@"},\n{secret_access_key, "@SK@"}\n', held=True)
text("clojure", "core.clj", '(def cred {:access-key "@ID@" :secret-key "@SK@"})\n', held=True)
text("emacs-lisp", "init.el", '(setq aws-access-key "@ID@"\n      aws-secret-key "@SK@")\n', held=True)
text("tcl", "s3.tcl", 'set access_key "@ID@"\nset secret_key "@SK@"\n', held=True)
text(
    "groovy",
    "build.gradle",
    """
repositories { maven { credentials(AwsCredentials) {
    accessKey "@ID@"
    secretKey "@SK@"
} } }
""",
)
text("sbt", "build.sbt", 'awsAccessKeyId := "@ID@"\nawsSecretKey := "@SK@"\n', held=True)
text("gradle-properties", "gradle.properties", "awsAccessKeyId=@ID@\nawsSecretAccessKey=@SK@\n")
text("cmake", "CMakeLists.txt", 'set(AWS_ACCESS_KEY_ID "@ID@")\nset(AWS_SECRET_ACCESS_KEY "@SK@")\n', held=True)
text(
    "sql-stage",
    "stage.sql",
    """
CREATE STAGE s URL='s3://@bucket@' CREDENTIALS=(AWS_KEY_ID='@ID@' AWS_SECRET_KEY='@SK@');
""",
)
text("sql-insert", "dump.sql", "INSERT INTO settings VALUES (1,'aws_access_key','@ID@'),(2,'aws_secret_key','@SK@');\n")
text("sql-duckdb", "x.sql", "CREATE SECRET s (TYPE s3, KEY_ID '@ID@', SECRET '@SK@');\n", held=True)
text(
    "redshift-copy",
    "x.sql",
    """
COPY events FROM 's3://@bucket@/' ACCESS_KEY_ID '@ID@' SECRET_ACCESS_KEY '@SK@' CSV;
""",
    held=True,
)
text(
    "clickhouse",
    "x.sql",
    "SELECT * FROM s3('https://@bucket@.s3.amazonaws.com/x', '@ID@', '@SK@', 'CSV');\n",
    held=True,
)
text("vba", "m.bas", 'Const AccessKey = "@ID@"\nConst SecretKey = "@SK@"\n', held=True)
text("arduino", "secrets.h", 'const char* awsKeyID = "@ID@";\nconst char* awsSecKey = "@SK@";\n', held=True)
