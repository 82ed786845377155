"""Values that the database keeps encrypted: the keys, and the column type.

A value is stored as `ID.TOKEN`: eight digits that tell its key, made from a hash of it,
and what Fernet of the cryptography library makes of the value (AES-128-CBC with a
random vector, and HMAC-SHA256), so that equal values are stored differently.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from bedplate import dialects
from bedplate.checks import check_text
from bedplate.errors import EncryptionError, InvalidValueError, UnsupportedError
from bedplate.portable import Portable

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect as EngineDialect

__all__ = [
    "ID_LENGTH",
    "Encrypted",
    "Keyring",
    "hold",
    "keyring_of",
    "meant",
    "new_key",
]

ID_LENGTH = 8
"""Digits that tell a value's key."""

_NO_KEY = (
    "the column is encrypted, and there is no key: set DB_ENCRYPTION_KEYS or "
    "DB_ENCRYPTION_KEYS_FILE (`bedplate new-key` prints a new one)"
)


def new_key() -> str:
    """Return a new key: 32 random bytes in URL-safe Base64."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode("ascii")


class Keyring:
    """Keys by which values are encrypted: the first writes, all of them read.

    Args:
        keys: Each as new_key() returns it; the settings have looked at them.

    Attributes:
        newest: The id of the first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        from cryptography.fernet import Fernet

        self._ciphers = {_id_of(key): Fernet(key) for key in keys}
        self.newest = next(iter(self._ciphers))

    def encrypt(self, text: str) -> str:
        """Return a text as it is stored."""
        token = self._ciphers[self.newest].encrypt(text.encode())
        return f"{self.newest}.{token.decode('ascii')}"

    def decrypt(self, stored: str, column: str | None) -> str:
        """Return the text that encrypt() was given.

        Raises:
            EncryptionError: Its key is not here, or it has been changed.
        """
        from cryptography.fernet import InvalidToken

        key, dot, token = stored.partition(".")
        if not dot or len(key) != ID_LENGTH:
            raise EncryptionError("holds a value that is not encrypted", column)
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise EncryptionError(
                f"a value was encrypted by the key {key}, and DB_ENCRYPTION_KEYS has "
                f"only {', '.join(self._ciphers)}: add that key behind them",
                column,
            )
        try:
            return cipher.decrypt(token).decode()
        except InvalidToken:
            raise EncryptionError(
                f"a value that names the key {key} was changed, or cut off, after it "
                "was encrypted: restore it from a backup",
                column,
            ) from None

    def renew(self, stored: str, column: str | None) -> str:
        """Return a stored value as the newest key encrypts it.

        Raises:
            EncryptionError: As decrypt() does.
        """
        if stored.startswith(f"{self.newest}."):
            return stored
        return self.encrypt(self.decrypt(stored, column))


def _id_of(key: str) -> str:
    # 32 bits of a hash tell nothing of 256 random ones.
    return blake2b(key.encode(), digest_size=ID_LENGTH // 2).hexdigest()


_held: WeakKeyDictionary[EngineDialect, tuple[str, ...]] = WeakKeyDictionary()
_keyrings: WeakKeyDictionary[EngineDialect, Keyring] = WeakKeyDictionary()


def hold(dialect: EngineDialect, keys: Sequence[str]) -> None:
    """Give an engine its keys, the newest first."""
    _held[dialect] = tuple(keys)


def keyring_of(dialect: EngineDialect, column: str | None = None) -> Keyring:
    """Return an engine's keys; the library is loaded when they are first used.

    Raises:
        EncryptionError: It has none.
    """
    found = _keyrings.get(dialect)
    if found is None:
        keys = _held.get(dialect)
        if not keys:
            raise EncryptionError(_NO_KEY, column)
        found = _keyrings[dialect] = Keyring(keys)
    return found


_NULL_TESTS = {operators.is_, operators.is_not, operators.eq, operators.ne}


class Encrypted(Portable):
    """Text, or a JSON value, that the database keeps encrypted.

    The keys are those of DB_ENCRYPTION_KEYS. None is stored as NULL, which a query may
    ask for; no other comparison is possible, nor an order, nor a search.

    Args:
        of: The type that the value would have: of text (LongText, by default), or
            JSONDocument().

    Raises:
        InvalidValueError: It is of another kind.
    """

    cache_ok = True
    repeats = False

    class Comparator(TypeDecorator.Comparator[Any]):
        """Knows that nothing but NULL can be told apart."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            if op in _NULL_TESTS and isinstance(other[0], sa.Null | None):
                return super().operate(op, *other, **options)
            raise self._refused()

        def reverse_operate(self, op: Any, other: Any, **options: Any) -> Any:
            raise self._refused()

        def _refused(self) -> UnsupportedError:
            name = getattr(self.type, "column_name", None) or "the column"
            return UnsupportedError(
                f"{name} is encrypted: the same value is stored differently each time, "
                "so it can be compared with nothing but NULL, nor ordered or searched. "
                "Select by another column, and compare in Python"
            )

    comparator_factory = Comparator

    def __init__(self, of: Portable | None = None) -> None:
        super().__init__()
        self.of = of
        kind = sa.Text() if of is None else of.impl_instance
        if not isinstance(kind, sa.Text | sa.JSON):
            raise InvalidValueError(
                f"Encrypted takes a type of text or JSONDocument(), not {of!r}"
            )
        self._is_json = isinstance(kind, sa.JSON)

    def shape(self, dialect: dialects.Dialect) -> TypeEngine[Any]:
        return dialect.long_text()

    def process_bind_param(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        text = self._text(value, dialect)
        stored = keyring_of(dialect, self.column_name).encrypt(text)
        if dialect.name in dialects.DATABASES:
            ours = dialects.dialect(dialect.name)
            ours.check_size(dialect, stored, self.column_name)
        return stored

    def process_result_value(self, value: Any, dialect: EngineDialect) -> Any:
        if value is None:
            return None
        column = self.column_name
        text = keyring_of(dialect, column).decrypt(value, column)
        return json.loads(text) if self._is_json else text

    def _text(self, value: Any, dialect: EngineDialect) -> str:
        """Return the value as text, checked as its own type checks it."""
        if self.of is None:
            return check_text(value, self.column_name)
        self.of.column = self.column
        if not self._is_json:
            return str(self.of.process_bind_param(value, dialect))
        try:
            self.of.process_bind_param(value, dialect)
        except InvalidValueError:  # which may tell a part of the value
            raise InvalidValueError(
                "is no JSON that every database takes (its column is encrypted, so "
                "nothing more is told)",
                self.column_name,
            ) from None
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def meant(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type of the values of a column, which may be kept encrypted."""
    return kind.of or kind if isinstance(kind, Encrypted) else kind
