"""HTTP on 127.0.0.1: the app behind its small gateway, and the base of the other local servers.

Chalice keeps one request for all threads, so requests are answered one at a time under a lock,
which the jobs share. What does not live here: what is answered (gateway.py, mailbox.py).
"""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import RLock, Thread
from typing import Any

from local.gateway import Answer, Gateway

HOST = "127.0.0.1"
BODY_BYTES_MAX = 6_000_000  # what API Gateway passes on to a function
POLL_SECONDS = 0.1


class PortTaken(RuntimeError):
    """Another program listens there."""


class LocalServer(ThreadingHTTPServer):
    """A server on 127.0.0.1 in a thread of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._thread: Thread | None = None
        try:
            super().__init__((HOST, port), handler)
        except OSError as error:
            raise PortTaken(port) from error
        self.base_url = f"http://{HOST}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the slow look-up of the host's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def start(self) -> None:
        """Answer from now on."""
        self._thread = Thread(
            target=self.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer no more and free the port; harmless when it never started."""
        if self._thread:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()


class LocalHandler(BaseHTTPRequestHandler):
    """Reads requests and writes answers; what to answer, subclasses know."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one piece

    def answer(self, body: bytes) -> Answer:
        """What comes back for this request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_BYTES_MAX:
            self.close_connection = True
            self._send(Answer(413, [("Content-Type", "text/plain")], b"That is too much.\n"))
            return
        body = self.rfile.read(length)
        try:
            self._send(self.answer(body))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser has gone elsewhere

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: the app writes its own log."""


class AppServer(LocalServer):
    """The app over HTTP. `lock` is held for each request, and by whoever runs a job."""

    def __init__(self, port: int, gateway: Gateway, lock: RLock) -> None:
        self.gateway = gateway
        self.lock = lock
        super().__init__(port, _AppHandler)


class _AppHandler(LocalHandler):
    server: AppServer

    def answer(self, body: bytes) -> Answer:
        home = self.server.base_url
        if self.headers.get("Host", "") != home.removeprefix("http://"):
            # `localhost` is another origin: its forms would be refused as foreign
            return Answer(307, [("Location", home + self.path)], b"")
        headers = {name.lower(): value for name, value in self.headers.items()}
        method = "GET" if self.command == "HEAD" else self.command
        with self.server.lock:
            return self.server.gateway.handle(
                method, self.path, headers, body, self.client_address[0]
            )
