"""Vaulted keys given back to the programs that need them: the AWS helper, `exec`, `env`."""
