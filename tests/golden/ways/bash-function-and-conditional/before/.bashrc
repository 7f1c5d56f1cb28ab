if [ -d /srv ]; then
  export AWS_ACCESS_KEY_ID={ID}
  export AWS_SECRET_ACCESS_KEY={SECRET}
fi
f() {
  echo x
}
