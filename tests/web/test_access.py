from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import pytest
from fastapi import WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bedplate import Database
from bedplate.errors import InvalidValueError
from bedplate.web import Access, create_app, limits
from bedplate.web.access import COOKIE
from web.serving import served

TOKEN = "secret-of-the-test"  # noqa: S105  # it opens nothing
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SAME = {"Sec-Fetch-Site": "same-origin"}
LOCAL = "http://localhost"
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
        {"Origin": "http://["},
        {"Origin": ""},
    ],
)
def test_no_other_site_posts(database: Database, headers: dict[str, str]) -> None:
    client = TestClient(create_app(database), "http://localhost")
    assert client.post("/api/jobs", json={}, headers=headers).status_code == 403
    assert client.get("/api/jobs", headers=headers).status_code == 200
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/jobs", json={}, headers=own).status_code == 201


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "localhost@evil.example",
        "localhost#evil.example",
        "[::1",
        "[v1.x]",
        "",
    ],
)
def test_without_a_token_only_this_machine_is_answered(
    database: Database, name: str
) -> None:
    client = TestClient(create_app(database), LOCAL)
    assert client.get("/api/jobs", headers={"Host": name}).status_code == 403
    for own in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/api/jobs", headers={"Host": own}).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.7", 403),
        ("2001:db8::7", 403),
    ],
)
def test_without_a_token_no_other_machine_is_answered_whatever_it_calls_us(
    database: Database, address: str, status: int
) -> None:
    client = TestClient(create_app(database), LOCAL, client=(address, 5))
    assert client.get("/api/jobs").status_code == status
    known = TestClient(
        create_app(database, Access(token=TOKEN)), LOCAL, client=(address, 5)
    )
    assert known.get("/api/jobs", headers=BEARER).status_code == 200


def test_the_token_of_the_environment_counts(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDPLATE_API_TOKEN", TOKEN)
    monkeypatch.setenv("DATABASE_URL", database_url)
    with Database(database_url) as opened:
        for app in (create_app(opened), create_app()):
            with TestClient(app, "http://bedplate.example") as client:
                assert client.get("/api/jobs").status_code == 401
                assert client.get("/api/jobs", headers=BEARER).status_code == 200


def test_no_page_opens_a_socket(database: Database) -> None:
    app = create_app(database)

    @app.websocket("/talk")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("told")
        await socket.close()

    client = TestClient(app, LOCAL)
    own = {"Origin": LOCAL, "Host": "localhost"}
    with client.websocket_connect("/talk", headers=own) as talking:
        assert talking.receive_text() == "told"
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/talk", headers=headers),
        ):
            pass


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
    odd = client.post("/api/corpora", headers={"Content-Length": "1" * 5000})
    assert odd.status_code == 413


def test_a_body_has_one_length(database: Database) -> None:
    with TestClient(create_app(database), "http://localhost") as client:
        lengths = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
        answer = client.post("/api/workflows", content=b"{}", headers=lengths)
    assert answer.status_code == 400
    assert answer.headers["connection"] == "close"


def test_who_has_no_token_posts_next_to_nothing(guarded: TestClient) -> None:
    answer = guarded.post("/api/session", json={"token": "x" * 20_000}, headers=SAME)
    assert answer.status_code == 413
    assert "10,000 bytes" in answer.json()["detail"]


def test_a_body_that_is_too_long_is_read_until_the_client_can_listen(
    database: Database,
) -> None:
    """Over a real socket: else the connection is reset under what it sends."""
    long = 3_000_000
    head = (
        "POST /api/corpora HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {long}\r\n\r\n"
    )
    access = Access(body_limit=2_000_000)
    with served(database, access) as (address, _), connected(address) as sender:
        sender.sendall(head.encode() + b"x" * long)
        answer = received(sender)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'"error":"HTTP413"}')


def test_a_body_that_does_not_come_is_not_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_PIECE_SECONDS", 0.2)
    head = (
        "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
    )
    with served(database) as (address, _), connected(address) as sender:
        sender.sendall(head.encode())
        answer = received(sender)  # until the connection is closed
    assert answer.startswith(b"HTTP/1.1 408 ")


def connected(address: str) -> socket.socket:
    place = urlsplit(address)
    return socket.create_connection((place.hostname, place.port), 10)


def received(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_address_that_asks_too_much_is_told_when_to_come_back(
    database: Database,
) -> None:
    client = TestClient(create_app(database, Access(rate=2)), "http://localhost")
    answers = [client.get("/health/live") for _ in range(12)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) == 1


def test_a_network_of_one_owner_has_one_allowance(database: Database) -> None:
    app = create_app(database, Access(token=TOKEN, rate=2))
    statuses = [
        TestClient(app, LOCAL, client=(f"2001:db8::{end:x}", 5))
        .get("/health/live")
        .status_code
        for end in range(20)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    other = TestClient(app, LOCAL, client=("2001:db8:0:1::1", 5))
    assert other.get("/health/live").status_code == 200


def test_every_answer_tells_browsers_to_be_careful(guarded: TestClient) -> None:
    for path in ("/", "/api/jobs", "/health/live", "/dashboard/index.html"):
        headers = guarded.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
