#!/usr/bin/env python3
"""`pond up` and what a user does with the network it starts."""
import json

import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import pond as harness

ROOT = pathlib.Path(__file__).resolve().parents[2]


def up(pond, *words, **options):
    return pond.serve("up", "--rpc-port", "0", "--dir", "net", *words,
                      **options)


def children_of(pid):
    path = f"/proc/{pid}/task/{pid}/children"
    return [int(word) for word in pathlib.Path(path).read_text().split()]


def is_gone(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return state.rsplit(")", 1)[1].split()[0] in "ZX"


def await_gone(pids, seconds=60):
    """Polls, because only a parent can wait for a process to end."""
    deadline = time.monotonic() + seconds
    while not all(map(is_gone, pids)):
        assert time.monotonic() < deadline, f"{pids} are still there"
        time.sleep(0.05)


def test_up_prints_its_ready_line_and_ctrl_c_stops_everything(pond):
    server = up(pond, "--nodes", "2")
    port = int(server.values["rpc"].rsplit(":", 1)[1])
    assert server.line == (f"ready rpc=http://127.0.0.1:{port} "
                           f"ws=ws://127.0.0.1:{port + 1}")
    children = children_of(server.process.pid)
    assert len(children) == 3
    rpc = ("--rpc", server.values["rpc"])
    assert pond.json("chain", "slot", *rpc)[0]["slot"] > 0

    assert server.stop() == 0
    await_gone(children)
    pond("chain", "slot", *rpc, status=4)
    check = pond.json("validator", "--check", "--dir", "net/validator")[0]
    assert check["transactions"] >= 2


def test_up_prints_no_ready_line_for_a_folder_without_a_network(pond):
    """Scripts take the URLs out of that line."""
    (pond.home / "net" / "validator").mkdir(parents=True)
    (pond.home / "net" / "validator" / "genesis.json").write_text("{}")
    for text in ("{}", "7", "["):
        (pond.home / "net" / "validators.json").write_text(text)
        done = pond("up", "--rpc-port", "0", "--dir", "net", "--nodes", "0",
                    status=1)
        assert done.stdout == ""
        assert "net/validators.json" in done.stderr


def test_a_validator_names_the_address_it_listens_on(pond):
    """All of 127.0.0.0/8 is this machine."""
    for number, (listen, host) in enumerate((
            ("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"),
            ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]"),
            ("0:0::0", "[::1]"))):
        if ":" in listen and not pathlib.Path("/proc/net/if_inet6").exists():
            continue
        server = pond.serve("validator", "--development", "--rpc-port", "0",
                            "--dir", f"v{number}", "--listen", listen)
        url, port = server.values["rpc"].rsplit(":", 1)
        assert url == f"http://{host}"
        assert server.values["ws"] == f"ws://{host}:{int(port) + 1}"
        pond("chain", "slot", "--rpc", server.values["rpc"])
        assert server.stop() == 0


def test_a_chain_alone_can_be_started(pond):
    server = up(pond, "--nodes", "0")
    assert len(children_of(server.process.pid)) == 1
    pond("wallet", "new")
    pond("airdrop", "7", "--rpc", server.values["rpc"])
    assert server.stop() == 0
    assert "the task manager's" in (pond.home / "server.log").read_text()
    assert "--task needs a node" in pond("up", "--nodes", "0", "--task", ".",
                                         status=1).stderr


def await_line(server, text, seconds=60):
    """What a server prints, up to a line that holds the text. A server that
    ends, or is ended by a time limit, has no further lines."""
    patience = threading.Timer(seconds, server.process.kill)
    patience.start()
    seen = []
    try:
        for line in server.process.stdout:
            seen.append(line)
            if text in line:
                return line
    finally:
        patience.cancel()
    raise AssertionError(f"'{text}' never came: {''.join(seen)}")


def make_task(pond, source):
    """A task whose whole bundle is this text; its config's path."""
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(source)
    return "mine"


def test_a_bundle_that_can_not_be_loaded_is_named(pond):
    task = make_task(pond, "require('not-there');")
    server = up(pond, "--nodes", "1", "--task", task)
    line = await_line(server, "node-1 (")
    assert "main.js could not be loaded" in line and "not-there" in line, line
    assert server.stop() == 0

    server = up(pond, "--nodes", "1", "--task", task, "--json")
    error = json.loads(await_line(server, '"error"'))
    assert error["node"] == "node-1" and "not-there" in error["error"]
    assert server.stop() == 0


WORKING = """require("@_koii/task-manager").initializeTaskManager({
  setup() { console.log("the sandbox was here"); }, task() {},
  submission() {}, audit() { return true; }, distribution() { return {}; },
  routes() {} });"""


def test_namespaces_are_insisted_on_if_the_operator_wants_them(pond):
    task = make_task(pond, WORKING)
    server = up(pond, "--nodes", "1", "--task", task, "--require-sandbox",
                before=harness.hide_namespaces)
    line = await_line(server, "node-1 (")
    assert "namespace" in line and "pond doctor" in line, line
    assert server.stop() == 0


def test_landlock_is_insisted_on_unless_it_is_done_without(pond):
    task = make_task(pond, WORKING)
    server = up(pond, "--nodes", "1", "--task", task,
                before=harness.hide_landlock)
    line = await_line(server, "node-1 (")
    assert "Landlock" in line and "pond doctor" in line, line
    assert server.stop() == 0
    log = (pond.home / "net" / "node-1.log").read_text()
    assert "runs" not in log

    server = up(pond, "--nodes", "1", "--task", task, "--no-landlock",
                before=harness.hide_landlock)
    deadline = time.monotonic() + 60
    while True:
        tasks = control(pond)["tasks"]
        if tasks and all(each["state"] == "running" for each in tasks):
            break
        assert time.monotonic() < deadline, tasks
        time.sleep(0.1)
    # Whoever does without a wall is told what it is.
    told = harness.wait(lambda: [one for one in pond.json(
        "notifications", "list", "--node-dir", "net/node-1")
        if one["kind"] == "sandbox_weak"])
    assert "no Landlock" in told[0]["text"] and told[0]["open"], told
    assert server.stop() == 0


def control(pond):
    """The status of node-1, by its control port."""
    file = json.loads((pond.home / "net/node-1/control.json").read_text())
    request = urllib.request.Request(
        file["url"] + "/status",
        headers={"Authorization": "Bearer " + file["token"]})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_children_die_with_a_killed_parent(pond):
    server = up(pond, "--nodes", "2")
    children = children_of(server.process.pid)
    server.stop(signal.SIGKILL)
    await_gone(children)


def test_a_network_goes_on_where_it_stopped(pond):
    server = up(pond, "--nodes", "1")
    rpc = ("--rpc", server.values["rpc"])
    pond("wallet", "new")
    pond("airdrop", "7", *rpc)
    slot = pond.json("chain", "slot", *rpc)[0]["finalized"]
    server.stop()

    server = up(pond, "--nodes", "1")
    rpc = ("--rpc", server.values["rpc"])
    assert pond.json("wallet", "balance", *rpc)[0]["balance_roe"] == 7 * 10**9
    assert pond.json("chain", "slot", *rpc)[0]["finalized"] >= slot


def test_coins_move_and_stand_on_the_ledger(pond):
    rpc = ("--rpc", up(pond, "--nodes", "1").values["rpc"])
    pond("wallet", "new")
    other = pond.json("wallet", "new", "-o", "other.json")[0]["address"]
    pond("airdrop", "5", *rpc)
    sent = pond.json("wallet", "transfer", other, "1.5", *rpc)[0]
    assert sent["amount_roe"] == 1_500_000_000
    assert pond.json("wallet", "balance", other,
                     *rpc)[0]["balance_roe"] == 1_500_000_000
    assert pond.json("wallet", "balance",
                     *rpc)[0]["balance_roe"] == 3_499_995_000

    shown = pond("chain", "transaction", sent["signature"], *rpc).stdout
    assert "success" in shown
    raw = pond.json("chain", "transaction", sent["signature"], *rpc)[0]
    assert raw["meta"]["fee"] == 5000
    block = pond.json("chain", "block", sent["slot"], *rpc)[0]
    assert len(block["transactions"]) == 1
    account = pond.json("chain", "account", other, *rpc)[0]
    assert account["owner"] == "1" * 32

    poor = pond("wallet", "transfer", other, "100", *rpc, status=5)
    assert poor.stdout == ""
    pond("chain", "account", "Unknown" + "1" * 37, *rpc, status=1)
    pond("chain", "transaction", "1" * 64, *rpc, status=3)


def build_task(pond):
    """A new task, bundled."""
    folder = pond.home / "mine"
    pond("task", "new", "mine")
    subprocess.run(
        ["esbuild", "src/index.js", "--bundle", "--platform=node",
         "--format=cjs", "--external:@_koii/*", "--outfile=dist/main.js",
         "--log-level=warning"], cwd=folder, check=True)
    return folder


def test_a_task_is_created_funded_run_and_stopped(pond):
    rpc = ("--rpc", up(pond, "--nodes", "1").values["rpc"])
    node = ("--node-dir", "net/node-1")
    # The round does not end meanwhile, because a submission would lock the
    # stake.
    config = build_task(pond) / "config-task.yml"
    config.write_text(config.read_text().replace("round_time: 60",
                                                 "round_time: 6000"))
    pond("wallet", "new")
    pond("airdrop", "300", *rpc)
    assert pond.json("task", "list", *rpc) == []
    task = pond.json("task", "create", "mine/config-task.yml", *rpc)[0]["task"]
    key = json.loads((pond.home / "taskStateInfoKeypair.json").read_text())
    assert len(key) == 64
    assert [line["task"] for line in pond.json("task", "list", *rpc)] == [task]

    pond("task", "fund", task, "10", *rpc)
    state = pond.json("task", "show", task, *rpc)[0]
    assert state["total_bounty_amount"] == 110 * 10**9
    assert state["is_active"] is True
    pond("task", "deactivate", task, *rpc)
    assert pond.json("task", "list", *rpc) == []
    pond("task", "activate", task, *rpc)
    # Refused because coins are missing, and because the key is a wallet's.
    pond("wallet", "new", "-o", "other.json")
    other = ("--keypair", "other.json", *rpc)
    poor = pond("task", "deactivate", task, *other, status=5).stderr
    assert "only the wallet" not in poor, poor
    pond("airdrop", "1", "other.json", *rpc)
    stranger = pond("task", "deactivate", task, *other, status=5).stderr
    assert "only the wallet that created" in stranger, stranger

    pond("task", "stake", task, "3", *rpc, *node)
    state = pond.json("task", "show", task, *rpc)[0]
    assert list(state["stake_list"].values()) == [3 * 10**9]
    pond("task", "start", task, *node)
    pond("task", "start", task, *node, status=5)
    pond("task", "logs", task, *node)
    pond("task", "stop", task, *node)
    pond("task", "stop", task, *node, status=5)

    # Nothing was submitted.
    pond("task", "unstake", task, *rpc, *node)
    pond("task", "claim", task, *rpc, *node)


def test_a_task_that_was_refused_can_be_created_again(pond):
    rpc = ("--rpc", up(pond, "--nodes", "1").values["rpc"])
    create = ("task", "create", "mine/config-task.yml")
    path = pond.home / "taskStateInfoKeypair.json"
    build_task(pond)
    pond(*create, *rpc, status=3)
    pond("wallet", "new")
    pond(*create, "--rpc", "http://127.0.0.1:9", status=4)
    pond(*create, *rpc, status=1)
    assert not path.exists()
    pond("airdrop", "300", *rpc)
    made = pond.json(*create, *rpc)[0]
    key = path.read_bytes()
    named = pond.json("wallet", "balance", path, *rpc)[0]
    assert named["address"] == made["task"]

    # The same task with the same key is that task, once the chain can no longer
    # forget it: nothing is paid again. A key in use is given to no other task:
    # neither that key, nor a wallet's.
    deadline = time.monotonic() + 60
    while pond.json("chain", "slot", *rpc)[0]["finalized"] < made["slot"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    again = pond.json(*create, *rpc)[0]
    assert again["task"] == made["task"] and "signature" not in again
    config = pond.home / "mine" / "config-task.yml"
    config.write_text(config.read_text().replace("my-first-task", "another"))
    for file in (path, pond.home / ".config" / "pond" / "id.json"):
        done = pond(*create, "--task-keypair", file, *rpc, status=1)
        assert "--task-keypair" in done.stderr, done.stderr
    assert path.read_bytes() == key


def test_a_wrong_config_names_the_key(pond):
    folder = build_task(pond)
    config = folder / "config-task.yml"
    config.write_text(config.read_text().replace("round_time: 60",
                                                 "round_time: 30"))
    done = pond("task", "create", "mine/config-task.yml", status=1)
    assert "round_time" in done.stderr


def test_a_busy_port_or_folder_is_said(pond):
    server = up(pond, "--nodes", "1")
    port = server.values["rpc"].rsplit(":", 1)[1]
    done = pond("up", "--dir", "other", "--nodes", "1", "--rpc-port", port,
                status=7)
    assert "--rpc-port" in done.stderr
    done = pond("up", "--dir", "net", "--nodes", "1", "--rpc-port", "0",
                status=1)
    assert "--dir" in done.stderr


def test_a_demonstration_of_two_rounds_holds(pond):
    build = pathlib.Path(pond.program).parents[2]
    done = subprocess.run(
        [sys.executable, ROOT / "tasks/archive/demo/run.py", "--build", build,
         "--dir", pond.home / "demo", "--rounds", "2", "--nodes", "4",
         "--slot-ms", "150", "--rpc-port", "0"],
        env=pond.environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]
    for check in ("paid", "caught", "claimed", "conserved", "evidence"):
        assert f"  yes  {check}" in done.stdout, done.stdout[-3000:]
    # A worker that crashes is started again, and most rounds succeed.
    for log in (pond.home / "demo").glob("node-*.log"):
        assert "worker ended" not in log.read_text(), log.read_text()


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
