export AWS_ACCESS_KEY_ID={ID}
export AWS_SECRET_ACCESS_KEY={SECRET}
alias ll='ls -l'
