"""A browser's side of a node's page, without a browser: requests with the two
halves of a session, and its WebSocket."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import select
import socket
import struct
import threading
import time
import urllib.parse


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of an error."""
        return self.json["error"]["code"]


class Control:
    """The control port of a node's folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        found = json.loads((self.folder / "control.json").read_text())
        self.token = found["token"]
        self.pid = found["pid"]
        self.started = found["started"]
        self.port = urllib.parse.urlsplit(found["url"]).port
        self.host = f"127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, headers=None, host=None):
        """One request on a connection of its own. headers: a value of None
        leaves one out; body: bytes, or what is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        sent = {"Host": host or self.host, **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        try:
            connection.putrequest(method, path, skip_host=True,
                                  skip_accept_encoding=True)
            for name, value in sent.items():
                for one in value if isinstance(value, list) else [value]:
                    if one is not None:
                        connection.putheader(name, one)
            if body is not None or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body or b"")))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def as_pond(self, method, path, body=None, headers=None):
        return self.ask(method, path, body,
                        {"Authorization": "Bearer " + self.token,
                         **(headers or {})})

    def link(self):
        answer = self.as_pond("POST", "/api/1/links", {})
        assert answer.status == 200, answer.body
        return answer.json

    def code(self):
        return self.link()["url"].split("#/open=")[1]

    def connect(self, agent="Test"):
        """A session by a new link."""
        answer = self.ask("POST", "/api/1/sessions", {"code": self.code()},
                          {"User-Agent": agent})
        assert answer.status == 200, answer.body
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return Session(self, cookie, answer.json["key"])


@contextlib.contextmanager
def knocking(port):
    """Connects to a port again and again; gives a list of what was refused."""
    refused, is_over = [], threading.Event()
    # Reset in place of closed: each would stay in the kernel for a minute.
    reset = struct.pack("ii", 1, 0)

    def knock():
        while not is_over.wait(.005):
            with contextlib.suppress(OSError), socket.socket() as one:
                one.settimeout(1)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                try:
                    one.connect(("127.0.0.1", port))
                except ConnectionRefusedError as error:
                    refused.append(error)

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        yield refused
    finally:
        is_over.set()
        thread.join()


class Session:
    """Both halves. cookie: "name=value"."""

    def __init__(self, control, cookie, key):
        self.control, self.cookie, self.key = control, cookie, key

    def headers(self, more=None):
        return {"Cookie": self.cookie, "X-Pond-Key": self.key, **(more or {})}

    def ask(self, method, path, body=None, headers=None):
        return self.control.ask(method, "/api/1/" + path, body,
                                self.headers(headers))

    def live(self, hello=True, **options):
        live = Live(self.control, self.cookie, **options)
        if hello:
            live.say({"type": "hello", "key": self.key, "build": "test"})
            welcome = live.hear()
            assert welcome["type"] == "welcome", welcome
        return live


class Closed(Exception):
    """The WebSocket has ended."""


class Live:
    """A WebSocket (RFC 6455) as a page opens it; status is that of the answer,
    and only with 101 there is more."""

    def __init__(self, control, cookie, headers=None, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", control.port))
        sent = {"Host": control.host, "Upgrade": "websocket",
                "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
                "Origin": "http://" + control.host, "Cookie": cookie,
                **(headers or {})}
        lines = [f"{name}: {value}" for name, value in sent.items()
                 if value is not None]
        self.socket.sendall(("GET /api/1/live HTTP/1.1\r\n" +
                             "\r\n".join(lines) + "\r\n\r\n").encode())
        self.read = b""
        while b"\r\n\r\n" not in self.read:
            self.more()
        head, self.read = self.read.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def more(self):
        got = self.socket.recv(65536)
        if not got:
            raise Closed()
        self.read += got

    def say(self, message):
        self.frame(1, json.dumps(message).encode())

    def frame(self, kind, data, is_last=True):
        size = len(data)
        head = bytes([(0x80 if is_last else 0) | kind])
        head += (bytes([0x80 | size]) if size < 126 else
                 bytes([0x80 | 126]) + struct.pack(">H", size) if size < 65536
                 else bytes([0x80 | 127]) + struct.pack(">Q", size))
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(
            byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def take(self, size):
        while len(self.read) < size:
            self.more()
        taken, self.read = self.read[:size], self.read[size:]
        return taken

    def hear_frame(self):
        first, size = self.take(2)
        if size == 126:
            size, = struct.unpack(">H", self.take(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.take(8))
        return first & 15, self.take(size)

    def hear(self):
        """The next message. Raises Closed at the end."""
        while True:
            kind, data = self.hear_frame()
            if kind == 1:
                return json.loads(data)
            if kind == 8:
                raise Closed()
            if kind == 9:
                self.frame(10, data)

    def hear_until(self, fits, seconds=60):
        """The first message that fits; others are passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.hear()
            if fits(message):
                return message
        raise AssertionError("nothing that fits came")

    def hear_all(self):
        """Everything to the end."""
        messages = []
        try:
            while True:
                messages.append(self.hear())
        except (Closed, ConnectionError):
            return messages

    def has_more(self, seconds):
        return bool(self.read) or bool(
            select.select([self.socket], [], [], seconds)[0])

    def close(self):
        self.socket.close()


def memory_of(process):
    """What the process can write to, where what it has read may lie."""
    with open(f"/proc/{process}/maps", encoding="ascii") as maps, \
            open(f"/proc/{process}/mem", "rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            begin, end = (int(text, 16) for text in place.split("-"))
            if rights.startswith("rw") and "[v" not in line and \
                    end - begin < 1 << 28:
                memory.seek(begin)
                with contextlib.suppress(OSError):
                    yield memory.read(end - begin)
