"""The `bedplate` command: thin commands over the library."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; errors are one line on stderr that says what to do."""
    from bedplate.cli.app import run

    sys.exit(run(sys.argv[1:]))
