if [ -d /srv ]; then
  :
  :
fi
f() {
  echo x
}
