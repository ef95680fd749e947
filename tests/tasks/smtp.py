"""A mail server that keeps what it is given: mail lies outside the house, so the tests bring their own."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class MailServer:
    """What came in, in order. `delay` seconds pass between taking a message and saying so."""

    port: int = 0
    delay: float = 0.0
    messages: list[Message] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The Message-ID of everything that came."""
        return [str(message["Message-ID"]) for message in self.messages]


class _Session(socketserver.StreamRequestHandler):
    """One client, from greeting to QUIT."""

    server: "_Server"

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                self.server.kept.messages.append(message_from_bytes(self.read_message()))
                time.sleep(self.server.kept.delay)
            elif word == b"QUIT":
                self.say("221 bye")
                return
            self.say("250 fine")

    def say(self, text: str) -> None:
        with suppress(OSError):  # whoever was there was killed
            self.wfile.write(f"{text}\r\n".encode())

    def read_message(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, kept: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.kept = kept

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut is what the tests are about."""


@contextmanager
def mail_server(delay: float = 0.0) -> Iterator[MailServer]:
    """A server on a free port of this machine."""
    kept = MailServer(delay=delay)
    with _Server(kept) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
