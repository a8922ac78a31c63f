"""What the system tests in Python share: running `pond`, and TAP.

A test is a function named for what it shows; run() calls those of a module in
order and prints a line for each. Each gets a Pond: a home folder of its own
that is removed at the end, and every server it started is stopped.
"""
import ctypes
import errno
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback


def refuse_calls(first, last, error):
    """Call before a program starts: a filter of system calls answers the
    numbers first to last with an error, to it and its children."""
    class Line(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
                    ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32)]

    class Filter(ctypes.Structure):
        _fields_ = [("size", ctypes.c_ushort),
                    ("lines", ctypes.POINTER(Line))]

    libc = ctypes.CDLL(None, use_errno=True)
    lines = (Line * 5)(
        Line(0x20, 0, 0, 0),                   # load the call's number
        Line(0x35, 0, 2, first),
        Line(0x25, 1, 0, last),
        Line(0x06, 0, 0, 0x00050000 | error),  # that error
        Line(0x06, 0, 0, 0x7fff0000))          # let through
    program = Filter(len(lines), lines)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0  # PR_SET_SECCOMP


def hide_landlock():
    """A kernel without Landlock: landlock_create_ruleset to _restrict_self."""
    refuse_calls(444, 446, errno.ENOSYS)


def hide_namespaces():
    """A machine whose users may not make namespaces: unshare, on x86-64 and on
    machines of the common table."""
    refuse_calls(*((272, 272) if os.uname().machine == "x86_64"
                   else (97, 97)), errno.EPERM)


def wait(what, seconds=90):
    """Ask again until it gives something."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.1)
    return found


class ControlPorts:
    """Ports for the control ports of this program's nodes.

    A node without one takes the first that is free from 30019 on, and has it
    again when it is started again. Of tests that run side by side one would
    take what the other's node has left for a moment, and there end the
    sessions. So each program has a block of ports. It listens on the block's
    first as long as it runs, so nobody else takes the block
    (tests/page/control_ports.mjs does the same)."""
    FIRST = 20000  # below those that the kernel gives
    BLOCKS = 300
    SIZE = 32

    def __init__(self):
        self.block = self.listener = None
        self.next = 1

    def listen(self, port):
        """None where somebody has it."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError:
            listener.close()
            return None
        return listener

    def take_block(self):
        for number in range(self.BLOCKS):
            block = (os.getpid() + number) % self.BLOCKS
            self.block = self.FIRST + block * self.SIZE
            self.listener = self.listen(self.block)
            if self.listener:
                return
        raise AssertionError("no block of ports is free")

    def take(self):
        """The next port of the block: one that was given comes last."""
        if not self.listener:
            self.take_block()
        for _ in range(1, self.SIZE):
            port = self.block + self.next
            self.next = self.next % (self.SIZE - 1) + 1
            found = self.listen(port)
            if found:
                found.close()
                return port
        raise AssertionError(f"no port from {self.block} on is free")


CONTROL_PORTS = ControlPorts()


class Server:
    """A `pond` that serves until it is stopped."""

    def __init__(self, process, line):
        self.process = process
        self.line = line
        self.values = dict(word.split("=", 1) for word in line.split()
                           if "=" in word)

    def stop(self, number=signal.SIGINT, seconds=60):
        """Signal it and wait; gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Pond:
    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pond-test-"))
        self.servers = []
        self.node_folders = set()  # of nodes that have a control port
        self.environment = {
            key: value for key, value in os.environ.items()
            if not key.startswith(("POND_", "XDG_"))}
        self.environment["HOME"] = str(self.home)

    def __call__(self, *words, status=0, text=None, environment=None,
                 before=None):
        """Run a command to its end; its status must be the one expected (None:
        any)."""
        done = subprocess.run(
            [self.program, *map(str, words)], input=text, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
            cwd=self.home, env={**self.environment, **(environment or {})},
            preexec_fn=before)
        assert status is None or done.returncode == status, (
            f"pond {' '.join(map(str, words))}: status {done.returncode}, "
            f"not {status}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words, **options):
        """The objects that a command prints with --json."""
        done = self(*words, "--json", **options)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def serve(self, *words, log="server.log", before=None, says=("ready ",)):
        """Start a server; returns when the server reports that it is ready, or
        begins another line that is expected. A node gets a control port with
        its first start, and keeps it by itself."""
        words = [*words, *self.control_port(words)]
        with open(self.home / log, "ab") as errors:
            process = subprocess.Popen(
                [self.program, *map(str, words)], cwd=self.home, text=True,
                env=self.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors, preexec_fn=before)
        line = process.stdout.readline()
        server = Server(process, line.strip())
        self.servers.append(server)
        assert line.startswith(says) or '"rpc"' in line, (
            f"pond {' '.join(map(str, words))} said '{line.strip()}': "
            f"{(self.home / log).read_text()[-2000:]}")
        return server

    def control_port(self, words):
        words = [str(word) for word in words]
        if words[0] != "node" or "--control-port" in words:
            return []
        folder = self.home / (words[words.index("--node-dir") + 1]
                              if "--node-dir" in words else "default")
        if folder in self.node_folders:
            return []
        self.node_folders.add(folder)
        return ["--control-port", str(CONTROL_PORTS.take())]

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.stop(signal.SIGTERM)
        shutil.rmtree(self.home, ignore_errors=True)


def run(tests, program):
    """Run the tests and print TAP; gives the exit status."""
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        pond = Pond(program)
        word = "ok"
        try:
            test(pond)
        except Exception:
            word = "not ok"
            failed += 1
            print("".join("# " + line for line in
                          traceback.format_exc().splitlines(True)))
        finally:
            pond.close()
        print(f"{word} {number} - {test.__name__}", flush=True)
    return 1 if failed else 0


def main(module):
    """Run the functions of a module that begin with test_."""
    tests = [value for name, value in vars(module).items()
             if name.startswith("test_") and callable(value)]
    sys.exit(run(tests, sys.argv[1]))
