from __future__ import annotations

import pytest

from bedplate import BookRepository, Database
from bedplate.domains.users import User


@pytest.fixture
def books(database: Database) -> BookRepository:
    return database.repository(BookRepository)


@pytest.fixture
def user(books: BookRepository) -> User:
    return books.create_user("ada", "ada@example.org")
