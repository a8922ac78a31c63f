#!/usr/bin/env python3
"""Uploads of Koii's storage SDK to a node, and what can be read of them."""
import http.client
import json
import pathlib
import random
import shutil
import subprocess
import sys
import urllib.parse

import pond as harness
from koii_test import ask, control, make_task, up, wait_running

CLIENT = pathlib.Path(__file__).resolve().parent / "upload_client.mjs"

# Koii's, which no node of these tests runs.
STORAGE = "BWfeCA4gyVKpmKGpq6MDHir16p7i2Er1e8XEHQj7z7zm"

TASK = """
const { app } = require('@_koii/namespace-wrapper');
require('@_koii/task-manager').initializeTaskManager({
  setup() {}, task() {}, submission() {}, audit() {},
  distribution() { return {}; },
  routes() {
    app.post('/ipfs/add', (req, res) => res.send('of the task'));
  },
});
"""


def start(pond):
    """Two nodes with a task; gives (the first's URL, the task)."""
    up(pond, "--task", make_task(pond, TASK, engine="pond"))
    wait_running(pond)
    status = control(pond, "/status")
    return status["public_url"], status["tasks"][0]["task"]


def write_file(pond, name, size):
    path = pond.home / name
    path.write_bytes(random.Random(name).randbytes(size))
    return path


def wallet(pond, node):
    return pond.home / f"net/node-{node}/namespace/main_stakingWallet.json"


def upload(pond, url, node, *words):
    done = subprocess.run(
        ["node", CLIENT, url, wallet(pond, node), *words],
        stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    answer = json.loads(done.stdout)
    assert answer["origin"] == "*" or answer["status"] >= 400, answer
    return answer["status"], json.loads(answer["body"])


def check_one(pond, url, add):
    path = write_file(pond, "one file.bin", 3000)
    code, answer = upload(pond, add, 2, path)
    assert code == 200, answer
    cid = answer["cid"]
    assert answer["url"] == \
        f"{url}/task/{STORAGE}/ipfs/{cid}/one%20file.bin", answer
    assert ask(answer["url"]) == (200, path.read_bytes())
    assert ask(f"{url}/ipfs/{cid}/one%20file.bin") == (200, path.read_bytes())
    assert ask(f"{url}/task/{STORAGE}/ipfs/{cid}/other")[0] == 404
    # The node's own key, and the same again: the same contents.
    assert upload(pond, add, 1, path) == (200, answer)


def check_several(pond, url, add):
    paths = [write_file(pond, "large", 20 << 20), write_file(pond, "b", 1),
             write_file(pond, "empty", 0)]
    code, answer = upload(pond, add, 2, *paths)
    assert code == 200, answer
    assert answer["url"] == f"{url}/task/{STORAGE}/ipfs/{answer['cid']}/"
    for path in paths:
        assert ask(answer["url"] + path.name) == (200, path.read_bytes())
    code, part = ask(answer["url"] + "large",
                     headers={"Range": "bytes=19000000-19000009"})
    assert (code, part) == (206, paths[0].read_bytes()[19000000:19000010])


def check_curl(pond, url, add):
    """An upload that names fields in another order, by another client."""
    path = write_file(pond, "one file.bin", 3000)
    done = subprocess.run(
        ["curl", "-sS", "-F", "signature=x", "-F", "stakingWalletPubkey=x",
         "-F", f"anything=@{path};filename=../a.bin", add],
        stdout=subprocess.PIPE, timeout=60, check=True)
    assert json.loads(done.stdout) == {
        "message": "stakingWalletPubkey is no key"}
    done = subprocess.run(["curl", "-sS", "-F", f"files=@{path}", add],
                          stdout=subprocess.PIPE, timeout=60, check=True)
    assert json.loads(done.stdout) == {
        "message": "No stakingWalletPubkey provided"}


def check_refusals(pond, url, add):
    path = write_file(pond, "one file.bin", 3000)
    for words, status, text in (
            (["--signature", path], 401, "Invalid signature"),
            (["--other-key", path], 403, "staked on no task"),
            (["--no-signature", path], 400, "No signature provided"),
            (["--no-key", path], 400, "No stakingWalletPubkey provided"),
            ([], 400, "No files uploaded"),
            ([path, path], 400, "two files have the name")):
        code, answer = upload(pond, add, 2, *words)
        assert code == status and text in answer["message"], (words, answer)
    assert ask(add, b"x" * 10, method="POST")[0] == 400
    assert ask(add, b"x" * (3 << 20), method="POST")[0] == 400
    assert ask(add, method="GET")[0] == 404
    absent = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    code, answer = ask(f"{url}/task/{STORAGE}/ipfs/{absent}/x")
    assert code == 404 and b"does not have it" in answer
    # Refused by what is announced, before it comes.
    port = urllib.parse.urlsplit(url).port
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.putrequest("POST", urllib.parse.urlsplit(add).path)
    link.putheader("Content-Type", "multipart/form-data; boundary=x")
    link.putheader("Content-Length", str(80 << 20))
    link.endheaders()
    assert link.getresponse().status == 413
    link.close()


def check_running(pond, url, task):
    """A task that runs here has its own routes."""
    add = f"{url}/task/{task}/ipfs/add"
    assert ask(add, b"--x--", headers={
        "Content-Type": "multipart/form-data; boundary=x"}) == (
            200, b"of the task")
    assert ask(add, b"x" * (3 << 20), headers={
        "Content-Type": "multipart/form-data; boundary=x"})[0] == 413


def check_nothing_waits(pond):
    left = list((pond.home / "net/node-1").glob("upload-*"))
    assert not left, left


def test_uploads_of_those_who_staked_are_kept(pond):
    url, task = start(pond)
    add = f"{url}/task/{STORAGE}/ipfs/add"
    check_one(pond, url, add)
    check_several(pond, url, add)
    check_curl(pond, url, add)
    check_refusals(pond, url, add)
    check_running(pond, url, task)
    check_nothing_waits(pond)


if __name__ == "__main__":
    for program in ("node", "curl"):
        if not shutil.which(program):
            print(f"1..1\nok 1 # SKIP {program} is not installed")
            sys.exit(0)
    harness.main(sys.modules[__name__])
