# fmt: off - one style a line, as in a table
"""Styles: more JSON, YAML and HCL of infrastructure tools."""

from tests.corpus.registry import style, text
from tests.corpus.template import Draft

text(
    "github-workflow",
    ".github/workflows/deploy.yml",
    "on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    env:\n      AWS_ACCESS_KEY_ID: @ID@\n      AWS_SECRET_ACCESS_KEY: @SK@\n    steps:\n      - uses: actions/checkout@@hex40@\n      - run: aws s3 sync . s3://@bucket@\n",
    held=True,
)
text(
    "github-workflow-with",
    ".github/workflows/s3.yml",
    "jobs:\n  d:\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-access-key-id: @ID@\n          aws-secret-access-key: @SK@\n          aws-region: @region@\n",
    held=True,
)
text(
    "gitlab-ci",
    ".gitlab-ci.yml",
    "variables:\n  AWS_ACCESS_KEY_ID: '@ID@'\n  AWS_SECRET_ACCESS_KEY: '@SK@'\ndeploy:\n  script:\n    - aws s3 cp a s3://@bucket@\n",
    held=True,
)
text(
    "gitlab-ci-script",
    ".gitlab-ci.yml",
    'deploy:\n  before_script:\n    - export AWS_ACCESS_KEY_ID=@ID@\n    - export AWS_SECRET_ACCESS_KEY=@SK@\n  script: ["make deploy"]\n',
    held=True,
)
text(
    "circleci",
    ".circleci/config.yml",
    "version: 2.1\njobs:\n  build:\n    docker:\n      - image: @account@.dkr.ecr.@region@.amazonaws.com/@word@\n        aws_auth:\n          aws_access_key_id: @ID@\n          aws_secret_access_key: @SK@\n",
    held=True,
)
text(
    "travis",
    ".travis.yml",
    'deploy:\n  provider: s3\n  access_key_id: "@ID@"\n  secret_access_key: "@SK@"\n  bucket: "@bucket@"\nenv:\n  global:\n    - AWS_ACCESS_KEY_ID=@ID2@ AWS_SECRET_ACCESS_KEY=@SK2@\n',
    held=True,
)
text(
    "drone",
    ".drone.yml",
    "steps:\n- name: upload\n  image: plugins/s3\n  settings:\n    access_key: @ID@\n    secret_key: @SK@\n    bucket: @bucket@\n",
    held=True,
)
text(
    "azure-pipelines",
    "azure-pipelines.yml",
    "variables:\n- name: AWS_ACCESS_KEY_ID\n  value: @ID@\n- name: AWS_SECRET_ACCESS_KEY\n  value: @SK@\n",
    held=True,
)
text(
    "buildspec",
    "buildspec.yml",
    'version: 0.2\nenv:\n  variables:\n    AWS_ACCESS_KEY_ID: "@ID@"\n    AWS_SECRET_ACCESS_KEY: "@SK@"\nphases:\n  build:\n    commands: [make]\n',
    held=True,
)

text(
    "terraform-provider",
    "main.tf",
    'provider "aws" {\n  region     = "@region@"\n  access_key = "@ID@"\n  secret_key = "@SK@"\n}\n\nresource "aws_s3_bucket" "b" {\n  bucket = "@bucket@"\n}\n',
)
text(
    "terraform-two-providers",
    "providers.tf",
    'provider "aws" {\n  alias      = "a"\n  access_key = "@ID@"\n  secret_key = "@SK@"\n}\nprovider "aws" {\n  alias      = "b"\n  secret_key = "@SK2@"\n  access_key = "@ID2@"\n}\n',
)
text("terraform-tfvars", "terraform.tfvars", 'aws_access_key = "@ID@"\naws_secret_key = "@SK@"\nregion = "@region@"\n')
text(
    "terraform-variable-default",
    "variables.tf",
    'variable "access_key" {\n  type    = string\n  default = "@ID@"\n}\n\nvariable "secret_key" {\n  default = "@SK@"\n}\n',
)
text(
    "terraform-backend",
    "backend.tf",
    'terraform {\n  backend "s3" {\n    bucket     = "@bucket@"\n    access_key = "@ID@"\n    secret_key = "@SK@"\n  }\n}\n',
)
text(
    "terraform-heredoc",
    "user_data.tf",
    'resource "aws_instance" "web" {\n  user_data = <<-SH\n    #!/bin/bash\n    export AWS_ACCESS_KEY_ID=@ID@\n    export AWS_SECRET_ACCESS_KEY=@SK@\n  SH\n}\n',
)
text(
    "terraform-map",
    "locals.tf",
    'locals {\n  env = {\n    AWS_ACCESS_KEY_ID     = "@ID@"\n    "AWS_SECRET_ACCESS_KEY" = "@SK@"\n  }\n}\n',
)
text(
    "terraform-state",
    "terraform.tfstate",
    """
{
  "version": 4, "terraform_version": "1.7.5", "serial": 12, "lineage": "@uuid@",
  "resources": [
    {"mode": "managed", "type": "aws_iam_access_key", "name": "@word@",
     "instances": [{"schema_version": 0, "attributes": {
       "create_date": "@date@T@time@Z", "encrypted_secret": null, "id": "@ID@",
       "key_fingerprint": null, "secret": "@SK@",
       "ses_smtp_password_v4": null, "status": "Active", "user": "@user@"}}]}
  ]
}
""",
)
text("terragrunt", "terragrunt.hcl", 'inputs = {\n  access_key = "@ID@"\n  secret_key = "@SK@"\n}\n')
text(
    "packer-json",
    "packer.json",
    '{"builders": [{"type": "amazon-ebs", "access_key": "@ID@", "secret_key": "@SK@", "region": "@region@", "source_ami": "ami-0@int@"}]}\n',
)
text(
    "vault-hcl-seal",
    "etc/vault.d/vault.hcl",
    'storage "s3" {\n  access_key = "@ID@"\n  secret_key = "@SK@"\n  bucket     = "@bucket@"\n}\nui = true\n',
    held=True,
)
text(
    "cloudformation-yaml",
    "template.yaml",
    "Resources:\n  App:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n        Variables:\n          ACCESS_KEY_ID: @ID@\n          SECRET_ACCESS_KEY: @SK@\n",
)
text(
    "cloudformation-defaults",
    "stack.yaml",
    "Parameters:\n  AccessKey:\n    Type: String\n    Default: @ID@\n  SecretKey:\n    Type: String\n    NoEcho: true\n    Default: @SK@\n",
    held=True,
)
text(
    "serverless-yml",
    "serverless.yml",
    "service: @word@\nprovider:\n  name: aws\n  environment:\n    S3_ACCESS_KEY_ID: @ID@\n    S3_SECRET_ACCESS_KEY: @SK@\nfunctions: {}\n",
)
text(
    "pulumi-config",
    "Pulumi.dev.yaml",
    "config:\n  aws:region: @region@\n  aws:accessKey: @ID@\n  aws:secretKey: @SK@\n",
    held=True,
)
text("k6-cue", "values.cue", 's3: {\n\taccessKeyID:     "@ID@"\n\tsecretAccessKey: "@SK@"\n}\n', held=True)
text(
    "jsonnet",
    "main.jsonnet",
    "{\n  local aws = { accessKey:: '@ID@', secretKey:: '@SK@' },\n  out: aws,\n}\n",
    held=True,
)
text(
    "bicep-like-params",
    "main.bicepparam",
    "using 'main.bicep'\nparam awsAccessKeyId = '@ID@'\nparam awsSecretAccessKey = '@SK@'\n",
    held=True,
)
text(
    "openapi-example",
    "openapi.yaml",
    "components:\n  schemas:\n    S3:\n      properties:\n        accessKey:\n          type: string\n          example: @ID@\n        secretKey:\n          type: string\n          example: @SK@\n",
    held=True,
)
text(
    "dockerfile-env",
    "Dockerfile",
    "FROM python:3.12-slim\nENV AWS_ACCESS_KEY_ID=@ID@\nENV AWS_SECRET_ACCESS_KEY=@SK@\nRUN pip install boto3\n",
)
text(
    "dockerfile-env-old",
    "Dockerfile",
    "FROM debian@sha256:@hex64@\nENV AWS_ACCESS_KEY_ID @ID@\nENV AWS_SECRET_ACCESS_KEY @SK@\n",
    held=True,
)
text(
    "dockerfile-arg-multi",
    "Dockerfile.prod",
    'FROM node:20\nARG AWS_ACCESS_KEY_ID="@ID@"\nARG AWS_SECRET_ACCESS_KEY="@SK@"\nENV A=1 \\\n    AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID\n',
    held=True,
)
text(
    "jenkinsfile",
    "Jenkinsfile",
    "pipeline {\n  agent any\n  environment {\n    AWS_ACCESS_KEY_ID = '@ID@'\n    AWS_SECRET_ACCESS_KEY = '@SK@'\n  }\n  stages { stage('x') { steps { sh 'make' } } }\n}\n",
    held=True,
)
text(
    "jenkinsfile-withenv",
    "Jenkinsfile",
    'node {\n  withEnv([\'AWS_ACCESS_KEY_ID=@ID@\', "AWS_SECRET_ACCESS_KEY=@SK@"]) {\n    sh "aws s3 ls"\n  }\n}\n',
    held=True,
)
text(
    "makefile",
    "Makefile",
    "AWS_ACCESS_KEY_ID := @ID@\nAWS_SECRET_ACCESS_KEY ?= @SK@\nexport\n\ndeploy:\n\t@aws s3 sync . s3://@bucket@\n",
)
text(
    "makefile-target",
    "Makefile",
    "deploy:\n\tAWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ \\\n\t\taws s3 sync . s3://@bucket@\n",
    held=True,
)
text(
    "vagrantfile",
    "Vagrantfile",
    'Vagrant.configure("2") do |config|\n  config.vm.provider :aws do |aws, override|\n    aws.access_key_id = "@ID@"\n    aws.secret_access_key = "@SK@"\n    aws.ami = "ami-7747d01e"\n  end\nend\n',
    held=True,
)
text(
    "procfile-heroku",
    "heroku.sh",
    "heroku config:set AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ S3_BUCKET_NAME=@bucket@ -a @word@\n",
    held=True,
)
text(
    "skaffold-kubectl",
    "mk.sh",
    "kubectl create secret generic @word@ --from-literal=access-key='@ID@' --from-literal=secret-key='@SK@'\n",
    held=True,
)


@style("json-one-megabyte-line", "dump.json")
def _long_line(draft: Draft) -> str:
    """A pair in the middle of one very long line."""
    rows = [f'{{"id":"{draft.fill.uuid()}","sha":"{draft.fill.hex(40)}","n":{i}}}' for i in range(3000)]
    rows.insert(draft.rng.randrange(len(rows)), '{"aws":{"accessKeyId":"@ID@","secretAccessKey":"@SK@"}}')
    return "[" + ",".join(rows) + "]"
