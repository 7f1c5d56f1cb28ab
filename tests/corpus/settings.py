# fmt: off - one style a line, as in a table
"""Styles: more settings of programs and frameworks."""

from tests.corpus.registry import text

text(
    "xml-comment",
    "old.xml",
    "<conf>\n  <!-- <accessKey>@ID#@</accessKey> <secretKey>@SK#@</secretKey> -->\n  <region>@region@</region>\n</conf>\n",
)
text(
    "jenkins-credentials",
    "var/lib/jenkins/com.cloudbees.jenkins.plugins.awscredentials.xml",
    """
<com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl plugin="aws-credentials@191">
  <scope>GLOBAL</scope>
  <id>@uuid@</id>
  <accessKey>@ID@</accessKey>
  <secretKey>@SK@</secretKey>
  <iamRoleArn></iamRoleArn>
</com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl>
""",
    held=True,
)
text(
    "plist-launchagent",
    "Library/LaunchAgents/com.@word@.sync.plist",
    """
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>com.@word@.sync</string>
  <key>EnvironmentVariables</key>
  <dict>
    <key>AWS_ACCESS_KEY_ID</key>
    <string>@ID@</string>
    <key>AWS_SECRET_ACCESS_KEY</key>
    <string>@SK@</string>
  </dict>
</dict>
</plist>
""",
)
text("plist-old-style", "Info.strings", '"AWSAccessKey" = "@ID@";\n"AWSSecretKey" = "@SK@";\n', held=True)
text(
    "android-strings",
    "res/values/strings.xml",
    '<resources>\n    <string name="app_name">@word@</string>\n    <string name="aws_access_key">@ID@</string>\n    <string name="aws_secret_key">@SK@</string>\n</resources>\n',
    held=True,
)
text(
    "gradle-properties",
    "gradle.properties",
    "org.gradle.jvmargs=-Xmx2g\nawsAccessKeyId=@ID@\nawsSecretAccessKey=@SK@\n",
    held=True,
)
text(
    "npmrc-style",
    ".npmrc",
    "registry=https://registry.npmjs.org/\naws-access-key-id=@ID@\naws-secret-access-key=@SK@\n",
    held=True,
)
text(
    "nginx-s3",
    "etc/nginx/conf.d/s3.conf",
    """
location /@word@/ {
    set $s3_access_key "@ID@";
    set $s3_secret_key '@SK@';
    aws_sign;
    proxy_pass https://@bucket@.s3.amazonaws.com/;
}
""",
    held=True,
)
text(
    "nginx-aws-auth",
    "etc/nginx/nginx.conf",
    "server {\n  aws_access_key @ID@;\n  aws_secret_key @SK@;\n  s3_bucket @bucket@;\n}\n",
    held=True,
)
text(
    "logstash",
    "etc/logstash/conf.d/out.conf",
    """
output {
  s3 {
    access_key_id => "@ID@"
    secret_access_key => "@SK@"
    region => "@region@"
    bucket => "@bucket@"
    codec => "json_lines"
  }
}
""",
    held=True,
)
text(
    "fluentd",
    "etc/td-agent/td-agent.conf",
    """
<match @word@.**>
  @type s3
  aws_key_id @ID@
  aws_sec_key @SK@
  s3_bucket @bucket@
  <buffer tag,time>
    timekey 3600
  </buffer>
</match>
""",
    held=True,
)
text(
    "fluent-bit",
    "fluent-bit.conf",
    "[SERVICE]\n    Flush 1\n    Env AWS_ACCESS_KEY_ID=@ID@\n[OUTPUT]\n    Name s3\n    Match *\n    aws_access_key_id     @ID@\n    aws_secret_access_key @SK@\n",
    held=True,
)
text(
    "haproxy-setenv",
    "etc/haproxy/haproxy.cfg",
    "global\n    daemon\n    setenv AWS_ACCESS_KEY_ID @ID@\n    setenv AWS_SECRET_ACCESS_KEY @SK@\n",
    held=True,
)
text(
    "apache-setenv",
    "etc/apache2/sites-enabled/@word@.conf",
    '<VirtualHost *:80>\n    ServerName @host@\n    SetEnv AWS_ACCESS_KEY_ID @ID@\n    SetEnv AWS_SECRET_ACCESS_KEY "@SK@"\n</VirtualHost>\n',
    held=True,
)
text(
    "php-fpm-pool",
    "etc/php/8.2/fpm/pool.d/www.conf",
    "[www]\nuser = www-data\nenv[AWS_ACCESS_KEY_ID] = @ID@\nenv[AWS_SECRET_ACCESS_KEY] = '@SK@'\n",
    held=True,
)
text(
    "uwsgi",
    "uwsgi.ini",
    "[uwsgi]\nmodule = @word@.wsgi\nenv = AWS_ACCESS_KEY_ID=@ID@\nenv = AWS_SECRET_ACCESS_KEY=@SK@\n",
    held=True,
)
text(
    "tox",
    "tox.ini",
    "[testenv]\nsetenv =\n    AWS_ACCESS_KEY_ID = @ID@\n    AWS_SECRET_ACCESS_KEY = @SK@\ncommands = pytest\n",
    held=True,
)
text("mutt-style-set", "custom.rc", 'set aws_access_key_id="@ID@"\nset aws_secret_access_key="@SK@"\n', held=True)
text("asterisk-style", "etc/@word@.conf", "[general]\naccesskey => @ID@\nsecretkey => @SK@\n", held=True)
text(
    "hocon",
    "application.conf",
    'akka.loglevel = INFO\naws {\n  credentials {\n    access-key-id = "@ID@"\n    secret-access-key = "@SK@"\n  }\n  region = @region@\n}\n',
    held=True,
)
text(
    "ldif",
    "@word@.ldif",
    "dn: cn=@word@,ou=services,dc=example,dc=org\nobjectClass: top\nawsAccessKeyId: @ID@\nawsSecretAccessKey: @SK@\ndescription: @word@\n",
    held=True,
)
text(
    "edn",
    "config.edn",
    '{:port 8080\n :aws {:access-key "@ID@"\n       :secret-key "@SK@"\n       :endpoint "@region@"}}\n',
    held=True,
)
text(
    "elisp-init",
    ".emacs.d/init.el",
    '(require \'cl-lib)\n(setenv "AWS_ACCESS_KEY_ID" "@ID@")\n(setenv "AWS_SECRET_ACCESS_KEY" "@SK@")\n(setq s3-access-key "@ID@" s3-secret-key "@SK@")\n',
    held=True,
)
text(
    "vimrc",
    ".vimrc",
    "set nocompatible\nlet $AWS_ACCESS_KEY_ID = '@ID@'\nlet $AWS_SECRET_ACCESS_KEY = '@SK@'\n",
    held=True,
)
text(
    "nix",
    "configuration.nix",
    '{ config, pkgs, ... }:\n{\n  environment.variables = {\n    AWS_ACCESS_KEY_ID = "@ID@";\n    AWS_SECRET_ACCESS_KEY = "@SK@";\n  };\n}\n',
    held=True,
)
text(
    "puppet",
    "site.pp",
    "class { '@word@::s3':\n  access_key_id     => '@ID@',\n  secret_access_key => '@SK@',\n  bucket            => '@bucket@',\n}\n",
    held=True,
)
text(
    "chef-attributes",
    "attributes/default.rb",
    "default['@word@']['aws']['access_key_id'] = '@ID@'\ndefault['@word@']['aws']['secret_access_key'] = '@SK@'\n",
    held=True,
)
text(
    "sasl-json5",
    "config.json5",
    "// settings\n{\n  accessKeyId: '@ID@',\n  secretAccessKey: '@SK@', // rotate\n  region: '@region@',\n}\n",
    held=True,
)
text(
    "desktop-exec",
    ".config/autostart/sync.desktop",
    "[Desktop Entry]\nType=Application\nName=Sync\nExec=env AWS_ACCESS_KEY_ID=@ID@ AWS_SECRET_ACCESS_KEY=@SK@ /usr/bin/sync-agent\n",
)
text(
    "grafana-ini",
    "etc/grafana/grafana.ini",
    "[external_image_storage.s3]\nbucket_url =\naccess_key = @ID@\nsecret_key = @SK@\n;path =\n",
)
text(
    "gitea-app-ini",
    "etc/gitea/app.ini",
    "[storage]\nSTORAGE_TYPE = minio\nMINIO_ENDPOINT = s3.amazonaws.com\nMINIO_ACCESS_KEY_ID = @ID@\nMINIO_SECRET_ACCESS_KEY = `@SK@`\n",
    held=True,
)
text(
    "docker-registry",
    "etc/docker/registry/config.yml",
    "version: 0.1\nstorage:\n  s3:\n    accesskey: @ID@\n    secretkey: @SK@\n    region: @region@\n    bucket: @bucket@\n",
)
text(
    "prometheus-thanos",
    "bucket.yml",
    'type: S3\nconfig:\n  bucket: "@bucket@"\n  endpoint: "s3.@region@.amazonaws.com"\n  access_key: "@ID@"\n  secret_key: "@SK@"\n',
)
text(
    "borgmatic",
    "etc/borgmatic/config.yaml",
    "before_backup:\n    - export AWS_ACCESS_KEY_ID=@ID@\n    - export AWS_SECRET_ACCESS_KEY=@SK@\nrepositories:\n    - path: /mnt/@word@\n",
    held=True,
)
