"""Measuring: contenders take turns at the same work, and ratios of their times count.

On a machine that others use, a time says little and a ratio of neighbours in time says
much: in each round every contender runs once, and its ratio is that to the best raw
technique in the same round. Processor time of this process is kept as well; what a
server did is not in it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["Contender", "Contest", "options", "report", "say"]


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    Attributes:
        name: What it is called; that of a raw technique begins with "raw".
        run: Does the work; this is what is timed.
        before: Prepares the same start for everybody; not timed.
        goal: The most its time may be, in times of the best raw technique; None where
            nothing is asked.
        pace: The least units a second it may reach; None where nothing is asked.
        share: What part of the work it does; one that would take minutes does less.
    """

    name: str
    run: Callable[[], object]
    before: Callable[[], object] = lambda: None
    goal: float | None = None
    pace: float | None = None
    share: float = 1.0

    @property
    def is_raw(self) -> bool:
        """Whether others are measured against it."""
        return self.name.startswith("raw")


@dataclass
class Result:
    """What one contender has reached; times are seconds for the whole work.

    Attributes:
        name: The contender.
        wall: The time of each round.
        processor: The processor time of each round, in this process.
        goal: The most the ratio may be.
        pace: The least the rate may be.
        rate: Units a second, by the median.
        ratio: The median of the ratios to the best raw technique of the same round.
        processor_ratio: The same of the processor times.
    """

    name: str
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    goal: float | None = None
    pace: float | None = None
    rate: float = 0.0
    ratio: float | None = None
    processor_ratio: float | None = None


@dataclass
class Contest:
    """The same work, done by several.

    Attributes:
        subject: What is done.
        place: The database it is done on, with its version.
        units: How many rows, characters or documents the work is.
        unit: What those are.
    """

    subject: str
    place: str
    units: int
    unit: str
    results: list[Result] = field(default_factory=list)

    def hold(self, contenders: list[Contender], given: argparse.Namespace) -> Contest:
        """Let everybody run in turns until the rounds, or the time, are over."""
        self.results = [
            Result(one.name, goal=one.goal, pace=one.pace) for one in contenders
        ]
        end = time.monotonic() + given.seconds
        for done in range(given.rounds):
            if done and time.monotonic() > end:
                break
            # Nobody always comes after the same one, or first.
            turn = done % len(contenders)
            pairs = list(zip(contenders, self.results, strict=True))
            for one, result in pairs[turn:] + pairs[:turn]:
                _time(one, result)
        self._compare(contenders)
        self._tell()
        return self

    def _compare(self, contenders: list[Contender]) -> None:
        raw = [r for c, r in zip(contenders, self.results, strict=True) if c.is_raw]
        best = min(raw, key=lambda r: statistics.median(r.wall), default=None)
        for result in self.results:
            result.rate = self.units / statistics.median(result.wall)
            if best is not None:
                result.ratio = _ratio(result.wall, best.wall)
                result.processor_ratio = _ratio(result.processor, best.processor)

    def _tell(self) -> None:
        rounds = len(self.results[0].wall)
        say(f"\n{self.subject}: {self.units:,} {self.unit} on {self.place}, {rounds}x")
        for result in self.results:
            say("  " + _line(result, self.units, self.unit))


def _ratio(ours: list[float], base: list[float]) -> float:
    pairs = zip(ours, base, strict=True)
    return statistics.median(one / max(other, 1e-9) for one, other in pairs)


def _time(one: Contender, result: Result) -> None:
    one.before()
    gc.collect()
    processor, wall = time.process_time(), time.perf_counter()
    one.run()
    result.wall.append((time.perf_counter() - wall) / one.share)
    result.processor.append((time.process_time() - processor) / one.share)


def _line(result: Result, units: int, unit: str) -> str:
    microseconds = statistics.median(result.processor) / units * 1e6
    words = [f"{result.name:<34}", f"{result.rate:>12,.0f} {unit}/s"]
    words.append(f"{microseconds:8.2f} us of this process each")
    if result.ratio is not None:
        words.append(f"{result.ratio:7.2f} x raw")
    if result.processor_ratio is not None:
        words.append(f"({result.processor_ratio:.2f} x its processor time)")
    if result.goal is not None and result.ratio is not None:
        reached = "reached" if result.ratio <= result.goal else "MISSED"
        words.append(f"goal {result.goal:.2f}: {reached}")
    if result.pace is not None:
        reached = "reached" if result.rate >= result.pace else "MISSED"
        words.append(f"goal {result.pace:,.0f}/s: {reached}")
    return "  ".join(words)


def options(words: str | None, **defaults: float) -> argparse.Namespace:
    """Read the command line of a benchmark.

    Args:
        words: Its docstring.
        defaults: Further options that are numbers, and their usual values.
    """
    parser = argparse.ArgumentParser(description=(words or "").partition("\n")[0])
    add = parser.add_argument
    add("--db", default="", help="only these: kinds or ids, as in sqlite,mysql-9.7")
    add("--rounds", type=int, default=5, help="how often everybody runs (5)")
    add("--seconds", type=float, default=120, help="when a contest begins no new round")
    add("--json", type=Path, default=Path("run/benchmarks"), help="where to keep it")
    for name, usual in defaults.items():
        add(f"--{name}", type=type(usual), default=usual, help=f"({usual:,})")
    return parser.parse_args()


def report(contests: Iterator[Contest], given: argparse.Namespace) -> int:
    """Hold the contests, keep what came of them, and return the exit code."""
    held = [asdict(contest) for contest in contests]
    subject = Path(sys.argv[0]).stem
    given.json.mkdir(parents=True, exist_ok=True)
    kept = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
        "contests": held,
    }
    path = given.json / f"{subject}.json"
    path.write_text(json.dumps(kept, indent=1) + "\n")
    say(f"\nkept in {path}")
    return 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
