"""The domains: each has models, a repository, and a module an aggregate."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from bedplate.projects import projects

__all__ = ["load_models"]


def load_models() -> None:
    """Declare every table, other projects' too, for work on the schema as a whole."""
    for module in iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
    for project in projects():
        project.load_models()
