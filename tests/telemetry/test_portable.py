from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest

from bedplate.checks import check_json
from bedplate.domains.telemetry.portable import portable


class Odd:
    def __str__(self) -> str:
        raise RuntimeError("no")


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Odd(), "<Odd>"),
        ({Odd(): 1}, {"<Odd>": 1}),
        (Level.HIGH, 3),
        (-(2**63), -(2**63)),
        (2**63, "0x8000000000000000"),
        ([10**5_000], [hex(10**5_000)]),
        (bytearray(b"\0"), "AA=="),
        (memoryview(b"\0"), "AA=="),
        (frozenset({1}), [1]),
        (range(2_000), "range(0, 2000)"),
        ([0] * 2_000, [0] * 1_000),
        ({n: n for n in range(2_000)}, {str(n): n for n in range(1_000)}),
        (-0.0, 0.0),
        ("\\u0000", "\\u0000"),
    ],
)
def test_whatever_is_given_becomes_json(value: Any, wanted: Any) -> None:
    made = portable(value)
    assert made == wanted
    check_json(made, "attributes")


def test_what_holds_itself_has_an_end() -> None:
    ring: list[Any] = []
    ring.append(ring)
    check_json(portable({"ring": ring}), "attributes")
