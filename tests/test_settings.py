"""Settings: where they come from, which wins, what is refused, what is never told."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bedplate import Database, Settings
from bedplate.errors import AuthenticationError, ConnectionFailedError, SettingsError
from bedplate.replica_urls import replicas_of
from bedplate.settings import variable_of

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "p%40@s/s:w?o#r d%"  # noqa: S105  # each sign that breaks a URL
KEYS = ("A" * 42 + "E=", "b" * 42 + "8=")
QUOTED = "p%2540%40s%2Fs%3Aw%3Fo%23r%20d%25"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: no .env but the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(**values: Any) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    return caught.value.problems


# Where they come from


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("DATABASE_URL", "sqlite:///a.db", "path", "a.db"),
        ("DB_TYPE", "mariadb", "type", "mariadb"),
        ("DATABASE_PATH", "b.db", "path", "b.db"),
        ("DB_HOST", "db.example", "host", "db.example"),
        ("DB_PORT", "6000", "port", 6000),
        ("DB_USER", "ann", "user", "ann"),
        ("DB_NAME", "texts", "name", "texts"),
        ("DB_POOL_SIZE", "3", "pool_size", 3),
        ("DB_MAX_OVERFLOW", "0", "max_overflow", 0),
        ("DB_POOL_TIMEOUT", "0", "pool_timeout", 0.0),
        ("DB_POOL_RECYCLE", "-1", "pool_recycle", -1),
        ("DB_USE_POOL", "false", "use_pool", False),
        ("DB_POOL_PREWARM", "2", "pool_prewarm", 2),
        ("DB_ECHO", "1", "echo", True),
        ("DB_CONNECT_TIMEOUT", "0.5", "connect_timeout", 0.5),
        ("DB_STATEMENT_TIMEOUT", "0", "statement_timeout", 0.0),
        ("DB_LOCK_TIMEOUT", "0", "lock_timeout", 0.0),
        ("DB_MIGRATION_LOCK_TIMEOUT", "0", "migration_lock_timeout", 0.0),
        ("DB_SSL_MODE", "verify-full", "ssl_mode", "verify-full"),
        ("DB_PGBOUNCER", "yes", "pgbouncer", True),
        ("DB_LOAD_BALANCE_HOSTS", "random", "load_balance_hosts", "random"),
        ("DB_CAUSAL_READS", "no", "causal_reads", False),
        ("DB_SLOW_QUERY_MS", "0", "slow_query_ms", 0.0),
        ("DB_METRICS_DIR", "/", "metrics_dir", Path("/")),
        ("DB_REPLICA_MAX_LAG", "0.5", "replica_max_lag", 0.5),
        ("DB_REPLICA_USER", "reader", "replica_user", "reader"),
        ("BEDPLATE_API_TOKEN", "0", "api_token", SecretStr("0")),
    ],
)
@pytest.mark.parametrize("source", ["environment", ".env"])
def test_each_variable_is_read(
    source: str,
    variable: str,
    text: str,
    field: str,
    value: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert getattr(Settings(), field) != value
    if source == ".env":
        Path(".env").write_text(f"{variable}={text}\n", encoding="utf-8")
    else:
        monkeypatch.setenv(variable, text)
    assert getattr(Settings(), field) == value


@pytest.mark.parametrize("field", ["password_file", "ssl_ca", "ssl_cert", "ssl_key"])
def test_each_variable_that_names_a_file_is_read(
    field: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "some.pem"
    file.write_text("text", encoding="utf-8")
    monkeypatch.setenv(variable_of(field), str(file))
    assert getattr(Settings(), field) == file


def test_no_variable_is_left_untested() -> None:
    tested = test_each_variable_is_read.pytestmark[1].args[1]  # type: ignore[attr-defined]  # pytest's marks
    files = {variable_of(f) for f in ("password_file", "ssl_ca", "ssl_cert", "ssl_key")}
    known = {variable_of(field) for field in Settings.model_fields}
    secrets = {"DB_PASSWORD", "DB_ENCRYPTION_KEYS", "DB_ENCRYPTION_KEYS_FILE"}
    replicas = {"DB_REPLICA_URLS", "DB_REPLICA_PASSWORD", "DB_REPLICA_PASSWORD_FILE"}
    assert {row[0] for row in tested} | files | secrets | replicas == known


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DB_USER=file\nDB_NAME=file\n", encoding="utf-8")
    monkeypatch.setenv("DB_USER", "environment")
    settings = Settings()
    assert (settings.user, settings.name) == ("environment", "file")


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "3")
    monkeypatch.setenv("DATABASE_URL", "mysql://ann:x@env.example/texts")
    assert Settings(pool_size=4).pool_size == 4
    assert Settings(pool_size=4).host == "env.example"
    assert Settings(url="sqlite:///mine.db").path == "mine.db"
    assert Settings(type="postgresql", host="mine").host == "mine"
    with Database.from_env(path="mine.db", pool_size=2) as database:
        assert (database.settings.path, database.settings.pool_size) == ("mine.db", 2)
        assert database.settings.type == "sqlite"


def test_the_url_wins_over_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_TYPE", "mysql")
    monkeypatch.setenv("DB_HOST", "part")
    monkeypatch.setenv("DB_PORT", "1")
    monkeypatch.setenv("DB_USER", "part")
    monkeypatch.setenv("DB_NAME", "part")
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann@url:2/texts")
    settings = Settings()
    found = (settings.type, settings.host, settings.port, settings.user, settings.name)
    assert found == ("postgresql", "url", 2, "ann", "texts")
    # What the URL leaves out is the default, not a part meant for another server.
    monkeypatch.setenv("DATABASE_URL", "postgresql://url/texts")
    settings = Settings()
    found = (settings.type, settings.host, settings.port, settings.user, settings.name)
    assert found == ("postgresql", "url", 5432, "bedplate", "texts")


def test_a_url_given_in_code_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, text in {
        "DB_TYPE": "supabase",
        "DB_PORT": "6543",
        "DB_PASSWORD": "of-another-server",
        "DB_POOL_SIZE": "3",
    }.items():
        monkeypatch.setenv(variable, text)
    settings = Settings.of("postgresql://ann@here/texts")
    assert settings.type == "postgresql"
    assert settings.ssl_mode is None
    assert settings.port == 5432
    assert settings.password.get_secret_value() == ""
    assert settings.pool_size == 3


def test_settings_do_not_change_with_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings()
    monkeypatch.setenv("DATABASE_URL", "postgresql://other/other")
    monkeypatch.setenv("DB_POOL_SIZE", "3")
    again = Settings.of(settings, use_pool=False)
    assert again == settings.model_copy(update={"use_pool": False})


def test_supabase_by_its_url_keeps_its_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_TYPE", "supabase")
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann@pooler.example:6543/postgres")
    settings = Settings()
    assert (settings.type, settings.database) == ("supabase", "postgresql")
    assert settings.ssl_mode == "require"
    assert settings.pgbouncer


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        (None, "require"),
        ("disable", "require"),
        ("prefer", "require"),
        ("verify-full", "verify-full"),
    ],
)
def test_supabase_requires_tls(given: str | None, mode: str) -> None:
    settings = Settings(type="supabase", ssl_mode=given)
    assert settings.ssl_mode == mode
    assert settings.port == 5432
    assert not settings.pgbouncer
    assert Settings(type="supabase", port=6543).pgbouncer


@pytest.mark.parametrize(
    ("kind", "port"), [("sqlite", None), ("postgresql", 5432), ("mysql", 3306)]
)
def test_the_port_follows_the_database(kind: str, port: int | None) -> None:
    assert Settings(type=kind).port == port


# URLs


@pytest.mark.parametrize(
    ("url", "kind", "path"),
    [
        ("sqlite:///a.db", "sqlite", "a.db"),
        ("sqlite:////srv/a%20b.db", "sqlite", "/srv/a b.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite", "a.db"),
        ("sqlite://", "sqlite", ":memory:"),
        ("sqlite:///:memory:", "sqlite", ":memory:"),
    ],
)
def test_urls_of_files(url: str, kind: str, path: str) -> None:
    settings = Settings(url=url)
    assert (settings.type, settings.path) == (kind, path)
    assert settings.in_memory == (path == ":memory:")


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "postgresql+psycopg",
        "mysql",
        "mysql+pymysql",
        "mysql+aiomysql",
        "mariadb",
        "mariadb+pymysql",
    ],
)
def test_urls_of_servers(scheme: str) -> None:
    settings = Settings(url=f"{scheme}://a%40b:{QUOTED}@[::1]:6000/texts%2F1")
    assert (
        settings.type
        == scheme.partition("+")[0].replace("postgres", "postgresql")[
            : len(settings.type)
        ]
    )
    assert (settings.user, settings.host, settings.port) == ("a@b", "::1", 6000)
    assert settings.password.get_secret_value() == PASSWORD
    assert settings.name == "texts/1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres", "postgresql"),
        ("PostgreSQL", "postgresql"),
        ("pgsql", "postgresql"),
        ("sqlite3", "sqlite"),
        ("mysql2", "mysql"),
        ("MariaDB", "mariadb"),
        ("oracle", None),
    ],
)
def test_other_names_of_a_database_are_told_by_ours(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: str | None
) -> None:
    monkeypatch.setenv("DB_TYPE", written)
    with pytest.raises(SettingsError) as caught:
        Settings()
    problem = caught.value.problems["DB_TYPE"]
    assert problem.startswith(f"{written!r} is not allowed: ")
    assert problem.endswith(f" (did you mean {meant}?)") == (meant is not None)


def test_options_of_a_url(folder: Path) -> None:
    file = folder / "ca.pem"
    file.write_text("text", encoding="utf-8")
    settings = Settings(
        url=f"mysql://h/d?sslmode=verify-ca&ssl_ca={file}&connect_timeout=2"
        "&pgbouncer=true&charset=latin1&application_name=mine"
    )
    assert (settings.ssl_mode, settings.ssl_ca) == ("verify-ca", file)
    assert (settings.connect_timeout, settings.pgbouncer) == (2.0, True)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("oracle://h/d", "sqlite://, postgres://, postgresql://, mysql://, mariadb://"),
        ("h/d", "the URL must start with"),
        ("postgresql+psycopg2://h/d", "'psycopg2' is not one Bedplate uses"),
        ("postgres+psycopg://h/d", "not one Bedplate uses (postgres)"),
        ("sqlite://a.db", "three slashes"),
        ("mysql://h", "names no database"),
        ("mysql://h:port/d", "the port"),
        ("mysql://h:70000/d", "the port"),
        ("mysql://h/d?sslmode=on", "'on' is not one of disable"),
        ("mysql://h/d?ssl_ca=/nowhere.pem", "no file '/nowhere.pem'"),
        ("mysql://h/d?connect_timeout=soon", "'soon' is no number of seconds"),
        ("mysql://h/d?connect_timeout=0", "'0' is no number of seconds above 0"),
        ("mysql://h/d?pgbouncer=perhaps", "'perhaps' is not one of true"),
        ("mysql://h/d?pool=3", "'pool' is not known"),
        ("mysql://h/d?load_balance_hosts=on", "'on' is not disable or random"),
        ("mysql://h,i:port/d", "'port' is no port"),
        ("mysql://h,,i/d", "a host is missing"),
    ],
)
def test_a_bad_url_is_refused(url: str, told: str) -> None:
    assert told in problems(url=url)["DATABASE_URL"]


@pytest.mark.parametrize("sign", ["/", "?", "#"])
@pytest.mark.parametrize("first", ["12", "hush"])
def test_a_password_that_is_not_quoted_is_not_told(sign: str, first: str) -> None:
    found = problems(url=f"mysql://ann:{first}{sign}hush@h/d")
    assert found.keys() == {"DATABASE_URL"}
    assert "hush" not in str(found)
    assert "%2F" in found["DATABASE_URL"]


# What is refused


def test_all_bad_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "DATABASE_URL": "oracle://ann:hush@h/d",
        "DB_TYPE": "oracle",
        "DB_PORT": "many",
        "DB_PASSWORD_FILE": "/nowhere",
        "DB_ENCRYPTION_KEYS": f"{KEYS[0]}, hush",
        "DB_ENCRYPTION_KEYS_FILE": "/nowhere",
        "DB_POOL_SIZE": "0",
        "DB_MAX_OVERFLOW": "-1",
        "DB_POOL_TIMEOUT": "nan",
        "DB_POOL_RECYCLE": "-2",
        "DB_USE_POOL": "perhaps",
        "DB_POOL_PREWARM": "-1",
        "DB_ECHO": "loud",
        "DB_CONNECT_TIMEOUT": "0",
        "DB_STATEMENT_TIMEOUT": "-1",
        "DB_LOCK_TIMEOUT": "long",
        "DB_MIGRATION_LOCK_TIMEOUT": "inf",
        "DB_SSL_MODE": "on",
        "DB_SSL_CA": "/nowhere",
        "DB_SSL_CERT": "/nowhere",
        "DB_SSL_KEY": "/nowhere",
        "DB_PGBOUNCER": "2",
        "DB_SLOW_QUERY_MS": "-1",
    }
    for variable, text in bad.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as caught:
        Database.from_env()
    assert caught.value.problems.keys() == bad.keys()
    for variable, text in bad.items():
        told = caught.value.problems[variable]
        assert variable in str(caught.value)
        secret = variable in ("DATABASE_URL", "DB_ENCRYPTION_KEYS")
        assert (text in told) != secret, told
    assert "hush" not in str(caught.value)
    assert "'sqlite', 'postgresql', 'mysql'" in caught.value.problems["DB_TYPE"]


def test_a_bad_argument_is_named_by_its_variable() -> None:
    found = problems(port=0, pool_size=2.5, host=5)
    assert found.keys() == {"DB_PORT", "DB_POOL_SIZE", "DB_HOST"}


@pytest.mark.parametrize("make", [Settings, Database, Settings.of])
def test_an_unknown_setting_is_refused(make: Any) -> None:
    with pytest.raises(SettingsError, match="pol_size: there is no such setting"):
        make(pol_size=5)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 5


# Passwords


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_password_file(folder: Path, end: str) -> None:
    file = folder / "secret"
    file.write_text(f" {PASSWORD} {end}", encoding="utf-8", newline="")
    settings = Settings(password_file=file)
    assert settings.password.get_secret_value() == f" {PASSWORD} "
    again = Settings.of(settings, pool_size=3)
    assert again.password == settings.password


def test_a_password_file_that_cannot_be_used(folder: Path) -> None:
    missing = problems(password_file="/nowhere/secret")  # noqa: S106  # a path
    assert missing == {"DB_PASSWORD_FILE": "there is no file '/nowhere/secret'"}
    assert "DB_PASSWORD_FILE" in problems(password_file=folder)
    file = folder / "secret"
    file.write_bytes(b"hush\xff")
    binary = problems(password_file=file)
    assert binary == {"DB_PASSWORD_FILE": f"'{file}' is no text in UTF-8"}
    file.write_text("hush", encoding="utf-8")
    both = problems(password_file=file, password="hush")  # noqa: S106
    assert "not both" in both["DB_PASSWORD_FILE"]
    all_at_once = problems(password_file=file, password="hush", port="x")  # noqa: S106
    assert all_at_once.keys() == {"DB_PASSWORD_FILE", "DB_PORT"}
    assert "hush" not in str(both)


def test_keys_of_encrypted_columns(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().encryption_key_list == ()
    monkeypatch.setenv("DB_ENCRYPTION_KEYS", f" {KEYS[0]} ,{KEYS[1]}")
    assert Settings().encryption_key_list == KEYS
    assert KEYS[0] not in repr(Settings())
    file = folder / "keys"
    file.write_text("\r\n".join(KEYS) + "\n", encoding="utf-8")
    monkeypatch.setenv("DB_ENCRYPTION_KEYS_FILE", str(file))
    assert "not both" in problems()["DB_ENCRYPTION_KEYS_FILE"]
    monkeypatch.delenv("DB_ENCRYPTION_KEYS")
    found = Settings()
    assert found.encryption_key_list == KEYS
    assert Settings.of(found, pool_size=3).encryption_key_list == KEYS
    given = Settings.of("sqlite://", encryption_keys=KEYS[1])
    assert given.encryption_key_list == KEYS[1:]


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ((KEYS[0], "hush"), "number 2 of 2 is no key"),
        (("hush\xff",), "number 1 of 1 is no key"),
        ((KEYS[0][:-4],), "number 1 of 1 is no key"),
        ((*KEYS, KEYS[0]), "number 3 of 3 stands there twice"),
    ],
)
def test_a_key_that_is_none_is_refused_and_not_told(
    folder: Path, keys: tuple[str, ...], wanted: str
) -> None:
    (folder / "keys").write_text("\n".join(keys), encoding="utf-8")
    for found in (
        problems(encryption_keys=",".join(keys)),
        problems(encryption_keys_file=folder / "keys"),
    ):
        (text,) = found.values()
        assert text.startswith(wanted)
        assert not [key for key in keys if key in text]
    (folder / "keys").write_text("\n", encoding="utf-8")
    (text,) = problems(encryption_keys_file=folder / "keys").values()
    assert text.endswith("is empty")


def test_a_url_without_password_takes_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://ann@h/d")
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)
    assert Settings().password.get_secret_value() == PASSWORD
    monkeypatch.setenv("DATABASE_URL", "mysql://ann:other@h/d")
    assert Settings().password.get_secret_value() == "other"


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "mariadb"])
@pytest.mark.parametrize("by_url", [True, False])
def test_a_password_is_never_told(
    kind: str,
    by_url: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    if by_url:
        monkeypatch.setenv("DATABASE_URL", f"{kind}://ann:{QUOTED}@127.0.0.1:1/d")
    else:
        for part, text in {
            "TYPE": kind,
            "HOST": "127.0.0.1",
            "PORT": "1",
            "PASSWORD": PASSWORD,
        }.items():
            monkeypatch.setenv(f"DB_{part}", text)
    with Database.from_env(echo=True, pool_size=1) as database:
        settings = database.settings
        assert settings.password.get_secret_value() == PASSWORD
        told = [repr(settings), str(settings), repr(database), str(database)]
        told += [settings.model_dump_json(), repr(database.engine)]
        told += [str(database.engine.url), str(database.test_connection())]
        with pytest.raises(ConnectionFailedError) as caught:
            database.run(lambda session: session.connection())
    told += [repr(caught.value), *traceback.format_exception(caught.value)]
    out, err = capsys.readouterr()
    everything = "\n".join([*told, caplog.text, out, err])
    assert "127.0.0.1" in everything
    for secret in (PASSWORD, QUOTED):
        assert secret not in everything
    assert not re.search(r"p%(25)?40", everything)


@pytest.mark.databases("postgresql", "mysql", "mariadb")
def test_a_refused_password_is_not_told(database_url: str) -> None:
    settings = Settings.of(database_url)
    wrong = Settings.of(settings, url=None, **_place(settings), user="nobody_here")
    with Database(wrong) as database:
        told = database.test_connection()
        with pytest.raises(AuthenticationError) as caught:
            database.run(lambda session: session.connection())
    assert "check DB_USER and DB_PASSWORD" in told["message"]
    text = "".join(traceback.format_exception(caught.value)) + str(told)
    assert PASSWORD not in text


def _place(settings: Settings) -> dict[str, Any]:
    given = {name: getattr(settings, name) for name in ("type", "host", "port", "name")}
    return {**given, "password": PASSWORD}


def test_an_empty_password_is_none() -> None:
    assert Settings().password == SecretStr("")
    assert Settings(password="0").password.get_secret_value() == "0"  # noqa: S106


# .env.example


def test_the_example_holds_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    found = re.findall(r"^# (.+)\n([A-Z_]+)=(.*)$", text, flags=re.MULTILINE)
    expected = [
        (field.description, variable_of(name), _written(field.default))
        for name, field in Settings.model_fields.items()
    ]
    assert found == expected


def test_the_example_is_a_working_file() -> None:
    defaults = Settings()
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    Path(".env").write_text(text, encoding="utf-8")
    assert Settings() == defaults


def _written(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value}"


# Replicas

PRIMARY = "postgresql://ann:one@db1/texts"


def replicas(**values: Any) -> list[tuple[Any, ...]]:
    found = replicas_of(Settings(**{"url": PRIMARY, **values}))
    return [
        (s.host, s.port, s.user, s.password.get_secret_value(), s.name) for s in found
    ]


def test_replicas_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", PRIMARY)
    monkeypatch.setenv("DB_REPLICA_URLS", "postgresql://db2:1/texts postgres://db3/x")
    (folder / "secret").write_text("two\n", encoding="utf-8")
    monkeypatch.setenv("DB_REPLICA_USER", "reader")
    monkeypatch.setenv("DB_REPLICA_PASSWORD_FILE", str(folder / "secret"))
    both = replicas_of(Settings())
    assert [(s.host, s.port, s.user, s.name) for s in both] == [
        ("db2", 1, "reader", "texts"),
        ("db3", 5432, "reader", "x"),
    ]
    assert {s.password.get_secret_value() for s in both} == {"two"}
    # Whoever names another place means that one's replicas, which are none.
    assert replicas_of(Settings(host="db9", type="postgresql")) == ()
    assert replicas_of(Settings.of("postgresql://db9/texts")) == ()
    assert replicas_of(Settings(url="mysql://db9/texts")) == ()


def test_who_reads_on_a_replica() -> None:
    named = "postgresql://bob:three@db2/texts,postgresql://db3/texts"
    assert [place[2:4] for place in replicas(replica_urls=named)] == [
        ("bob", "three"),
        ("ann", "one"),
    ]
    reader = {"replica_user": "reader", "replica_password": "two"}
    assert [place[2:4] for place in replicas(replica_urls=named, **reader)] == [
        ("bob", "three"),
        ("reader", "two"),
    ]


def test_a_replica_has_the_settings_of_the_primary() -> None:
    settings = Settings(
        url=f"{PRIMARY}?connect_timeout=2",
        replica_urls="postgresql://db2/texts?sslmode=require",
        pool_size=3,
    )
    (replica,) = replicas_of(settings)
    assert (replica.connect_timeout, replica.pool_size) == (2, 3)
    assert (settings.ssl_mode, replica.ssl_mode) == (None, "require")
    assert replicas_of(replica) == ()
    (replica,) = replicas_of(Settings.of(settings, pool_size=4))
    assert (replica.host, replica.pool_size) == ("db2", 4)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replica_urls": "postgresql://db2/a mysql://x:secret@db3/a"}, "URL 2: it is"),
        ({"replica_urls": "sqlite:///secret.db"}, "file has no replicas"),
        ({"replica_urls": "sqlite://", "url": "sqlite://"}, "file has no replicas"),
        ({"replica_urls": "oracle://x:secret@db3/a"}, "URL 1: the URL must start"),
        ({"replica_urls": "postgresql://x:secret@db3"}, "names no database"),
        ({"replica_urls": "postgresql://d/a postgresql://d/a"}, "URL 2: it is there"),
    ],
)
def test_what_is_no_replica_is_refused(values: dict[str, Any], said: str) -> None:
    found = problems(**{"url": PRIMARY, **values})
    assert said in found["DB_REPLICA_URLS"]
    assert "secret" not in str(found)


def test_all_that_is_wrong_with_replicas_is_told_at_once(folder: Path) -> None:
    (folder / "secret").write_text("two\n", encoding="utf-8")
    given = {"replica_password": "hush", "replica_password_file": "secret"}
    found = problems(
        url="nonsense://",
        replica_urls="nonsense://hush",
        replica_max_lag=0,
        **given,
    )
    assert [*found] == [
        "DATABASE_URL",
        "DB_REPLICA_URLS",
        "DB_REPLICA_MAX_LAG",
        "DB_REPLICA_PASSWORD",
        "DB_REPLICA_PASSWORD_FILE",
    ]
    assert "hush" not in str(found)
    assert "DB_REPLICA_USER" in found["DB_REPLICA_PASSWORD"]
    both = problems(
        url=PRIMARY,
        replica_user="reader",
        **given,
    )
    assert "not both" in both["DB_REPLICA_PASSWORD_FILE"]


def test_no_password_of_a_replica_is_shown() -> None:
    hidden = {"replica_user": "reader", "replica_password": "hush"}
    urls = "postgresql://x:hush@db2/texts"
    shown = Settings(**{"url": PRIMARY, "replica_urls": urls, **hidden})
    assert "hush" not in repr(shown) + str(shown.model_dump())
