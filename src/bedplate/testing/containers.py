"""Servers in containers, started for one test run."""

from __future__ import annotations

import gc
import secrets
import socket
import time
import warnings
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bedplate.testing.servers import (
    NetworkServer,
    UnavailableError,
    first_line,
    refusal,
)

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

    from bedplate.testing.products import Product

__all__ = ["ContainerServer", "docker_failure", "free_port"]

_PATIENCE = 120
"""Seconds a container may take: MySQL needs 15 on two busy cores."""


class ContainerServer(NetworkServer):
    """A server in a container of its own, on a free port, with a fresh password."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.id = f"{product.name}-{product.version}"
        self._password = secrets.token_hex(8)
        self._container: DockerContainer | None = None
        self._url: sa.URL | None = None
        self._failure = ""

    def launch(self) -> None:
        """Start the container, unless it is started or cannot be."""
        if self._container is not None or self._failure:
            return
        self._failure = docker_failure()
        if not self._failure:
            try:
                self._container = self._started()
            except Exception as error:  # noqa: BLE001 - Docker's errors have no root
                reason = first_line(error)
                self._failure = f"{self.product.image} cannot be started: {reason}"

    def url(self) -> sa.URL:
        """Return the URL, once the server accepts connections.

        Raises:
            UnavailableError: Docker does not answer, or the image is not there.
        """
        self.launch()
        if self._url is None and not self._failure:
            self._await_answer()
        if self._url is None:
            raise UnavailableError(self._failure)
        return self._url

    def stop(self) -> None:
        """Remove the container."""
        super().stop()
        container, self._container, self._url = self._container, None, None
        if container is not None:
            container.stop()

    def _started(self) -> DockerContainer:
        from testcontainers.core.container import DockerContainer

        container = DockerContainer(self.product.image)
        container.with_exposed_ports(self.product.port)
        container.with_command(list(self.product.command))
        container.with_tmpfs_mount(self.product.data)
        for name, value in self.product.variables.items():
            container.with_env(name, value.format(password=self._password))
        return container.start()

    def _await_answer(self) -> None:
        """Connect until it works: a log line may also mean the server of the set-up."""
        assert self._container is not None
        # "localhost" may be ::1, where the port is another one.
        host = self._container.get_container_host_ip().replace("localhost", "127.0.0.1")
        url = sa.URL.create(
            self.product.driver,
            self.product.user,
            self._password,
            host,
            self._container.get_exposed_port(self.product.port),
            self.product.home or None,
        )
        deadline = time.monotonic() + _PATIENCE
        while reason := refusal(url):
            if time.monotonic() > deadline or self._is_gone():
                self._failure = f"{self.product.image} does not answer: {reason}"
                return
            time.sleep(0.2)
        self._url = url

    def _is_gone(self) -> bool:
        assert self._container is not None
        container = self._container.get_wrapped_container()
        container.reload()
        return bool(container.status == "exited")


@cache
def docker_failure() -> str:
    """Return why containers cannot be used, or nothing if they can."""
    try:
        from testcontainers.core.docker_client import DockerClient
    except ImportError:
        return "testcontainers is not installed"
    with warnings.catch_warnings():
        # A client that fails to connect forgets its socket.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            DockerClient().client.ping()
        except Exception as error:  # noqa: BLE001 - Docker's errors have no root
            reason = first_line(error)
        else:
            return ""
        gc.collect()
    return f"Docker does not answer ({reason})"


def free_port() -> int:
    """Return a port of this machine on which nobody listens just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
