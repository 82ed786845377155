from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "traced_pipeline.py"

PRINTED = """\
spans: 72 written, 0 dropped
the trace of question 8:
  pipeline (unset)
    retrieve (unset)
    agent summarizer (error)
decisions: 8 researcher, 16 summarizer
researcher: 8 calls, 12.5% failed, p50 0.75 s, p95 1.75 s, p99 1.75 s, \
884 + 690 tokens, cost 0.046
summarizer: 16 calls, 12.5% failed, p50 0.75 s, p95 1.75 s, p99 1.75 s, \
1792 + 1620 tokens, cost 0.104
00:00: 6 calls, 0 failed, p95 1.5 s, cost 0.0105
01:00: 6 calls, 1 failed, p95 1.75 s, cost 0.0285
02:00: 6 calls, 1 failed, p95 1.75 s, cost 0.0465
03:00: 6 calls, 1 failed, p95 1.75 s, cost 0.0645
"""


def test_the_example_prints_the_same_on_every_database(blank_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), blank_url],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PRINTED
