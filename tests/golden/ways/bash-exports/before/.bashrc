# top
export AWS_ACCESS_KEY_ID={ID} AWS_SECRET_ACCESS_KEY='{SECRET}'
export EDITOR=vi # keep
