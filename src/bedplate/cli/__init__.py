"""The `bedplate` command: thin commands over the library."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; errors are one line on stderr that says what to do."""
    try:
        from bedplate.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while all this was still being loaded
        code = 130
    sys.exit(code)
