# top
export EDITOR=vi # keep
