"""The command, started as `python -m bedplate`."""

from bedplate.cli import main

main()
