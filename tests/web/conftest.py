from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from bedplate import AsyncDatabase, Database
from bedplate.web import Access, create_app
from bedplate.web.dependencies import PATIENCE

LOCAL = "http://localhost"


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, database: Database) -> Iterator[TestClient]:
    """A client of the whole application, over each kind of database."""
    url = database.settings.url
    assert url is not None
    if request.param == "sync":
        with TestClient(create_app(database), LOCAL) as client:
            yield client
        return
    opened = AsyncDatabase(url.get_secret_value(), retry=PATIENCE)
    with TestClient(create_app(opened), LOCAL) as client:
        yield client
        assert client.portal is not None
        client.portal.call(opened.close)


@pytest.fixture
def guarded(database: Database) -> Iterator[TestClient]:
    """A client of an application that wants a token, which it does not show."""
    app = create_app(database, Access(token="secret-of-the-test"))  # noqa: S106
    with TestClient(app, "http://bedplate.example") as client:
        yield client
