#!/usr/bin/env python3
"""The demonstration: a private network archives pages, and one node cheats.

Starts the server of the pages, then `pond up` with tasks/archive on it until
ROUNDS rounds are paid. What the network kept stays in build/demo. The exit
status is that of `pond up`: 0 only if everything it promises held.
"""
import argparse
import contextlib
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
RPC_PORT = 10899


def is_free(port):
    """Can this port and the one after it be had?"""
    for number in (port, port + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                return False
    return True


@contextlib.contextmanager
def pages(program):
    """The server of the pages; gives the URLs, with {round} in them."""
    server = subprocess.Popen([program], stdout=subprocess.PIPE, text=True,
                              start_new_session=True)
    try:
        line = server.stdout.readline()
        if not line.startswith("ready url="):
            sys.exit(f"{program} did not start")
        url = line.strip().removeprefix("ready url=")
        with urllib.request.urlopen(url + "/", timeout=10) as answer:
            yield answer.read().decode().split()
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--dir", default="build/demo")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--validators", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--slot-ms", type=int, default=100)
    parser.add_argument("--rpc-port", type=int, default=RPC_PORT,
                        help="0, or where it is taken: any that is free")
    arguments = parser.parse_args()
    build = ROOT / arguments.build
    folder = ROOT / arguments.dir
    shutil.rmtree(folder, ignore_errors=True)

    # Ctrl-C is for `pond up`, which stops in order and says how it went.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    began = time.monotonic()
    with pages(build / "tasks/archive/archive-pages") as urls:
        print(f"{len(urls)} pages; node {arguments.nodes} cheats")
        status = subprocess.call(
            [build / "src/cli/pond", "up",
             "--dir", folder,
             "--nodes", str(arguments.nodes),
             "--validators", str(arguments.validators),
             "--rpc-port", str(arguments.rpc_port
                               if is_free(arguments.rpc_port) else 0),
             "--slot-ms", str(arguments.slot_ms),
             "--task", build / "tasks/archive",
             "--variable", "ARCHIVE_URLS=" + " ".join(urls),
             "--cheater",
             f"{arguments.nodes}={build / 'tasks/archive/cheat.js'}",
             "--rounds", str(arguments.rounds)],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    print(f"demonstration: {'all of it held' if status == 0 else 'FAILED'}, "
          f"in {time.monotonic() - began:.0f} s; what it kept is in {folder}")
    return status


if __name__ == "__main__":
    sys.exit(main())
