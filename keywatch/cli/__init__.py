"""The command line: typed arguments in, exit code out. Everything printed goes through report/."""
