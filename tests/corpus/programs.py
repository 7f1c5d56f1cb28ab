# fmt: off - one style a line, as in a table
"""Styles: more programs that hold a key."""

from tests.corpus.registry import style, text
from tests.corpus.template import Draft

text(
    "go-multi-line-call",
    "v2.go",
    'cfg, err := config.LoadDefaultConfig(ctx,\n\tconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(\n\t\t"@ID@",\n\t\t"@SK@",\n\t\t"",\n\t)),\n)\n',
)

text(
    "java-basic",
    "S3.java",
    'public class S3 {\n    private static final String ACCESS_KEY = "@ID@";\n    private static final String SECRET_KEY = "@SK@";\n}\n',
    held=True,
)
text("java-positional", "Up.java", 'AWSCredentials c = new BasicAWSCredentials("@ID@", "@SK@");\n', held=True)
text(
    "java-positional-wrapped",
    "Up2.java",
    'StaticCredentialsProvider.create(\n    AwsBasicCredentials.create(\n        "@ID@",\n        "@SK@"));\n',
    held=True,
)
text("java-session", "Sts.java", 'var c = AwsSessionCredentials.create("@TID@", "@SK@",\n    "@ST@");\n', held=True)
text(
    "java-value-annotation",
    "Cfg.java",
    '@Value("${aws.accessKey:@ID@}")\nprivate String accessKey;\n@Value("${aws.secretKey:@SK@}")\nprivate String secretKey;\n',
    held=True,
)
text("java-system-property", "run.sh", "java -Daws.accessKeyId=@ID@ -Daws.secretKey=@SK@ -jar @word@.jar\n", held=True)
text(
    "kotlin",
    "Keys.kt",
    'object Keys {\n    const val ACCESS_KEY_ID = "@ID@"\n    const val SECRET_ACCESS_KEY: String = "@SK@"\n}\n',
    held=True,
)
text(
    "kotlin-lambda",
    "Client.kt",
    'val s3 = S3Client { credentialsProvider = StaticCredentialsProvider {\n    accessKeyId = "@ID@"\n    secretAccessKey = """@SK@"""\n} }\n',
    held=True,
)
text(
    "gradle-groovy",
    "build.gradle",
    "publishing { repositories { maven {\n  url 's3://@bucket@/maven'\n  credentials(AwsCredentials) {\n    accessKey '@ID@'\n    secretKey '@SK@'\n  }\n} } }\n",
    held=True,
)
text(
    "gradle-kts",
    "build.gradle.kts",
    'credentials(AwsCredentials::class) {\n    accessKey = "@ID@"\n    secretKey = "@SK@"\n}\n',
    held=True,
)
text(
    "scala",
    "Job.scala",
    'spark.conf.set("fs.s3a.access.key", "@ID@")\nspark.conf.set("fs.s3a.secret.key", "@SK@")\nval awsCreds = new BasicAWSCredentials("@ID@", "@SK@")\n',
    held=True,
)
text(
    "scala-sbt",
    "build.sbt",
    's3credentials := new BasicAWSCredentials("@ID@", "@SK@")\nval accessKey: String = "@ID2@"\nval secretKey: String = "@SK2@"\n',
    held=True,
)
text(
    "csharp",
    "Uploader.cs",
    'private const string AwsAccessKey = "@ID@";\nprivate const string AwsSecretKey = @"@SK@";\n',
    held=True,
)
text(
    "csharp-named",
    "S3.cs",
    'var client = new AmazonS3Client(awsAccessKeyId: "@ID@", awsSecretAccessKey: "@SK@", region: RegionEndpoint.USEast1);\nvar c2 = new AmazonS3Client("@ID2@", "@SK2@", RegionEndpoint.EUWest1);\n',
    held=True,
)
text(
    "csharp-object", "Opt.cs", 'services.AddS3(new S3Options { AccessKey = "@ID@", SecretKey = "@SK@" });\n', held=True
)
text("vbnet", "Module1.vb", 'Dim accessKey As String = "@ID@"\nDim secretKey As String = "@SK@"\n', held=True)
text(
    "rust-const",
    "keys.rs",
    'pub const AWS_ACCESS_KEY_ID: &str = "@ID@";\nstatic AWS_SECRET_ACCESS_KEY: &\'static str = "@SK@";\n',
    held=True,
)
text(
    "rust-call",
    "main.rs",
    'let creds = Credentials::new(\n    "@ID@",\n    "@SK@",\n    None,\n    None,\n    "static",\n);\n',
    held=True,
)
text(
    "rust-raw",
    "raw.rs",
    'let access_key = r"@ID@".to_string();\nlet secret_key = r#"@SK@"#.to_owned();\nlet key = String::from("@ID2@"); let secret = String::from("@SK2@");\n',
    held=True,
)
text(
    "c-define",
    "aws.h",
    '#ifndef AWS_H\n#define AWS_H\n#define AWS_ACCESS_KEY_ID "@ID@"\n#define AWS_SECRET_ACCESS_KEY "@SK@"\n#endif\n',
    held=True,
)
text(
    "c-const-char",
    "main.c",
    'static const char *access_key = "@ID@";\nstatic const char secret_key[] = "@SK@";\n',
    held=True,
)
text(
    "cpp-call",
    "s3.cpp",
    'Aws::Auth::AWSCredentials creds("@ID@", "@SK@");\nstd::string awsSecretKey{"@SK2@"}; std::string awsAccessKey{"@ID2@"};\n',
    held=True,
)
text("arduino", "secrets.h", 'const char* AWS_KEY    = "@ID@";\nconst char* AWS_SECRET = "@SK@";\n', held=True)
text(
    "objc",
    "AppDelegate.m",
    'static NSString *const kAccessKey = @"@ID@";\nstatic NSString *const kSecretKey = @"@SK@";\n',
    held=True,
)
text(
    "swift",
    "Aws.swift",
    'let credentials = AWSStaticCredentialsProvider(accessKey: "@ID@", secretKey: "@SK@")\nlet awsSecret: String = "@SK2@"\nlet awsKey: String = "@ID2@"\n',
    held=True,
)
text("dart", "aws.dart", "const accessKeyId = '@ID@';\nfinal String secretAccessKey = '@SK@';\n", held=True)
text(
    "r-setenv",
    "run.R",
    'library(aws.s3)\nSys.setenv("AWS_ACCESS_KEY_ID" = "@ID@",\n           "AWS_SECRET_ACCESS_KEY" = "@SK@",\n           "AWS_DEFAULT_REGION" = "@region@")\naccess_key <- "@ID@"\n',
    held=True,
)
text("r-arrow", "a.R", "aws_access_key_id <- \"@ID@\"\naws_secret_access_key <- '@SK@'\n", held=True)
text("renviron", ".Renviron", "AWS_ACCESS_KEY_ID=@ID@\nAWS_SECRET_ACCESS_KEY=@SK@\nR_MAX_VSIZE=8Gb\n", held=True)
text(
    "julia",
    "up.jl",
    'ENV["AWS_ACCESS_KEY_ID"] = "@ID@"\nENV["AWS_SECRET_ACCESS_KEY"] = "@SK@"\ncreds = AWSCredentials("@ID2@", "@SK2@")\n',
    held=True,
)
text("lua", "conf.lua", 'return {\n  access_key = "@ID@",\n  ["secret_key"] = [[@SK@]],\n}\n', held=True)
text(
    "perl-hash",
    "up.pl",
    "my $s3 = Amazon::S3->new({\n    aws_access_key_id     => '@ID@',\n    aws_secret_access_key => '@SK@',\n    retry                 => 1,\n});\n",
    held=True,
)
text("perl-q", "q.pl", "my $aws_access_key = q{@ID@};\n$ENV{AWS_SECRET_ACCESS_KEY} = qq(@SK@);\n", held=True)
text(
    "tcl",
    "s3.tcl",
    'set access_key "@ID@"\nset secret_key {@SK@}\nset env(AWS_ACCESS_KEY_ID) @ID2@\nset env(AWS_SECRET_ACCESS_KEY) @SK2@\n',
    held=True,
)
text(
    "clojure",
    "core.clj",
    '(def cred {:access-key "@ID@"\n           :secret-key "@SK@"})\n(s3/put-object {:access-key "@ID2@", :secret-key "@SK2@"} "@bucket@" "k")\n',
    held=True,
)
text(
    "elixir",
    "config/prod.exs",
    'config :ex_aws,\n  access_key_id: "@ID@",\n  secret_access_key: "@SK@",\n  region: "@region@"\n',
    held=True,
)
text(
    "elixir-list",
    "config/dev.exs",
    'config :ex_aws,\n  access_key_id: [{:system, "AWS_ACCESS_KEY_ID"}, "@ID@", :instance_role],\n  secret_access_key: [{:system, "AWS_SECRET_ACCESS_KEY"}, "@SK@", :instance_role]\n',
    held=True,
)
text(
    "erlang",
    "sys.config",
    '[{erlcloud, [\n  {aws_access_key_id, "@ID@"},\n  {aws_secret_access_key, <<"@SK@">>}\n]}].\n',
    held=True,
)
text(
    "haskell",
    "Main.hs",
    'accessKey :: AccessKey\naccessKey = AccessKey "@ID@"\nsecretKey = SecretKey "@SK@"\n',
    held=True,
)
text("ocaml", "conf.ml", 'let access_key = "@ID@"\nlet secret_key = "@SK@"\n', held=True)
text("fsharp", "Config.fs", 'let [<Literal>] AccessKey = "@ID@"\nlet [<Literal>] SecretKey = "@SK@"\n', held=True)
text(
    "matlab",
    "setup.m",
    "setenv('AWS_ACCESS_KEY_ID', '@ID@');\nsetenv('AWS_SECRET_ACCESS_KEY', '@SK@');\n% old: @ID2#@ / @SK2#@\n",
    held=True,
)
text(
    "groovy-map",
    "conf.groovy",
    "grails { plugin { awssdk {\n  accessKey = '@ID@'\n  secretKey = '@SK@'\n} } }\n",
    held=True,
)
text(
    "coldfusion",
    "Application.cfc",
    '<cfset this.s3.accessKeyId = "@ID@">\n<cfset this.s3.awsSecretKey = "@SK@">\n',
    held=True,
)
text("apex-delphi", "Unit1.pas", "const\n  cAccessKey = '@ID@';\n  cSecretKey = '@SK@';\n", held=True)
text("sas-options", "load.sas", 'proc s3 keyid="@ID@" secret="@SK@" region=useast;\nrun;\n', held=True)


@style("py-large-module", "big.py")
def _large_module(draft: Draft) -> str:
    """A long program whose two clients stand far apart."""
    lines = [
        f"def step_{i}(x):\n    return x + {draft.rng.randrange(99)}  # {draft.fill.hex(40)}\n" for i in range(300)
    ]
    for number, at in ((1, 40), (2, 250)):
        lines.insert(
            at,
            f"client_{number} = boto3.client('s3', aws_access_key_id='@ID{number}@', aws_secret_access_key='@SK{number}@')\n",
        )
    return "\n".join(lines)
