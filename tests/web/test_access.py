from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from bedplate import Database
from bedplate.errors import InvalidValueError
from bedplate.web import Access, create_app
from bedplate.web.access import COOKIE

TOKEN = "secret-of-the-test"  # noqa: S105  # it opens nothing
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SAME = {"Sec-Fetch-Site": "same-origin"}
EVERYTHING = (
    ("GET", "/api/jobs"),
    ("POST", "/api/jobs"),
    ("GET", "/metrics/database/config"),
    ("GET", "/metrics/database/tables"),
    ("GET", "/openapi.json"),
    ("GET", "/no/such/page"),
)

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_nothing_is_told_without_the_token(
    guarded: TestClient, method: str, path: str
) -> None:
    answer = guarded.request(method, path, headers=SAME, json={})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    wrong = guarded.get(path, headers={"Authorization": f"Bearer {TOKEN}x"})
    assert wrong.status_code == 401


def test_the_token_opens_it(guarded: TestClient) -> None:
    assert guarded.post("/api/jobs", headers=BEARER, json={}).status_code == 201
    assert guarded.get("/api/jobs", headers=BEARER).status_code == 200


def test_anybody_may_ask_whether_it_lives(guarded: TestClient) -> None:
    for path in ("/health/live", "/health/ready", "/", "/dashboard/index.html"):
        assert guarded.get(path).status_code == 200


def test_a_browser_logs_in_and_out(guarded: TestClient) -> None:
    assert guarded.get("/api/session").json() == {"needed": True, "valid": False}
    wrong = guarded.post("/api/session", json={"token": "guess"}, headers=SAME)
    assert wrong.status_code == 401
    right = guarded.post("/api/session", json={"token": TOKEN}, headers=SAME)
    cookie = right.headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert guarded.get("/api/session").json()["valid"]
    assert guarded.get("/api/jobs").status_code == 200
    assert guarded.post("/api/jobs", json={}, headers=SAME).status_code == 201
    # Whoever sends a cookie and does not say whose page it is, is no browser.
    assert guarded.post("/api/jobs", json={}).status_code == 401
    guarded.delete("/api/session", headers=SAME)
    assert guarded.get("/api/jobs").status_code == 401


def test_the_cookie_is_for_https_where_that_is_spoken(database: Database) -> None:
    app = create_app(database, Access(token=TOKEN))
    client = TestClient(app, "https://bedplate.example", root_path="/bedplate")
    answer = client.post("/api/session", json={"token": TOKEN}, headers=SAME)
    assert "; Secure" in answer.headers["set-cookie"]
    assert "Path=/bedplate" in answer.headers["set-cookie"]


@pytest.mark.parametrize("forged", ["", "x", "9999999999.", "9999999999.00", "²."])
def test_a_forged_session_is_none(guarded: TestClient, forged: str) -> None:
    cookie = {b"Cookie": f"{COOKIE}={forged}".encode()}
    assert guarded.get("/api/jobs", headers=cookie).status_code == 401


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="everybody would have it"):
        Access(token=" ")  # noqa: S106  # it is none


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access(token=TOKEN)
    session = access.new_session()
    assert access.is_session(session)
    assert not Access(token="another").is_session(session)  # noqa: S106
    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert not access.is_session(session)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
    ],
)
def test_no_other_site_posts(database: Database, headers: dict[str, str]) -> None:
    client = TestClient(create_app(database), "http://localhost")
    assert client.post("/api/jobs", json={}, headers=headers).status_code == 403
    assert client.get("/api/jobs", headers=headers).status_code == 200
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/jobs", json={}, headers=own).status_code == 201


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "10.0.0.1"])
def test_without_a_token_only_this_machine_is_answered(
    database: Database, name: str
) -> None:
    client = TestClient(create_app(database), f"http://{name}")
    assert client.get("/api/jobs").status_code == 403
    for own in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/api/jobs", headers={"Host": own}).status_code == 200


def test_other_sites_read_only_where_they_are_named(database: Database) -> None:
    site = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}
    plain = TestClient(create_app(database), "http://localhost")
    answer = plain.get("/api/jobs", headers=site)
    assert "access-control-allow-origin" not in answer.headers

    access = Access(token=TOKEN, origins=("https://page.example",))
    named = TestClient(create_app(database, access), "http://bedplate.example")
    answer = named.post("/api/jobs", json={}, headers=site | BEARER)
    assert answer.status_code == 201
    assert answer.headers["access-control-allow-origin"] == "https://page.example"
    asked = {"Access-Control-Request-Method": "PUT"}
    assert named.options("/api/jobs", headers=site | asked).status_code == 200
    assert named.post("/api/jobs", json={}, headers=site).status_code == 401


def test_a_body_may_have_a_length_and_no_more(database: Database) -> None:
    access = Access(body_limit=1000)
    client = TestClient(create_app(database, access), "http://localhost")
    long = {"content": "x" * 2000}
    told = client.post("/api/corpora", json=long)
    pieces = (b'{"content": "' if i == 0 else b"x" * 500 for i in range(5))
    untold = client.post("/api/corpora", content=pieces)
    assert (told.status_code, untold.status_code) == (413, 413)
    assert "1,000 bytes" in told.json()["detail"] == untold.json()["detail"]


def test_an_address_that_asks_too_much_is_told_when_to_come_back(
    database: Database,
) -> None:
    client = TestClient(create_app(database, Access(rate=2)), "http://localhost")
    answers = [client.get("/health/live") for _ in range(12)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) == 1


def test_every_answer_tells_browsers_to_be_careful(guarded: TestClient) -> None:
    for path in ("/", "/api/jobs", "/health/live", "/dashboard/index.html"):
        headers = guarded.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
