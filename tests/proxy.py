"""A proxy that breaks connections at a moment of a test's choice."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import sqlalchemy as sa

__all__ = ["Proxy"]


class Proxy:
    """Stands before a server, and cuts a connection that says a certain word.

    Args:
        url: That of the server.
        forwards: Whether the server still hears of it.
        piece: In how many bytes at a time the server's answers come.

    Attributes:
        url: What to connect to.
        armed: How many connections it will still cut.
        forwards: Whether the server still hears of it.
        word: What it waits for.
    """

    def __init__(self, url: str, *, forwards: bool, piece: int = 65536) -> None:
        self.armed = 0
        self._piece = piece
        self.word = b"COMMIT"
        self.forwards = forwards
        self._target = sa.make_url(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = self._wait(starting)
        port = self._server.sockets[0].getsockname()[1]
        url = self._target.set(host="127.0.0.1", port=port)
        self.url = url.render_as_string(hide_password=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)
        self._loop.close()

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _end(self) -> None:
        self._server.close()  # in its own loop: closing is not safe from elsewhere
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        address = (self._target.host, self._target.port)
        from_server, to_server = await asyncio.open_connection(*address)
        try:
            back = asyncio.create_task(self._copy(from_server, writer))
            while data := await reader.read(65536):
                if self.word in data and self.armed:
                    self.armed -= 1
                    back.cancel()
                    await asyncio.wait([back])
                    if self.forwards:
                        to_server.write(data)
                        await from_server.read(1)  # it has answered
                    break
                to_server.write(data)
            back.cancel()
        finally:
            to_server.close()
            writer.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(self._piece):
            writer.write(data)
            if self._piece < 65536:
                await asyncio.sleep(0.0005)  # or pieces would come as one
