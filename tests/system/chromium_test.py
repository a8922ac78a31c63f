#!/usr/bin/env python3
"""A task of the engine node drives the system's Chromium in its sandbox, as
tasks with puppeteer do: the browser starts, its pages come by the node's proxy
under the operator's rule, scripts run, pictures are made."""
import http.server
import sys
import threading

import koii_test as koii
import pond as harness

PAGE = b"""<!doctype html><title>a page</title><body>
<script>document.body.append('sum ' + [1, 2, 3].reduce((a, b) => a + b))
</script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *words):
        pass


def test_a_task_opens_a_page_and_makes_a_picture(pond):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    koii.up(pond, "--task", koii.make_task(
        pond, koii.bundle("wrapper.js", "generation_a.js")), nodes=1)
    koii.wait_running(pond, 1)
    koii.wait_for("its server", lambda: "listens" in koii.log_of(pond))
    # The proxy would be taken from the environment, but for loopback, where the
    # test's pages are. Nothing says
    # --no-sandbox: the task's author does not know of the outer one.
    found = koii.evaluate(pond, """
        const child = require('child_process');
        const proxy = String(child.execSync('echo $HTTP_PROXY')).trim();
        const browser = child.spawn('chromium',
          ['--headless', '--remote-debugging-pipe', `--proxy-server=${proxy}`,
            '--proxy-bypass-list=<-loopback>', 'about:blank'],
          {stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe']});
        let last = 0, rest = '';
        const waiting = new Map();
        browser.stdio[4].on('data', (data) => {
          const texts = (rest + data).split('\\0');
          rest = texts.pop();
          for (const message of texts.map(JSON.parse))
            waiting.get(message.id)?.(message.result ?? message);
        });
        const ask = (method, params = {}, sessionId) => new Promise((done) => {
          waiting.set(++last, done);
          browser.stdio[3].write(
            JSON.stringify({id: last, method, params, sessionId}) + '\\0');
        });
        const {targetId} = await ask('Target.createTarget', {url: 'PAGE'});
        const {sessionId} = await ask('Target.attachToTarget',
          {targetId, flatten: true});
        let text = '';
        for (let i = 0; i < 300 && !text.includes('sum'); i++) {
          await new Promise((done) => setTimeout(done, 100));
          text = (await ask('Runtime.evaluate', {expression:
            'document.title + document.body?.innerText'}, sessionId))
            .result?.value ?? '';
        }
        const {data} = await ask('Page.captureScreenshot', {}, sessionId);
        browser.kill();
        return [text, Buffer.from(data, 'base64').subarray(1, 4).toString()]
        """.replace("PAGE", f"http://127.0.0.1:{server.server_port}/"))
    assert found == ["a pagesum 6", "PNG"], (found, koii.log_of(pond))
    server.shutdown()


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
