"""The example prints the same on every database, also when it is run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_of_each_kind

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "chat.py"

SAID = """\
 6 you: Who keeps bees?
   Mnemosyne: You told me: My sister Vera keeps bees in Trieste. (similarity 0.504)
 8 you: What do I drink in the morning?
   Mnemosyne: You told me: I drink green tea in the morning. (similarity 0.739)
10 you: What is wrong with the bicycle?
   Mnemosyne: You told me: The red bicycle has a flat tyre. (similarity 0.207)
about the family:
   My sister Vera keeps bees in Trieste. (recalled 1 times)
   Vera sends honey every autumn. (recalled 0 times)
found by their words:
   Vera sends [honey] every autumn.
5 memories faded
1 were forgotten
11 messages, the last by the assistant
"""


def test_the_chat_remembers(database_url: str) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", str(EXAMPLE)],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "DATABASE_URL": database_url},
        )
        assert (done.stdout, done.stderr) == (SAID, "")
