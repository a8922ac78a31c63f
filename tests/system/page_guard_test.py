"""Who may ask a node's page and its API, and how an order is taken: attacks
that need no browser, and the ways in that they must not close."""
import concurrent.futures
import contextlib
import json
import os
import socket
import subprocess
import sys
import uuid

from page_client import Control, Live, Session, memory_of
from pond import main, wait

TASK = "Attention22222222222222222222222222222222222"


def start(pond, name="node", *more, plain=True):
    """A node without an endpoint that answers: its port is all that is
    asked."""
    pond.serve("node", "--new-wallet",
               "--node-dir", pond.home / name, "--port", "0",
               "--rpc", "http://127.0.0.1:1",
               *(["--no-passphrase"] if plain else []), *more,
               log=name + ".log")
    return Control(pond.home / name)


def stop(pond):
    """The node that was started last."""
    assert pond.servers[-1].stop() == 0


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}


def test_a_foreign_host_is_refused_in_all_spellings(pond):
    control = start(pond)
    port = control.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example",
                 f"localhost.evil.example:{port}", f"evil.localhost:{port}",
                 f"bafy.ipfs.localhost:{port}", f"127.1:{port}", "0x7f.0.0.1",
                 "2130706433", f"[::ffff:127.0.0.1]:{port}", "[::]",
                 f"localhost..:{port}", f"127.0.0.2:{port}", "0.0.0.0"):
        for path in ("/", "/a/x", "/api", "/api/1/node", "/status"):
            answer = control.ask("GET", path, host=host)
            assert answer.status == 421, (host, path, answer.status)
        page = control.ask("GET", "/", host=host,
                           headers={"Accept": "text/html"})
        assert page.status == 421 and b"--page-host" in page.body
        # A right token does not make a foreign name right.
        answer = control.ask("GET", "/status", host=host, headers={
            "Authorization": "Bearer " + control.token})
        assert answer.status == 421
    for host in (f"127.0.0.1:{port}", "127.0.0.1", f"LOCALHOST:{port}",
                 f"localhost.:{port}", f"[::1]:{port}", "localhost:1"):
        assert control.ask("GET", "/api", host=host).status == 200, host


def test_a_task_can_put_no_other_file_in_the_place_of_its_log(pond):
    control = start(pond)
    session = control.connect()
    folder = control.folder / "namespace" / TASK
    folder.mkdir(parents=True)
    log = folder / "task.log"
    log.write_text("a line\n")
    path = f"tasks/{TASK}/log.txt"
    assert session.ask("GET", path).body == b"a line\n"
    for name in ("task.log", "task.log.1"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(control.folder / "control.json")
        assert control.token.encode() not in session.ask("GET", path).body
        (folder / name).unlink()
        os.mkfifo(folder / name)
        assert session.ask("GET", path).status in (200, 500)
        (folder / name).unlink()
        log.write_text("a line\n")
    assert session.ask("GET", path).body == b"a line\n"


def test_a_node_ends_well_in_the_middle_of_what_its_page_has_begun(pond):
    for number, (method, path, body) in enumerate((
            ("POST", "passphrase", {"new": PASSPHRASE}),
            ("POST", "doctor", {}), ("GET", "networks", None),
            ("GET", "bundle", None))):
        control = start(pond, f"node{number}")
        session = control.connect()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            pool.submit(session.ask, method, path, body)
            # That the order is there shows in the second one.
            pool.submit(session.ask, method, path, body)
            session.ask("GET", "node")
            stop(pond)


def test_other_origins_get_nothing(pond):
    control = start(pond)
    session = control.connect()
    own = "http://" + control.host
    assert session.ask("GET", "node", headers={"Origin": own}).status == 200
    for headers in ({"Origin": "http://127.0.0.1:30017"},
                    {"Origin": f"http://localhost:{control.port}"},
                    {"Origin": "null"}, {"Origin": "https://" + control.host},
                    {"Origin": "http://evil.example"},
                    {"Sec-Fetch-Site": "same-site"},
                    {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "none"},
                    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode":
                     "navigate", "Sec-Fetch-Dest": "document"},
                    {"Origin": [own, "http://evil.example"]}):
        for method, path in (("GET", "node"), ("POST", "lock"),
                             ("GET", "live")):
            answer = session.ask(method, path, headers=headers)
            assert answer.status in (403, 421), (headers, path, answer.status)
    # The page itself can be navigated to from anywhere, and framed by nobody.
    for headers, status in (
            ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
              "Sec-Fetch-Dest": "document"}, (200, 501)),
            ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate",
              "Sec-Fetch-Dest": "document"}, (200, 501)),
            ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate",
              "Sec-Fetch-Dest": "iframe"}, (403,)),
            ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors",
              "Sec-Fetch-Dest": "script"}, (403,))):
        answer = control.ask("GET", "/", headers=headers)
        assert answer.status in status, (headers, answer.status)
    with contextlib.closing(Live(control, session.cookie, {
            "Origin": "http://127.0.0.1:30017"})) as live:
        assert live.status == 403


def test_no_answer_lets_another_origin_read_it(pond):
    control = start(pond)
    session = control.connect()
    for answer in (control.ask("OPTIONS", "/api/1/node", headers={
                       "Origin": "http://evil.example",
                       "Access-Control-Request-Headers": "X-Pond-Key"}),
                   control.ask("GET", "/"), control.ask("GET", "/api"),
                   control.ask("GET", "/status"), session.ask("GET", "node"),
                   session.ask("GET", "nothing"),
                   control.as_pond("GET", "/status")):
        names = [name.lower() for name in answer.headers]
        assert not [name for name in names
                    if name.startswith("access-control")], names
    for answer in (control.ask("GET", "/"), control.ask("GET", "/api"),
                   session.ask("GET", "node"), session.ask("GET", "nothing"),
                   control.ask("GET", "/status"),
                   control.ask("GET", "/", host="evil.example")):
        headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert len(headers.get_all("Content-Security-Policy")) == 1
    assert control.ask("OPTIONS", "/").status == 405
    assert session.ask("GET", "node").headers["Cache-Control"] == "no-store"


def test_a_link_works_once_whoever_races_for_it(pond):
    control = start(pond)
    code = control.code()

    def use(number):
        return control.ask("POST", "/api/1/sessions", {"code": code}).status

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        found = sorted(pool.map(use, range(64)))
    assert found == [200] + [403] * 63, found
    again = control.ask("POST", "/api/1/sessions", {"code": code})
    assert again.code == "used"
    assert control.ask("POST", "/api/1/sessions", {"code": "0" * 64}
                       ).code == "expired"
    assert len(control.as_pond("GET", "/api/1/sessions").json["items"]) == 1


def test_wrong_codes_are_slowed_down(pond):
    control = start(pond)
    for number in range(5):
        answer = control.ask("POST", "/api/1/sessions", {"code": str(number)})
        assert answer.status == 403, answer.body
    answer = control.ask("POST", "/api/1/sessions", {"code": "6"})
    assert answer.status == 429 and answer.headers["Retry-After"] == "1"
    control.connect()  # a right one is taken all the same


def test_neither_half_opens_anything_alone(pond):
    control = start(pond)
    other = start(pond, "other")
    assert other.port != control.port
    session, stranger = control.connect(), other.connect()
    name, value = session.cookie.split("=")
    assert session.ask("GET", "node").status == 200
    assert stranger.cookie.split("=")[0] != name

    def status(cookie, key):
        return control.ask("GET", "/api/1/node", headers={
            "Cookie": cookie, "X-Pond-Key": key}).status

    for cookie, half in ((session.cookie, None), (None, session.key),
                         (session.cookie, stranger.key),
                         (stranger.cookie, session.key),
                         (stranger.cookie, stranger.key),
                         (f"{name}={stranger.cookie.split('=')[1]}",
                          stranger.key),
                         (f"{name}={session.key}", value),
                         (session.cookie, session.key[:-1]),
                         (session.cookie, session.key + "0"),
                         (f"x{session.cookie}", session.key)):
        assert status(cookie, half) == 401, (cookie, half)
    # What another port has planted beside it does not shut the owner out.
    assert status(f"{name}=planted; a=b; {session.cookie}; {name}=",
                  session.key) == 200


def test_what_is_forgotten_opens_nothing_more(pond):
    control = start(pond)
    one, two = control.connect("One"), control.connect("Two")
    folder = pond.home / "node"
    listed = pond.json("page", "--sessions", "--node-dir", folder)
    assert [row["browser"] for row in listed] == ["Two", "One"]
    with contextlib.closing(one.live()) as live:
        # Who came when the owner did not is named to all.
        live.say({"type": "watch", "topic": "attention"})
        rows = live.hear_until(lambda message: message["type"] == "snapshot"
                               )["data"]
        row = "s" + listed[0]["id"]
        assert rows[row]["kind"] == "session_new"
        assert rows[row]["text"] == "Two" and len(rows) == 2
        assert one.ask("POST", "attention/" + row, {"read": True}
                       ).status == 200
        live.hear_until(lambda message:
                        message.get("data", {}).get(row, 0) is None)
        pond("page", "--forget", listed[1]["id"], "--node-dir", folder)
        assert live.hear_all()[-1] == {"type": "bye", "reason": "session"}
    assert one.ask("GET", "node").status == 401
    assert two.ask("GET", "node").status == 200
    code = control.code()
    pond("page", "--forget", "all", "--node-dir", folder)
    assert two.ask("GET", "node").status == 401
    assert control.ask("POST", "/api/1/sessions", {"code": code}).status == 403
    pond("page", "--forget", "7", "--node-dir", folder, status=5)
    pond("page", "--forget", "../links", "--node-dir", folder, status=1)
    # A browser can disconnect itself, and loses its cookie then.
    three = control.connect()
    mine = [row for row in three.ask("GET", "sessions").json["items"]
            if row["is_this"]]
    answer = three.ask("DELETE", "sessions/" + mine[0]["id"])
    assert answer.status == 200 and "Max-Age=0" in answer.headers["Set-Cookie"]
    assert three.ask("GET", "node").status == 401


ASK_AS = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
s = socket.socket()
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
sys.stdout.buffer.write(s.recv(65536))
"""


def test_another_user_of_the_machine_is_refused(pond):
    if os.getuid() != 0:
        return  # nobody else can be played
    control = start(pond)
    session = control.connect()

    def ask(path, more=""):
        request = (f"GET {path} HTTP/1.1\r\nHost: {control.host}\r\n"
                   f"Connection: close\r\n{more}\r\n")
        done = subprocess.run(
            [sys.executable, "-c", ASK_AS, str(control.port)],
            input=request.encode(), stdout=subprocess.PIPE, timeout=60)
        return int(done.stdout.split()[1])

    halves = f"Cookie: {session.cookie}\r\nX-Pond-Key: {session.key}\r\n"
    assert ask("/") == 403
    assert ask("/api") == 403
    assert ask("/api/1/node", halves) == 403
    assert ask("/api/1/live", halves) == 403
    # Who has read control.json was let in by the operator.
    token = f"Authorization: Bearer {control.token}\r\n"
    assert ask("/status", token) == 200
    assert ask("/status", "Authorization: Bearer no\r\n") == 401
    assert session.ask("GET", "node").status == 200


def test_the_token_is_ponds_alone(pond):
    control = start(pond)
    session = control.connect()
    own = "http://" + control.host
    assert control.as_pond("GET", "/status").status == 200
    for path in ("/status", "/api/1/node", "/api/1/links", "/"):
        answer = control.as_pond("POST" if "links" in path else "GET", path,
                                 headers={"Origin": own})
        assert answer.status == 403, path
    assert control.ask("GET", "/status", headers={
        "Authorization": "Bearer " + "0" * 64}).status == 401
    # A session is none: it gives no links, and nothing of the old routes.
    assert session.ask("POST", "links", {}).code == "denied"
    for path in ("/status", "/metrics", "/log", "/variables"):
        answer = control.ask("GET", path, headers=session.headers())
        assert answer.status == 401, path


def test_orders_come_in_their_form(pond):
    control = start(pond)
    session = control.connect()
    assert session.ask("GET", "nothing").code == "not_found"
    assert session.ask("PUT", "node", {}).code == "method"
    assert session.ask("POST", "lock", b"{").code == "form"
    assert session.ask("POST", "lock", b"[]").code == "form"
    assert session.ask("POST", "lock", b'{"a":1,"a":2}').code == "form"
    assert session.ask("POST", "lock", b"[" * 100000).code == "form"
    assert session.ask("POST", "lock", b" " * (1 << 20) + b"{}").status == 413
    assert session.ask("GET", "log?limit=0").code == "form"
    assert session.ask("GET", "log?before=x").code == "form"
    assert session.ask("GET", "tasks/x/log").code == "not_found"
    assert session.ask("GET", "tasks/..%2f..%2fcontrol.json/log").code == \
        "not_found"
    assert session.ask("GET", "tasks//log").code == "not_found"
    assert session.ask("POST", f"tasks/{TASK}/claim", {}).code == "form"
    answer = session.ask("POST", f"tasks/{TASK}/claim", {}, key())
    assert answer.status == 404 and answer.code == "not_found"
    answer = session.ask("POST", f"tasks/{TASK}/start",
                         {"stake": "1.5"}, key())
    assert answer.code == "form" and answer.json["error"]["field"] == "stake"
    answer = session.ask("POST", f"tasks/{TASK}/start",
                         {"limits": {"cpu": "x"}}, key())
    assert answer.code == "form", answer.body


def test_an_order_that_is_sent_again_is_done_once(pond):
    control = start(pond)
    session = control.connect()
    same = key()

    def order(number):
        return session.ask("POST", f"tasks/{TASK}/start", {"stake": "5"}, same)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(order, range(8)))
    assert {(answer.status, answer.body) for answer in answers} == {
        (200, b"{}")}, [answer.body for answer in answers]
    assert [row["task"] for row in session.ask("GET", "tasks").json["items"]
            ] == [TASK]
    # Without the key it is another order, which the node refuses.
    assert session.ask("POST", f"tasks/{TASK}/start", {"stake": "5"}, key()
                       ).code == "exists"
    assert session.ask("POST", f"tasks/{TASK}/claim", {}, same
                       ).code == "exists"
    answer = session.ask("POST", f"tasks/{TASK}/stop", {})
    assert answer.status == 200, answer.body
    assert session.ask("GET", f"tasks/{TASK}").json["state"] in (
        "stopping", "stopped")


def test_requests_have_a_rate(pond):
    control = start(pond)
    session, other = control.connect(), control.connect()
    halves = "".join(f"{name}: {value}\r\n"
                     for name, value in session.headers().items())
    request = (f"GET /api/1/sessions HTTP/1.1\r\nHost: {control.host}\r\n"
               f"{halves}\r\n").encode()
    with socket.create_connection(("127.0.0.1", control.port)) as flood:
        flood.sendall(request * 600)
        got = b""
        while got.count(b"HTTP/1.1 ") < 600:
            got += flood.recv(1 << 20)
    assert got.count(b"HTTP/1.1 429 ") > 100
    assert b"Retry-After: 1\r\n" in got
    assert other.ask("GET", "node").status == 200


def test_sessions_outlive_a_restart_and_not_another_port(pond):
    control = start(pond)
    session = control.connect()
    stop(pond)
    again = start(pond)
    assert again.port == control.port
    session.control = again
    assert session.ask("GET", "node").status == 200
    mode = (pond.home / "node/sessions.json").stat().st_mode & 0o777
    assert mode == 0o600
    kept = (pond.home / "node/sessions.json").read_text()
    assert session.key not in kept
    assert session.cookie.split("=")[1] not in kept
    stop(pond)
    # A stranger has the port by now, and would be given both halves.
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", control.port))
        taken.listen()
        moved = start(pond)
        assert moved.port != control.port
        session.control = moved
        assert session.ask("GET", "node").status == 401
    stop(pond)
    assert start(pond).port == moved.port


def has_page(control):
    """False in a build without it, where there is nothing to open."""
    return control.ask("GET", "/").status != 501


def test_a_link_is_printed_alone(pond):
    control = start(pond)
    if not has_page(control):
        return
    done = pond("page", "--url", "--node-dir", pond.home / "node")
    address, code = done.stdout.strip().split("#/open=")
    assert address == f"http://{control.host}/" and done.stderr == ""
    assert control.ask("POST", "/api/1/sessions", {"code": code}).status == 200
    shown = pond.json("page", "--node-dir", pond.home / "node")[0]
    assert shown["url"].startswith(address) and shown["expires"] > 0
    # Without a desktop it is printed, too.
    done = pond("page", "--node-dir", pond.home / "node",
                environment={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
    assert "#/open=" in done.stdout and "works once" in done.stderr
    pond("page", "--url", "--sessions", status=1)
    pond("page", "--url", "--node-dir", pond.home / "none", status=3)


def test_a_private_network_says_its_pages(pond):
    network = pond.serve("up", "--nodes", "2", "--rpc-port", "0", "--dir", "u",
                         "--no-sandbox")
    links = [network.process.stdout.readline() for _ in range(2)]
    for number, line in enumerate(links, 1):
        control = Control(pond.home / f"u/node-{number}")
        word, url = line.split()
        address, code = url.split("#/open=")
        assert (word, address) == ("page", f"http://{control.host}/")
        session = control.ask("POST", "/api/1/sessions", {"code": code})
        assert session.status == 200, session.body
        cookie = session.headers["Set-Cookie"].split(";")[0]
        page = Session(control, cookie, session.json["key"])
        wait(lambda: int(page.ask("GET", "node").json["figures"].get(
            "wallet", "0")))
        node = page.ask("GET", "node").json
        assert node["name"] == f"node-{number}" and node["connected"]
        assert node["slot"] > 0 and node["network"] == "private"
        wait(lambda: "earned_today" in page.ask("GET", "node"
                                                ).json["figures"])
    assert network.stop() == 0
    network = pond.serve("up", "--nodes", "1", "--rpc-port", "0", "--dir", "u",
                         "--no-sandbox", "--json")
    ready = json.loads(network.line)
    assert len(ready["pages"]) == 1 and "#/open=" in ready["pages"][0]


def test_a_link_is_opened_by_the_desktop(pond):
    if not has_page(start(pond)):
        return
    tools = pond.home / "tools"
    tools.mkdir()
    opener = tools / "xdg-open"
    opener.write_text('#!/bin/sh\necho "$1" > "$HOME/opened"\nexit "$FAILS"\n')
    opener.chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "DISPLAY": ":9"}
    done = pond("page", "--node-dir", pond.home / "node",
                environment={**environment, "FAILS": "0"})
    assert "#/open=" in (pond.home / "opened").read_text()
    assert done.stdout == "" and "#" not in done.stderr
    done = pond("page", "--node-dir", pond.home / "node",
                environment={**environment, "FAILS": "3"})
    assert "#/open=" in done.stdout


def test_a_proxy_is_let_in_by_name_and_user(pond):
    pond("node", "--page-host", "pond.example", status=1)
    pond("node", "--page-host", "pond.example", "--page-user",
         "nobody-of-that-name", status=3)
    control = start(pond, "node", "--page-host", "pond.example",
                    "--page-user", "root")
    secure = {"X-Forwarded-Proto": "https", "Origin": "https://pond.example"}
    url = control.link()["url"]
    assert url.startswith("https://pond.example/#/open=")
    answer = control.ask("POST", "/api/1/sessions",
                         {"code": url.split("=")[1]}, secure,
                         host="pond.example")
    assert answer.status == 200, answer.body
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-pond-") and "; Secure" in cookie
    halves = {"Cookie": cookie.split(";")[0],
              "X-Pond-Key": answer.json["key"]}
    assert control.ask("GET", "/api/1/node", host="pond.example",
                       headers={**secure, **halves}).status == 200
    # The same by http is another cookie.
    assert control.ask("GET", "/api/1/node", headers=halves).status == 401
    assert control.ask("GET", "/api", host="other.example").status == 421


PASSPHRASE = "correct horse battery staple"


def test_the_passphrase_proves_locks_and_unlocks(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    control = start(pond, "node", "--passphrase-file", secret, plain=False)
    session = control.connect()
    assert "seal" in session.ask("GET", "node").json["can"]
    wrong = session.ask("POST", "proofs", {"passphrase": "wrong"})
    assert wrong.status == 403 and wrong.code == "proof"
    proof = session.ask("POST", "proofs", {"passphrase": PASSPHRASE}).json
    assert len(proof["proof"]) == 64
    assert session.ask("POST", "proofs", {}).code == "form"
    assert session.ask("POST", "proofs", {"passphrase": "x" * 257}
                       ).code == "form"
    assert session.ask("POST", "unlock", {"passphrase": PASSPHRASE}
                       ).code == "not_now"
    live = session.live()
    live.say({"type": "watch", "topic": "attention"})
    live.hear_until(lambda message: message["type"] == "snapshot")
    live.say({"type": "quiet", "on": True})
    assert session.ask("POST", "lock", {}).status == 200
    # Hidden pages are told, too.
    live.hear_until(lambda message: message["type"] == "patch" and
                    message["data"].get("locked", {}).get("level") == "red")
    node = session.ask("GET", "node").json
    assert node["state"] == "locked" and node["sentence"]["kind"] == "locked"
    assert session.ask("POST", "lock", {}).code == "not_now"
    signer = control.as_pond("GET", "/status").json["signer"]
    assert signer["state"] == "down"

    def unlock(passphrase):
        """The process that is ending is waited for."""
        def order():
            answer = session.ask("POST", "unlock", {"passphrase": passphrase})
            return answer if b"busy" not in answer.body else None
        return wait(order)

    assert unlock("wrong").code == "proof"
    assert session.ask("GET", "node").json["state"] == "locked"
    assert unlock(PASSPHRASE).status == 200
    assert session.ask("GET", "node").json["state"] == "running"
    live.hear_until(lambda message: message["type"] == "patch" and
                    message["data"].get("locked", 0) is None)
    live.close()
    signer = control.as_pond("GET", "/status").json["signer"]
    assert signer["state"] == "ready" and signer["confined"]
    text = (pond.home / "node.log").read_text()
    assert PASSPHRASE not in text


def test_no_secret_stays_in_the_nodes_memory(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    control = start(pond, "node", "--passphrase-file", secret, plain=False)
    session = control.connect()
    code = control.code()
    second = control.ask("POST", "/api/1/sessions", {"code": code})
    assert second.status == 200
    for _ in range(2):
        assert session.ask("POST", "proofs", {"passphrase": PASSPHRASE}
                           ).status == 200
    assert session.ask("POST", "lock", {}).status == 200
    wait(lambda: b"busy" not in session.ask(
        "POST", "unlock", {"passphrase": PASSPHRASE}).body)
    for text in (PASSPHRASE, code):
        for found in memory_of(control.pid):
            at = found.find(text.encode())
            assert at < 0, found[max(at - 64, 0):at + 128]


def test_wrong_passphrases_are_slowed_down(pond):
    secret = pond.home / "secret"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    control = start(pond, "node", "--passphrase-file", secret, plain=False)
    session = control.connect()
    for number in range(5):
        answer = session.ask("POST", "proofs", {"passphrase": str(number)})
        assert answer.code == "proof", answer.body
    answer = session.ask("POST", "proofs", {"passphrase": PASSPHRASE})
    assert answer.status == 429 and answer.headers["Retry-After"] == "1"
    wait(lambda: session.ask("POST", "proofs", {"passphrase": PASSPHRASE}
                             ).status == 200, seconds=20)


def test_a_plain_wallet_has_no_passphrase_to_prove(pond):
    control = start(pond)
    session = control.connect()
    for path in ("proofs", "unlock"):
        answer = session.ask("POST", path, {"passphrase": "x"})
        assert answer.code == "not_now", answer.body
    assert session.ask("POST", "lock", {}).code == "not_now"
    assert "seal" not in session.ask("GET", "node").json["can"]


def test_a_browser_can_stop_the_node(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.closing(session.live()) as live:
        assert session.ask("POST", "stop", {}).status == 200
        messages = live.hear_all()
        assert {"type": "bye", "reason": "stop"} in messages, messages
    assert pond.servers[-1].process.wait(60) == 0


def test_old_lines_of_a_log_are_read_by_pages(pond):
    control = start(pond)
    session = control.connect()
    with open(pond.home / "node/node.log", "a", encoding="utf-8") as log:
        for number in range(120):
            log.write(f"2026-01-01T00:00:0{number // 40}.000Z "
                      f"{'warn ' if number % 10 == 0 else 'info '} test: "
                      f"line {number:03}\n")
    found, before, pages = [], "", 0
    while before is not None:
        answer = session.ask("GET", "log?limit=25&match=line" +
                             (f"&before={before}" if before else "")).json
        found = [line[2][-3:] for line in answer["items"]] + found
        before, pages = answer["next"], pages + 1
    assert len(found) == len(set(found)), found
    warned = session.ask("GET", "log?level=warn&match=line").json["items"]
    assert len(warned) == 12 and {line[1] for line in warned} == {"warn"}


if __name__ == "__main__":
    main(sys.modules[__name__])
