#!/usr/bin/env python3
"""A task's fetch(), from the real worker through the node's code to a real
server: answers in pieces, slow readers, what breaks off, and why."""
import http.server
import json
import socket
import sys
import threading
import time

import pond as harness

CHUNK = b"x" * 65536
# The large answer has more bytes than all buffers on its way together.
LARGE = 64 << 20


class Site(http.server.BaseHTTPRequestHandler):
    """Answers that come in pieces; the next piece when it is asked for."""

    protocol_version = "HTTP/1.1"
    gate = threading.Event()
    sent = 0
    broken_off = threading.Event()
    bodies = []

    def log_message(self, *words):
        pass

    def head(self, size, **headers):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        getattr(self, "get_" + self.path.strip("/"))()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Site.bodies.append(body)
        self.head(len(body))
        self.wfile.write(body)

    def get_steps(self):
        """The second half waits for /go."""
        self.head(8)
        self.wfile.write(b"half")
        Site.gate.wait(20)
        self.wfile.write(b"rest")

    def get_go(self):
        Site.gate.set()
        self.head(0)

    def get_large(self):
        self.head(LARGE)
        Site.sent = 0
        try:
            while Site.sent < LARGE:
                self.wfile.write(CHUNK)
                Site.sent += len(CHUNK)
        except OSError:
            Site.broken_off.set()
            self.close_connection = True

    def get_sent(self):
        text = str(Site.sent).encode()
        self.head(len(text))
        self.wfile.write(text)

    def get_endless(self):
        """Waits until the client goes away."""
        self.head(100)
        self.wfile.write(b"begin")
        self.connection.recv(1)
        Site.broken_off.set()
        self.close_connection = True

    def get_broken(self):
        text = str(Site.broken_off.wait(10)).encode()
        self.head(len(text))
        self.wfile.write(text)

    def get_cut(self):
        self.head(100)
        self.wfile.write(b"a little")
        self.close_connection = True

    def get_silent(self):
        self.close_connection = True


TASK = """
const { initializeTaskManager } = require('@_koii/task-manager');
const site = '%s';
const read = (reader) => reader.read().then(({ value, done }) =>
  done ? null : Buffer.from(value).toString());
const cause = async (url, options) => {
  try {
    const response = await fetch(url, options);
    await response.text();
    return 'none';
  } catch (error) {
    return [error.name, error.message, error.cause?.code ?? null];
  }
};
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


def start_site():
    Site.gate.clear()
    Site.broken_off.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(pond, steps):
    """Simulate a task of these steps. Gives each step's result by its name."""
    server = start_site()
    if not (pond.home / "mine").exists():
        pond("task", "new", "mine")
    site = f"http://127.0.0.1:{server.server_address[1]}"
    path = pond.home / "task.js"
    path.write_text(TASK % (site, steps))
    done = pond("task", "simulate", "mine", "--executable", str(path),
                "--rounds", "1")
    server.shutdown()
    server.server_close()
    lines = [line.split("RESULT ", 1)[1]
             for line in (done.stdout + done.stderr).splitlines()
             if "RESULT " in line]
    return dict(json.loads(line) for line in lines)


NODE_STEPS = """
    async steps() {
      const response = await fetch(site + '/steps');
      const reader = response.body.getReader();
      const first = await read(reader);
      await fetch(site + '/go');
      return [first, await read(reader), await read(reader)];
    },
    async large() {
      let size = 0;
      for await (const chunk of (await fetch(site + '/large')).body)
        size += chunk.length;
      return size;
    },
    refused: () => cause('http://127.0.0.1:9/'),
    async given_up() {
      await (await fetch(site + '/endless')).body.cancel();
      return (await fetch(site + '/broken')).text();
    },
    told: () => require('fs').writeFileSync('results.json', ''),"""


def test_a_node_serves_its_tasks_fetches(pond):
    server = start_site()
    site = f"http://127.0.0.1:{server.server_address[1]}"
    text = TASK % (site, NODE_STEPS)
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(text.replace(
        "console.log('RESULT ' + JSON.stringify([name, await step()]));",
        "{ const result = await step(); require('fs').appendFileSync("
        "'steps.txt', JSON.stringify([name, result ?? null]) + '\\n'); }"))
    pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes", "1",
               "--task", "mine")
    deadline = time.monotonic() + 100
    while not list(pond.home.glob("net/node-1/**/results.json")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    steps, = pond.home.glob("net/node-1/**/steps.txt")
    results = dict(map(json.loads, steps.read_text().splitlines()))
    server.shutdown()
    server.server_close()
    assert results["steps"] == ["half", "rest", None], results
    assert results["large"] == LARGE
    assert results["refused"] == ["TypeError", "fetch failed",
                                  "ECONNREFUSED"], results
    assert results["given_up"] == "True", results


def test_an_answer_begins_before_it_has_ended(pond):
    results = run(pond, """
        async steps() {
          const response = await fetch(site + '/steps');
          const reader = response.body.getReader();
          const first = await read(reader);
          await fetch(site + '/go');
          return [response.status, first, await read(reader),
            await read(reader)];
        },""")
    assert results["steps"] == [200, "half", "rest", None], results


def test_a_slow_reader_makes_the_server_wait(pond):
    results = run(pond, """
        async stalled() {
          const response = await fetch(site + '/large');
          let before, now = -1;
          do {
            before = now;
            await new Promise((resolve) => setTimeout(resolve, 300));
            now = await (await fetch(site + '/sent')).json();
          } while (now !== before);
          let size = 0;
          for await (const chunk of response.body)
            size += chunk.length;
          return [now, size];
        },""")
    stalled, size = results["stalled"]
    assert stalled < LARGE / 2, stalled
    assert size == LARGE


def test_nodes_http_gives_an_answer_in_pieces(pond):
    results = run(pond, """
        steps: () => new Promise((resolve, reject) => {
          const parts = [];
          require('http').get(site + '/steps', (response) => {
            response.on('data', (part) => {
              parts.push(part.toString());
              if (parts.length === 1)
                fetch(site + '/go');
            });
            response.on('end', () => resolve(parts.join(' ')));
          }).on('error', reject);
        }),
        refused: () => new Promise((resolve) =>
          require('http').get('http://127.0.0.1:9/').on('error', (error) =>
            resolve([error.code, error.message]))),""")
    assert results["steps"] == "half rest", results
    assert results["refused"] == ["ECONNREFUSED",
                                  "connect ECONNREFUSED 127.0.0.1:9"], results


def test_what_is_given_up_ends_at_the_server(pond):
    for give_up in ("await response.body.cancel()",
                    "control.abort()"):
        results = run(pond, """
            async gone() {
              const control = new AbortController();
              const response = await fetch(site + '/endless',
                { signal: control.signal });
              %s;
              return response.bodyUsed;
            },
            seen: async () => (await fetch(site + '/broken')).text(),"""
                      % give_up)
        assert results["seen"] == "True", (give_up, results)


def test_an_aborted_body_has_the_signals_reason(pond):
    results = run(pond, """
        async aborted() {
          const control = new AbortController();
          const response = await fetch(site + '/endless',
            { signal: control.signal });
          const text = response.text();
          control.abort(new RangeError('enough'));
          return text.catch((error) => [error.name, error.message]);
        },""")
    assert results["aborted"] == ["RangeError", "enough"], results


def test_failures_have_nodes_codes(pond):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        results = run(pond, """
            refused: () => cause('http://127.0.0.1:%d/'),
            unknown: () => cause('http://nobody.invalid/'),
            silent: () => cause(site + '/silent'),
            cut: () => cause(site + '/cut'),""" % port)
    assert results["refused"] == ["TypeError", "fetch failed",
                                  "ECONNREFUSED"], results
    assert results["unknown"] == ["TypeError", "fetch failed",
                                  "ENOTFOUND"], results
    assert results["silent"] == ["TypeError", "fetch failed",
                                 "ECONNRESET"], results
    assert results["cut"] == ["TypeError", "terminated",
                              "ECONNRESET"], results


def test_a_stream_is_sent_as_a_body(pond):
    Site.bodies.clear()
    results = run(pond, """
        async posted() {
          const body = new Blob(['one ', 'two']).stream()
            .pipeThrough(new TransformStream());
          const response = await fetch(site, { method: 'POST', body,
            duplex: 'half' });
          return response.text();
        },""")
    assert results["posted"] == "one two", results
    assert Site.bodies == [b"one two"]


def test_many_bodies_that_nobody_reads_do_no_harm(pond):
    results = run(pond, """
        async forgotten() {
          let count = 0;
          for (let index = 0; index < 80; index++)
            count += (await fetch(site + '/large')).status === 200;
          return [count, await (await fetch(site + '/sent')).text() !== ''];
        },""")
    assert results["forgotten"] == [80, True], results


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
