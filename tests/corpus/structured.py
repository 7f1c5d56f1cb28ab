# fmt: off - one style a line, as in a table
"""Styles: JSON, YAML and HCL, and the infrastructure tools that are written in them."""

from tests.corpus.registry import text

text(
    "json-plain",
    "config.json",
    '{\n  "accessKeyId": "@ID@",\n  "secretAccessKey": "@SK@",\n  "region": "@region@"\n}\n',
)
text("json-compact", "c.json", '{"aws":{"access_key_id":"@ID@","secret_access_key":"@SK@"},"v":1}')
text("json-slash-escaped", "php.json", '{"key":"@ID@","secret":"@SK:slash@","region":"@region@"}\n')
text("json-unicode-escaped", "u.json", '{"AccessKeyId": "@ID@", "SecretAccessKey": "@SK:uni@"}\n')
text(
    "json-list-of-keys",
    "keys.json",
    """
[
  {"user": "@user@", "id": "@ID@", "secret": "@SK@"},
  {"user": "@user@", "id": "@ID2@", "secret": "@SK2@"},
  {"user": "@user@", "secret": "@SK3@", "id": "@ID3@"}
]
""",
)
text(
    "json-name-value",
    "task.json",
    """
{"containerDefinitions": [{"name": "@word@", "image": "@account@.dkr.ecr.@region@.amazonaws.com/@word@:latest",
  "environment": [
    {"name": "AWS_ACCESS_KEY_ID", "value": "@ID@"},
    {"name": "AWS_SECRET_ACCESS_KEY", "value": "@SK@"},
    {"name": "LOG_LEVEL", "value": "info"}]}]}
""",
)
text(
    "json-key-value-upper",
    "params.json",
    '[{"ParameterKey": "AccessKey", "ParameterValue": "@ID@"},\n {"ParameterKey": "SecretKey", "ParameterValue": "@SK@"}]\n',
    held=True,
)
text("json-map-id-to-secret", "map.json", '{"@ID@": "@SK@",\n "@ID2@": "@SK2@"}\n', held=True)
text(
    "json-string-in-string",
    "escaped.json",
    r'{"type": "config", "body": "{\"accessKeyId\": \"@ID@\", \"secretAccessKey\": \"@SK@\"}"}' + "\n",
)
text(
    "json-ini-in-string",
    "files.json",
    r'{"path": "~/.aws/credentials", "content": "[default]\naws_access_key_id = @ID@\naws_secret_access_key = @SK@\n"}'
    + "\n",
)
text(
    "json-vscode-settings",
    ".vscode/settings.json",
    '{\n  // local only\n  "editor.tabSize": 2,\n  "terminal.integrated.env.linux": {\n    "AWS_ACCESS_KEY_ID": "@ID@",\n    "AWS_SECRET_ACCESS_KEY": "@SK@",\n  },\n}\n',
)
text(
    "json-postman",
    "env.postman_environment.json",
    '{"id": "@uuid@", "name": "@word@", "values": [\n {"key": "accessKey", "value": "@ID@", "enabled": true, "type": "default"},\n {"key": "secretKey", "value": "@SK@", "enabled": true, "type": "secret"}], "_postman_variable_scope": "environment"}\n',
    held=True,
)
text(
    "json-dbeaver",
    "data-sources.json",
    '{"connections": {"athena-@word@": {"provider": "athena", "configuration": {"user": "@ID@", "password": "@SK@", "url": "jdbc:awsathena://AwsRegion=@region@"}}}}\n',
    held=True,
)
text(
    "jdbc-url",
    "jdbc.txt",
    "jdbc:awsathena://AwsRegion=@region@;UID=@ID@;PWD=@SK@;S3OutputLocation=s3://@bucket@/;\n",
    held=True,
)
text(
    "json-mcp",
    ".cursor/mcp.json",
    '{\n  "mcpServers": {\n    "aws": {\n      "command": "uvx",\n      "args": ["awslabs.core"],\n      "env": { "AWS_ACCESS_KEY_ID": "@ID@", "AWS_SECRET_ACCESS_KEY": "@SK@" }\n    }\n  }\n}\n',
)
text(
    "json-package-scripts",
    "package.json",
    '{\n  "name": "@word@",\n  "scripts": {\n    "deploy": "AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ sls deploy",\n    "test": "jest"\n  }\n}\n',
    held=True,
)
text("json-lone-id", "user.json", '{"UserName": "@user@", "AccessKeyId": "@ID@", "Status": "Active"}\n')
text("json-lone-secret", "secret.json", '{"aws_secret_access_key": "@SK@"}\n')

text("yaml-plain", "config.yml", "aws:\n  access_key_id: @ID@\n  secret_access_key: @SK@\n  region: @region@\n")
text("yaml-quoted", "config.yaml", "aws:\n  access_key_id: \"@ID@\"\n  secret_access_key: '@SK@'\n")
text(
    "yaml-flow",
    "flow.yml",
    'default: { access_key_id: @ID@, secret_access_key: \'@SK@\' }\nother: {access_key_id: "@ID2@", secret_access_key: "@SK2@"}\n',
)
text(
    "yaml-block-scalar",
    "cm.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: @word@\ndata:\n  credentials: |\n    [default]\n    aws_access_key_id = @ID@\n    aws_secret_access_key = @SK@\n",
)
text(
    "yaml-folded",
    "f.yaml",
    "cmd: >-\n  aws s3 ls\n  --debug\naccess_key: >-\n  @ID@\nsecret_key: >-\n  @SK@\n",
    held=True,
)
text(
    "yaml-anchors",
    "anchors.yml",
    "defaults: &aws\n  access_key_id: &id @ID@\n  secret_access_key: !!str @SK@\nproduction:\n  <<: *aws\n",
    held=True,
)
text(
    "yaml-list-of-maps",
    "accounts.yml",
    "accounts:\n- name: @word@\n  key: @ID@\n  secret: @SK@\n- name: @word@\n  secret: @SK2@\n  key: @ID2@\n- name: @word@\n  key: @ID3@\n  secret: @SK3@\n",
)
text("yaml-commented", "old.yml", "s3:\n  bucket: @bucket@\n  # access_key: @ID#@\n  # secret_key: @SK#@\n")
text(
    "rails-storage",
    "config/storage.yml",
    'local:\n  service: Disk\n  root: <%= Rails.root.join("storage") %>\namazon:\n  service: S3\n  access_key_id: @ID@\n  secret_access_key: @SK@\n  region: @region@\n  bucket: @bucket@\n',
)
text(
    "rails-secrets",
    "config/secrets.yml",
    "development: &dev\n  aws_access_key_id: '@ID@'\n  aws_secret_access_key: '@SK@'\nproduction:\n  <<: *dev\n  aws_access_key_id: '@ID2@'\n  aws_secret_access_key: '@SK2@'\n",
)
text(
    "compose-map",
    "docker-compose.yml",
    'services:\n  @word@:\n    image: @word@:1\n    environment:\n      AWS_ACCESS_KEY_ID: @ID@\n      AWS_SECRET_ACCESS_KEY: "@SK@"\n      AWS_REGION: @region@\n',
)
text(
    "compose-list",
    "docker-compose.yaml",
    "version: '3'\nservices:\n  web:\n    environment:\n      - AWS_ACCESS_KEY_ID=@ID@\n      - AWS_SECRET_ACCESS_KEY=@SK@\n  worker:\n    environment:\n      - \"AWS_ACCESS_KEY_ID=@ID2@\"\n      - 'AWS_SECRET_ACCESS_KEY=@SK2@'\n",
)
text(
    "k8s-env",
    "deployment.yaml",
    """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: @word@
spec:
  template:
    spec:
      containers:
        - name: @word@
          image: @word@:@int@
          env:
            - name: AWS_ACCESS_KEY_ID
              value: @ID@
            - name: AWS_SECRET_ACCESS_KEY
              value: "@SK@"
            - name: PORT
              value: "8080"
""",
)
text(
    "k8s-secret-data",
    "secret.yaml",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: @word@\n  uid: @uuid@\ntype: Opaque\ndata:\n  AWS_ACCESS_KEY_ID: @ID:b64@\n  AWS_SECRET_ACCESS_KEY: @SK:b64@\n",
)
text(
    "k8s-secret-data-newline",
    "secret2.yaml",
    "apiVersion: v1\nkind: Secret\ndata:\n  access-key: @ID:b64nl@\n  secret-key: @SK:b64nl@\n",
)
text(
    "k8s-secret-json",
    "secret.json",
    '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "@word@"}, "data": {"access_key_id": "@ID:b64@", "secret_access_key": "@SK:b64@"}}\n',
)
text(
    "k8s-secret-string",
    "secret3.yaml",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: velero\nstringData:\n  cloud: |\n    [default]\n    aws_access_key_id=@ID@\n    aws_secret_access_key=@SK@\n",
)
text(
    "helm-values",
    "values.yaml",
    "replicaCount: 2\ns3:\n  enabled: true\n  auth:\n    accessKeyID: @ID@\n    secretAccessKey: @SK@\nresources: {}\n",
)
text(
    "helm-set",
    "install.sh",
    "helm upgrade --install @word@ ./chart \\\n  --set s3.accessKey=@ID@ \\\n  --set-string s3.secretKey=@SK@ \\\n  --set image.tag=@hex40@\n",
    held=True,
)
text(
    "kustomize-generator",
    "kustomization.yaml",
    "secretGenerator:\n- name: aws\n  literals:\n  - AWS_ACCESS_KEY_ID=@ID@\n  - AWS_SECRET_ACCESS_KEY=@SK@\n",
    held=True,
)
text(
    "ansible-playbook",
    "site.yml",
    "- hosts: localhost\n  tasks:\n    - name: upload\n      amazon.aws.s3_object:\n        aws_access_key: @ID@\n        aws_secret_key: @SK@\n        bucket: @bucket@\n        mode: put\n",
    held=True,
)
text(
    "ansible-inline",
    "upload.yml",
    "- name: sync\n  s3_sync: bucket=@bucket@ aws_access_key=@ID@ aws_secret_key=@SK@ file_root=/srv\n",
    held=True,
)
text(
    "ansible-group-vars",
    "group_vars/all.yml",
    '---\naws_access_key: "@ID@"\naws_secret_key: "@SK@"\nec2_region: @region@\n',
    held=True,
)
text(
    "ansible-ini-inventory",
    "hosts",
    "[@word@]\n@host@ ansible_user=ubuntu aws_access_key=@ID@ aws_secret_key=@SK@\n\n[all:vars]\nregion=@region@\n",
    held=True,
)
text(
    "salt-pillar",
    "pillar/cloud.sls",
    "s3.keyid: @ID@\ns3.key: @SK@\nec2:\n  provider:\n    id: '@ID2@'\n    key: '@SK2@'\n",
    held=True,
)
