"""The page and its live data over HTTP and WebSocket; it takes no commands."""

from __future__ import annotations

import asyncio
import threading
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from dynsyn_lab.errors import CommandError

LIVE = "/live"


class PageServer:
    """Serves the page in a thread of its own; use it as a context.

    Whoever is slow gets fewer pictures, always the newest.

    Attributes:
        address: of the page, once the context is entered.

    Args:
        host: name or address to listen on.
        port: 0: any that is free.
    """

    def __init__(self, host: str, port: int) -> None:
        self.address = ""
        self._host, self._port = host, port
        self._page = files("dynsyn_lab.view").joinpath("page.html").read_text(encoding="utf-8")
        self._picture, self._weights, self._weights_count = "", "", 0
        self._loop = asyncio.new_event_loop()
        self._shown: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> PageServer:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except OSError as error:
            self._end()
            where = f"{self._host}:{self._port}"
            raise CommandError(f"cannot listen on {where}: {error.strerror or error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end()

    def show(self, picture: str, weights: str, weights_count: int) -> None:
        """Send a picture to all, and the weights to those who have older ones; JSON texts."""
        self._loop.call_soon_threadsafe(self._show, picture, weights, weights_count)

    def _show(self, picture: str, weights: str, weights_count: int) -> None:
        self._picture, self._weights, self._weights_count = picture, weights, weights_count
        shown, self._shown = self._shown, self._loop.create_future()
        shown.set_result(None)

    async def _open(self) -> None:
        self._server = await serve(
            self._feed, self._host, self._port, process_request=self._answer, max_size=1024
        )
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    async def _close(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _answer(self, connection: ServerConnection, request: Any) -> Any:
        """The page; None lets a WebSocket be opened."""
        if request.path == LIVE:
            origin = request.headers.get("Origin")
            own = request.headers.get("Host")
            if origin is not None and urlsplit(origin).netloc != own:
                return connection.respond(HTTPStatus.FORBIDDEN, "another site's page\n")
            return None
        if request.path != "/":
            return connection.respond(HTTPStatus.NOT_FOUND, "there is only /\n")
        response = connection.respond(HTTPStatus.OK, self._page)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        return response

    async def _feed(self, connection: ServerConnection) -> None:
        has = 0
        try:
            while True:
                await asyncio.shield(self._shown)
                if has != self._weights_count:
                    has = self._weights_count
                    await connection.send(self._weights)
                await connection.send(self._picture)
        except ConnectionClosed:
            return
