aws_on() {
  if [ "$1" = prod ]; then
    export AWS_ACCESS_KEY_ID={ID}; export AWS_SECRET_ACCESS_KEY={SECRET}; export AWS_SESSION_TOKEN={TOKEN}
  fi
}
[ -d /srv ] && export AWS_ACCESS_KEY_ID={ID} && export AWS_SECRET_ACCESS_KEY={SECRET} && aws_on prod
true && {
  export AWS_SECRET_ACCESS_KEY={SECRET}
}
