"""Keys in structured configuration: YAML, JSON, TOML, HCL, XML, properties, containers and pipelines."""

from __future__ import annotations

from tests.corpus.registry import text

text(
    "compose-list",
    "docker-compose.yml",
    """
services:
  @word@:
    image: @word@:1
    environment:
      - AWS_ACCESS_KEY_ID=@ID@
      - AWS_SECRET_ACCESS_KEY=@SK@
""",
)
text(
    "compose-map",
    "compose.yaml",
    """
services:
  @word@:
    environment:
      AWS_ACCESS_KEY_ID: "@ID@"
      AWS_SECRET_ACCESS_KEY: '@SK@'
""",
)
text(
    "compose-command",
    "compose.yaml",
    """
services:
  sync:
    command: >
      --access-key=@ID@
      --secret-key=@SK@
""",
    held=True,
)
text(
    "k8s-env",
    "deploy.yaml",
    """
spec:
  containers:
  - name: @word@
    env:
    - name: AWS_ACCESS_KEY_ID
      value: @ID@
    - name: AWS_SECRET_ACCESS_KEY
      value: "@SK@"
""",
)
text(
    "k8s-secret-string",
    "secret.yaml",
    """
apiVersion: v1
kind: Secret
stringData:
  access-key: @ID@
  secret-key: @SK@
""",
)
text(
    "k8s-secret-data",
    "secret.yaml",
    """
kind: Secret
data:
  AWS_ACCESS_KEY_ID: @ID:b64@
  AWS_SECRET_ACCESS_KEY: @SK:b64@
""",
)
text(
    "k8s-configmap",
    "cm.yaml",
    """
kind: ConfigMap
data:
  credentials: |
    [default]
    aws_access_key_id = @ID@
    aws_secret_access_key = @SK@
""",
)
text(
    "helm-values",
    "values.yaml",
    """
aws:
  accessKeyId: @ID@   # rotated @date@
  secretAccessKey: @SK@
""",
)
text(
    "helm-template",
    "templates/x.yaml",
    """
{{- if .Values.aws }}
env:
  - name: AWS_ACCESS_KEY_ID
    value: {{ "@ID@" | quote }}
  - name: AWS_SECRET_ACCESS_KEY
    value: {{ "@SK@" | quote }}
{{- end }}
""",
    held=True,
)
text("ansible-vars", "group_vars/all.yml", '---\naws_access_key: "@ID@"\naws_secret_key: "@SK@"\n')
text(
    "ansible-task",
    "tasks/main.yml",
    """
- name: @sentence@
  amazon.aws.s3_object: {bucket: @bucket@, aws_access_key: @ID@, aws_secret_key: "@SK@", mode: put}
""",
    held=True,
)
text("ansible-hosts", "hosts", "[all]\n@host@ ansible_user=@user@ aws_access_key=@ID@ aws_secret_key=@SK@\n", held=True)
text(
    "github-workflow",
    ".github/workflows/x.yml",
    """
jobs:
  deploy:
    env: {AWS_ACCESS_KEY_ID: @ID@, AWS_SECRET_ACCESS_KEY: @SK@}
""",
    """
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: @ID@
          aws-secret-access-key: @SK@
          aws-region: @region@
""",
)
text(
    "gitlab-ci",
    ".gitlab-ci.yml",
    """
variables:
  AWS_ACCESS_KEY_ID: @ID@
  AWS_SECRET_ACCESS_KEY: @SK@
script:
  - aws s3 ls
""",
)
text(
    "circleci",
    ".circleci/config.yml",
    """
    steps:
      - run: |
          aws configure set aws_access_key_id @ID@
          aws configure set aws_secret_access_key @SK@
""",
)
text(
    "travis",
    ".travis.yml",
    """
deploy:
  provider: s3
  access_key_id: @ID@
  secret_access_key: "@SK@"
""",
    held=True,
)
text(
    "jenkinsfile",
    "Jenkinsfile",
    """
pipeline {
  environment {
    AWS_ACCESS_KEY_ID = '@ID@'
    AWS_SECRET_ACCESS_KEY = '@SK@'
  }
}
""",
)
text(
    "serverless",
    "serverless.yml",
    """
provider:
  name: aws
  environment:
    ACCESS_KEY: @ID@
    SECRET_KEY: @SK@
""",
)
text(
    "spring-yaml",
    "application.yml",
    """
cloud:
  aws:
    credentials:
      access-key: @ID@
      secret-key: @SK@
""",
)
text(
    "spring-properties",
    "application.properties",
    """
cloud.aws.credentials.access-key=@ID@
cloud.aws.credentials.secret-key=@SK@
""",
)
text("java-properties-colon", "aws.properties", "accessKey : @ID@\nsecretKey : @SK@\n")
text("java-properties-escaped", "x.properties", "aws.key=@ID@\naws.secret=@SK:shq@\n", held=True)
text(
    "json-object",
    "config.json",
    """
{"accessKeyId": "@ID@", "secretAccessKey": "@SK@", "region": "@region@"}
""",
)
text(
    "json-pretty",
    "settings.json",
    """
{
  "aws": {
    "secretAccessKey": "@SK@",
    "accessKeyId": "@ID@"
  }
}
""",
)
text("json-slash-escaped", "x.json", '{"AccessKeyId":"@ID@","SecretAccessKey":"@SK:slash@"}')
text("json-unicode-escaped", "x.json", '{"aws_key":"@ID@","aws_secret":"@SK:uni@"}')
text(
    "json-sts",
    "sts.json",
    """
{"Credentials": {"AccessKeyId": "@TID@", "SecretAccessKey": "@SK@", "SessionToken": "@ST@", "Expiration": "@stamp@"}}
""",
)
text(
    "json-iam-create",
    "key.json",
    """
{
    "AccessKey": {
        "UserName": "@user@",
        "AccessKeyId": "@ID@",
        "Status": "Active",
        "SecretAccessKey": "@SK@",
        "CreateDate": "@stamp@"
    }
}
""",
)
text(
    "json-name-value",
    "task.json",
    """
{"environment": [{"name": "AWS_ACCESS_KEY_ID", "value": "@ID@"}, {"name": "AWS_SECRET_ACCESS_KEY", "value": "@SK@"}]}
""",
)
text(
    "json-docker-inspect",
    "inspect.json",
    """
{"Env": ["PATH=/bin", "AWS_ACCESS_KEY_ID=@ID@", "AWS_SECRET_ACCESS_KEY=@SK@"]}
""",
)
text(
    "json-comments",
    "settings.jsonc",
    """
{
  // "accessKeyId": "@ID#@",
  // "secretAccessKey": "@SK#@",
  "x": 1
}
""",
)
text(
    "json-lines",
    "data.jsonl",
    """
{"access_key":"@ID@","secret_key":"@SK@"}
{"accessKey":"@ID2@","secretKey":"@SK2@"}
""",
)
text(
    "appsettings",
    "appsettings.json",
    '{"AWS": {"Profile": "x", "AccessKey": "@ID@", "SecretKey": "@SK@"}}\n',
    held=True,
)
text(
    "local-settings", "local.settings.json", '{"Values": {"AwsAccessKey": "@ID@", "AwsSecretKey": "@SK@"}}\n', held=True
)
text(
    "web-config",
    "web.config",
    """
<configuration><appSettings>
  <add key="AWSAccessKey" value="@ID@" />
  <add key="AWSSecretKey" value="@SK@"/>
</appSettings></configuration>
""",
)
text(
    "core-site",
    "core-site.xml",
    """
<configuration>
  <property>
    <name>fs.s3a.access.key</name>
    <value>@ID@</value>
  </property>
  <property>
    <name>fs.s3a.secret.key</name>
    <value>@SK@</value>
  </property>
</configuration>
""",
)
text(
    "maven-settings",
    "settings.xml",
    """
<servers><server><id>s3</id><username>@ID@</username><password>@SK@</password></server></servers>
""",
    held=True,
)
text("xml-attributes", "job.xml", '<s3 bucket="@bucket@" accessKey="@ID@" secretKey="@SK@"/>\n', held=True)
text("xml-entities", "job.xml", '<aws id="@ID@" secret="@SK:html@"/>\n', held=True)
text("jenkins-credentials", "credentials.xml", "<accessKey>@ID@</accessKey>\n<secretKey>@SK@</secretKey>\n", held=True)
