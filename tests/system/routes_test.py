#!/usr/bin/env python3
"""Requests to a running task's routes, by HTTP through its node.

The answers expected are those of Express (tests/vectors/express_routes.json).
Requests are written to the socket byte by byte, because no client sends broken
escapes or header bytes that are not text.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import socket
import sys
import time
import urllib.parse
import urllib.request

import pond as harness

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"

# Each application of the vectors, chosen by a header that it does not see.
TASK = """
const { app, namespaceWrapper } = require('@_koii/namespace-wrapper');
const express = require('express');
require('@_koii/task-manager').initializeTaskManager({
  setup() {}, task() {}, submission() {}, audit() {}, distribution() { return {}; },
  async routes() {
    const folder = await namespaceWrapper.getBasePath();
    const made = new Map();
    for (const [name, build] of Object.entries(exports.apps)) {
      const one = express();
      build(one, express, folder);
      made.set(name, one);
    }
    app.use((req, res, next) => {
      const one = made.get(req.get('x-app'));
      delete req.headers['x-app'];
      if (one)
        one(req, res, next);
      else
        next();
    });
    app.get('/large', (req, res) => res.send(Buffer.alloc(6 << 20, 0xfe)));
    app.head('/sized', (req, res) => res.set('Content-Length', 1234).end());
    app.post('/echo', (req, res) => res.send(req.body));
    const { createHash } = require('crypto');
    const { pipeline } = require('stream/promises');
    const fs = require('fs');
    app.post('/keep', async (req, res) => {
      await pipeline(req, fs.createWriteStream('kept'));
      const kept = fs.readFileSync('kept');
      res.json({ size: kept.length, complete: req.complete, body: req.body,
        hash: createHash('sha256').update(kept).digest('hex') });
    });
    app.post('/early', (req, res) => res.status(403).send('no'));
    app.post('/late', (req, res) => {
      res.send('reads on');
      req.pipe(fs.createWriteStream('late'));
    });
    app.get('/late', (req, res) =>
      res.json({ size: fs.statSync('late').size }));
    app.post('/count', (req, res) => res.json({ length: req.body.length }));
    app.post('/limited', express.raw({ limit: '3mb', type: 'a/b' }),
      (req, res) => res.json({ length: req.body.length }));
    const broken = new Promise((resolve) =>
      app.post('/broken', (req, res) => {
        req.on('data', () => {}).on('error', (error) =>
          resolve({ code: error.code, aborted: req.aborted }));
      }));
    app.get('/broken', async (req, res) => res.json(await broken));
    const server = require('http').createServer(async (req, res) => {
      let size = 0;
      for await (const piece of req)
        size += piece.length;
      res.end(String(size));
      server.close();
    });
    app.post('/of/a/server', (req, res, next) => {
      server.listen(1);
      next();
    });
    app.get('/bytes', (req, res) =>
      res.set('X', [...req.get('x')].reverse().join('')).end());
    app.get('/origin', (req, res) =>
      res.set('Access-Control-Allow-Origin', 'http://a').end());
  },
});
"""


def status(pond):
    file = json.loads((pond.home / "net/node-1/control.json").read_text())
    request = urllib.request.Request(
        file["url"] + "/status",
        headers={"Authorization": "Bearer " + file["token"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def start(pond):
    """A network with the task; returns (its node's status, task)."""
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(
        (VECTORS / "express_routes.js").read_text() + TASK)
    pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes", "1",
               "--task", "mine")
    deadline = time.monotonic() + 120
    while True:
        now = status(pond)
        tasks = now["tasks"]
        if tasks and tasks[0]["state"] == "running":
            return now, tasks[0]["task"]
        assert time.monotonic() < deadline, now
        time.sleep(0.1)


class Visitor:
    def __init__(self, port, task):
        self.port = port
        self.task = task

    def __call__(self, method, target, headers=(), body=b"", prefix=None):
        """(status, [(name, value), ...], body); bytes but for the status."""
        prefix = f"/task/{self.task}" if prefix is None else prefix
        names = [name.lower() for name, _ in headers]
        lines = [f"{method} {prefix}{target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers]
        if "host" not in names:
            lines.append("Host: ex.am:80")
        if body and not {"content-length", "transfer-encoding"} & set(names):
            lines.append(f"Content-Length: {len(body)}")
        if "connection" not in names:
            lines.append("Connection: close")
        head = "\r\n".join(lines) + "\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port), 60) as link:
            link.sendall(head.encode("latin-1") + body)
            parts = []
            while part := link.recv(1 << 16):
                parts.append(part)
        head, _, body = b"".join(parts).partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = [line.partition(":")[::2] for line in rest]
        return (int(first.split()[1]),
                [(name.lower(), value.strip()) for name, value in pairs], body)


LEFT_OUT = {"date", "connection", "content-length",
            "access-control-allow-origin"}


def check_vector(visit, app, vector):
    expected = vector["answer"]
    code, headers, body = visit(
        vector["method"], vector["target"],
        vector["headers"] + [["X-App", app]], base64.b64decode(vector["body"]))
    shown = sorted([name, "" if name in ("etag", "last-modified") else value]
                   for name, value in headers if name not in LEFT_OUT)
    got = {"status": code, "headers": shown,
           "body": base64.b64encode(body).decode()}
    expected["headers"].sort()
    if got == expected:
        return []
    return [f"{app}: {vector['method']} {vector['target']}\n"
            f"  Express: {expected}\n  Pond:    {got}"]


def check_vectors(visit):
    wrong = []
    for app, vectors in json.loads(
            (VECTORS / "express_routes.json").read_text()).items():
        for vector in vectors:
            wrong += check_vector(visit, app, vector)
    assert not wrong, "\n".join(wrong)


def check_bytes(visit):
    every = bytes(range(256)) * 3000
    code, _, body = visit("POST", "/echo", [("Content-Type", "a/b")], every)
    assert code == 200 and body == every
    packed = [("Content-Type", "text/plain"), ("Content-Encoding", "br")]
    code, _, body = visit("POST", "/echo", packed, b"as it came")
    assert (code, body) == (200, b"as it came")
    # A little that unpacks to more than a body may have.
    packed = [("Content-Type", "application/json"),
              ("Content-Encoding", "gzip")]
    bomb = gzip.compress(b" " * ((50 << 20) + 1))
    assert visit("POST", "/echo", packed, bomb)[0] == 413
    code, headers, body = visit("GET", "/large")
    assert code == 200 and body == b"\xfe" * (6 << 20)
    assert dict(headers)["content-length"] == str(6 << 20)
    code, headers, body = visit("HEAD", "/large")
    assert code == 200 and body == b""
    assert dict(headers)["content-length"] == str(6 << 20)
    code, headers, body = visit("HEAD", "/sized")
    assert (code, body) == (200, b"")
    assert dict(headers)["content-length"] == "1234"
    value = "".join(map(chr, range(0x21, 0x7f))) + "".join(
        map(chr, range(0x80, 0x100)))
    code, headers, _ = visit("GET", "/bytes", [("X", value)])
    assert dict(headers)["x"] == value[::-1], headers


LARGE = bytes(range(251)) * 100_000  # 25 MB, no piece of it like another


def check_large_bodies(visit):
    """A body above 2 MiB comes while its handler runs."""
    kept = {"size": len(LARGE), "complete": True, "body": {},
            "hash": hashlib.sha256(LARGE).hexdigest()}
    plain = [("Content-Type", "a/b")]
    code, _, body = visit("POST", "/keep", plain, LARGE)
    assert code == 200 and json.loads(body) == kept, body
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in
                      [LARGE[at:at + 99_999]
                       for at in range(0, len(LARGE), 99_999)])
    code, _, body = visit(
        "POST", "/keep", plain + [("Transfer-Encoding", "chunked")],
        chunks + b"0\r\n\r\n")
    assert code == 200 and json.loads(body) == kept, body
    # A parser that wants it has all of it.
    values = json.dumps(list(range(600_000))).encode()
    code, _, body = visit(
        "POST", "/count", [("Content-Type", "application/json")], values)
    assert (code, body) == (200, b'{"length":600000}'), body
    code, _, body = visit("POST", "/limited", plain, LARGE[:3 << 20])
    assert (code, body) == (200, b'{"length":3145728}'), body
    assert visit("POST", "/limited", plain, LARGE[:(3 << 20) + 1])[0] == 413
    # An answer before the end of the body, read on or not.
    assert visit("POST", "/early", plain, LARGE)[::2] == (403, b"no")
    assert visit("POST", "/late", plain, LARGE)[::2] == (200, b"reads on")
    assert json.loads(visit("GET", "/late")[2]) == {"size": len(LARGE)}
    # A server of the task's own.
    code, _, body = visit("POST", "/of/a/server", plain, LARGE)
    assert (code, body) == (200, str(len(LARGE)).encode()), body
    # More than a folder holds is refused by what is announced.
    assert visit("POST", "/keep", plain + [("Content-Length", 2 << 30)])[0] == 413


def check_broken_body(visit):
    """A client that goes away in the middle, which a server may notice late."""
    with socket.create_connection(("127.0.0.1", visit.port), 60) as link:
        link.sendall(
            f"POST /task/{visit.task}/broken HTTP/1.1\r\nHost: a\r\n"
            "Content-Length: 9000000\r\n\r\n".encode() + LARGE[:3 << 20])
    answer = visit("GET", "/broken")
    while answer[0] == 504:
        answer = visit("GET", "/broken")
    assert json.loads(answer[2]) == {"code": "ECONNRESET", "aborted": True}


def check_koii(visit):
    """The answers of every task and every node."""
    task = visit.task
    for target in ("", "/", "?x=1", "/?x=1"):
        assert visit("GET", target)[::2] == (200, b"Hello World!"), target
    code, headers, body = visit("GET", "/taskState")
    assert code == 200
    assert json.loads(body)["taskState"]["task_name"]
    assert json.loads(visit("GET", "/id?x")[2]) == {"taskId": task}
    nodes = json.loads(visit("GET", f"/nodes/{task}", prefix="")[2])
    assert [node["data"]["url"] for node in nodes] == [
        f"http://127.0.0.1:{visit.port}"], nodes
    other = "A" * 43 + "1"
    assert visit("GET", f"/nodes/{other}", prefix="")[::2] == (200, b"[]")
    assert visit("GET", "/nodes/x", prefix="")[::2] == (200, b"[]")
    for target in ("", "/", "/some/path", "?x=1"):
        code, _, body = visit("GET", target, prefix=f"/task/{other}")
        assert code == 422
        assert json.loads(body) == {"message": f"Task {other} not running"}
    assert visit("GET", "/%", prefix="")[0] == 400
    assert visit("GET", "/%", prefix="/ipfs/x")[0] == 400


def check_origins(visit):
    code, headers, _ = visit("OPTIONS", "/large", [
        ("Origin", "http://a"), ("Access-Control-Request-Method", "PATCH"),
        ("Access-Control-Request-Headers", "x-a")])
    headers = dict(headers)
    assert code == 204
    assert headers["access-control-allow-origin"] == "*"
    assert headers["access-control-allow-headers"] == "x-a"
    assert "PATCH" in headers["access-control-allow-methods"]
    origin = "access-control-allow-origin"
    assert dict(visit("GET", "/id")[1])[origin] == "*"
    assert dict(visit("GET", "/bytes", [("X", "a")])[1])[origin] == "*"
    assert [value for name, value in visit("GET", "/origin")[1]
            if name == origin] == ["http://a"]


def test_a_running_task_answers_as_express_does(pond):
    now, task = start(pond)
    visit = Visitor(urllib.parse.urlsplit(now["public_url"]).port, task)
    check_koii(visit)
    check_origins(visit)
    check_bytes(visit)
    check_large_bodies(visit)
    check_broken_body(visit)
    check_vectors(visit)


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
