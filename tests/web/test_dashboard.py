"""The dashboard in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bedplate import Database, TrainingRepository, WorkflowRepository
from bedplate.web import Access
from web.browser import opened_browser
from web.serving import COMMAND, served

VIEWS = ("Overview", "Jobs", "Corpus", "Generate", "Workflows", "Database")
TEXT = "It was a dark and stormy night; the rain fell in torrents.\n"
TOKEN = "secret-of-the-test"  # noqa: S105  # it opens nothing

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose every complaint, and every request to another host, is a failure."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda said: (
            complaints.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    opened.on(
        "request",
        lambda asked: (
            None if "://127.0.0.1:" in asked.url else complaints.append(asked.url)
        ),
    )
    yield opened
    context.close()
    # A refused request is one of the things that are tested.
    assert [said for said in complaints if "Failed to load resource" not in said] == []


@pytest.fixture
def address(database: Database) -> Iterator[str]:
    with served(database) as (found, _):
        yield found


def test_every_view_says_that_it_is_empty(page: Page, address: str) -> None:
    page.goto(address)
    for view, said in (
        ("Overview", "Nothing is being trained"),
        ("Jobs", "No jobs yet"),
        ("Corpus", "No texts yet"),
        ("Generate", "Nothing was written yet"),
        ("Workflows", "No workflows yet"),
        ("Database", "up to date"),
    ):
        page.get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(view)
        expect(page.get_by_text(said)).to_be_visible()
        assert page.title() == f"{view} · Bedplate"
    expect(page.locator("#state")).to_contain_text("Connected")


def test_a_job_started_from_the_command_line_moves(
    page: Page, address: str, database: Database, database_url: str
) -> None:
    training = database.repository(TrainingRepository)
    corpus = training.add_corpus_text(TEXT * 100_000, "Night")
    page.goto(f"{address}/#overview")
    expect(page.get_by_text("Nothing is being trained")).to_be_visible()

    command = (COMMAND, "train", "--order", "12", "--chunk", "2000", "--json")
    started = subprocess.Popen(
        [*command, "--corpus", str(corpus.id)],
        env=os.environ | {"DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
    )
    try:
        share = page.locator(".work .share")
        expect(share).to_have_text(re.compile(r"^\d+ %$"))
        first = share.inner_text()
        expect(share).not_to_have_text(first)
        page.get_by_role("link", name="Jobs", exact=True).click()
        expect(page.locator(".jobs .badge")).to_have_text("running")
        curve = page.locator(".chart")
        expect(curve).to_have_attribute("aria-label", re.compile("against step"))
        drawn = curve.get_attribute("aria-label") or ""
        expect(curve).not_to_have_attribute("aria-label", drawn)
    finally:
        started.kill()
        started.wait()
    (job,) = training.list_training_jobs()
    training.update_training_job(job.job_id, "cancelled")
    expect(page.locator(".jobs .badge")).to_have_text("cancelled")
    expect(page.get_by_role("status")).to_contain_text("is cancelled.")


def test_curves_are_laid_over_one_another(
    page: Page, address: str, database: Database
) -> None:
    training = database.repository(TrainingRepository)
    for name in "abcdefgh":
        job = training.create_training_job(job_id=name)
        training.update_training_job(name, "completed")
        training.record_metrics(
            {
                "metric_type": kind,
                "value": step / 8,
                "step": step,
                "training_job_id": job.id,
            }
            for step in range(9)
            for kind in ("loss", "accuracy")
        )
    page.goto(f"{address}/#jobs")
    chart = page.locator(".chart")
    expect(chart).to_have_attribute("aria-label", re.compile("loss against step"))
    for name in "abc":
        page.get_by_label(f"Show the curves of {name}", exact=True).check()
    page.get_by_label("Metric").select_option("accuracy")
    expect(chart).to_have_attribute(
        "aria-label",
        re.compile("accuracy against step.*h: 1 at step 8.*a: 1 at step 8"),
    )
    page.get_by_label("Show the curves of d", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Not more than 6 curves at once.")
    page.get_by_text("The same in numbers").click()
    numbers = page.get_by_role("group", name="accuracy of the chosen jobs")
    expect(numbers.get_by_role("row")).to_have_count(7)


def test_texts_are_found_and_read(page: Page, address: str, database: Database) -> None:
    training = database.repository(TrainingRepository)
    hostile = "<img src=x onerror=alert(1)>"
    training.add_corpus_text(f"{TEXT} {hostile} [sic]", f"Night {hostile}")
    page.goto(f"{address}/#corpus")
    page.get_by_label("Search the texts").fill('"stormy night" sic')
    marked = page.locator("mark")
    expect(marked).to_have_count(2)
    assert marked.all_inner_texts() == ["stormy night", "sic"]
    page.locator(".hits button").click()
    expect(page.get_by_role("dialog")).to_contain_text(hostile)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Search the texts").fill("absent")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_a_model_writes(page: Page, address: str, database: Database) -> None:
    page.goto(f"{address}/#generate")
    page.get_by_role("button", name="Write").click()
    expect(page.get_by_text("There is no such model")).to_be_visible()
    database.repository(TrainingRepository).train_markov(5, TEXT * 5)
    page.get_by_label("Go on from").fill("It was")
    page.get_by_label("Seed").fill("1")
    page.get_by_role("button", name="Write").click()
    expect(page.locator("blockquote").first).to_contain_text("It was a dark")
    expect(page.locator(".past")).to_have_count(1)


def test_a_workflow_tells_its_history(
    page: Page, address: str, database: Database
) -> None:
    workflows = database.repository(WorkflowRepository)
    flow = workflows.create_workflow("review", {"chapter": 3})
    workflows.update_workflow(flow.id, "running", "read", message="half of it")
    page.goto(f"{address}/#workflows")
    page.locator("summary", has_text="review").click()
    expect(page.locator(".steps")).to_contain_text("half of it")
    workflows.update_workflow(flow.id, "failed", error="no more paper")
    expect(page.locator(".flows")).to_contain_text("no more paper")
    page.get_by_label("Status").select_option("completed")
    expect(page.get_by_text("No workflow is completed")).to_be_visible()


def test_an_operator_sees_statements_tables_and_settings(
    page: Page, address: str, database: Database
) -> None:
    page.goto(f"{address}/#database")
    expect(page.get_by_role("region", name="Tables")).to_contain_text(
        "database_versions"
    )
    expect(page.get_by_role("region", name="Statements")).to_contain_text("SELECT")
    page.get_by_text("without secrets").click()
    settings = page.get_by_role("region", name="Settings")
    expect(settings).to_contain_text("DB_POOL_SIZE")
    secret = settings.locator("code", has_text=re.compile("^DB_PASSWORD$"))
    expect(secret).to_have_count(0)


def test_a_slow_statement_is_told_with_its_plan(page: Page, database_url: str) -> None:
    with (
        Database(database_url, slow_query_ms=0.001) as database,
        served(database) as (address, _),
    ):
        database.repository(TrainingRepository).list_training_jobs()
        page.goto(f"{address}/#database")
        jobs = page.locator("details.statement", has_text="FROM training_jobs").first
        jobs.locator("summary").click()
        expect(jobs).to_contain_text("How the database went about the first slow one")
        expect(jobs.locator("pre")).to_contain_text("training_jobs")
        expect(jobs.locator("summary code")).to_be_visible()  # its name is read out


def test_the_token_is_asked_for_and_kept_from_scripts(
    page: Page, database: Database
) -> None:
    with served(database, Access(token=TOKEN)) as (address, _):
        page.goto(address)
        page.get_by_label("Token").fill("a guess")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_have_text("The token is wrong.")
        page.get_by_label("Token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        assert page.evaluate("document.cookie") == ""
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_focused()


def test_a_server_that_goes_away_is_told(page: Page, database: Database) -> None:
    with served(database) as (address, server):
        page.goto(address)
        expect(page.locator("#state")).to_contain_text("Connected")
        server.should_exit = True
        expect(page.locator("#state")).to_contain_text("does not answer")
        expect(page.get_by_role("alert")).to_contain_text("The server does not answer")


def test_it_is_used_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#state")).to_contain_text("Connected")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    for _ in range(4):  # the name, the theme, Overview, Jobs
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")


def test_the_theme_is_the_systems_until_one_is_chosen(page: Page, address: str) -> None:
    def background() -> str:
        found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    page.emulate_media(color_scheme="light")
    page.goto(address)
    light = background()
    page.emulate_media(color_scheme="dark")
    dark = background()
    assert light != dark
    page.get_by_role("button", name="Theme").click()
    assert background() == light
    page.reload()
    assert background() == light


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_nothing_is_wider_than_the_screen(
    page: Page, address: str, database: Database, width: int
) -> None:
    training = database.repository(TrainingRepository)
    training.add_corpus_text(TEXT, "A title that goes on and on " * 5, "/a/path" * 30)
    training.create_training_job(job_id="j" * 64)
    training.update_training_job("j" * 64, "running", 50, "a long message " * 20)
    page.set_viewport_size({"width": width, "height": 800})
    for view in VIEWS:
        page.goto(f"{address}/#{view.lower()}")
        expect(page.get_by_role("heading", level=1)).to_have_text(view)
        expect(page.locator(".view .loading")).to_have_count(0)
        wider = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(wider) <= 0, view


def test_every_field_and_button_has_a_name(page: Page, address: str) -> None:
    """What a screen reader says of it; and no view has two things of one id."""
    for view in VIEWS:
        page.goto(f"{address}/#{view.lower()}")
        expect(page.locator(".view .loading")).to_have_count(0)
        nameless = page.evaluate(
            """[...document.querySelectorAll('button, input, select, textarea,'
            + 'progress, meter, [role=img], [role=group], section')].filter((e) =>
            !(e.labels?.length || e.ariaLabel || e.textContent.trim()
              || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML)"""
        )
        assert nameless == [], view
        doubled = page.evaluate(
            """[...document.querySelectorAll('[id]')].map((e) => e.id)
            .filter((id, place, all) => all.indexOf(id) !== place)"""
        )
        assert doubled == [], view
