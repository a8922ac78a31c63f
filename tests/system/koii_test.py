#!/usr/bin/env python3
"""Unmodified Koii bundles on the engine node, on a private network.

The bundles are written for these tests in the style of the three generations
of tasks that are met (tests/system/koii). They know nothing of Pond.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import sys
import time
import urllib.error
import urllib.request

import pond as harness

SOURCES = pathlib.Path(__file__).resolve().parent / "koii"
NODES = 2


def bundle(*names):
    return "\n".join((SOURCES / name).read_text() for name in names)


def make_task(pond, source, **changes):
    """A task's folder; its config has these values."""
    pond("task", "new", "mine")
    folder = pond.home / "mine"
    (folder / "dist").mkdir()
    (folder / "dist" / "main.js").write_text(source)
    terms = {"round_time": 50, "submission_window": 20, "audit_window": 24,
             "minimum_stake_amount": 2, "bounty_amount_per_round": 10,
             "engine": '"node"', **changes}
    config = folder / "config-task.yml"
    lines = [line for line in config.read_text().splitlines()
             if line.split(":")[0] not in terms]
    lines += [f"{key}: {value}" for key, value in terms.items()]
    config.write_text("\n".join(lines) + "\n")
    return "mine"


def control(pond, path, body=None, node=1):
    file = json.loads(
        (pond.home / f"net/node-{node}/control.json").read_text())
    request = urllib.request.Request(
        file["url"] + path, json.dumps(body).encode() if body else None,
        {"Authorization": "Bearer " + file["token"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()


def wait_for(what, look, seconds=90):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.1)
    return found


def task_of(pond, node=1):
    tasks = control(pond, "/status", node=node)["tasks"]
    return tasks[0] if tasks else None


def log_of(pond, node=1):
    found = list((pond.home / f"net/node-{node}/namespace").glob("*/task.log"))
    return found[0].read_text() if found else ""


def server_log(pond):
    return (pond.home / "server.log").read_text()[-3000:]


def wait_running(pond, nodes=NODES):
    for node in range(1, nodes + 1):
        try:
            wait_for("a running task", lambda: (task_of(pond, node) or {})
                     .get("state") == "running")
        except AssertionError:
            raise AssertionError(f"{task_of(pond, node)}\n{log_of(pond, node)}"
                                 f"\n{server_log(pond)}")


def up(pond, *words, nodes=NODES):
    server = pond.serve("up", "--rpc-port", "0", "--dir", "net", "--nodes",
                        str(nodes), *words)
    return server.values["rpc"]


def call_rpc(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": params}).encode()
    request = urllib.request.Request(url, body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["result"]


def state_of(url, task):
    value = call_rpc(url, "getTaskAccountInfo", task, {
        "encoding": "base64", "submission": True, "distribution": True,
        "balance": True, "stake": True})["value"]
    return json.loads(base64.b64decode(value["data"][0]))


def ask(url, body=None, method=None, headers=()):
    """(status, body) of an HTTP request."""
    data = body if body is None or isinstance(body, bytes) \
        else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def evaluate(pond, script, node=1):
    """Run a script inside the task of generation A; its value."""
    status = control(pond, "/status", node=node)
    task = status["tasks"][0]["task"]
    code, body = ask(f"{status['public_url']}/task/{task}/eval",
                     f"(async () => {{ {script} }})()".encode(), "POST")
    assert code == 200, (code, body.decode())
    return None if body == b"undefined" else json.loads(body)


def test_a_bundle_of_the_first_generation_lives_through_rounds(pond):
    task_folder = make_task(pond, bundle("wrapper.js", "generation_a.js"))
    rpc = up(pond, "--task", task_folder, "--variable", "KEYWORD=pond")
    wait_running(pond)
    task = task_of(pond)["task"]
    try:
        wait_for("a payout", lambda: "PayoutSuccessful" in json.dumps(
            state_of(rpc, task)["distributions_audit_record"]))
    except AssertionError:
        raise AssertionError(
            f"{log_of(pond)}\n{log_of(pond, 2)}\n{server_log(pond)}\n"
            f"{json.dumps(state_of(rpc, task))[:3000]}")
    state = state_of(rpc, task)
    own = {pond_key(pond, node) for node in (1, 2)}
    paid = [round for round, how in
            state["distributions_audit_record"].items()
            if how == "PayoutSuccessful"]
    submissions = state["submissions"][paid[0]]
    assert {entry["submission_value"].rstrip() for entry in
            submissions.values()} == {f"proof {paid[0]} pond"}
    assert all(state["available_balances"][key] >= 5_000_000_000
               for key in submissions), state["available_balances"]
    # Both staked with a key that is only this task's, and get it all back.
    assert len(state["stake_list"]) == 2
    assert not own & set(state["stake_list"]), state["stake_list"]
    key = task_of(pond)["staking"]
    assert key in state["stake_list"]
    where = ("--node-dir", "net/node-1", "--rpc", rpc)
    control(pond, "/stop", {"task": task})
    wait_for("its end", lambda: not task_of(pond))
    # Locked until three rounds have gone by.
    assert "three rounds" in pond("task", "unstake", task, *where,
                                  status=5).stderr
    wait_for("the lock's end", lambda: "three rounds" not in pond(
        "task", "unstake", task, *where, status=None).stderr)
    state = state_of(rpc, task)
    assert state["available_balances"][key] >= 4_000_000_000
    pond("task", "claim", task, *where)
    assert not state_of(rpc, task)["available_balances"].get(key)


def is_paid(rpc, task, count=1):
    record = state_of(rpc, task)["distributions_audit_record"]
    return sum(how == "PayoutSuccessful" for how in record.values()) >= count


def explained(pond, rpc, task, nodes=NODES):
    logs = "\n".join(log_of(pond, node) for node in range(1, nodes + 1))
    return f"{logs}\n{json.dumps(state_of(rpc, task))[:4000]}"


def test_a_cheat_of_the_second_generation_is_caught_and_slashed(pond):
    source = bundle("wrapper.js", "generation_b.js")
    cheater = pond.home / "cheat.js"
    cheater.write_text("process.env.CHEAT = 'yes';\n" + source)
    folder = make_task(pond, source)
    rpc = up(pond, "--task", folder, "--cheater", f"3={cheater}", nodes=3)
    # A local file has no metadata, which would name the engine.
    wait_for("the third task", lambda: task_of(pond, 3))
    task = task_of(pond)["task"]
    # Its stake is placed on the other engine, by the node's own key: that
    # stays, and the secret of that no task gets unasked.
    cheat = control(pond, "/status", node=3)["staking"]
    wait_for("its stake", lambda: cheat in state_of(rpc, task)["stake_list"])
    control(pond, "/stop", {"task": task}, node=3)
    wait_for("its end", lambda: not task_of(pond, 3))
    control(pond, "/start", {"task": task, "executable": str(cheater),
                             "engine": "node", "stake": 4_000_000_000}, node=3)
    wait_running(pond, 3)
    assert cheat in state_of(rpc, task)["stake_list"]

    def slashed():
        stakes = state_of(rpc, task)["stake_list"]
        return [key for key, stake in stakes.items()
                if 0 < stake < 2_000_000_000]

    try:
        found = wait_for("a slash", slashed, 120)
    except AssertionError:
        raise AssertionError(explained(pond, rpc, task, 3))
    state = state_of(rpc, task)
    assert found == [cheat]
    accused = {key for round in state["submissions_audit_trigger"].values()
               for key in round}
    assert accused == {cheat}, accused
    assert is_paid(rpc, task)


def test_a_task_of_the_third_generation_ends_and_goes_on(pond):
    """Exit 0 is a restart, in the middle of rounds; exit 1 is a wish to be
    left alone; kill -9 at any step costs nothing that could still be done."""
    rpc = up(pond, "--task", make_task(
        pond, bundle("wrapper.js", "generation_c.js")))
    wait_running(pond)
    task = task_of(pond)["task"]
    port = control(pond, "/status", node=2)["public_url"]
    deadline = time.monotonic() + 60
    kills = 0
    while kills < 3 and time.monotonic() < deadline:
        now = task_of(pond)
        if now["state"] == "running" and now["worker"].get("pid"):
            os.kill(now["worker"]["pid"], signal.SIGKILL)
            kills += 1
            time.sleep(1.3)
        time.sleep(0.05)
    assert kills == 3
    wait_running(pond, 1)
    assert task_of(pond)["worker"]["restarts"] >= 3
    try:
        wait_for("payouts", lambda: is_paid(rpc, task, 3), 120)
    except AssertionError:
        raise AssertionError(explained(pond, rpc, task))
    state = state_of(rpc, task)
    assert len(state["stake_list"]) == 2
    assert all(stake == 4_000_000_000
               for stake in state["stake_list"].values())
    # Nothing was sent twice: the chain would have refused the second.
    journal = sqlite3.connect(
        f"file:{pond.home}/net/node-1/journal.db?mode=ro", uri=True)
    own = "SELECT round, state, detail FROM action WHERE kind = 1"
    wait_for("its submissions", lambda: sum(
        row[1] == 1 for row in journal.execute(own)) >= 2)
    rows = journal.execute(own).fetchall()
    assert len({row[0] for row in rows}) == len(rows), rows
    assert not [row for row in rows if row[1] == 2], rows

    assert ask(f"{port}/task/{task}/end", b"0", "POST")[0] == 200
    wait_for("a restart", lambda: task_of(pond, 2)["worker"]["restarts"] == 1)
    wait_for("a run", lambda: task_of(pond, 2)["state"] == "running")
    wait_for("its server", lambda: ask(f"{port}/task/{task}/")[0] == 200)
    assert ask(f"{port}/task/{task}/end", b"1", "POST")[0] == 200
    wait_for("an end", lambda: task_of(pond, 2)["state"] == "failed")
    time.sleep(3)
    assert task_of(pond, 2)["state"] == "failed"
    assert "exit code 1" in task_of(pond, 2)["error"]
    assert ask(f"{port}/task/{task}/")[0] == 422


def test_a_network_keeps_its_promises_with_a_bundle(pond):
    """Paid, claimed and conserved, as `pond up` finds by itself."""
    task = make_task(pond, bundle("wrapper.js", "generation_c.js"))
    done = pond("up", "--rpc-port", "0", "--dir", "net", "--nodes", "2",
                "--task", task, "--rounds", "1")
    assert "yes  paid" in done.stdout and "yes  claimed" in done.stdout


def test_a_task_that_submits_nothing_is_started_again(pond):
    up(pond, "--task", make_task(
        pond, "process.on('message', () => {}); console.log('deaf')",
        round_time=20, submission_window=8, audit_window=8), nodes=1)
    wait_running(pond, 1)
    wait_for("a new process", lambda: log_of(pond).count("] deaf") == 2)
    assert "no submission in 4 rounds" in log_of(pond)
    wait_for("its count", lambda: task_of(pond)["worker"]["restarts"] == 1)
    # Its rounds count from its own start, also where the node does not know yet
    # which round it is.
    task = task_of(pond)["task"]
    control(pond, "/stop", {"task": task})
    wait_for("its end", lambda: not task_of(pond))
    told = log_of(pond).count("no submission in")
    control(pond, "/start", {"task": task, "engine": "node"})
    wait_for("it", lambda: (task_of(pond) or {}).get("state") == "running")
    begun = wait_for("a round", lambda: task_of(pond)["round"])
    wait_for("two rounds", lambda: task_of(pond)["round"] >= begun + 2)
    assert log_of(pond).count("no submission in") == told, log_of(pond)


def test_a_task_that_asks_for_node_goes_there_once(pond):
    up(pond, "--task", make_task(pond, bundle("asks_for_node.js"),
                                 engine='"auto"'), nodes=1)
    wait_for("the engine node", lambda: "in node" in log_of(pond))
    wait_for("a run", lambda: task_of(pond)["state"] == "running")
    now = task_of(pond)
    assert now["engine"] == "node" and now["worker"]["restarts"] == 0, now
    assert "child_process" in log_of(pond)
    status = control(pond, "/status")
    assert ask(f"{status['public_url']}/task/{now['task']}/")[1] == b"node"


def test_a_bundle_made_for_koiis_node_goes_there_by_itself(pond):
    up(pond, "--task", make_task(
        pond, bundle("wrapper.js", "generation_a.js"), engine='"auto"'),
       nodes=1)
    wait_for("its server", lambda: "listens" in log_of(pond))
    wait_for("a run", lambda: task_of(pond)["state"] == "running")
    assert task_of(pond)["engine"] == "node", task_of(pond)
    assert "did not call initializeTaskManager()" in log_of(pond)


def test_a_task_is_reached_and_asks_as_under_koiis_node(pond):
    """One node, one task: routes, wrapper, files, keys, money, walls."""
    rpc = up(pond, "--task", make_task(
        pond, bundle("wrapper.js", "generation_a.js")), nodes=1)
    wait_running(pond, 1)
    status = control(pond, "/status")
    task, url = status["tasks"][0]["task"], status["public_url"]
    wait_for("its server", lambda: "listens" in log_of(pond))
    check_routes(url, task)
    check_key(pond, task)
    check_streams(pond, url, task)
    check_wrapper(pond, status, task, rpc)
    check_files(pond, task)
    check_money(pond, status, rpc)
    check_secrets(pond, task)
    check_network(pond)
    # What the status shows is Node's memory, not its warden's.
    wait_for("its memory", lambda: task_of(pond)["worker"]["resident_bytes"]
             > 20_000_000)


def check_routes(url, task):
    assert ask(f"{url}/task/{task}/") == (
        200, b'{"status":200,"message":"Running"}')
    assert ask(f"{url}/task/{task}/id") == (
        200, json.dumps({"taskId": task}, separators=(",", ":")).encode())
    assert json.loads(ask(f"{url}/tasks")[1]) == [
        {"TaskName": "my-first-task", "TaskID": task}]
    code, body = ask(f"{url}/task/{task}/taskState")
    assert code == 200 and json.loads(body)["taskState"]["stake_list"]
    assert ask(f"{url}/task/{task}/nothing")[0] == 404
    data = bytes(range(256)) * 4000
    with urllib.request.urlopen(urllib.request.Request(
            f"{url}/task/{task}/echo?a=%2F..&b=%20", data)) as answer:
        assert answer.read() == data
        assert answer.headers["X-Url"] == "/echo?a=%2F..&b=%20"
        assert answer.headers["X-Method"] == "POST"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    # A large one comes as the task reads it, by its length and in chunks.
    large = bytes(range(251)) * 80_000
    assert ask(f"{url}/task/{task}/echo", large) == (200, large)
    parts = [large[at:at + 77_777] for at in range(0, len(large), 77_777)]
    request = urllib.request.Request(f"{url}/task/{task}/echo", iter(parts),
                                     method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.read() == large
    assert ask(f"{url}/task/{task}/unread", large) == (200, b"taken")
    assert ask(f"{url}/task/{task}/pipe", large) == (200, large)
    # It goes to the client with the body's end, and not with its own.
    request = urllib.request.Request(f"{url}/task/{task}/open", large)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.read(5) == b"first"
        ask(f"{url}/task/{task}/eval", b"void open.end('last')")
        assert answer.read() == b"last"
    other = "9" * 43
    assert ask(f"{url}/task/{other}/x") == (
        422, json.dumps({"message": f"Task {other} not running"},
                        separators=(",", ":")).encode())
    attention = "Attention22222222222222222222222222222222222"
    for path in ("/attention", "/attention/x?y", f"/task/{attention}/x"):
        assert ask(url + path) == (
            422, json.dumps({"message": f"Task {attention} not running"},
                            separators=(",", ":")).encode())
    assert ask(f"{url}/attentive")[0] == 404
    # For tasks in the machine's own network only, of which there are none.
    assert ask(f"{url}/namespace-wrapper", {"args": ["getRound"]})[0] == 404
    assert json.loads(ask(f"{url}/nodes/{other}")[1]) == []
    for body in ({}, {"data": {"url": "http://a", "timestamp": 1}}, b"[", b"["
                 * 5000):
        assert ask(f"{url}/register-node/{task}", body, "POST") == (
            409, b'{"message":"Registration is duplicate, outdated, or '
                 b'invalid"}')
    # What is for tasks is not on the port of everybody.
    assert ask(f"{url}/namespace-wrapper", {}, "POST")[0] == 404


def check_wrapper(pond, status, task, rpc):
    def wrapper(*args):
        return evaluate(pond, f"return generic(...{json.dumps(args)})")

    folder = str((pond.home / f"net/node-1/namespace/{task}").resolve())
    assert wrapper("getBasePath") == folder
    assert wrapper("getTaskLevelDBPath") == folder + "/KOIIDB"
    assert wrapper("defaultTaskSetup") is None
    assert tuple(map(int, wrapper("getTaskNodeVersion").split("."))) >= \
        (1, 11, 19)
    assert wrapper("getMainAccountPubkey") == status["main"]
    assert isinstance(wrapper("getRound"), int)
    assert wrapper("getCurrentSlot") > 0
    assert wrapper("getAverageSlotTime") > 0
    state = wrapper("getTaskState", {"is_stake_list_required": True})
    assert state["task_name"] == "my-first-task" and state["stake_list"]
    assert wrapper("getTaskStateById", task, {}, "KOII")["round_time"] == 50
    assert "submissions" in wrapper("getTaskSubmissionInfo", 0)
    assert "distributions_audit_record" in \
        wrapper("getTaskDistributionInfo", 0)
    assert isinstance(wrapper("getNodes", "http://x"), list)
    assert wrapper("getProgramAccounts")[0]["pubkey"]
    assert wrapper("logger", "error", "remember me", "x") is True
    wait_for("the line", lambda: "ERROR: remember me" in log_of(pond))
    # argv, as the design of Koii's node has it.
    argv = evaluate(pond, "return process.argv.slice(2)")
    assert argv[:5] == ["my-first-task", task, argv[2], "service",
                        status["main"]]
    assert len(argv[5]) == 20 and argv[9] == "30017"
    assert argv[8] == "4000000000"
    # The endpoint is reached under the name it is given by.
    assert evaluate(pond, """
        const answer = await fetch(await generic('getRpcUrl'), {
          method: 'POST', headers: {'content-type': 'application/json'},
          body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'getSlot'})});
        return (await answer.json()).result > 0""")
    assert argv[6] == wrapper("getRpcUrl")
    # Signatures of the main key, in nacl's form.
    signed = wrapper("signData", {"a": [1, "\u00fc"], "b": None})
    assert wrapper("verifySignedData", signed, status["main"]) == {
        "data": '{"a":[1,"\u00fc"],"b":null}'}
    assert wrapper("verifySignedData", signed, task) == {
        "error": "Invalid signature"}
    assert wrapper("verifySignedData", "0O", status["main"]) == {
        "error": "Invalid signature"}
    # The handle is a real key, and that of the stake.
    account = evaluate(pond, """
        return (await wrapper.getSubmitterAccount()).address""")
    assert account in state["stake_list"] and account != status["staking"]
    # A node that has staked registers itself, by the same signature.
    assert evaluate(pond, f"""
        const own = await wrapper.getSubmitterAccount();
        const register = async (timestamp, url) => {{
          const data = {{url, timestamp}};
          const text = Buffer.from(JSON.stringify(data));
          const signature = base58(Buffer.concat([
            crypto.sign(null, text, own.private_key), text]));
          const answer = await fetch(BASE + '/register-node/' + TASK_ID, {{
            method: 'POST', body: JSON.stringify({{data, signature,
              owner: own.address, submitterPubkey: own.address, tasks: []}})}});
          return answer.status;
        }};
        return [await register(5, 'http://a.example'),
                await register(5, 'http://a.example'),
                await register(4, 'http://a.example'),
                await register(6, 'file:///etc'),
                await register(6, 'http://b.example')]""") == \
        [200, 409, 409, 409, 200]
    # Koii's storage, under its own name and TLS, is this node's store.
    assert evaluate(pond, """
        const own = await wrapper.getSubmitterAccount();
        const hash = Buffer.from(sha256(Buffer.from('hello storage')));
        const form = new FormData();
        form.append('files', new Blob(['hello storage']), 'a.txt');
        form.append('signature', base58(Buffer.concat([
          crypto.sign(null, hash, own.private_key), hash])));
        form.append('stakingWalletPubkey', own.address);
        const storage = 'https://ipfs-gateway.koii.live';
        const added = await (await fetch(storage +
          '/task/BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm/ipfs/add',
          {method: 'POST', body: form})).json();
        return (await fetch(`${storage}/ipfs/${added.cid}/a.txt`)).text()
          .then(text => added.message ?? text)""") == "hello storage"
    # So is Koii's endpoint this network's.
    assert evaluate(pond, """
        const answer = await fetch('https://testnet.koii.network', {
          method: 'POST', headers: {'content-type': 'application/json'},
          body: JSON.stringify({jsonrpc: '2.0', id: 1,
            method: 'getTaskAccountInfo', params: [TASK_ID,
              {encoding: 'base64'}]})});
        return (await answer.json()).result.value.data[1]""") == "base64"
    # What nobody offers is named.
    for method in ("signArweave", "signEth"):
        assert "wallets of other chains" in wrapper(method, "x")["error"]
    assert "voteOnChain" in wrapper("voteOnChain", "x")["error"]
    assert wrapper("checkSubmissionAndUpdateRound", "x", 99)["error"]
    assert wrapper("checkSubmissionAndUpdateRound", "x" * 513, 0)["error"]
    assert wrapper("auditSubmission", account, False, 0)["error"].startswith(
        "a node does not vote")
    assert wrapper("uploadDistributionList", {"k" * 40: 1}, 99)["error"]


def check_files(pond, task):
    def files(*args, method="fs"):
        return evaluate(pond, f"return generic({json.dumps(method)}, "
                              f"...{json.dumps(args)})")

    def done(*args):
        answer = files(*args)
        assert answer is None, (args, answer)

    folder = str((pond.home / f"net/node-1/namespace/{task}").resolve())
    done("writeFile", "a.txt", "text \u00fc")
    assert files("readFile", "a.txt", "utf8") == "text \u00fc"
    assert files("readFile", f"{folder}/a.txt", {"encoding": "utf8"},
                 method="fsStaking") == "text \u00fc"
    done("appendFile", "a.txt", "!")
    assert files("readFile", "a.txt") == {
        "type": "Buffer", "data": list("text \u00fc!".encode())}
    done("mkdir", "b/c/d", {"recursive": True})
    done("rename", "a.txt", "b/c/a.txt")
    assert files("readdir", "b/c") in (["d", "a.txt"], ["a.txt", "d"])
    assert files("stat", "b/c/a.txt")["size"] == 8
    # Streams are no use over HTTP; what Koii's node answers is their JSON.
    stream = files("b/stream", method="fsWriteStream")
    assert (stream["path"], stream["flags"], stream["bytesWritten"]) == \
        (f"{folder}/b/stream", "w", 0), stream
    assert files("stat", "b/stream")["size"] == 0
    assert files("b/c/a.txt", method="fsReadStream")["flags"] == "r"
    assert files("gone", method="fsReadStream")["error"].startswith("ENOENT")
    assert files("../x", method="fsWriteStream")["error"]
    assert "not offered" in files("fsWriteStream", "x")["error"]
    done("access", "b/c/a.txt")
    done("unlink", "b/c/a.txt")
    assert files("readFile", "b/c/a.txt")["error"].startswith("ENOENT")
    assert files("mkdir", "b")["error"].startswith("EEXIST")
    done("rm", "b", {"recursive": True, "force": True})
    done("rm", "b", {"force": True})
    for path in ("../../wallets", "/etc/passwd", "x/../../../control.json",
                 "..", "link", "link/passwd"):
        evaluate(pond, "try { fs.symlinkSync('/etc', 'link') } catch {}")
        for name, *rest in (("readFile", "utf8"), ("readdir",), ("stat",),
                            ("writeFile", "x"), ("rm", {"recursive": True})):
            if (name, path) == ("rm", "link"):
                continue
            answer = files(name, path, *rest)
            assert isinstance(answer, dict) and answer.get("error"), \
                (path, name, answer)
    assert pathlib.Path("/etc/passwd").stat().st_size
    assert "not offered" in files("symlink", "a", "b")["error"]
    assert evaluate(pond, "return process.cwd() === await "
                          "generic('getBasePath')")


def check_money(pond, status, rpc):
    def refused(*args):
        answer = evaluate(pond, f"return generic(...{json.dumps(args)})")
        assert answer and answer.get("status") == 422, (args, answer)
        return answer["error"]

    task, main = status["tasks"][0]["task"], status["main"]
    stranger = "Stranger22222222222222222222222222222222222"
    assert "moves no coins" in refused("sendTransaction", main, stranger, 1)
    assert "no stake" in refused("stakeOnChain", task, {}, stranger, 1)
    assert "own stake pot" in refused("claimReward", stranger, main, {})
    pot = evaluate(pond, """
        const state = await generic('getTaskState', {});
        return state.stake_pot_account""")
    assert "main wallet" in refused("claimReward", pot, stranger, {})
    assert refused("sendAndConfirmTransactionWrapper",
                   {"type": "Buffer", "data": [1, 2, 3]}, [])
    check_transactions(pond, task, main, stranger, rpc)
    assert call_rpc(rpc, "getBalance", stranger)["value"] == 0


def check_transactions(pond, task, main, stranger, rpc):
    """A submission that the bundle composes itself is sent; a transfer, another
    task's business or a claim to a stranger is not."""
    blockhash = call_rpc(rpc, "getLatestBlockhash")["value"]["blockhash"]
    program = "Koiitask22222222222222222222222222222222222"
    clock = "SysvarC1ock11111111111111111111111111111111"
    state = state_of(rpc, task)

    def send(keys, signers, readonly, program_at, accounts, data):
        return evaluate(pond, f"""
            const bytes58 = text => {{
              let n = 0n;
              for (const c of text)
                n = n * 58n + BigInt(letters.indexOf(c));
              return Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
            }};
            const own = await wrapper.getSubmitterAccount();
            const keys = {json.dumps(keys)}
              .map(key => key === 'own' ? own.address : key);
            const data = Buffer.from({json.dumps(data.hex())}, 'hex');
            const size = n => n < 128 ? [n] : [n & 127 | 128, n >> 7];
            const message = Buffer.concat([
              Buffer.from([{signers}, 0, {readonly}, keys.length]),
              ...keys.map(bytes58), bytes58({json.dumps(blockhash)}),
              Buffer.from([1, {program_at}, {len(accounts)},
                ...{json.dumps(accounts)}, ...size(data.length)]), data]);
            const wire = Buffer.concat([Buffer.from([{signers}]),
              Buffer.alloc(64 * {signers}), message]);
            return generic('sendAndConfirmTransactionWrapper', wire,
              [{{_keypair: {{publicKey: {{...own.public_key}},
                secretKey: {{...own.secret}}}}}}]);""")

    def wait_for_window():
        """Early in a submission window; the round before this one."""
        while True:
            place = (call_rpc(rpc, "getSlot") - state["starting_slot"])
            if 1 <= place % 50 < 8 and place // 50 > 0:
                return place // 50 - 1
            time.sleep(0.05)

    # The bundle leaves this round to the test.
    evaluate(pond, "process.removeAllListeners('message'); return 1")
    while (call_rpc(rpc, "getSlot") - state["starting_slot"]) % 50 < 10:
        time.sleep(0.05)
    round = wait_for_window()
    submission = b"\x01" + b"made by hand".ljust(512) + \
        round.to_bytes(8, "little")
    answer = send([main, "own", task, clock, program], 2, 2, 4, [2, 1, 3],
                  submission)
    assert isinstance(answer, str) and len(answer) > 80, answer
    assert state_of(rpc, task)["submissions"][str(round)].popitem()[1][
        "submission_value"].rstrip() == "made by hand"
    transfer = b"\x02\0\0\0" + (5).to_bytes(8, "little")
    system = "11111111111111111111111111111111"
    for keys, accounts, data, why in (
            ([main, "own", stranger, system, system], [0, 2], transfer,
             "nothing else"),
            ([main, "own", stranger, clock, program], [2, 1, 3], submission,
             "another task"),
            ([main, "own", task, clock, program], [2, 0, 3], submission,
             "no other part"),
            ([main, "own", task, stranger, program], [2, 1, 3, 3], b"\x07",
             "main wallet"),
            ([main, "own", task, clock, program], [2, 1, 3], b"\x0a",
             "nothing else"),
            (["own", main, task, clock, program], [2, 1, 3], submission,
             "its payer")):
        answer = send(keys, 2, 2, 4, accounts, data)
        assert isinstance(answer, dict) and why in answer["error"], answer


def check_secrets(pond, task):
    """From inside: another secret, another task, no task."""
    for changed in ({"secret": "0" * 20}, {"secret": ""},
                    {"taskId": "9" * 43}, {"taskId": "x"}):
        body = {"args": ["getRound"], "taskId": task, "secret": "?",
                **changed}
        code, answer = evaluate(pond, f"""
            const answer = await fetch(BASE + '/namespace-wrapper', {{
              method: 'POST', body: JSON.stringify({{
                ...{json.dumps(body)}, ...({json.dumps(changed)}.secret ===
                undefined ? {{secret: SECRET_KEY}} : {{}}) }})}});
            return [answer.status, await answer.json()]""")
        assert (code, answer) == (401, {"message": "Invalid secret provided"})
    for body, text in (({}, "No args provided"),
                       ({"args": ["x"]}, "No taskId provided"),
                       ({"args": ["x"], "taskId": task},
                        "No secret provided")):
        assert evaluate(pond, f"""
            const answer = await fetch(BASE + '/namespace-wrapper', {{
              method: 'POST', body: JSON.stringify({json.dumps(body)})}});
            return [answer.status, await answer.json()]""") == [
                422, {"message": text}]
    for body in ("[", "[]", "{\"a\":" * 200 + "1" + "}" * 200,
                 "[" + "1," * 1100000 + "1]"):
        code = evaluate(pond, f"""
            const [part, times] = [{json.dumps(body[:2])}, {len(body)}];
            const answer = await fetch(BASE + '/namespace-wrapper', {{
              method: 'POST', body: times > 3000 ? '[' + '1,'.repeat(1100000)
                + '1]' : {json.dumps(body if len(body) < 3000 else "")}}});
            return answer.status""")
        assert code in (400, 413), (body[:20], code)
    # A flood: some are served, some refused, and the node goes on.
    codes = evaluate(pond, """
        const answers = await Promise.allSettled(Array.from({length: 600},
          () => fetch(BASE + '/namespace-wrapper', {method: 'POST', body:
            JSON.stringify({args: ['getTaskStateById', TASK_ID, {}],
              taskId: TASK_ID, secret: SECRET_KEY})}).then(a => a.status)));
        return [...new Set(answers.map(a => a.value ?? 'closed'))]""")
    assert 200 in codes and set(codes) <= {200, 422, 429, "closed"}, codes
    assert evaluate(pond, "return (await fetch(BASE + '/tasks')).status") == 200
    assert evaluate(pond, "return (await fetch(BASE + '/id')).text()") == \
        "Koiitask22222222222222222222222222222222222"


def check_streams(pond, url, task):
    """Answers come as the task writes them, and no faster than they are read:
    an end is not waited for."""
    answers = [urllib.request.urlopen(f"{url}/task/{task}/events", timeout=30)
               for _ in range(40)]
    for answer in answers:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.readline() + answer.readline() == b"data: 0\n\n"
    for count in range(1, 4):
        evaluate(pond, f"for (const one of listeners) "
                       f"one.write('data: {count}\\n\\n'); return 1")
        for answer in answers:
            assert answer.readline() + answer.readline() == \
                f"data: {count}\n\n".encode()
    evaluate(pond, "[...listeners][0].end(); return 1")
    assert answers[0].read() == b""
    for answer in answers[1:]:
        answer.close()
    # Who has hung up is noticed when there is something for it.
    wait_for("the listeners' ends", lambda: evaluate(
        pond, "for (const one of listeners) one.write('data: x\\n\\n'); "
              "return listeners.size") == 0)

    whole = 96 << 20
    with urllib.request.urlopen(f"{url}/task/{task}/much",
                                timeout=30) as answer:
        assert answer.headers["Content-Length"] == str(whole)
        assert answer.read(4096) == b"much" * 1024
        # Nobody reads: the task has to stop, which it does far before the end.
        written = lambda: evaluate(pond, "return written")
        last, now = 0, wait_for("the first bytes", written)
        while last != now:
            time.sleep(0.3)
            last, now = now, written()
        assert now < whole // 2, now
        size = 4096
        while piece := answer.read(1 << 20):
            size += len(piece)
        assert size == whole


def memory_has(process, needles):
    """Which of them are in a process's memory; None: it may not be read."""
    found = set()
    try:
        with open(f"/proc/{process}/mem", "rb", 0) as memory:
            for line in open(f"/proc/{process}/maps"):
                where, rights = line.split()[:2]
                first, last = (int(text, 16) for text in where.split("-"))
                if not rights.startswith("rw"):
                    continue
                try:
                    memory.seek(first)
                    piece = memory.read(last - first)
                except (OSError, ValueError, OverflowError):
                    continue
                found |= {name for name, bytes in needles.items()
                          if bytes in piece}
    except PermissionError:
        return None
    return found


def check_key(pond, task):
    """The key's secret goes from the signer to the task, and is in the node's
    memory in no form; until the task hands it over itself, among the arguments
    of a call. That one is looked through is shown by the public key."""
    folder = pond.home / f"net/node-1/namespace/{task}"
    evaluate(pond, """
        for (let i = 0; i < 20; i++)
          fs.writeFileSync('secret.json', JSON.stringify([
            ...(await wrapper.getSubmitterAccount()).secret]));
        return 1""")
    secret = json.loads((folder / "secret.json").read_text())
    assert len(secret) == 64
    text = ",".join(f'"{place}":{byte}' for place, byte in enumerate(secret))
    node = int(json.loads((pond.home / "net/node-1/control.json")
                          .read_text())["pid"])
    found = memory_has(node, {"public": bytes(secret[32:]),
                              "secret": bytes(secret[:32]),
                              "text": text[:120].encode()})
    if found is not None:
        assert found == {"public"}, found


def check_network(pond):
    """Names are looked up by the node; this machine's loopback is not the
    task's. What the rule lets through is net/proxy's affair."""
    port = int(control(pond, "/status")["public_url"].rsplit(":", 1)[1])
    codes = evaluate(pond, f"""
        const code = url => fetch(url).then(() => 'reached',
          e => e.cause?.code ?? String(e));
        return [await code('http://nowhere.invalid/'),
                await code('http://127.0.0.1:{port}/')]""")
    assert codes == ["ENOTFOUND", "ECONNREFUSED"], codes
    # Libraries in the process must not go by the proxy's variables, which are
    # for the programs that it starts, however it starts them.
    assert evaluate(pond, "return process.env.HTTPS_PROXY ?? null") is None
    found = evaluate(pond, """
        const child = require('child_process'), util = require('util');
        const echo = 'echo $HTTPS_PROXY$X', args = ['-c', echo];
        const env = {...process.env, X: 'x'};
        const all = [child.execSync(echo), child.execSync(echo, {env}),
          child.execFileSync('sh', args), child.spawnSync('sh', args).stdout,
          child.spawnSync('sh', args, {env}).stdout,
          (await util.promisify(child.exec)(echo)).stdout,
          (await util.promisify(child.execFile)('sh', args)).stdout,
          await new Promise(done => child.exec(echo, (e, out) => done(out))),
          await new Promise(done => child.execFile('sh', args, {env},
            (e, out) => done(out))),
          await new Promise(done => child.spawn('sh', args).stdout
            .on('data', done))];
        return all.map(String).map(text => text.trim())""")
    assert all(text.startswith("http://127.0.0.1:") for text in found), found
    assert [at for at, text in enumerate(found) if text.endswith("x")] == \
        [1, 4, 8], found
    # A browser needs no sandbox of its own in this one, and has no place for a
    # socket but below a short name.
    given = evaluate(pond, """
        const child = require('child_process'), util = require('util');
        fs.writeFileSync('chromium', '#!/bin/sh\\necho "$@"', {mode: 0o755});
        return [child.execFileSync('./chromium', ['a']),
          child.spawnSync('./chromium', ['--no-sandbox', 'b']).stdout,
          child.execFileSync('echo', ['c']),
          (await util.promisify(child.execFile)('./chromium', ['d'])).stdout]
          .map(text => String(text).trim())""")
    assert given == ["--no-sandbox a", "--no-sandbox b", "c",
                     "--no-sandbox d"], given
    assert evaluate(pond, """
        fs.writeFileSync(process.env.TMPDIR + '/x', 'y');
        return [process.env.TMPDIR, fs.readFileSync('tmp/x', 'utf8')]""") == \
        ["/tmp", "y"]


def pond_key(pond, node):
    return control(pond, "/status", node=node)["staking"]


if __name__ == "__main__":
    if not shutil.which("node"):
        print("1..1\nok 1 # SKIP node is not installed")
        sys.exit(0)
    harness.main(sys.modules[__name__])
