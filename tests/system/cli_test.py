#!/usr/bin/env python3
"""The command line: help, JSON, exit statuses, hints, pipes, files."""
import base64
import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import termios
import threading
import time

import pond as harness

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# BIP39's first English test vector, and the keys that wallets of the Solana
# family derive from it: m/44'/501'/0' and m/44'/501'/0'/0'.
PHRASE = "abandon " * 11 + "about"
PHRASE_ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"
PHRASE_DEEPER = "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk"

# No server listens on the discard port.
NOBODY = "http://127.0.0.1:9"



class Endpoint(http.server.BaseHTTPRequestHandler):
    """A settlement endpoint of a stranger with prepared answers."""

    results = {}

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        call = json.loads(self.rfile.read(size))
        answer = ({"result": self.results[call["method"]]}
                  if call["method"] in self.results else
                  {"error": {"code": -32601, "message": "Method not found"}})
        body = json.dumps({"jsonrpc": "2.0", "id": call["id"],
                           **answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@contextlib.contextmanager
def endpoint(**results):
    """The options that lead a command to an endpoint with these answers."""
    handler = type("Answers", (Endpoint,), {"results": results})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "--rpc", f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def account(data, lamports=1):
    text = base64.b64encode(data).decode()
    return {"lamports": lamports, "owner": "1" * 32, "executable": False,
            "rentEpoch": 0, "data": [text, "base64"]}


HELPS = {}


def helps(pond):
    """What each command says of itself, of all that the overview lists."""
    if HELPS:
        return HELPS
    listed = pond("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    for line in listed.splitlines():
        name = line.strip().split("  ")[0]
        HELPS[name] = pond(*name.split(), "--help").stdout
    return HELPS


def test_every_command_has_help_that_fits_80_columns(pond):
    assert len(helps(pond)) > 100
    for command, text in helps(pond).items():
        assert text.startswith(f"Usage: pond {command} "), text
        assert "--json" in text
        for line in text.splitlines():
            assert len(line) <= 80, (command, line)


def named_commands():
    """Command lines in the texts of the sources, `pond WORDS`."""
    for path in sorted((SOURCE / "src").rglob("*.c")):
        text = re.sub(r'"\s*\n\s*"', "", path.read_text())
        text = re.sub(r"\n \* ", " ", text)
        for words in re.findall(r"`pond ([a-z][^`\n]*)`", text):
            yield path.name, words.split()


def test_hints_name_commands_and_options_that_there_are(pond):
    groups = {name.split()[0] for name in helps(pond)}
    found = 0
    for file, words in named_commands():
        if words[0] in groups and words[1:] in ([], ["--help"]):
            continue
        found += 1
        name = " ".join(words[:2])
        name = name if name in HELPS else words[0]
        assert name in HELPS, (file, words)
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert re.search(option + r"\b", HELPS[name]), (file, words)
    assert found > 80, found


def test_the_man_page_names_every_command(pond):
    text = (SOURCE / "docs" / "pond.1.scd").read_text()
    for command in helps(pond):
        assert f"*{command}*" in text, command


def test_wrong_usage_ends_with_status_2_and_says_what_is_right(pond):
    assert "pond --help" in pond("frobnicate", status=2).stderr
    assert "did you mean `pond store" in pond("stroe", status=2).stderr
    assert "--nodes" in pond("up", "--node", "3", status=2).stderr
    assert "from 0 to 64" in pond("up", "--nodes", "65", status=2).stderr
    assert "Usage: pond store add" in pond("store", "add", status=2).stderr
    assert "one argument too many" in pond("chain", "slot", "7",
                                           status=2).stderr
    assert "wallet new" in pond("wallet", status=2).stderr
    assert pond("wallet", "new", "--words", "13", status=1).stdout == ""


def test_wrong_usage_with_json_is_json(pond):
    for words in (
            ("frobnicate",), ("stroe",), ("wallet",), ("wallet", "frobnicate"),
            ("up", "--node", "3"), ("up", "--nodes", "65"), ("up", "--nodes"),
            ("store", "add"), ("chain", "slot", "7"),
            ("chain", "slot", "--log-level", "loud")):
        for line in ((*words, "--json"), ("--json", *words)):
            if words[-1] == "--nodes" and line[-1] == "--json":
                continue  # is the value
            done = pond(*line, status=2)
            assert done.stdout == "", line
            error = json.loads(done.stderr)
            assert error["error"] == "usage", line
            assert error["message"] and error["hint"].startswith("`pond "), line
    assert json.loads(pond("store", "add", "--json", status=2).stderr)[
        "usage"].startswith("pond store add [OPTION]")


def test_numbers_of_options_are_read_whole_or_refused(pond):
    for number in ("18446744073709551616", "4294967297", "1x", "1 ", " 1",
                   "+1", "-1", "0x10", "1e3", "1.0", ""):
        assert "takes a number from" in pond(
            "up", "--nodes", number, status=2).stderr, number
    for amount in ("18446744074", "18446744073.709551616", "1e3", "1,5", "2 ",
                   "-1", ".", "", "0.0000000001"):
        assert "amount of KOII" in pond(
            "up", "--task", "x", "--stake", amount, status=2).stderr, amount
    for slot, words in (("18446744073709551616", "too large"),
                        ("7x", "not a number"), ("", "number is missing")):
        assert words in pond("chain", "block", slot, "--rpc", NOBODY,
                             status=1).stderr, slot


def test_a_stake_takes_no_address_that_peers_can_not_use(pond):
    for address in ("ftp://a", "http://h:1/?q", "http://h:1/#f", "ws://h:1",
                    "http://u@h:1", "http://h:99999", "http://h:0",
                    "http://%31:1", "http://[::1", "h:1", "http://h:1/ x", ""):
        error = pond("task", "stake", "1" * 32, "2",
                     "--address", address, "--rpc", NOBODY, status=1).stderr
        assert "endpoint" not in error and address in error, (address, error)


def test_nobody_answering_is_status_4_with_a_hint(pond):
    done = pond("chain", "slot", "--rpc", NOBODY, status=4)
    assert done.stdout == ""
    assert "pond up" in done.stderr
    error = json.loads(pond("chain", "slot", "--rpc", NOBODY, "--json",
                            status=4).stderr)
    assert error["error"] == "network failed"
    assert "pond up" in error["hint"]


def test_a_missing_wallet_is_status_3_with_a_hint(pond):
    assert "pond wallet new" in pond("wallet", "show", status=3).stderr


def test_a_new_wallet_is_private_and_is_not_overwritten(pond):
    wallet = pond.json("wallet", "new")[0]
    path = pathlib.Path(wallet["file"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(json.loads(path.read_text())) == 64
    assert len(wallet["seed_phrase"].split()) == 12
    assert "--force" in pond("wallet", "new", status=1).stderr
    assert pond.json("wallet", "show")[0]["address"] == wallet["address"]

    # The phrase alone brings the same key back.
    back = pond.json("wallet", "import", "-o", "back.json",
                     text=wallet["seed_phrase"])[0]
    assert back["address"] == wallet["address"]


def test_a_known_seed_phrase_gives_the_known_address(pond):
    wallet = pond.json("wallet", "import", text=PHRASE)[0]
    assert wallet["address"] == PHRASE_ADDRESS
    deeper = pond.json("wallet", "import", "-o", "deeper.json",
                       "--derivation-path", "m/44'/501'/0'/0'", text=PHRASE)
    assert deeper[0]["address"] == PHRASE_DEEPER
    assert "checksum" in pond("wallet", "import", "-o", "x.json",
                              text="abandon " * 12, status=1).stderr


def test_an_account_has_koiis_own_files_and_paths(pond):
    for command in ("new", "import"):
        for option in (("--outfile", "x"), ("--derivation-path", "keygen"),
                       ("--force",)):
            said = pond("wallet", command, "--account", "one",
                        "--no-passphrase", "--node-dir", "node", *option,
                        text=PHRASE, status=1).stderr
            assert "by Koii's paths" in said, (option, said)
    assert not (pond.home / "node").exists()


def test_a_key_file_of_another_program_is_imported(pond):
    first = pond.json("wallet", "new", "-o", "first.json")[0]
    copy = pond.json("wallet", "import", "first.json")[0]
    assert copy["address"] == first["address"]


def base58(data):
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = digits[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def test_a_key_is_imported_in_every_form_that_wallets_export(pond):
    first = pond.json("wallet", "new", "-o", "first.json")[0]
    numbers = json.loads((pond.home / "first.json").read_text())
    phrase = first["seed_phrase"]
    for text in (
            json.dumps(numbers), json.dumps(numbers, indent=2) + "\n",
            "\n\n" + json.dumps(numbers), "\ufeff" + json.dumps(numbers),
            base58(bytes(numbers)), " " + base58(bytes(numbers)) + "\r\n",
            phrase, "\ufeff" + phrase, phrase.replace(" ", "\n"),
            "\n  " + phrase.upper().replace(" ", "\t") + "\r\n\n"):
        back = pond.json("wallet", "import", "-f", text=text)[0]
        assert back["address"] == first["address"], text
        (pond.home / "file").write_text(text)
        if len(text.split()) not in (12, 13):
            pond("wallet", "import", "-f", "file")
    for text, words in (
            (phrase + "\nmore", "13"), (phrase + " more", "not 13"),
            (base58(bytes(numbers[32:])), "an address, or half of a key"),
            (json.dumps(numbers) + "[]", "more after the key"),
            (json.dumps(numbers[:63] + [256]), "number 64 of the key"),
            (json.dumps(numbers[:32]), "32 numbers and not 64"),
            ("[" + json.dumps(numbers), "number 1 of the key"),
            ("x" * 5000, "neither a seed phrase nor a key"),
            (json.dumps({"secretKey": numbers}), "neither a seed phrase"),
            ("Uint8Array(64) " + json.dumps(numbers), "neither a seed phrase"),
            (f'"{phrase}"', "neither a seed phrase"),
            (phrase.replace(" ", "\u00a0", 1), "neither a seed phrase"),
            (" ".join(f"{n}. {word}" for n, word in
                      enumerate(phrase.split(), 1)), "neither a seed phrase"),
            (base58(bytes(numbers))[:44] + "\n" + base58(bytes(numbers))[44:],
             "base58 in one piece"),
            (phrase.replace(" ", " xx ", 1), "word 2"),
            ("", "nothing was typed"), (" \n", "the key is empty"),
            (phrase.replace(" ", " \0"), "zero byte")):
        error = pond("wallet", "import", "-f", text=text, status=1).stderr
        assert words in error, (text, error)
        # A single word may stand in an error by chance.
        assert " ".join(phrase.split()[:3]) not in error


def typing(pond, *words):
    """A command that waits for input at its terminal."""
    ours, theirs = pty.openpty()

    def attach():
        # This test may be a background command of a shell, which ignores
        # Ctrl-C, and children inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [pond.program, *words], cwd=pond.home, env=pond.environment,
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=attach)
    prompt = b""
    while not prompt.endswith(b": "):
        byte = process.stderr.read(1)
        assert byte, prompt
        prompt += byte
    return process, ours, theirs


def has_echo(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_a_phrase_is_typed_unseen_and_the_echo_comes_back(pond):
    process, ours, theirs = typing(pond, "wallet", "import",
                                   "--no-passphrase")
    assert not has_echo(theirs)
    os.write(ours, PHRASE.encode() + b"\n")
    while process.stderr.read(1) != b":":
        pass
    os.write(ours, b"\n")
    assert PHRASE_ADDRESS in process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0 and has_echo(theirs)
    os.close(ours)
    os.close(theirs)


def test_the_echo_comes_back_after_ctrl_c(pond):
    for number in (signal.SIGINT, signal.SIGTERM):
        process, ours, theirs = typing(pond, "wallet", "import",
                                   "--no-passphrase")
        assert not has_echo(theirs)
        if number == signal.SIGINT:
            os.write(ours, b"abandon\x03")
        else:
            process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == -number
        assert has_echo(theirs)
        os.close(ours)
        os.close(theirs)


def test_store_add_prints_a_line_an_entry_the_root_last(pond):
    folder = pond.home / "data"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("hello\n")
    (folder / "inner" / "b.txt").write_text("there\n")
    (folder / ".hidden").write_text("not me\n")

    lines = pond.json("store", "add", "data", "--dir", "s")
    assert [line["path"] for line in lines] == [
        "data/a.txt", "data/inner/b.txt", "data/inner", "data"]
    assert [line["size"] for line in lines] == [6, 6, 6, 12]
    text = pond("store", "add", "data/", "--dir", "s").stdout.splitlines()
    assert text == [f"{line['cid']} {line['path']}" for line in lines]


def test_known_files_get_the_cids_that_kubo_gives_them(pond):
    # "hello world\n": the CIDv1 of its raw bytes, and Kubo's QmT78z….
    (pond.home / "hello").write_text("hello world\n")
    new = pond.json("store", "add", "hello")[-1]
    old = pond.json("store", "add", "hello", "--profile",
                    "unixfs-v0-2015")[-1]
    assert new["cid"] == (
        "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4")
    assert old["cid"] == "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"


def test_what_is_added_comes_out_as_it_was(pond):
    folder = pond.home / "data"
    folder.mkdir()
    (folder / "big").write_bytes(bytes(range(256)) * 12345)
    root = pond.json("store", "add", "data")[-1]["cid"]

    pond("store", "get", root, "-o", "out")
    assert (pond.home / "out" / "big").read_bytes() == \
        (folder / "big").read_bytes()
    piped = subprocess.run(
        [pond.program, "store", "get", f"{root}/big", "-o", "-"],
        cwd=pond.home, env=pond.environment, stdout=subprocess.PIPE,
        check=True)
    assert piped.stdout == (folder / "big").read_bytes()
    listed = pond.json("store", "ls", root)
    assert [(entry["name"], entry["size"]) for entry in listed] == [
        ("big", 256 * 12345)]
    # A gateway does not have that name either, but it may have a block that is
    # missing here.
    unnamed = pond("store", "get", root + "/none", status=3).stderr
    assert "none" in unnamed and "--from" not in unnamed, unnamed
    absent = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
    assert "--from" in pond("store", "get", absent, status=3).stderr


def test_a_collection_takes_what_is_not_pinned(pond):
    (pond.home / "keep").write_text("keep me")
    (pond.home / "drop").write_text("drop me")
    keep = pond.json("store", "add", "keep")[-1]["cid"]
    drop = pond.json("store", "add", "drop")[-1]["cid"]
    pond("store", "unpin", drop)
    assert pond.json("store", "gc")[0]["blocks_freed"] == 1
    assert pond("store", "get", keep, "-o", "-").stdout == "keep me"
    pond("store", "get", drop, "-o", "-", status=3)
    pond("store", "unpin", drop, status=3)
    assert [pin["cid"] for pin in pond.json("store", "ls")] == [keep]


def test_nothing_but_data_goes_into_a_pipe(pond):
    (pond.home / "file").write_bytes(b"x" * 5_000_000)
    done = pond("store", "add", "file")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_output_that_can_not_be_written_is_a_failure(pond):
    (pond.home / "file").write_text("one")
    reading, writing = os.pipe()
    os.close(reading)
    with open("/dev/full", "wb") as full, open(writing, "wb") as closed:
        for command in (("wallet", "new", "--force"), ("store", "add", "file"),
                        ("store", "ls", "--json"), ("--version",),
                        ("--help",), ("wallet", "--help")):
            for stdout in (full, closed):
                # SIGPIPE is ignored, as in Python; otherwise it kills.
                done = subprocess.run(
                    [pond.program, *command], stdout=stdout, cwd=pond.home,
                    stderr=subprocess.PIPE, env=pond.environment, text=True,
                    restore_signals=False)
                assert done.returncode == 1, (command, done.stderr)
                assert "could not be written" in done.stderr


def test_a_new_task_is_written_once(pond):
    pond("task", "new", "mine")
    assert (pond.home / "mine" / "config-task.yml").exists()
    assert (pond.home / "mine" / "src" / "task" / "1-task.js").exists()
    assert "exist" in pond("task", "new", "mine", status=1).stderr


def build_task(pond):
    pond("task", "new", "mine")
    subprocess.run(
        ["esbuild", "src/index.js", "--bundle", "--platform=node",
         "--format=cjs", "--external:@_koii/*", "--outfile=dist/main.js",
         "--log-level=warning"], cwd=pond.home / "mine", check=True)
    return pond.home / "mine" / "dist" / "main.js"


def test_a_new_task_simulates(pond):
    build_task(pond)
    steps = pond.json("task", "simulate", "mine", "--rounds", "2")
    assert [step["function"] for step in steps] == [
        "setup", "routes", *["task", "submission", "audit",
                             "distribution"] * 2]
    assert all(step["good"] for step in steps)
    assert json.loads(steps[3]["result"]) == "hello, round 0"


SIGNING = """
const { namespaceWrapper } = require("@_koii/namespace-wrapper");
require("@_koii/task-manager").initializeTaskManager({
  setup() {}, task() {}, audit() {}, routes() {}, distribution: (submitters, bounty) =>
    Object.fromEntries(submitters.map(({ publicKey, votes }) =>
      [publicKey, votes > 0 ? bounty : 0])),
  async submission() {
    const { publicKey, secretKey } =
      await namespaceWrapper.getSubmitterAccount();
    const staking = publicKey.toBase58();
    const main = await namespaceWrapper.getMainAccountPubkey();
    const holds = async (key, ...secret) => "data" in
      await namespaceWrapper.verifySignature(
        await namespaceWrapper.payloadSigning({ a: 1 }, ...secret), key);
    return [staking !== main, await holds(staking, secretKey),
      await holds(main, secretKey), await holds(main), await holds(staking)]
      .join(" ");
  },
});
"""


def test_a_simulation_has_two_keys_as_a_node_has(pond):
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    (pond.home / "mine" / "dist" / "main.js").write_text(SIGNING)
    steps = pond.json("task", "simulate", "mine", "--rounds", "1")
    results = {step["function"]: step["result"] for step in steps}
    assert json.loads(results["submission"]) == "true true false true false"


def test_a_task_paid_in_tokens_simulates(pond):
    build_task(pond)
    config = pond.home / "mine" / "config-task.yml"
    text = config.read_text()
    config.write_text(text.replace('task_type: "KOII"', 'task_type: "KPL"'))
    for words in (("task", "simulate", "mine"),
                  ("task", "create", "mine/config-task.yml")):
        assert "token_type is missing" in pond(*words, status=1).stderr
    config.write_text(config.read_text().replace(
        'token_type: ""',
        'token_type: "4qayyw53kWz6GzypcejjT1cvwMXS1qYLSMQRE8se3gTv"'))
    steps = pond.json("task", "simulate", "mine", "--rounds", "1")
    assert all(step["good"] for step in steps)

    # Many nodes: the KPL program, in units of a token with 6 decimals.
    works, faults, total = simulate_network(
        pond, "--nodes", "4", "--cheat", "wrong", "--rounds", "2", "--seed",
        "7", "--decimals", "6")
    assert not faults
    assert [work["reward"] for work in works[:4]] == [666666] * 3 + [0], works
    assert works[3]["lost"] > 0 and works[3]["stake"] < 2_000_000, works
    assert total["claimed"] == sum(work["reward"] for work in works), total
    assert total["tokens"] == (100 + 4 * 2) * 10**6, total
    assert total["coins_at_first_roe"] == (total["coins_roe"]
                                           + total["coins_burned_roe"])
    kpl = config.read_text()
    config.write_text(kpl.replace("bounty_amount_per_round: 2",
                                  "bounty_amount_per_round: 0.25"))
    assert "more than the token's 1 decimals" in pond(
        "task", "simulate", "mine", "--decimals", "1", status=1).stderr
    config.write_text(text)
    assert "--decimals" in pond("task", "simulate", "mine", "--decimals", "6",
                                status=1).stderr


def test_a_task_without_a_bounty_a_round_simulates(pond):
    build_task(pond)
    config = pond.home / "mine" / "config-task.yml"
    config.write_text(config.read_text().replace(
        "bounty_amount_per_round: 2", "bounty_amount_per_round: 0"))
    steps = pond.json("task", "simulate", "mine", "--rounds", "1")
    assert all(step["good"] for step in steps)


def test_an_engine_that_is_not_there_is_named(pond):
    build_task(pond)
    config = pond.home / "mine" / "config-task.yml"
    config.write_text(config.read_text() + "engine: deno\n")
    for words in (("task", "simulate", "mine"),
                  ("task", "create", "mine/config-task.yml")):
        error = pond(*words, status=1).stderr
        assert "engine must be pond, node or auto" in error, error


def test_a_simulation_names_what_is_wrong_with_a_task(pond):
    main = build_task(pond)
    good = main.read_text()
    for old, new, words in (
            ("bounty / approved.length", "bounty * 2", "gives nothing"),
            ("=== `hello", "!== `hello", "audit()"),
            ("console.log(`working", "nobody.calls(`working", "nobody")):
        assert old in good
        main.write_text(good.replace(old, new))
        done = pond("task", "simulate", "mine", "--rounds", "1", status=1)
        assert words in done.stderr and "round 0: " in done.stderr, done.stderr
        assert "WRONG" in done.stdout


def simulate_network(pond, *words, status=0):
    """Rounds as lists of works, faults, and the total."""
    done = pond("task", "simulate", "mine", "--json", *words, status=status)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    works = [line for line in lines if "votes" in line]
    assert [list(line) for line in lines[:1]] == [["seed"]]
    return works, [line["fault"] for line in lines if "fault" in line], lines[-1]


def test_cheaters_of_a_simulated_network_lose(pond):
    build_task(pond)
    words = ("--nodes", "7", "--cheat", "wrong", "--cheat", "silent",
             "--cheat", "list", "--rounds", "2", "--seed", "7")
    works, faults, total = simulate_network(pond, *words)
    assert not faults
    assert total["rounds_paid"] == 2
    assert (total["coins_at_first_roe"]
            == total["coins_roe"] + total["coins_burned_roe"])
    assert [work["is"] for work in works[:7]] == [
        "honest", "honest", "honest", "honest", "wrong", "silent", "list"]
    for work in works:
        kind = work["is"]
        assert (work["submission"] is None) == (kind == "silent") or \
            work["round"] == 1
        assert (work["lost_roe"] > 0) == (kind in ("wrong", "list")) or \
            work["round"] == 1
        assert work["reward_roe"] > 0 or kind in ("wrong", "silent")
    again, _, _ = simulate_network(pond, *words)
    assert again == works
    other, _, _ = simulate_network(pond, *words[:-1], "8")
    assert other[4]["submission"] != works[4]["submission"]


SLEEPING = """
const { initializeTaskManager } = require("@_koii/task-manager");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const seen = {};
initializeTaskManager({
  setup() {}, audit: () => true, routes() {},
  async task(round) {
    const began = Date.now();
    await sleep(SLEEP);
    const page = process.env.PAGE ? await fetch(process.env.PAGE) : null;
    seen[round] = [Math.round((Date.now() - began) / 1000), new Date(began),
      Math.random(), page && await page.text()].map(String).join(" ");
  },
  submission: (round) => seen[round],
  distribution: (submitters, bounty) => Object.fromEntries(submitters.map(
    ({ publicKey, votes }) => [publicKey,
      votes > 0 ? Math.floor(bounty / submitters.length) : 0])),
});
"""


def test_what_a_task_sleeps_is_not_waited_in_a_simulation(pond):
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    main = pond.home / "mine" / "dist" / "main.js"
    main.write_text(SLEEPING.replace("SLEEP)", "30000)"))
    words = ("task", "simulate", "mine", "--rounds", "3", "--seed", "9")
    runs = [pond.json(*words) for _ in range(2)]
    results = [[step["result"] for step in steps] for steps in runs]
    assert results[0] == results[1], results
    tasks = [step for step in runs[0] if step["function"] == "task"]
    assert all(step["taken_ms"] >= 30000 for step in tasks), tasks
    assert all(step["window_ms"] == 24000 for step in tasks), tasks
    assert "task() took 30" in pond(*words).stderr
    texts = [json.loads(step["result"]) for step in runs[0]
             if step["function"] == "submission"]
    assert all(text.startswith("30 ") for text in texts), texts
    assert "2025" in texts[0] and len(set(texts)) == 3, texts
    assert "2025-10" not in pond(*words[:-2]).stdout  # the machine's date

    # In short: nothing of calls that went well, and none of the log.
    brief = pond(*words, "--brief")
    assert not brief.stdout and "task() took" not in brief.stderr

    # With many nodes, each has its own numbers, the same ones in every run.
    words = ("--nodes", "3", "--rounds", "1", "--seed", "9")
    works, faults, _ = simulate_network(pond, *words)
    assert not faults and len({work["submission"] for work in works}) == 3
    assert simulate_network(pond, *words)[0] == works

    # Longer than a call may wait; and by the machine's clock.
    main.write_text(SLEEPING.replace("SLEEP)", "3600001)"))
    *_, step = pond.json("task", "simulate", "mine", "--rounds", "1",
                         status=6)
    assert step["limit"] == "time", step
    assert "waited longer than its time limit of 60000 ms" in step["result"]
    main.write_text(SLEEPING.replace("SLEEP)", "100)"))
    steps = pond.json("task", "simulate", "mine", "--rounds", "1",
                      "--real-time")
    assert all(step["good"] for step in steps), steps


def test_a_simulated_task_waits_for_what_it_fetches(pond):
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(0.3)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"page")

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pond("task", "new", "mine")
    (pond.home / "mine" / "dist").mkdir()
    main = pond.home / "mine" / "dist" / "main.js"
    main.write_text(SLEEPING.replace("SLEEP)", "20000)"))
    steps = pond.json("task", "simulate", "mine", "--rounds", "1",
                      "--variable",
                      f"PAGE=http://127.0.0.1:{server.server_port}/")
    text = next(step["result"] for step in steps
                if step["function"] == "submission")
    assert " page" in text and text.startswith('"20 '), text
    server.shutdown()


def test_a_liar_in_a_simulated_network_is_refuted(pond):
    build_task(pond)
    works, faults, _ = simulate_network(pond, "--nodes", "5", "--cheat", "liar",
                                        "--rounds", "1", "--seed", "1")
    assert not faults
    assert [work["lost_roe"] > 0 for work in works] == [False] * 4 + [True]
    assert works[0]["votes"] == "3 for, 1 against", works[0]


def test_a_simulated_network_finds_what_one_node_does_not(pond):
    main = build_task(pond)
    good = main.read_text()
    for old, new, words in (
            ("=== `hello", "!== `impossible",
             "takes the wrong submission of node 4 for true"),
            ("bounty / approved.length", "bounty / 2 - Math.random() * 1000",
             "distribution() on node 2 gives"),
            ("=== `hello", "=== nobody.calls || `hello",
             "audit() on node 2 gave no verdict on node 1")):
        assert old in good
        main.write_text(good.replace(old, new))
        _, faults, _ = simulate_network(pond, "--nodes", "4", "--cheat", "wrong",
                                        "--rounds", "1", status=1)
        assert any(words in fault for fault in faults), faults
    main.write_text(good.replace("console.log(`working", "nobody.calls(`working"))
    done = pond("task", "simulate", "mine", "--nodes", "2", status=1)
    assert "task() failed on node 1" in done.stderr, done.stderr
    assert "1-task.js" in done.stdout or "main.js" in done.stdout


def test_a_bounty_that_is_used_up_is_no_fault_of_a_simulated_task(pond):
    build_task(pond)
    config = pond.home / "mine" / "config-task.yml"
    config.write_text(config.read_text().replace(
        "total_bounty_amount: 100", "total_bounty_amount: 10"))
    _, faults, total = simulate_network(pond, "--nodes", "3", "--rounds", "8")
    assert not faults and total["rounds_paid"] == 8
    assert total["bounty_left_roe"] < 3


def test_cheaters_need_honest_nodes(pond):
    build_task(pond)
    for words, said in ((("--cheaters", "1"), "need --nodes"),
                        (("--nodes", "2", "--cheaters", "2"), "--nodes 3"),
                        (("--nodes", "2", "--cheat", "nice"), "'nice'")):
        error = pond("task", "simulate", "mine", *words, status=1).stderr
        assert said in error, error


def test_one_node_of_a_network_cheats(pond):
    error = pond("up", "--task", "mine", "--nodes", "3", "--cheater", "2=a.js",
                 "--cheater", "3=b.js", status=1).stderr
    assert "--cheater is given once" in error, error


def test_a_built_task_shows_the_authors_lines(pond):
    pond("task", "new", "mine")
    source = pond.home / "mine" / "src" / "task" / "2-submission.js"
    text = source.read_text()
    line = text[:text.index("return")].count("\n") + 1
    source.write_text(text.replace("return", "nobody.calls(); return", 1))
    built = pond.json("task", "build", "mine")[0]
    assert built["engine"] == "pond"
    assert built["bundle"] == "mine/dist/main.js"
    assert (pond.home / "mine" / "dist" / "main.js.map").exists()
    done = pond("task", "simulate", "mine", "--rounds", "1", status=1)
    assert f"src/task/2-submission.js:{line}:" in done.stdout, done.stdout


def test_a_build_that_fails_says_where(pond):
    assert "task new" in pond("task", "build", status=3).stderr
    pond("task", "new", "mine")
    source = pond.home / "mine" / "src" / "index.js"
    source.write_text("import './missing';")
    assert "src/index.js:1:7" in pond("task", "build", "mine", status=1).stderr
    source.write_text("import 'a-package';")
    assert "npm install" in pond("task", "build", "mine", status=1).stderr
    source.write_text("await 1; export {};")
    assert "setup()" in pond("task", "build", "mine", status=1).stderr


def test_a_simulation_of_nothing_is_not_found(pond):
    # glibc's own checks see a byte written past an allocation.
    checked = {"LD_PRELOAD": "libc_malloc_debug.so.0", "MALLOC_CHECK_": "3"}
    for name in ("", "x", "none"):
        done = pond("task", "simulate", name, status=3, environment=checked)
        assert "pond task new" in done.stderr


def test_settings_come_from_files_and_environment(pond):
    config = pond.home / ".config" / "koii" / "cli"
    config.mkdir(parents=True)
    (config / "config.yml").write_text(f"json_rpc_url: \"{NOBODY}\"\n")
    assert "127.0.0.1:9" in pond("chain", "slot", status=4).stderr
    done = pond("chain", "slot", status=4,
                environment={"POND_RPC": "http://127.0.0.1:7"})
    assert "127.0.0.1:7" in done.stderr


def test_any_amount_of_an_endpoint_is_printed(pond):
    largest = 2**64 - 1
    odd = account(b"", largest)
    task = account(json.dumps({
        "is_allowlisted": True, "is_active": True, "task_name": "odd",
        "total_bounty_amount": largest, "bounty_amount_per_round": largest,
        "minimum_stake_amount": largest}).encode())
    answers = {
        "getAccountInfo": {"context": {"slot": 1}, "value": odd},
        "getProgramAccounts": [{"pubkey": PHRASE_ADDRESS, "account": task}],
        "getTransaction": {"slot": 1, "meta": {"fee": largest, "err": None,
                                               "logMessages": []}}}
    with endpoint(**answers) as rpc:
        for command in (("chain", "account", PHRASE_ADDRESS),
                        ("chain", "transaction", "1" * 64), ("task", "list")):
            assert "18446744073.709551615 KOII" in pond(*command, *rpc).stdout
            assert str(largest) in pond(*command, *rpc, "--json").stdout


def test_texts_of_the_chain_do_not_steer_the_terminal(pond):
    evil = "a\x1b]0;title\x07\x9b2J\r\x7fb"
    shown = r"a\x1b]0;title\x07\xc2\x9b2J\x0d\x7fb"
    task = account(json.dumps({
        "is_allowlisted": True, "is_active": True,
        "task_name": evil}).encode())
    answers = {
        "getProgramAccounts": [{"pubkey": PHRASE_ADDRESS, "account": task}],
        "getTransaction": {"slot": 1, "meta": {
            "fee": 1, "err": None, "logMessages": [f"Program log: {evil}"]}}}
    with endpoint(**answers) as rpc:
        for command in (("chain", "transaction", "1" * 64), ("task", "list")):
            text = pond(*command, *rpc).stdout
            assert shown in text, text
            assert text.replace("\n", "").isprintable(), text
        assert pond.json("task", "list", *rpc)[0]["name"] == evil


def test_validators_are_printed_as_the_endpoint_knows_them(pond):
    one = {"identity": "A" * 40, "vote": "B" * 40, "stake": 3 * 10 ** 9,
           "lastVote": 40, "behind": 2, "rootSlot": 38, "connected": True,
           "address": "10.0.0.1:8800", "rpc": None, "version": "0.1\x1b[2J"}
    two = {**one, "identity": "C" * 40, "lastVote": None, "behind": None,
           "connected": False, "version": None}
    answer = {"processed": 42, "confirmed": 41, "finalized": 40,
              "finalAgeMs": 120, "halted": "two\nstates", "self": "A" * 40,
              "leader": "C" * 40, "totalStake": 6 * 10 ** 9,
              "counters": {"answersWrong": 0, "blocksFetched": 7,
                           "votesFlooded": 2 ** 60},
              "validators": [one, two, None]}
    with endpoint(pondValidators=answer) as rpc:
        text = pond("chain", "validators", *rpc).stdout
        assert "halted:" in text and "\x1b" not in text
        assert f"blocksFetched 7, votesFlooded {2 ** 60}\n" in text, text
        rows = [line for line in text.splitlines() if "3 KOII" in line]
        assert len(rows) == 2
        assert "this one" in rows[0] and "  40 " in rows[0]
        assert "leads, away" in rows[1] and "  -  " in rows[1]
        assert json.loads(pond("chain", "validators", *rpc,
                               "--json").stdout) == answer
    answer["counters"] = {"answersWrong": 0}
    with endpoint(pondValidators=answer) as rpc:
        assert "counters" not in pond("chain", "validators", *rpc).stdout
    with endpoint() as rpc:
        assert "does not offer" in pond("chain", "validators", *rpc,
                                        status=None).stderr


def test_a_block_shows_who_voted_where_that_is_known(pond):
    block = {"parentSlot": 6, "blockHeight": 5, "blockhash": "H" * 40,
             "signatures": []}
    signers = {"leader": "C" * 40, "commitment": "confirmed",
               "blockHash": "V" * 40,
               "totalStake": 10 * 10 ** 9, "finalized": None,
               "notarized": {"stake": 75 * 10 ** 8,
                             "validators": ["A" * 40, "C" * 40]}}
    with endpoint(getBlock=block, pondBlockSigners=signers) as rpc:
        text = pond("chain", "block", "7", *rpc).stdout
        assert "2 validators, 7.5 of 10 KOII" in text
        assert "commitment:" in text and "finalized:" not in text
        assert re.search(f"(?m)^block hash: +{'V' * 40}$", text), text
        assert re.search(f"(?m)^blockhash: +{'H' * 40}$", text), text
        assert json.loads(pond("chain", "block", "7", *rpc, "--json").stdout) \
            == {**block, "signers": signers}
    with endpoint(getBlock=block) as rpc:
        text = pond("chain", "block", "7", *rpc).stdout
        assert "height:" in text and "leader" not in text
        assert json.loads(pond("chain", "block", "7", *rpc,
                               "--json").stdout)["signers"] is None


def test_options_for_several_validators_are_refused_by_one(pond):
    block = "5:" + "1" * 32
    options = (["--forgot"], ["--restart-from", block],
               ["--entrypoint", "127.0.0.1:1"])
    # Nothing is made where they mean nothing.
    for option in (*options, ["--peer-port", "0"]):
        for how in ("--init", "--check", "--development"):
            error = pond("validator", "--dir", "new", how, *option,
                         status=1).stderr
            assert option[0] in error and how in error, error
    error = pond("validator", "--dir", "new", "--development",
                 "--restart-from", "5", status=1).stderr
    assert "--restart-from" in error, error
    assert not (pond.home / "new").exists()
    pond("validator", "--init", "--dir", "one")
    before = sorted(path.name for path in (pond.home / "one").iterdir())
    for option in options:
        error = pond("validator", "--dir", "one", "--rpc-port", "0", *option,
                     status=1).stderr
        assert option[0] in error and "one validator" in error, error
    after = sorted(path.name for path in (pond.home / "one").iterdir())
    assert set(after) - set(before) <= {"lock"}, after


def test_a_hint_names_the_cause_and_no_other(pond):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option in ("--port", "--control-port"):
            error = pond("node", "--listen", "127.0.0.1", option, port,
                         *(("--port", "0") if option != "--port" else ()),
                         status=7).stderr
            assert f"port {port}" in error and option in error, error
            assert "another node" not in error, error
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        error = pond("validator", "--development", "--dir", "v",
                     "--rpc-port", port, status=7).stderr
        assert "--rpc-port" in error and "another folder" not in error, error
        error = pond("up", "--dir", "net", "--rpc-port", port,
                     status=7).stderr
        assert "--rpc-port" in error and "logs" not in error, error

    # The network is there, but one of its keys is missing.
    (pond.home / "v" / "identity.json").unlink()
    error = pond("validator", "--dir", "v", "--rpc-port", "0",
                 status=3).stderr
    assert "identity.json" in error and "--init" not in error, error
    assert "--init" in pond("validator", "--dir", "w", status=3).stderr

    # Unreadable settings are not reported as a missing wallet.
    config = pond.home / ".config" / "pond" / "config.yml"
    config.parent.mkdir(parents=True)
    config.write_text("a: [")
    error = pond("wallet", "show", status=1).stderr
    assert "config.yml" in error and "wallet new" not in error, error
    config.unlink()

    (pond.home / "key.json").write_text("[1]")
    error = pond("task", "show", "key.json", "--rpc", NOBODY, status=1).stderr
    assert "key.json" in error and "task list" not in error, error
    assert "task list" in pond("task", "show", "nothing", "--rpc", NOBODY,
                               status=1).stderr

    folder = pond.home / "data"
    folder.mkdir()
    (folder / "there").write_text("x")
    root = pond.json("store", "add", "data")[-1]["cid"]
    error = pond("store", "get", root + "/missing", status=3).stderr
    assert "missing" in error and "--from" not in error, error
    absent = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    assert "--from" in pond("store", "get", absent, status=3).stderr

    pond("task", "new", "mine")
    error = pond("task", "simulate", "mine", "--executable", "no.js",
                 status=3).stderr
    assert "no.js" in error and "pond task build" not in error, error
    assert "pond task build" in pond("task", "simulate", "mine",
                                   status=3).stderr


def test_doctor_reports_every_check(pond):
    # Another network on this machine may be at the endpoint's default address.
    checks = {line["check"]: line["verdict"]
              for line in pond.json("doctor", "--rpc", NOBODY)}
    assert checks["worker"] == "good"
    assert checks["wallet"] == "warning"
    assert checks["endpoint"] == "warning"
    assert {"seccomp", "landlock", "network-namespace", "disk"} <= set(checks)
    assert "program" in checks


def test_doctor_says_what_to_do_without_landlock(pond):
    done = pond("doctor", "--rpc", NOBODY, "--json", status=1,
                before=harness.hide_landlock)
    lines = {line["check"]: line
             for line in map(json.loads, done.stdout.splitlines())}
    assert lines["worker"]["verdict"] == "good"
    assert lines["landlock"]["verdict"] == "bad"
    assert "--no-landlock" in lines["landlock"]["fix"]


def test_doctor_says_what_an_attack_could_do_without_namespaces(pond):
    done = pond("doctor", "--rpc", NOBODY, "--json",
                before=harness.hide_namespaces)
    lines = {line["check"]: line
             for line in map(json.loads, done.stdout.splitlines())}
    # Landlock and seccomp stand behind it: workers run all the same.
    assert lines["worker"]["verdict"] == "good"
    assert lines["network-namespace"]["verdict"] == "warning"
    text = lines["program-network-namespace"]["text"]
    assert "could reach this machine's services" in text, text
    program = lines["program"]
    assert "`node` are refused" in program["text"], program
    assert "--no-sandbox" in program["fix"], program


def test_walls_can_not_be_wanted_and_done_without(pond):
    error = pond("node", "--require-sandbox", "--no-sandbox",
                 "--rpc", NOBODY, status=1).stderr
    assert "--require-sandbox" in error and "--no-sandbox" in error, error


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
