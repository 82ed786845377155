"""The reference of the endpoints is complete."""

from __future__ import annotations

import re
from pathlib import Path

from bedplate.web import create_app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http.md"


def test_every_endpoint_is_described() -> None:
    paths = create_app().openapi()["paths"]
    ours = {(verb.upper(), path) for path in paths for verb in paths[path]}
    rows = re.findall(r"^\| ([A-Z]+) `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(ours)
