#!/usr/bin/env python3
"""Build tool: makes parts of the worker's library of packages from npm.

    bundle.py FOLDER      write the parts and notices.c into FOLDER

package-lock.json beside this file says which packages, and holds them to their
hashes. Each part becomes one file of the library's form: a function of
(library). What a package asks of Node is asked of the library.
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]

# The part's name, its package, the package's file. The legacy constructor must
# be the main export of stream, which readable-stream has in lib/stream.js.
PARTS = (
    ("punycode", "punycode", "punycode.js"),
    ("readable_stream", "readable-stream", "lib/stream.js"),
    ("string_decoder", "string_decoder", "lib/string_decoder.js"),
)

# These stand for Node's own modules, or for globals that the worker has.
ASKED_OF_LIBRARY = ("buffer", "events", "process/", "string_decoder/",
                    "abort-controller")

HEAD = ("'use strict'; (function (library) { "
        "const require = library.load('modules').get_plain; "
        "const module = { exports: {} }; let { exports } = module;")
TAIL = "return module.exports; })"


def fail(text):
    sys.exit(f"packages of the worker's library: {text}")


def install():
    done = subprocess.run([ROOT / ".ci" / "npm", HERE], text=True,
                          stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(1)  # the reason is said
    return pathlib.Path(done.stdout.strip()) / "node_modules"


def bundle(modules, part, package, file, output):
    command = [
        "esbuild", modules / package / file, "--bundle", "--format=cjs",
        "--platform=node", "--target=es2022", "--charset=ascii", "--minify",
        "--legal-comments=none", "--log-level=warning",
        "--alias:safe-buffer=buffer", f"--banner:js={HEAD}",
        f"--footer:js={TAIL}", f"--outfile={output / part}.js",
        *(f"--external:{name}" for name in ASKED_OF_LIBRARY)]
    try:
        done = subprocess.run(command)
    except OSError as error:
        fail(f"esbuild: {error}; on Debian: apt-get install esbuild")
    if done.returncode:
        fail(f"esbuild can't bundle {package}")


def quoted(text):
    """A C string literal a line."""
    lines = [json.dumps(line + "\n", ensure_ascii=True)
             for line in text.splitlines()]
    return "\n     ".join(lines)


def notice(modules, package):
    manifest = json.loads((modules / package / "package.json").read_text())
    texts = sorted((modules / package).glob("LICEN[SC]E*"))
    if not texts:
        fail(f"{package} has no licence text")
    text = texts[0].read_text(encoding="utf-8")
    if not text.isascii():
        fail(f"the licence of {package} is not plain ASCII")
    return (f"  {{\"{package}\", \"{manifest['version']}\", "
            f"\"{manifest['license']}\",\n    ({quoted(text)})}},\n")


def main():
    output = pathlib.Path(sys.argv[1])
    modules = install()
    for part, package, file in PARTS:
        bundle(modules, part, package, file, output)
    notices = "".join(notice(modules, package)
                      for package in sorted({part[1] for part in PARTS}))
    (output / "notices.c").write_text(
        '#include "runtime/worker/worker_notice.h"\n\n'
        "const struct worker_notice worker_notices[] = {\n"
        f"{notices}  {{0}},\n}};\n", encoding="ascii")


main()
