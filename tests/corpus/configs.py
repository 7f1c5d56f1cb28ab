# fmt: off - one style a line, as in a table
"""Styles: settings of programs and frameworks, in properties, INI, TOML, XML, plist and formats of their own."""

from tests.corpus.registry import text

text(
    "toml-table",
    "config.toml",
    '[storage]\nbucket = "@bucket@"\naccess_key_id = "@ID@"\nsecret_access_key = "@SK@"\n\n[log]\nlevel = "info"\n',
)
text(
    "toml-inline",
    "settings.toml",
    'title = "x"\naws = { access_key_id = "@ID@", secret_access_key = "@SK@", region = "@region@" }\n',
)
text("toml-literal", "wrangler.toml", "[vars]\nAWS_ACCESS_KEY_ID = '@ID@'\nAWS_SECRET_ACCESS_KEY = '@SK@'\n")
text(
    "toml-array-tables",
    "vector.toml",
    '[[sinks]]\nname = "@word@"\n[sinks.auth]\naccess_key_id = "@ID@"\nsecret_access_key = "@SK@"\n\n[[sinks]]\nname = "@word@"\nauth.access_key_id = "@ID2@"\nauth.secret_access_key = "@SK2@"\n',
    held=True,
)
text(
    "toml-dlt-secrets",
    ".dlt/secrets.toml",
    '[destination.filesystem.credentials]\naws_access_key_id = "@ID@" # please set me up!\naws_secret_access_key = "@SK@" # please set me up!\n',
    held=True,
)
text(
    "streamlit-secrets",
    ".streamlit/secrets.toml",
    'AWS_ACCESS_KEY_ID = "@ID@"\nAWS_SECRET_ACCESS_KEY = """@SK@"""\n',
    held=True,
)
text("ini-sections", "app.ini", "[s3]\nbucket=@bucket@\nkey=@ID@\nsecret=@SK@\n\n[mail]\nhost=@host@\n")
text(
    "ini-airflow",
    "airflow.cfg",
    "[core]\nexecutor = LocalExecutor\n\n[aws]\naws_access_key = @ID@\naws_secret_key = @SK@\n",
    held=True,
)
text(
    "gitlab-rb",
    "etc/gitlab/gitlab.rb",
    """
gitlab_rails['object_store']['enabled'] = true
gitlab_rails['object_store']['connection'] = {
  'provider' => 'AWS',
  'region' => '@region@',
  'aws_access_key_id' => '@ID@',
  'aws_secret_access_key' => '@SK@'
}
""",
    held=True,
)
text(
    "java-properties",
    "application.properties",
    """
server.port=8080
cloud.aws.credentials.accessKey=@ID@
cloud.aws.credentials.secretKey=@SK@
cloud.aws.region.static=@region@
""",
    held=True,
)
text(
    "java-properties-dots",
    "aws.properties",
    "aws.accessKeyId=@ID@\naws.secretKey=@SK@\nspring.main.banner-mode=off\n",
    held=True,
)
text(
    "java-properties-spaces",
    "AwsCredentials.properties",
    "#Insert your AWS Credentials from http://aws.amazon.com/security-credentials\n#@date@\naccessKey = @ID@\nsecretKey = @SK@\n",
    held=True,
)
text(
    "java-properties-escaped",
    "db.properties",
    "dynamo.endpoint=https\\://dynamodb.@region@.amazonaws.com\ndynamo.access-key : @ID@\ndynamo.secret-key : @SK@\n",
    held=True,
)
text(
    "spring-yaml",
    "application.yml",
    """
spring:
  application:
    name: @word@
  cloud:
    aws:
      credentials:
        access-key: @ID@
        secret-key: @SK@
      region:
        static: @region@
""",
    held=True,
)
text(
    "quarkus",
    "application.properties",
    "quarkus.s3.aws.region=@region@\nquarkus.s3.aws.credentials.type=static\nquarkus.s3.aws.credentials.static-provider.access-key-id=@ID@\nquarkus.s3.aws.credentials.static-provider.secret-access-key=@SK@\n",
    held=True,
)
text(
    "dotnet-appsettings",
    "appsettings.json",
    """
{
  "Logging": { "LogLevel": { "Default": "Information" } },
  "AWS": {
    "Profile": "@word@",
    "Region": "@region@",
    "AccessKey": "@ID@",
    "SecretKey": "@SK@"
  },
  "AllowedHosts": "*"
}
""",
    held=True,
    bom=True,
    newline="\r\n",
)
text(
    "dotnet-web-config",
    "Web.config",
    """
<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
    <add key="webpages:Version" value="3.0.0.0" />
    <add key="AWSAccessKey" value="@ID@" />
    <add key="AWSSecretKey" value="@SK@" />
    <add key="AWSRegion" value="@region@" />
  </appSettings>
</configuration>
""",
    held=True,
    newline="\r\n",
)
text(
    "dotnet-settings",
    "Settings.settings",
    """
<?xml version='1.0' encoding='utf-8'?>
<SettingsFile xmlns="http://schemas.microsoft.com/VisualStudio/2004/01/settings">
  <Settings>
    <Setting Name="AwsAccessKeyId" Type="System.String" Scope="Application">
      <Value Profile="(Default)">@ID@</Value>
    </Setting>
    <Setting Name="AwsSecretAccessKey" Type="System.String" Scope="Application">
      <Value Profile="(Default)">@SK@</Value>
    </Setting>
  </Settings>
</SettingsFile>
""",
    held=True,
)
text(
    "dotnet-connection-string",
    "connections.config",
    '<connectionStrings>\n  <add name="S3" connectionString="Provider=S3;AccessKey=@ID@;SecretKey=@SK@;Bucket=@bucket@" />\n</connectionStrings>\n',
    held=True,
)
text(
    "hadoop-core-site",
    "etc/hadoop/core-site.xml",
    """
<?xml version="1.0"?>
<configuration>
  <property>
    <name>fs.defaultFS</name>
    <value>hdfs://@host@:9000</value>
  </property>
  <property>
    <name>fs.s3a.access.key</name>
    <value>@ID@</value>
  </property>
  <property>
    <name>fs.s3a.secret.key</name>
    <value>@SK@</value>
    <description>AWS secret key.</description>
  </property>
</configuration>
""",
)
text(
    "hadoop-old",
    "conf/hadoop-site.xml",
    """
<configuration>
<property><name>fs.s3n.awsAccessKeyId</name><value>@ID@</value></property>
<property><name>fs.s3n.awsSecretAccessKey</name><value>@SK@</value></property>
</configuration>
""",
)
text(
    "spark-defaults",
    "conf/spark-defaults.conf",
    """
spark.master                     spark://@host@:7077
spark.hadoop.fs.s3a.access.key   @ID@
spark.hadoop.fs.s3a.secret.key   @SK@
spark.hadoop.fs.s3a.session.token @ST@
""",
    held=True,
)
text("hadoop-url", "flow.pig", "A = LOAD 's3n://@ID@:@SK:pct@@@bucket@/@word@/*.gz' USING PigStorage('\\t');\n")
text(
    "maven-settings",
    ".m2/settings.xml",
    """
<settings>
  <servers>
    <server>
      <id>s3.release</id>
      <username>@ID@</username>
      <password>@SK@</password>
    </server>
  </servers>
</settings>
""",
)
text(
    "xml-attributes",
    "config.xml",
    '<?xml version="1.0"?>\n<s3 bucket="@bucket@" access-key="@ID@" secret-key="@SK@" region="@region@"/>\n',
)
text(
    "xml-elements",
    "storage.xml",
    "<storage>\n  <accessKeyId>@ID@</accessKeyId>\n  <secretAccessKey><![CDATA[@SK@]]></secretAccessKey>\n</storage>\n",
)
text(
    "xml-entities",
    "e.xml",
    '<c>\n <p name="aws_access_key_id">@ID@</p>\n <p name="aws_secret_access_key">@SK:html@</p>\n</c>\n',
)
