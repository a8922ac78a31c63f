#!/usr/bin/env python3
"""A task's WebSocket, from the real worker through the node's code to a real
server, plain and over TLS."""
import base64
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading

import pond as harness

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Peer:
    """One connection of the server: frames as RFC 6455 has them."""

    def __init__(self, connection):
        self.connection = connection
        self.file = connection.makefile("rb")

    def handshake(self):
        path = self.file.readline().split()[1].decode()
        headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.split(b":", 1)
            headers[name.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1(
            headers[b"sec-websocket-key"] + GUID).digest())
        if path == "/refuse":
            self.connection.sendall(b"HTTP/1.1 403 No\r\n\r\n")
            return None
        chosen = b""
        if b"sec-websocket-protocol" in headers:
            last = headers[b"sec-websocket-protocol"].split(b",")[-1].strip()
            chosen = b"Sec-WebSocket-Protocol: " + last + b"\r\n"
        self.connection.sendall(
            b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept +
            b"\r\n" + chosen + b"\r\n")
        return path

    def receive(self):
        first, second = self.file.read(2)
        size = second & 127
        if size == 126:
            size = struct.unpack(">H", self.file.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.file.read(8))[0]
        mask = self.file.read(4)
        data = self.file.read(size)
        whole = (int.from_bytes(data, "big") ^ int.from_bytes(
            (mask * (size // 4 + 1))[:size], "big")).to_bytes(size, "big")
        return first & 15, whole

    def send(self, opcode, data):
        size = len(data)
        head = (bytes([128 | opcode, size]) if size < 126 else
                struct.pack(">BBH", 128 | opcode, 126, size)
                if size < 65536 else
                struct.pack(">BBQ", 128 | opcode, 127, size))
        self.connection.sendall(head + data)


def talk(connection):
    """Echo; some texts are orders."""
    peer = Peer(connection)
    try:
        if peer.handshake() is None:
            return
        while True:
            opcode, data = peer.receive()
            if opcode == CLOSE:
                peer.send(CLOSE, data)
                return
            if data == b"bye":
                peer.send(CLOSE, struct.pack(">H", 4001) + "grüße".encode())
                peer.receive()
                return
            if data == b"flood":
                for number in range(100):
                    peer.send(BINARY, bytes([number]) * 262144)
                continue
            if data == b"cut":
                connection.shutdown(socket.SHUT_RDWR)
                return
            peer.send(opcode, data)
    except (OSError, ValueError, ssl.SSLError):
        pass
    finally:
        connection.close()


def serve(context=None):
    """Gives the listening socket."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection):
        try:
            talk(context.wrap_socket(connection, server_side=True)
                 if context else connection)
        except OSError:
            pass

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,),
                             daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


TASK = """
const { initializeTaskManager } = require('@_koii/task-manager');
const site = '%s';
const open = (url, protocols) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => resolve(socket);
  socket.onerror = (event) => reject(new Error(event.message));
});
const next = (socket) => new Promise((resolve) =>
  socket.addEventListener('message', ({ data }) => resolve(data),
    { once: true }));
const closed = (socket) => new Promise((resolve) =>
  socket.addEventListener('close', ({ code, reason, wasClean }) =>
    resolve([code, reason, wasClean, socket.readyState])));
const steps = {%s};
initializeTaskManager({
  async setup() {
    for (const [name, step] of Object.entries(steps))
      console.log('RESULT ' + JSON.stringify([name, await step()]));
  },
  async task() {}, routes() {}, async submission() { return 'x'; },
  async audit() { return true; },
  async distribution(submitters, bounty) {
    return Object.fromEntries(submitters.map(({ publicKey, votes }) =>
      [publicKey, votes > 0 ? bounty : 0]));
  },
});
"""


def run(pond, url, steps, environment=None):
    """Simulate a task of these steps. Gives each step's result by its name."""
    pond("task", "new", "mine")
    path = pond.home / "task.js"
    path.write_text(TASK % (url, steps))
    done = pond("task", "simulate", "mine", "--executable", str(path),
                "--rounds", "1", environment=environment)
    lines = [line.split("RESULT ", 1)[1]
             for line in (done.stdout + done.stderr).splitlines()
             if "RESULT " in line]
    return dict(json.loads(line) for line in lines)


def url_of(listener, scheme="ws", host="127.0.0.1"):
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


ECHO = """
    async echo() {
      const socket = await open(site + '/', ['a', 'b.c']);
      const seen = [socket.url === site + '/', socket.protocol,
        socket.readyState, socket.extensions];
      socket.send('hello ünïcödé');
      seen.push(await next(socket));
      socket.binaryType = 'arraybuffer';
      socket.send(new Uint8Array([1, 2, 255]));
      seen.push([...new Uint8Array(await next(socket))]);
      socket.binaryType = 'blob';
      socket.send(new Blob(['blob']));
      seen.push(await (await next(socket)).text());
      socket.send('');
      seen.push(await next(socket));
      socket.send('x'.repeat(3000000));
      seen.push(socket.bufferedAmount, (await next(socket)).length);
      const end = closed(socket);
      socket.close(3000, 'done');
      seen.push(socket.readyState, await end, socket.bufferedAmount);
      return seen;
    },"""

ECHOED = [True, "b.c", 1, "", "hello ünïcödé", [1, 2, 255], "blob", "",
          3000000, 3000000, 2, [3000, "done", True, 3], 0]


def test_messages_go_both_ways(pond):
    with serve() as listener:
        results = run(pond, url_of(listener), ECHO)
    assert results["echo"] == ECHOED, results


def test_many_messages_keep_their_order(pond):
    with serve() as listener:
        results = run(pond, url_of(listener), """
            async order() {
              const socket = await open(site);
              const seen = [];
              const all = new Promise((resolve) => {
                socket.onmessage = ({ data }) =>
                  seen.push(data) === 2000 && resolve();
              });
              for (let index = 0; index < 2000; index++)
                socket.send(String(index));
              await all;
              return seen.every((data, index) => data === String(index));
            },""")
    assert results["order"] is True


def test_a_busy_task_loses_nothing(pond):
    with serve() as listener:
        results = run(pond, url_of(listener), """
            async flood() {
              const socket = await open(site);
              socket.binaryType = 'arraybuffer';
              const seen = [];
              const all = new Promise((resolve) => {
                socket.onmessage = ({ data }) => {
                  seen.push(data.byteLength === 262144 &&
                    new Uint8Array(data)[0] === seen.length);
                  if (seen.length === 100)
                    resolve();
                };
              });
              socket.send('flood');
              await new Promise((resolve) => setTimeout(resolve, 20));
              /* Meanwhile the peer sends more than the node keeps. */
              for (const end = Date.now() + 400; Date.now() < end;);
              await all;
              return seen.every(Boolean);
            },""")
    assert results["flood"] is True


def test_ends_are_told(pond):
    with serve() as listener:
        results = run(pond, url_of(listener), """
            async bye() {
              const socket = await open(site);
              const end = closed(socket);
              socket.send('bye');
              return end;
            },
            async cut() {
              const socket = await open(site);
              const end = closed(socket);
              let failed = false;
              socket.onerror = () => { failed = true; };
              socket.send('cut');
              return [await end, failed];
            },
            async refused() {
              const socket = new WebSocket(site + '/refuse');
              let text;
              socket.onerror = (event) => { text = event.message; };
              return [await closed(socket), text.includes('403')];
            },
            async nobody() {
              return closed(new WebSocket('ws://127.0.0.1:9/'));
            },
            async given_up() {
              const socket = new WebSocket(site);
              const end = closed(socket);
              socket.close();
              return end;
            },
            async plain() {
              const socket = await open(site);
              const end = closed(socket);
              socket.close();
              return end;
            },""")
    assert results["bye"] == [4001, "grüße", True, 3], results
    assert results["cut"] == [[1006, "", False, 3], True], results
    assert results["refused"] == [[1006, "", False, 3], True], results
    assert results["nobody"] == [1006, "", False, 3], results
    assert results["given_up"] == [1006, "", False, 3], results
    assert results["plain"] == [1005, "", True, 3], results


def test_wrong_arguments_are_refused(pond):
    with serve() as listener:
        results = run(pond, url_of(listener), """
            async wrong() {
              const error = (run) => {
                try { run(); return 'none'; } catch (error) {
                  return error.name;
                }
              };
              const socket = await open(site);
              return [() => new WebSocket(), () => new WebSocket('nothing'),
                () => new WebSocket('ftp://a'), () => new WebSocket('ws://a#b'),
                () => new WebSocket('ws://a', 'a b'),
                () => new WebSocket('ws://a', ['a', 'a']),
                () => socket.close(1001), () => socket.close(3000,
                  'x'.repeat(124)), () => new WebSocket(site).send('x'),
                () => socket.send()].map(error);
            },""")
    assert results["wrong"] == [
        "TypeError", "SyntaxError", "SyntaxError", "SyntaxError",
        "SyntaxError", "SyntaxError", "InvalidAccessError", "SyntaxError",
        "InvalidStateError", "TypeError"], results


def test_tls_is_spoken_and_checked(pond):
    key, certificate = pond.home / "key.pem", pond.home / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
         certificate, "-subj", "/CN=localhost", "-days", "2", "-addext",
         "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serve(context) as listener:
        trusted = {"SSL_CERT_FILE": str(certificate)}
        results = run(pond, url_of(listener, "wss", "localhost"), ECHO,
                      trusted)
        assert results["echo"] == ECHOED, results
    for host, environment in (("127.0.0.1", trusted), ("localhost", None)):
        with serve(context) as listener:
            other = harness.Pond(pond.program)
            results = run(other, url_of(listener, "wss", host), """
                async refused() {
                  const socket = new WebSocket(site);
                  let text;
                  socket.onerror = (event) => { text = event.message; };
                  await closed(socket);
                  return text;
                },""", environment)
            other.close()
            assert "certificate does not hold" in results["refused"], results


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
