setenv AWS_ACCESS_KEY_ID {ID}
setenv AWS_SECRET_ACCESS_KEY "{SECRET}"
set prompt = "> "
