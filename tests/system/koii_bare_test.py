#!/usr/bin/env python3
"""Koii bundles where the kernel gives no namespaces and the operator lets tasks
run all the same (--no-sandbox): they have the machine's network, and ask their
node at Koii's own port. The test's own network is made first, so that the port
is free, and then new namespaces are forbidden."""
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import sys

import koii_test as koii
import pond as harness

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
ALLOW, FORBID = 0x7fff0000, 0x00050001  # libseccomp: allow; EPERM


def leave_network():
    """A network with a loopback only. False: not on this machine."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(NEW_NETWORK):
        if libc.unshare(NEW_USER | NEW_NETWORK):
            return False
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"),
                           ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
    return True


def forbid_namespaces():
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ALLOW))
    call = seccomp.seccomp_syscall_resolve_name(b"unshare")
    assert not seccomp.seccomp_rule_add(context, FORBID, call, 0)
    assert not seccomp.seccomp_load(context)


def test_tasks_ask_at_koiis_port_of_the_machine(pond):
    koii.up(pond, "--no-sandbox", "--task", koii.make_task(
        pond, koii.bundle("wrapper.js", "generation_a.js")), nodes=1)
    koii.wait_running(pond, 1)
    koii.wait_for("its set-up", lambda: "set up null" in koii.log_of(pond))
    status = koii.control(pond, "/status")
    task, url = status["tasks"][0]["task"], status["public_url"]
    koii.wait_for("its server", lambda: koii.ask(f"{url}/task/{task}/") == (
        200, b'{"status":200,"message":"Running"}'))
    assert koii.evaluate(pond, """
        return [BASE, (await wrapper.getSubmitterAccount()).address.length > 30,
          await generic('getRound') >= 0]""") == \
        ["http://localhost:30017", True, True]
    # The secret counts there as elsewhere, and on the node's own port, which
    # may be Koii's.
    body = {"args": ["getRound"], "taskId": task, "secret": "0" * 20}
    for place in ("http://127.0.0.1:30017", url):
        assert koii.ask(place + "/namespace-wrapper", body)[0] == 401, place
        assert koii.ask(place + "/namespace-wrapper", {})[0] == 422, place


if __name__ == "__main__":
    if not shutil.which("node") or not leave_network():
        print("1..1\nok 1 # SKIP node is not installed, or no network can be "
              "made")
        sys.exit(0)
    forbid_namespaces()
    harness.main(sys.modules[__name__])
