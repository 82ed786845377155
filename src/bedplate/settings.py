"""Settings: the only reader of the environment.

Every field is the variable ``DB_<FIELD>`` (``DATABASE_URL``, ``DATABASE_PATH`` and
``BEDPLATE_API_TOKEN`` aside), read from the environment or from a ``.env`` file in the
working folder. Durations are in seconds unless the name says otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, Self

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bedplate.addresses import Address, addresses_in
from bedplate.encryption_keys import keys_in
from bedplate.errors import SettingsError
from bedplate.replica_urls import replica_parts
from bedplate.urls import DatabaseType, file_of, meant_by, parts_of_url

__all__ = ["DatabaseType", "Settings", "SslMode", "url_of", "variable_of"]

SslMode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]

_POOLER_PORT = 6543
"""Where Supabase's transaction pooler listens; 5432 is a session of its own."""

_NOWHERE = {
    "type": "sqlite",
    "path": "bedplate.db",
    "host": "localhost",
    "port": None,
    "user": "bedplate",
    "name": "bedplate",
    "password": "",
    "password_file": None,
}
"""The settings that name a place, for a URL to replace."""

_PLACE = set(_NOWHERE)

_NO_REPLICAS = {
    "replica_urls": SecretStr(""),
    "replica_user": None,
    "replica_password": SecretStr(""),
    "replica_password_file": None,
}
"""Those of a place that code names: the environment's are of another one."""

_SECRET = {
    "DATABASE_URL",
    "DB_PASSWORD",
    "DB_ENCRYPTION_KEYS",
    "DB_REPLICA_URLS",
    "DB_REPLICA_PASSWORD",
    "BEDPLATE_API_TOKEN",
}


class Settings(BaseSettings):
    """Where the database is and how to talk to it.

    Raises:
        SettingsError: Names every variable that is wrong, all at once.
    """

    model_config = SettingsConfigDict(
        env_prefix="DB_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="The whole address; wins over the parts below.",
    )
    type: DatabaseType = Field(
        "sqlite", description="sqlite, postgresql, mysql, mariadb or supabase."
    )
    path: str = Field(
        "bedplate.db",
        validation_alias="DATABASE_PATH",
        description="The SQLite file, or :memory: for one that lives in the process.",
    )
    host: str = Field(
        "localhost",
        description="The server's host name or address; several between commas.",
    )
    port: int | None = Field(
        None, ge=1, le=65535, description="The server's port; 5432 or 3306 if unset."
    )
    user: str = Field("bedplate", description="The user to log in as.")
    name: str = Field("bedplate", description="The database on that server.")
    password: SecretStr = Field(SecretStr(""), description="The user's password.")
    password_file: Path | None = Field(
        None, description="A file that holds the password, as container secrets do."
    )
    encryption_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys of encrypted columns, between commas; the first one writes.",
    )
    encryption_keys_file: Path | None = Field(
        None, description="A file that holds these keys, one a line."
    )

    replica_urls: SecretStr = Field(
        SecretStr(""), description="URLs of replicas that serve what only reads."
    )
    replica_max_lag: float = Field(
        5,
        ge=0.5,
        description="Seconds that what a replica serves may be old.",
    )
    replica_user: str | None = Field(
        None, description="Who reads there; DB_USER if unset, a URL's own user wins."
    )
    replica_password: SecretStr = Field(
        SecretStr(""), description="The password of DB_REPLICA_USER."
    )
    replica_password_file: Path | None = Field(
        None, description="A file that holds that password."
    )

    pool_size: int = Field(
        10, ge=1, le=1000, description="Connections kept open in each process."
    )
    max_overflow: int = Field(
        20, ge=0, le=1000, description="Further connections under load, closed after."
    )
    pool_timeout: float = Field(
        30, ge=0, description="Seconds to wait for a connection of the pool."
    )
    pool_recycle: int = Field(
        3600, ge=-1, description="Seconds after which a connection is replaced."
    )
    use_pool: bool = Field(
        True, description="Whether to keep connections open at all (NullPool if not)."
    )
    pool_prewarm: int = Field(
        0, ge=0, le=1000, description="Connections opened at once by db.prewarm()."
    )
    echo: bool = Field(False, description="Whether to log every statement.")
    connect_timeout: float = Field(
        5, gt=0, description="Seconds to wait for the server to answer a connect."
    )
    statement_timeout: float | None = Field(
        None, ge=0, description="Seconds a statement may run; unset or 0 for no limit."
    )
    lock_timeout: float | None = Field(
        None,
        ge=0,
        description="Seconds to wait for a lock; the server's own if unset.",
    )
    migration_lock_timeout: float = Field(
        60, ge=0, description="Seconds to wait for another process's migration."
    )
    ssl_mode: SslMode | None = Field(
        None,
        description="disable, prefer, require, verify-ca or verify-full.",
    )
    ssl_ca: Path | None = Field(None, description="Certificates to trust, as PEM.")
    ssl_cert: Path | None = Field(None, description="The client's certificate, PEM.")
    ssl_key: Path | None = Field(None, description="The client's private key, PEM.")
    pgbouncer: bool = Field(
        False, description="Whether a transaction pooler stands in between."
    )
    load_balance_hosts: Literal["disable", "random"] = Field(
        "disable",
        description="Of several hosts, try the first one first, or any (random).",
    )
    causal_reads: bool = Field(
        True, description="Whether a Galera node waits for what others have committed."
    )
    slow_query_ms: float = Field(
        500,
        ge=0,
        description="Milliseconds from which a statement is logged; 0 for none.",
    )
    metrics_dir: Path | None = Field(
        None,
        description="A folder by which worker processes tell Prometheus of them all.",
    )
    api_token: SecretStr | None = Field(
        None,
        validation_alias="BEDPLATE_API_TOKEN",
        description="What `bedplate serve` wants a request to show.",
    )

    def __init__(self, **values: Any) -> None:
        unknown = sorted(set(values) - set(type(self).model_fields))
        if unknown:
            raise SettingsError(dict.fromkeys(unknown, "there is no such setting"))
        if "url" not in values and _PLACE & values.keys():
            values["url"] = None  # what the caller names beats the environment's URL
        if "url" in values:
            values = _NO_REPLICAS | values
        if "encryption_keys" in values:
            values.setdefault("encryption_keys_file", None)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(_problems(error)) from None

    @classmethod
    def of(cls, target: str | Settings | None = None, **overrides: Any) -> Self:
        """Return the settings for a URL, or those given, with some replaced.

        A URL given here stands alone: the variables that name a database are not
        read, those that tune the pool and the timeouts are.
        """
        if isinstance(target, Settings):
            # What was left at its default stays so, whatever the environment says now.
            given = {name: field.default for name, field in cls.model_fields.items()}
            given |= {name: getattr(target, name) for name in target.model_fields_set}
            return cls(**{**given, **overrides})
        if target is None:
            return cls(**overrides)
        return cls(**{"url": target, **_NOWHERE, **_NO_REPLICAS, **overrides})

    @property
    def database(self) -> DatabaseType:
        """The database spoken to: Supabase is PostgreSQL."""
        return "postgresql" if self.type == "supabase" else self.type

    @property
    def encryption_key_list(self) -> tuple[str, ...]:
        """The keys of encrypted columns, the one that writes first."""
        return keys_in(self.encryption_keys.get_secret_value())

    @property
    def in_memory(self) -> bool:
        """Whether the database lives and dies with this process."""
        return self.database == "sqlite" and (
            self.path in ("", ":memory:")
            or self.path.startswith("file::memory:")
            or "mode=memory" in self.path
        )

    @property
    def pooled(self) -> bool:
        """Whether connections stay open between two uses."""
        return self.in_memory or (self.use_pool and not self.pgbouncer)

    @property
    def hosts(self) -> tuple[Address, ...]:
        """The servers that may be connected to, each with its port."""
        return addresses_in(self.host, self.port)

    @property
    def is_missing_file(self) -> bool:
        """Whether the database is a file that is not there."""
        elsewhere = self.port is not None or self.in_memory or "vfs=" in self.path
        return not elsewhere and not Path(file_of(self.path)).exists()

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts_of_url(value.get_secret_value())
        return value

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, value: str) -> str:
        addresses_in(value)
        return value

    @field_validator(
        *("password_file", "encryption_keys_file", "replica_password_file"),
        *("ssl_ca", "ssl_cert", "ssl_key"),
    )
    @classmethod
    def _is_a_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {str(value)!r}")
        return value

    @field_validator("metrics_dir")
    @classmethod
    def _is_a_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"there is no folder {str(value)!r}")
        return value

    @field_validator("password_file", "replica_password_file")
    @classmethod
    def _is_text(cls, value: Path | None) -> Path | None:
        if value is not None:
            _secret_in(value)
        return value

    @field_validator("password_file", "replica_password_file")
    @classmethod
    def _is_the_only_password(
        cls, value: Path | None, info: ValidationInfo
    ) -> Path | None:
        # Here, not in _resolve(), which never runs where another variable is wrong.
        password = str(info.field_name).removesuffix("_file")
        given = info.data.get(password)
        if value is not None and given is not None and given.get_secret_value():
            one = variable_of(password)
            raise ValueError(f"set {one} or {one}_FILE, not both")
        return value

    @field_validator("replica_urls")
    @classmethod
    def _are_replicas(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        url, kind = info.data.get("url"), info.data.get("type")
        if url is not None:
            kind = parts_of_url(url.get_secret_value())["type"]
        known = kind if "url" in info.data else None  # else the URL itself is wrong
        replica_parts(
            value.get_secret_value(), "postgresql" if known == "supabase" else known
        )
        return value

    @field_validator("replica_password", "replica_password_file")
    @classmethod
    def _has_a_user(cls, value: Any, info: ValidationInfo) -> Any:
        secret = value.get_secret_value() if isinstance(value, SecretStr) else value
        if secret and info.data.get("replica_user") is None:
            raise ValueError("set DB_REPLICA_USER as well: it is that user's")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        keys_in(value.get_secret_value())
        return value

    @field_validator("encryption_keys_file")
    @classmethod
    def _holds_keys(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None:
            given = info.data.get("encryption_keys")
            if given is not None and given.get_secret_value():
                raise ValueError(
                    "set DB_ENCRYPTION_KEYS or DB_ENCRYPTION_KEYS_FILE, not both"
                )
            if not keys_in(_secret_in(value).get_secret_value()):
                raise ValueError(f"{str(value)!r} is empty")
        return value

    @model_validator(mode="after")
    def _resolve(self) -> Self:
        """Let the URL win over the parts and give each database its defaults."""
        if self.password_file is not None:
            object.__setattr__(self, "password", _secret_in(self.password_file))
        if self.replica_password_file is not None:
            password = _secret_in(self.replica_password_file)
            object.__setattr__(self, "replica_password", password)
        if self.encryption_keys_file is not None:
            keys = _secret_in(self.encryption_keys_file)
            object.__setattr__(self, "encryption_keys", keys)
        if self.url is not None:
            supabase = self.type == "supabase"
            for name, value in parts_of_url(self.url.get_secret_value()).items():
                object.__setattr__(self, name, value)
            if supabase and self.type == "postgresql":
                object.__setattr__(self, "type", "supabase")
        if self.database != "sqlite" and len(self.hosts) == 1:
            for name, value in zip(("host", "port"), self.hosts[0], strict=True):
                object.__setattr__(self, name, value)
        if self.type == "supabase":
            self._resolve_supabase()
        if self.ssl_mode is None and (self.ssl_ca or self.ssl_cert or self.ssl_key):
            # Who names certificates wants them used; only libpq would ask for them.
            mode = "verify-ca" if self.ssl_ca else "require"
            object.__setattr__(self, "ssl_mode", mode)
        if self.port is None and self.database != "sqlite":
            port = 5432 if self.database == "postgresql" else 3306
            object.__setattr__(self, "port", port)
        return self

    def _resolve_supabase(self) -> None:
        if self.ssl_mode in (None, "prefer", "disable"):
            object.__setattr__(self, "ssl_mode", "require")
        if self.port == _POOLER_PORT:
            object.__setattr__(self, "pgbouncer", True)


def _secret_in(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text(encoding="utf-8").rstrip("\r\n"))
    except OSError as error:
        raise ValueError(f"{str(file)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{str(file)!r} is no text in UTF-8") from None


def _problems(error: ValidationError) -> dict[str, str]:
    """Name each bad variable, its value unless it is secret, and what is allowed."""
    found = {}
    for problem in error.errors(include_input=True, include_url=False):
        place = str(problem["loc"][0]) if problem["loc"] else "password"
        variable = place if place.isupper() else variable_of(place)
        text = problem["msg"].removeprefix("Value error, ")
        if variable not in _SECRET and problem["type"] != "value_error":
            text = f"{problem['input']!r} is not allowed: {text}"
        if place == "type" and (meant := meant_by(str(problem["input"]))):
            text += f" (did you mean {meant}?)"
        found[variable] = text
    return found


def variable_of(field: str) -> str:
    """Return the environment variable of a field of Settings."""
    special = {
        "url": "DATABASE_URL",
        "path": "DATABASE_PATH",
        "api_token": "BEDPLATE_API_TOKEN",
    }
    return special.get(field, f"DB_{field.upper()}")


def url_of(name: str) -> str | None:
    """Return the URL of a named database; None for the default one.

    Raises:
        SettingsError: The variable DATABASE_URL_<NAME> is not set.
    """
    if name == "default":
        return None
    variable = f"DATABASE_URL_{name.upper()}"
    found = os.environ.get(variable) or dotenv_values(".env").get(variable)
    if not found:
        raise SettingsError({variable: f"set it to the URL of the database {name!r}"})
    return found
