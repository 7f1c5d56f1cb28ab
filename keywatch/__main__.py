"""`python -m keywatch`: the same as the program `keywatch`."""

from keywatch.cli.main import run

if __name__ == "__main__":
    run()
