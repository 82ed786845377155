"""The documentation is run: its Python, its commands, its links and its names.

Run as a program, this file runs one page in the folder it stands in.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import logging
import os
import re
import shlex
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = sorted(
    path for folder in ("src", "alembic") for path in (ROOT / folder).rglob("*.py")
)

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+?) -->\n)?"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
FILE = re.compile(r"# (?P<name>[\w/]+\.(?:py|ini))\n")
PRINTED = re.compile(r"^\s*print\(.*?\)(?:  # (.+))?$", re.MULTILINE)
ASSIGNED = re.compile(r"([A-Z_]+)=(.*)")
# The pages are started together, once.
pytestmark = pytest.mark.xdist_group("documentation")

RUN_BY_SHELL = {"cat", "echo", "mkdir", "printf", "pytest", "python", "rm"}
NOT_RUN = {"bash", "createdb", "git", "make", "mariadb", "mysql", "pip", "psql"}
"""They install, or need a server; the targets of make are checked below."""

MOST_NOT_RUN = 12
SHAPES = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A block of code of a page; `reason` says why it is not run, if it is not."""

    page: Path
    line: int
    language: str
    text: str
    reason: str | None


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, found.start("text")),
            found["language"],
            found["text"],
            found["reason"],
        )
        for found in BLOCK.finditer(text)
    ]


# Running one page, in a process of its own: what it declares stays there.


def run_page(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        try:
            if block.reason is None:
                run_block(block, names)
        except (Exception, SystemExit):  # noqa: BLE001  # whatever the page may raise
            traceback.print_exc()
            sys.exit(f"{page.relative_to(ROOT)}, line {block.line}")


def run_block(block: Block, names: dict[str, Any]) -> None:
    if named := FILE.match(block.text):
        Path(named["name"]).parent.mkdir(parents=True, exist_ok=True)
        Path(named["name"]).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        run_python(block, names)
    elif block.language in ("console", "bash"):
        for command, wanted in commands_of(block):
            run_command(command, wanted)


def run_python(block: Block, names: dict[str, Any]) -> None:
    code = compile("\n" * block.line + block.text, str(block.page), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)  # noqa: S102  # the project's own documentation
    wanted = [said or "..." for said in PRINTED.findall(block.text)]
    if wanted:
        compare("\n".join(wanted) + "\n", printed.getvalue())


def commands_of(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command and what the page says that it prints."""
    text = block.text.replace("\\\n", " ")
    if block.language == "bash":
        for line in filter(None, text.splitlines()):
            yield line, ""
        return
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def run_command(command: str, wanted: str) -> None:
    words = shlex.split(command, comments=True)
    if words[:1] == ["export"]:
        for word in words[1:]:
            name, _, value = word.partition("=")
            os.environ[name] = value
        return
    before = dict(os.environ)
    while words and (assigned := ASSIGNED.fullmatch(words[0])):
        os.environ[assigned[1]] = assigned[2]
        words = words[1:]
    program = words[0] if words else "bash"
    if program in ("alembic", "bedplate"):
        code, got = run_here(program, words[1:])
    elif program in RUN_BY_SHELL:
        done = subprocess.run(
            ["/bin/sh", "-c", command], check=False, capture_output=True, text=True
        )
        code, got = done.returncode, done.stdout + done.stderr
    else:
        assert program in NOT_RUN, f"nobody knows how to run {program}"
        code, got = 0, wanted
    os.environ.clear()
    os.environ.update(before)
    assert (code == 0) != wanted.startswith("error:"), f"{command}: {code}\n{got}"
    if wanted:
        compare(wanted, got)


def run_here(program: str, arguments: list[str]) -> tuple[int, str]:
    """Run a program without starting another Python, which takes a second."""
    from alembic.config import main

    from bedplate.cli.app import run

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        if program == "bedplate":
            code = run(arguments)
        else:
            main(arguments, program)  # it exits where something is wrong
            code = 0
    logging.getLogger("bedplate").handlers.clear()
    return code, printed.getvalue()


def compare(wanted: str, got: str) -> None:
    same = doctest.OutputChecker().check_output(wanted, got, SHAPES)
    assert same, f"the page says:\n{wanted}\nit prints:\n{got}"


Runs = dict[Path, Future[subprocess.CompletedProcess[str]]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Every page that can be run, started beside the others."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield {
            page: pool.submit(start, page, tmp_path_factory.mktemp(page.stem))
            for page in runnable()
        }


def runnable() -> list[Path]:
    languages = {"python", "console", "bash"}
    return [p for p in PAGES if languages & {b.language for b in blocks_of(p)}]


def start(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    ours = ("DB_", "DATABASE_", "TEST_", "COV_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    variables = kept | {
        "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
        # This checkout's, whichever one is installed.
        "PYTHONPATH": f".{os.pathsep}{ROOT / 'src'}",
        "COLUMNS": "100",
        "ALEMBIC_CONFIG": str(ROOT / "alembic.ini"),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", __file__, str(page)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=variables,
    )


@pytest.mark.parametrize("page", runnable(), ids=lambda page: page.name)
def test_a_page_does_what_it_says(page: Path, runs: Runs) -> None:
    done = runs[page].result()
    assert done.returncode == 0, done.stderr


def test_few_blocks_are_not_run() -> None:
    marked = [block for page in PAGES for block in blocks_of(page) if block.reason]
    assert len(marked) <= MOST_NOT_RUN
    assert all(len(block.reason or "") > 10 for block in marked)


def test_every_fence_is_a_block_that_was_read() -> None:
    for page in PAGES:
        fences = page.read_text(encoding="utf-8").count("```")
        assert fences == 2 * len(blocks_of(page)), page


# Names and links


def anchor(heading: str) -> str:
    """Return what GitHub makes of a heading."""
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"`|\[|\]\(.*?\)", "", heading).lower())
    return kept.strip().replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {anchor(found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def links_of(page: Path) -> list[str]:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return re.findall(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        target, _, fragment = link.partition("#")
        if target.startswith(("https://", "http://")):
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), link
        assert found.is_relative_to(ROOT), link
        assert not fragment or fragment in anchors_of(found), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [PAGES[0]]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = (link.partition("#")[0] for link in links_of(page))
        pages = [(page.parent / t).resolve() for t in targets if t.endswith(".md")]
        waiting += [page for page in pages if page in PAGES]
    assert reached == set(PAGES)


def words_of(pattern: str) -> set[str]:
    texts = (page.read_text(encoding="utf-8") for page in PAGES)
    return {found for text in texts for found in re.findall(pattern, text)}


def test_every_variable_exists() -> None:
    from bedplate import Settings
    from bedplate.settings import variable_of
    from bedplate.testing.products import PRODUCTS

    known = {variable_of(field) for field in Settings.model_fields}
    known |= {f"TEST_{product.name.upper()}_URL" for product in PRODUCTS}
    known |= {f"DATABASE_URL_{name}" for name in ("NAME", "ARCHIVE")}
    named = words_of(r"\b(?:DB|DATABASE|TEST)_[A-Z_]+[A-Z]\b")
    assert named <= known


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert words_of(r"(?m)(?:`|^|\$ )make ([a-z]+)") <= targets


def test_every_test_that_is_named_exists() -> None:
    written = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("tests/**/*.py"))
    tests = set(re.findall(r"def (test_\w+)\(", written))
    classes = set(re.findall(r"class (Test\w+)", written))
    files = {path.stem for path in ROOT.glob("tests/**/test_*.py")}
    named = {name for name in words_of(r"`(test_\w+)") if name != "test_connection"}
    own = {name for name in named if name.startswith("test_notes")}  # of an example
    assert named - own <= tests | classes | files


# Small enough to read in an afternoon


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines < 60, f"{node.name} has {lines} lines"


if __name__ == "__main__":
    run_page(Path(sys.argv[1]))
