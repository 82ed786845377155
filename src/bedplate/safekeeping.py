"""What keeps a database's rows safe: backups, and copies in other databases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bedplate.auditing import Audit
    from bedplate.engine import Engines
    from bedplate.ops.backup import Backup
    from bedplate.ops.reencryption import Reencryption
    from bedplate.ops.retention import Pruned, Rule
    from bedplate.ops.transfer.manifest import Format, Manifest
    from bedplate.ops.transfer.report import Transfer, Watch
    from bedplate.session import Scope

__all__ = ["Safekeeping"]


class Safekeeping:
    """That part of a database's face."""

    _engines: Engines
    _scope: Scope

    @property
    def audit(self) -> Audit:
        """The log of who changed what: `audit.on("training_jobs")` begins it."""
        from bedplate.auditing import Audit

        return Audit(self._engines, self._scope)

    def backup(
        self, file: str | Path, *, checksums: bool = True, watch: Watch | None = None
    ) -> Backup:
        """Write a backup of the whole database into a new file; others may write on.

        Args:
            file: Where to.
            checksums: Whether the rows are summed up as well, which reads them twice,
                so that what is put back one day is compared with them.
            watch: Called from time to time.

        Raises:
            BackupError: It could not be taken; no file of that name is left.
        """
        from bedplate.ops import backup

        return backup.back_up(
            self._engines, Path(file), _tables(), checksums=checksums, watch=watch
        )

    def restore(
        self, file: str | Path, *, replace: bool = False, watch: Watch | None = None
    ) -> Backup:
        """Put a backup back: onto an empty database, or with `replace` onto any.

        Raises:
            BackupError: The file is damaged, or the database is not empty, or what is
                there now is not what was saved.
        """
        from bedplate.ops import backup

        return backup.restore(
            self._engines, Path(file), _tables(), replace=replace, watch=watch
        )

    def copy_to(
        self, other: Safekeeping, *, replace: bool = False, watch: Watch | None = None
    ) -> Transfer:
        """Copy every row into another database, of any kind, and compare both.

        The other one is brought to this one's revision first. Others may write on here:
        what is copied is what was there when it began. A copy that was killed goes on
        where it was when it is started again.

        Args:
            other: Where to; its tables are empty, or hold the beginning of this copy.
            replace: Whether rows that it has are lost instead.
            watch: Called after each page of rows.

        Raises:
            SchemaError: This one is not at the program's revision.
            TransferError: The other one has rows, or is not the same afterwards.
        """
        from bedplate.ops.transfer import copying

        other._scope.refuse_inside()
        return copying.copy(
            self._engines, other._engines, _tables(), replace=replace, watch=watch
        )

    def compare_with(
        self, other: Safekeeping, *, watch: Watch | None = None
    ) -> Transfer:
        """Compare every table with another database's, by count and by checksum.

        Returns:
            Both sides of each table; `differences` is empty where they agree.
        """
        from bedplate.ops.transfer import copying

        return copying.compare(self._engines, other._engines, _tables(), watch=watch)

    def export_to(
        self,
        folder: str | Path,
        *,
        format: Format = "jsonl",  # noqa: A002  # as pandas and the command call it
        watch: Watch | None = None,
    ) -> Manifest:
        """Write every row into a new folder of files, one a table.

        Args:
            folder: Where to; it is made.
            format: "jsonl" for JSON Lines, or "parquet", for which pyarrow is needed.
            watch: Called after each page of rows.

        Raises:
            TransferError: The folder is not empty.
            UnsupportedError: pyarrow is not installed.
        """
        from bedplate.ops.transfer import files

        return files.export_to(
            self._engines, Path(folder), _tables(), format=format, watch=watch
        )

    def import_from(
        self, folder: str | Path, *, replace: bool = False, watch: Watch | None = None
    ) -> Transfer:
        """Write the rows of an exported folder into this database, and compare them.

        The database is upgraded first, and has no rows, or those of the beginning of
        this import.

        Raises:
            TransferError: It is no export, or not of this program's revision; there are
                rows; or what was written is not what was exported.
        """
        from bedplate.ops.transfer import files

        self._scope.refuse_inside()
        return files.import_from(
            self._engines, Path(folder), _tables(), replace=replace, watch=watch
        )

    def reencrypt(
        self, *, dry_run: bool = False, watch: Watch | None = None
    ) -> Reencryption:
        """Rewrite what other keys than the newest have encrypted; others may write on.

        A few rows at a time, by key; started again it goes on with what is left.

        Args:
            dry_run: Whether to count only.
            watch: Called after each page of rows.

        Raises:
            EncryptionError: There is no key, or a value's is not there.
            TransactionError: A transaction is open here.
        """
        from bedplate.ops import reencryption

        self._scope.refuse_inside()
        return reencryption.reencrypt(
            self._engines, _tables(), dry_run=dry_run, watch=watch
        )

    def prune(
        self,
        *rules: Rule,
        dry_run: bool = False,
        seconds: float | None = None,
        vacuum: bool = False,
    ) -> Pruned:
        """Delete old rows by rules, in short transactions, beside those who write.

        Args:
            rules: What should go; see `bedplate.ops.retention.Rule`.
            dry_run: Whether rows are only counted.
            seconds: When to stop, though something is left; None for never.
            vacuum: Whether the space is given back to the system, as far as the
                database does that; a file is written anew, and writers wait for it.

        Returns:
            How many rows of each table went, those that hung on them too.

        Raises:
            InvalidValueError: A rule names a table or a column that is not there.
        """
        from bedplate.ops import retention

        self._scope.refuse_inside()
        told = retention.prune(
            self._engines, _tables(), rules, dry_run=dry_run, seconds=seconds
        )
        if vacuum and not dry_run:
            retention.vacuum(self._engines, [*told.rows])
        return told


def _tables() -> sa.MetaData:
    """Return every table that a model declares, other projects' too."""
    from bedplate.base import Base
    from bedplate.domains import load_models

    load_models()
    return Base.metadata
