#!/usr/bin/env python3
"""What the owner of a machine allows its tasks, on a machine of files."""
import pathlib
import sys
import time

import pond as harness
from pond import wait

MAIN = """
const {initializeTaskManager} = require("@_koii/task-manager");
initializeTaskManager({
  setup() {}, task() {}, submission: round => "proof " + round,
  audit: () => true, distribution: () => ({}), routes() {},
});
"""


# A program that works and has memory, on either engine.
GREEDY = """
globalThis.kept = Buffer.alloc(150 << 20, 1);
setInterval(() => {
  for (const end = Date.now() + 90; Date.now() < end;);
}, 95);
"""


class Machine:
    """Files in the place of /sys and /proc: a laptop that is plugged in."""

    def __init__(self, folder):
        self.folder = folder
        self.put("sys/class/power_supply/AC/type", "Mains")
        self.put("sys/class/power_supply/BAT0/type", "Battery")
        self.put("sys/class/power_supply/BAT0/capacity", "80")
        self.plug(True)
        self.route("eth0")

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")

    def plug(self, is_in):
        self.put("sys/class/power_supply/AC/online", "1" if is_in else "0")
        self.put("sys/class/power_supply/BAT0/status",
                 "Charging" if is_in else "Discharging")

    def route(self, interface):
        self.put("proc/net/route",
                 "Iface Destination\n" + "\t".join(
                     [interface, "00000000", "010200C0", "0003", "0", "0",
                      "100", "00000000", "0", "0", "0"]))


class Node:
    """A node on such a machine, with a task of a network beside it."""

    def __init__(self, pond, machine, slot_ms=50):
        self.pond = pond
        pond("task", "new", "mine")
        (pond.home / "mine" / "dist").mkdir()
        (pond.home / "mine" / "dist" / "main.js").write_text(MAIN)
        network = pond.serve("up", "--rpc-port", "0", "--dir", "net",
                             "--nodes", "1", "--task", "mine",
                             "--slot-ms", slot_ms)
        self.rpc = network.values["rpc"]
        self.machine = machine
        self.task = wait(lambda: pond.json(
            "node", "status", "--node-dir", "net/node-1")[0]["tasks"]
        )[0]["task"]
        self.server = None

    def start(self, *words):
        self.server = self.pond.serve(
            "node", "--new-wallet",
            "--node-dir", "n", "--rpc", self.rpc, "--listen",
            "127.0.0.1", "--port", "0", "--network", "loopback",
            "--no-sandbox", "--machine-root", self.machine.folder, *words,
            log="node.log")

    def __call__(self, *words, **options):
        return self.pond(*words, "--node-dir", "n", **options)

    def status(self):
        return self.pond.json("node", "status", "--node-dir", "n")[0]

    def tasks(self, state):
        return [task for task in self.status()["tasks"]
                if task["state"] == state]

    def condition(self, name):
        return [one for one in self.pond.json(
            "conditions", "--node-dir", "n") if one["name"] == name][0]


def check_hours(node):
    """Of a task that runs: one session, and hours of its own."""
    later = time.strftime("%a", time.localtime(time.time() + 2 * 86400)).lower()
    of_task = ("--task", node.task)

    def runs():
        return wait(lambda: node.tasks("running"))

    def rests():
        assert wait(lambda: node.tasks("resting"))[0]["reason"] == "schedule"

    node("schedule", "add", later, "10:00", "11:00")
    rests()
    node("schedule", "disable", "1")
    runs()
    node("schedule", "enable", "1")
    rests()
    # A task with hours of its own has no others.
    node("schedule", "add", "daily", "00:00", *of_task)
    runs()
    own = [one for one in node.pond.json("schedule", "list", "--node-dir", "n")
           if one["task"]]
    assert own == [{
        "id": 1, "days": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        "start": "00:00:00", "stop": "", "enabled": True,
        "task": node.task}], own
    for words, text in ((("remove", "7"), "no session 7"),
                        (("add", later, "10:00"), "SCHEDULE_OVERLAP")):
        refused = node("schedule", *words, *of_task, status=5)
        assert text in refused.stderr, refused
    node("schedule", "remove", "one", status=1)
    node("schedule", "clear")
    node("schedule", "disable", "1", *of_task)
    node("schedule", "add", later, "10:00", *of_task)
    rests()
    # They outlive the node.
    assert node.server.stop() == 0
    node.start()
    rests()
    node("schedule", "remove", "2", *of_task)
    runs()
    node("schedule", "clear", *of_task)
    assert node.pond.json("schedule", "list", "--node-dir", "n") == []


def test_tasks_run_only_while_their_owner_allows(pond):
    machine = Machine(pond.home / "machine")
    node = Node(pond, machine)
    node.start("--condition", "battery=never")
    pond("airdrop", "50", node.status()["main"], "--rpc", node.rpc)
    node("task", "start", node.task, "--stake", "5", "--rpc", node.rpc)
    wait(lambda: node.tasks("running"))
    assert wait(lambda: node.condition("battery")["now"]
                != "unknown" and node.condition("battery")) == {
        "name": "battery", "value": "never", "unit": "percent",
        "now": "plugged in, 80 %", "rests": False}

    # On battery it has no process, and nothing counts as gone wrong.
    machine.plug(False)
    resting = wait(lambda: node.tasks("resting"))[0]
    assert resting["reason"] == "battery", resting
    assert "on battery" in resting["error"], resting
    assert resting["status"] != "ERROR" and resting["stake"] == 5 * 10**9
    wait(lambda: "pid" not in node.status()["tasks"][0]["worker"])
    assert node.status()["conditions"]["rests"] == "battery"
    assert "on battery" in node("node", "status").stdout
    metrics = node("node", "status", "--metrics").stdout
    assert 'pond_node_condition{condition="battery"} 1' in metrics
    assert (f'pond_task_resting{{task="{node.task}",reason="battery"}} 1'
            in metrics)

    # What is set at run time holds at once, and after a restart.
    node("conditions", "set", "battery", "60")
    wait(lambda: node.tasks("running"))
    refused = node("conditions", "set", "battery", "half", status=5)
    assert "whole number of percent from 1 to 100" in refused.stderr, refused
    refused = node("conditions", "set", "batery", "60", status=5)
    assert "traffic-month" in refused.stderr, refused
    node("conditions", "set", "metered", "wwan*")
    assert node.server.stop() == 0
    node.start()
    assert node.condition("battery")["value"] == "60"
    assert node.condition("metered")["value"] == "wwan*"
    assert node.condition("busy")["value"] is None
    wait(lambda: node.tasks("running"))

    machine.route("wwan0")
    assert wait(lambda: node.tasks("resting"))[0]["reason"] == "metered"
    node("conditions", "set", "metered", "none")
    wait(lambda: node.tasks("running"))

    # Traffic, of which the month's part outlives the node.
    for way in "rx", "tx":
        machine.put(f"sys/class/net/wwan0/statistics/{way}_bytes", "1000")
    wait(lambda: node.condition("traffic-day")["now"] == "0 MiB")
    node("conditions", "set", "traffic-month", "7")
    machine.put("sys/class/net/wwan0/statistics/rx_bytes", str(8 << 20))
    assert wait(lambda: node.tasks("resting"))[0]["reason"] == "traffic"
    assert node.condition("traffic-month") == {
        "name": "traffic-month", "value": "7", "unit": "MiB", "now": "7 MiB",
        "rests": True}
    assert node.server.stop() == 0
    node.start()
    assert wait(lambda: node.tasks("resting"))[0]["reason"] == "traffic"
    node("conditions", "set", "traffic-month", "none")
    wait(lambda: node.tasks("running"))
    check_hours(node)
    # A task that rests is no trouble.
    assert [n for n in pond.json("notifications", "list", "--node-dir", "n")
            if n["kind"] == "task_failed"] == []
    assert node.server.stop() == 0


def family(process):
    """A process and all that it started, as they still are."""
    found = [process]
    for one in found:
        for children in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                pass
    return found


def states(process):
    """The letters of proc(5) of them: T is stopped."""
    letters = ""
    for one in family(process):
        try:
            stat = pathlib.Path(f"/proc/{one}/stat").read_text()
        except OSError:
            continue
        letters += stat.rpartition(") ")[2][0]
    return letters


def use(process):
    """Processor time of them, in ticks."""
    ticks = 0
    for one in family(process):
        stat = pathlib.Path(f"/proc/{one}/stat").read_text()
        ticks += sum(map(int, stat.rpartition(") ")[2].split()[11:13]))
    return ticks


def works_freely(process):
    """For half a second of processor time."""
    before = use(process)
    while use(process) < before + 50:
        if "T" in states(process):
            return False
    return True


def check_shares(node):
    """Of a greedy task that runs."""
    process = wait(lambda: node.tasks("running"))[0]["worker"]["pid"]
    before = use(process)
    wait(lambda: use(process) > before + 20)
    node("conditions", "set", "cpu", "1")
    wait(lambda: "T" in states(process))
    node("conditions", "set", "cpu", "none")
    wait(lambda: works_freely(process))

    node("conditions", "set", "memory", "100")
    resting = wait(lambda: node.tasks("resting"))[0]
    assert resting["reason"] == "memory", resting
    assert "more memory than they may" in resting["error"], resting
    node("conditions", "set", "memory", "none")
    wait(lambda: node.tasks("running"))


def test_all_tasks_together_take_no_more_than_they_may(pond):
    # A task of Koii's that submits nothing is started again after four rounds.
    node = Node(pond, Machine(pond.home / "machine"), slot_ms=400)
    (pond.home / "greedy.js").write_text(GREEDY)
    node.start()
    pond("airdrop", "50", node.status()["main"], "--rpc", node.rpc)
    for engine in "pond", "node":
        node("task", "start", node.task, "--stake", "5", "--engine", engine,
             "--executable", "greedy.js", "--trust-task", "--rpc", node.rpc)
        check_shares(node)
        node("task", "stop", node.task)
        wait(lambda: not node.status()["tasks"])
    assert node.server.stop() == 0


def test_a_condition_that_is_none_is_refused_at_the_start(pond):
    for given, words in (("battery", "NAME=VALUE"), ("busy=0", "1 to 99"),
                         ("metred=x", "name one of")):
        refused = pond("node", "--new-wallet",
                       "--node-dir", "n", "--port", "0",
                       "--no-sandbox", "--rpc", "http://127.0.0.1:9",
                       "--condition", given, status=None)
        assert refused.returncode == 1 and words in refused.stderr, refused


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
