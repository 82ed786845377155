"""Other people's projects: installed packages that add tables and revisions to ours.

A package registers one entry point, the module of its tables:

    [project.entry-points."bedplate.projects"]
    shelf = "shelf.tables"

Importing that module declares the models. The folder `revisions` beside it holds the
project's revisions, a branch of their own that may depend on one of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from bedplate.errors import MigrationError

__all__ = ["GROUP", "Project", "projects"]

GROUP = "bedplate.projects"
"""The group of the entry points."""


@dataclass(frozen=True)
class Project:
    """A package with tables of its own.

    Attributes:
        name: What its entry point is called.
        module: The module of its tables.
        revisions: The folder of its revisions.
    """

    name: str
    module: str
    revisions: Path

    def load_models(self) -> None:
        """Declare its tables.

        Raises:
            MigrationError: Its module cannot be imported.
        """
        try:
            import_module(self.module)
        except Exception as error:  # it is somebody else's
            raise MigrationError(
                f"the tables of {self.name} in {self.module} cannot be loaded: "
                f"{type(error).__name__}: {error}"
            ) from error


@cache
def projects() -> tuple[Project, ...]:
    """Return the projects that are installed, in the order of their names.

    Raises:
        MigrationError: One is registered that cannot be found.
    """
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple(_project(point) for point in found)


def _project(point: EntryPoint) -> Project:
    # Found, not imported: at the first use of a database the models are not needed.
    try:
        spec = find_spec(point.module)
    except ImportError as error:
        raise MigrationError(f"{_told(point)}: {error}") from error
    if spec is None or spec.origin is None:
        raise MigrationError(f"{_told(point)}: there is no such module")
    folder = Path(spec.origin).parent / "revisions"
    if not folder.is_dir():
        raise MigrationError(f"{_told(point)}: there is no folder {folder}")
    return Project(point.name, point.module, folder)


def _told(point: EntryPoint) -> str:
    package = point.dist.name if point.dist else "a package"
    return f"{package} registers {point.name} = {point.value!r} in {GROUP}"
