"""The stand-in's HTTP server: sockets and bytes, nothing of Stripe's meaning.

Listens on 127.0.0.1 only. Each answer closes its connection, so that no client is left holding
a socket when a test ends.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from urllib.parse import urlsplit

from local.fake_stripe.answering import Api, Dropped, Request
from local.fake_stripe.pages import Page, Pages
from local.fake_stripe.params import decoded
from local.fake_stripe.refusals import Refused

HOST = "127.0.0.1"
POLL_SECONDS = 0.02  # how long stopping may take
BODY_BYTES_MAX = 1_000_000


@dataclass(frozen=True)
class Served:
    """What one server serves."""

    api: Api
    pages: Pages


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, served: Served) -> None:
        self.served = served
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the slow look-up of the host's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one piece

    def do_GET(self) -> None:
        self._answer(self._split()[1])

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
        self._answer(self.rfile.read(length).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet: exchanges are written down by the API."""

    def _split(self) -> tuple[str, str]:
        parts = urlsplit(self.path)
        return parts.path, parts.query

    def _answer(self, form: str) -> None:
        path = self._split()[0]
        try:
            if path.startswith("/v1/"):
                self._answer_program(path, form)
            else:
                self._send_page(self.server.served.pages.answer(self.command, path, form))
        except Dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        except BrokenPipeError:
            self.close_connection = True  # the caller gave up waiting

    def _answer_program(self, path: str, form: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = Request(self.command, path, decoded(form), headers)
        except Refused as refused:
            self._send(refused.status, "application/json", json.dumps(refused.body))
            return
        reply = self.server.served.api.answer(request)
        extra = {"Request-Id": f"req_{len(self.server.served.api.exchanges)}"}
        if "stripe-version" in headers:
            extra["Stripe-Version"] = headers["stripe-version"]
        if request.key:
            extra["Idempotency-Key"] = request.key
        if reply.replayed:
            extra["Idempotent-Replayed"] = "true"
        self._send(reply.status, "application/json", json.dumps(reply.body), extra)

    def _send_page(self, page: Page) -> None:
        extra = {"Location": page.location} if page.location else {}
        self._send(page.status, "text/html; charset=utf-8", page.html, extra)

    def _send(self, status: int, kind: str, text: str, extra: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status, HTTPStatus(status).phrase)
        for name, value in {"Content-Type": kind, **(extra or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


class Server:
    """The server in a thread of its own."""

    def __init__(self, port: int, served: Served) -> None:
        self._http: HTTPServer = _Server(port, served)
        self._thread = Thread(
            target=self._http.serve_forever, args=(POLL_SECONDS,), daemon=True, name="fake-stripe"
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self._http.server_address[1]}"

    def stop(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
