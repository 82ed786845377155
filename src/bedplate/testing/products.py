"""What the tests have to know of each database product that runs as a server."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PRODUCTS", "Product"]


@dataclass(frozen=True)
class Product:
    """What the tests have to know of one database product.

    Attributes:
        name: Its name in URLs, ids and variables.
        driver: SQLAlchemy's name of the synchronous driver.
        image: The container image, and what its tag calls the version.
        variables: The container's environment; `{password}` is filled in.
        command: The server's arguments. They turn durability off and change nothing
            that a statement can see, except the size of a packet (see below).
        user: The user who may make databases.
        home: The database to connect to for that.
        port: Where the server listens.
        data: The container's folder of databases. It is kept in memory: nothing of it
            outlives the tests, and changing a schema takes half the time.
        create: Statements that make the database `{name}`.
        drop: Statements that drop it, whoever is connected.
        release: Statement for the ids of the connections to `:name`, to be killed
            first; None where the drop does that.
        hurry: Statements for a connection that must not wait for a forgotten lock.
        digits: How many parts of the version tell one server from another.
        cluster: The word for what stands before it, or is made of it, in tests that
            ask for that; None for nothing.
    """

    name: str
    driver: str
    image: str
    variables: dict[str, str]
    command: tuple[str, ...]
    user: str
    home: str
    port: int
    data: str
    create: tuple[str, ...]
    drop: tuple[str, ...]
    release: str | None
    hurry: tuple[str, ...]
    digits: int
    cluster: str | None = None

    @property
    def version(self) -> str:
        """The version in the image's tag."""
        return self.image.rpartition(":")[2].lstrip("pg")


_FAMILY_COMMAND = (
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    # A name of each client is asked for else, and nobody knows it.
    "--skip-name-resolve",
    # A document of 100 MB is one packet, and longer once it is escaped.
    "--max-allowed-packet=256M",
)
_FAMILY_CREATE = ("CREATE DATABASE {name} CHARACTER SET utf8mb4",)
_FAMILY_DROP = ("DROP DATABASE IF EXISTS {name}",)
_MARIADB_RELEASE = "SELECT id FROM information_schema.processlist WHERE db = :name"
# MySQL's fails while anybody's statement holds an emoji.
_MYSQL_RELEASE = (
    "SELECT processlist_id FROM performance_schema.threads WHERE processlist_db = :name"
)
_FAMILY_HURRY = (
    "SET SESSION innodb_lock_wait_timeout = 10",
    "SET SESSION lock_wait_timeout = 10",
    # Rows that point at their own table can then be deleted in any order.
    "SET SESSION foreign_key_checks = 0",
)

PRODUCTS = (
    Product(
        name="postgresql",
        driver="postgresql+psycopg",
        image="pgvector/pgvector:pg18",
        variables={"POSTGRES_PASSWORD": "{password}"},
        command=tuple(
            f"-c{setting}"
            for setting in (
                "fsync=off",
                "full_page_writes=off",
                "synchronous_commit=off",
                "max_connections=300",
            )
        ),
        user="postgres",
        home="postgres",
        port=5432,
        data="/var/lib/postgresql",
        # Durable for nobody: these databases end with their test.
        create=(
            "CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0",
            "ALTER DATABASE {name} SET synchronous_commit = off",
        ),
        drop=("DROP DATABASE IF EXISTS {name} WITH (FORCE)",),
        release=None,
        hurry=("SET lock_timeout = '10s'",),
        digits=1,
        cluster="pgbouncer",
    ),
    Product(
        name="mysql",
        driver="mysql+pymysql",
        image="mysql:9.7",
        variables={"MYSQL_ROOT_PASSWORD": "{password}"},
        command=_FAMILY_COMMAND,
        user="root",
        home="",
        port=3306,
        data="/var/lib/mysql",
        create=_FAMILY_CREATE,
        drop=_FAMILY_DROP,
        release=_MYSQL_RELEASE,
        hurry=_FAMILY_HURRY,
        digits=2,
    ),
    Product(
        name="mariadb",
        driver="mariadb+pymysql",
        image="mariadb:11.8",
        variables={"MARIADB_ROOT_PASSWORD": "{password}"},
        command=_FAMILY_COMMAND,
        user="root",
        home="",
        port=3306,
        data="/var/lib/mysql",
        create=_FAMILY_CREATE,
        drop=_FAMILY_DROP,
        release=_MARIADB_RELEASE,
        hurry=_FAMILY_HURRY,
        digits=2,
        cluster="galera",
    ),
)
