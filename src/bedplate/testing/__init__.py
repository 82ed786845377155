"""Fixtures that run one test on every database; see bedplate.testing.plugin.

Use them by `pytest_plugins = ["bedplate.testing.plugin"]` in the top conftest.py.
"""
