"""The WebSocket of open pages: topics as they change, and pages that mean harm
beside an honest one."""
import contextlib
import socket
import sys
import time

from page_client import Live
from page_guard_test import TASK, key, start
from pond import main, wait


def is_of(type_, **fields):
    return lambda message: message["type"] == type_ and all(
        message.get(name) == value for name, value in fields.items())


def watch(live, topic):
    """Gives its snapshot."""
    live.say({"type": "watch", "topic": topic})
    return live.hear_until(is_of("snapshot", topic=topic))


def merge(target, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def test_a_page_hears_what_it_watches(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.closing(session.live()) as live:
        snapshot = watch(live, "tasks")
        assert snapshot["seq"] == 1 and snapshot["data"] == {}
        data, seq = snapshot["data"], 1
        session.ask("POST", f"tasks/{TASK}/start", {}, key())
        while TASK not in data or "state" not in data[TASK]:
            patch = live.hear_until(is_of("patch", topic="tasks"))
            assert patch["seq"] == seq + 1
            data, seq = merge(data, patch["data"]), patch["seq"]
        row = session.ask("GET", "tasks").json["items"][0]
        assert data[TASK]["task"] == row["task"] == TASK
        # What did not change is not said again.
        assert "name" not in patch["data"] or TASK not in patch["data"]
        one = watch(live, "task/" + TASK)
        assert one["data"]["rounds"] == []
        assert watch(live, "node")["data"]["name"] == "node"
        session.ask("POST", f"tasks/{TASK}/stop", {})
        while data[TASK].get("state") != "stopped":
            patch = live.hear_until(is_of("patch", topic="tasks"))
            assert patch["seq"] == seq + 1
            data, seq = merge(data, patch["data"]), patch["seq"]
        session.ask("DELETE", f"tasks/{TASK}")


def test_pages_share_a_topic(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.closing(session.live()) as one, \
            contextlib.closing(session.live()) as two:
        watch(one, "tasks")
        session.ask("POST", f"tasks/{TASK}/start", {}, key())
        first = one.hear_until(is_of("patch", topic="tasks"))
        snapshot = watch(two, "tasks")
        assert snapshot["seq"] >= first["seq"]
        assert TASK in snapshot["data"]
        session.ask("POST", f"tasks/{TASK}/stop", {})
        patches = [page.hear_until(
            lambda message: message["type"] == "patch" and
            message["seq"] > snapshot["seq"]) for page in (one, two)]
        assert patches[0] == patches[1]
        # A gap is mended by watching again.
        assert watch(one, "tasks")["seq"] >= patches[0]["seq"]


def test_slots_come_each_second(pond):
    control = start(pond)
    with contextlib.closing(control.connect().live()) as live:
        begin = time.monotonic()
        for _ in range(3):
            slot = live.hear_until(is_of("slot"))
            assert {"slot", "final", "slot_ms"} <= set(slot)
        assert time.monotonic() - begin > 1.5


def test_a_hidden_page_is_left_alone(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.closing(session.live()) as live:
        seq = watch(live, "tasks")["seq"]
        live.say({"type": "quiet", "on": True})
        live.say({"type": "watch", "topic": "nothing"})
        # Everything before this answer was on its way.
        live.hear_until(is_of("error", code="topic"))
        session.ask("POST", f"tasks/{TASK}/start", {}, key())
        assert not live.has_more(2.5)
        live.say({"type": "quiet", "on": False})
        shown = live.hear_until(is_of("snapshot", topic="tasks"))
        assert TASK in shown["data"] and shown["seq"] > seq


def test_lines_of_a_log_come_as_they_are_written(pond):
    control = start(pond)
    path = pond.home / "node/node.log"

    def write(count, text):
        with open(path, "a", encoding="utf-8") as log:
            for number in range(count):
                log.write("2026-01-01T00:00:00.000Z info  test: "
                          f"{text} {number}\n")

    write(5, "old")
    with contextlib.closing(control.connect().live()) as live:
        live.say({"type": "watch", "topic": "log"})
        live.say({"type": "watch", "topic": "log/../../x"})
        live.hear_until(is_of("error", code="topic"))
        wait_for_slots(live, 2)  # a look has passed by
        write(500, "new")
        lines = []
        while len(lines) < 500:
            message = live.hear_until(is_of("log", topic="log"))
            assert len(message["lines"]) <= 200
            lines += [line for line in message["lines"] if "test:" in line[2]]
        assert lines[0][1:] == ["info", "test: new 0"], lines[0]
        assert lines[499][2] == "test: new 499"
        # More than a page can read is passed over, and counted.
        write(20000, "much")
        dropped = said = 0
        while dropped + said < 20000:
            message = live.hear_until(is_of("log", topic="log"))
            dropped += message["dropped"]
            said += len(message["lines"])
        assert dropped > 0 and said >= 1000


def wait_for_slots(live, count):
    for _ in range(count):
        live.hear_until(is_of("slot"))


def test_who_does_not_say_who_it_is_gets_nothing(pond):
    control = start(pond)
    session, other = control.connect(), control.connect()
    with contextlib.closing(Live(control, None)) as live:
        assert live.status == 401
    with contextlib.closing(Live(control, "pond-abcdef=1")) as live:
        assert live.status == 401
    for message in ({"type": "watch", "topic": "node"},
                    {"type": "hello", "key": other.key},
                    {"type": "hello", "key": "0" * 64}, {"type": "hello"},
                    {"type": "hello", "key": 7}, [], "hello"):
        with contextlib.closing(session.live(hello=False)) as live:
            live.say(message)
            messages = live.hear_all()
            assert messages[-1] == {"type": "bye", "reason": "session"}, (
                message, messages)
            assert not [found for found in messages
                        if found["type"] not in ("bye", "error")]
    # Another port's cookie of that name does not shut the owner out.
    name, value = session.cookie.split("=")
    with contextlib.closing(Live(
            control, f"{name}=planted; {name}={value}; x=y")) as live:
        live.say({"type": "hello", "key": session.key})
        assert live.hear()["type"] == "welcome"


def test_a_form_that_is_wrong_is_said(pond):
    control = start(pond)
    with contextlib.closing(control.connect().live()) as live:
        for text, code in ((b"{", "form"), (b'{"type":"x"}', "form"),
                           (b'{"type":"watch","topic":"x"}', "topic"),
                           (b'{"type":"watch","topic":"task/"}', "topic"),
                           (b'{"type":"watch","topic":"tasks/x"}', "topic"),
                           (b'{"type":"hello","key":"x"}', "hello")):
            live.frame(1, text)
            live.hear_until(is_of("error", code=code))
        live.say({"type": "unwatch", "topic": "tasks"})
        assert watch(live, "node")["data"]["name"] == "node"


def test_a_page_watches_32_topics_at_most(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.closing(session.live()) as live:
        live.say({"type": "watch", "topic": "log"})
        for number in range(31):
            # Ids that are well formed need no task. 20 messages a second.
            text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"[number]
            live.say({"type": "watch", "topic":
                      f"log/1111111111111111111111111111111{text}"})
            time.sleep(0.06)
        live.say({"type": "watch", "topic": "node"})
        live.hear_until(is_of("error", code="limit", topic="node"))
        live.say({"type": "unwatch", "topic": "log"})
        assert watch(live, "node")["seq"] == 1


def test_sixteen_pages_are_open_at_most(pond):
    control = start(pond)
    session = control.connect()
    with contextlib.ExitStack() as stack:
        pages = [stack.enter_context(contextlib.closing(session.live()))
                 for _ in range(16)]
        more = stack.enter_context(
            contextlib.closing(session.live(hello=False)))
        assert more.status == 503
        pages[0].close()
        wait(lambda: open_one(session))
        wait_for_slots(pages[1], 1)


def open_one(session):
    with contextlib.closing(session.live(hello=False)) as live:
        return live.status == 101


def test_pages_that_mean_harm_stand_beside_an_honest_one(pond):
    control = start(pond)
    session = control.connect()
    path = pond.home / "node/node.log"
    with contextlib.ExitStack() as stack:
        def add(live):
            return stack.enter_context(contextlib.closing(live))

        honest = add(session.live())
        watch(honest, "node")
        silent = add(session.live(hello=False))    # never says hello
        half = add(session.live())                 # half a frame
        half.socket.sendall(b"\x81\xfe\x0f")
        begun = stack.enter_context(socket.create_connection(
            ("127.0.0.1", control.port)))          # half a request
        begun.sendall(b"GET /api/1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        slow = add(session.live(buffer=4096))      # never reads
        slow.say({"type": "watch", "topic": "log"})
        flooding = add(session.live())
        large = add(session.live())
        pieces = add(session.live())

        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                flooding.say({"type": "quiet", "on": False})
        messages = flooding.hear_all()
        assert {"type": "bye", "reason": "rate"} in messages or \
            [message for message in messages
             if message.get("code") == "rate"], messages
        with contextlib.suppress(ConnectionError):
            large.frame(1, b" " * 5000)
        large.hear_all()
        with contextlib.suppress(ConnectionError):
            pieces.frame(1, b" " * 4000, is_last=False)
            pieces.frame(0, b" " * 4000)
        pieces.hear_all()

        # Lines for the slow one until the node gives it up.
        line = ("2026-01-01T00:00:00.000Z info  test: " + "x" * 4000 +
                "\n").encode()
        other_end = f"0100007F:{slow.socket.getsockname()[1]:04X}"
        assert other_end in open_pages(control)
        end = time.monotonic() + 60
        while other_end in open_pages(control):
            assert time.monotonic() < end, "the slow one was kept"
            with open(path, "ab") as log:
                log.write(line * 1000)
            wait_for_slots(honest, 1)
        messages = silent.hear_all()
        assert messages[-1] == {"type": "bye", "reason": "session"}, messages
        assert messages[-2]["code"] == "hello"
        wait_for_slots(honest, 2)
        assert watch(honest, "tasks")["data"] == {}
        assert session.ask("GET", "node").status == 200


def open_pages(control):
    """Connections of the node's port that are established, by their other
    ends."""
    found = []
    with open("/proc/net/tcp", encoding="ascii") as lines:
        for line in list(lines)[1:]:
            local, remote, state = line.split()[1:4]
            if local.endswith(f":{control.port:04X}") and state == "01":
                found.append(remote)
    return found


if __name__ == "__main__":
    main(sys.modules[__name__])
