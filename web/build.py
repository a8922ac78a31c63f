#!/usr/bin/env python3
"""Build tool: makes the page of web/.

    build.py --folder DIST [--table FILE.c --depfile FILE.d]
    build.py --release
    build.py --check
    build.py --sizes

--folder writes the page's files into DIST, as they are and compressed, and
beside them manifest.json: what they are made of and what they weigh. If DIST, or
web/dist of a release, was made of the same sources, nothing is built.
--table also writes them as the C table of src/page/page_assets.h, and a
depfile that says what was read.
--release puts the built page into a tarball's web/dist (meson dist).
--check compares the texts with what the sources ask for.
--sizes builds into a temporary folder and prints what each file weighs.

A text's key that the sources name whole is a short one in what a browser loads.

The three libraries come from npm by package-lock.json (.ci/npm); esbuild and
zopfli, which packs 3 % tighter than gzip -9, are the system's. The page may
weigh BUDGET_BYTES compressed, or the build fails.
"""
import argparse
import hashlib
import html
import itertools
import json
import os
import pathlib
import re
import shutil
import string
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUDGET_BYTES = 120 << 10
FIRST_SCREEN_BYTES = 70 << 10  # an aim, which is printed
# What counts as a source: the folders, and these files beside them.
FOLDERS = ("core", "parts", "screens", "explorer", "texts", "styles")
FILES = ("build.py", "index.html", "main.jsx", "routes.js", "common.js",
         "operator.js", "early.js", "package-lock.json")
SHARED = ("common.js", "operator.js")
# The page's two doors (src/page/page_assets.h), and the screen each shows
# first, whose files the browser is told of at once.
DOORS = {"index.html": ("node", "screens/node.js"),
         "explorer.html": ("chain", "explorer/screens.js")}
LIBRARIES = ("preact", "@preact/signals", "@preact/signals-core")
TYPES = {".html": "text/html; charset=utf-8",
         ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml",
         ".txt": "text/plain; charset=utf-8"}


def fail(text):
    sys.exit(f"the page: {text}")


def sources():
    """All files that the page is made of, in an order of their own."""
    found = [HERE / name for name in FILES]
    for folder in FOLDERS:
        found += (path for path in (HERE / folder).rglob("*")
                  if path.is_file() and not path.name.startswith("."))
    return sorted(found)


def hash_of_sources():
    digest = hashlib.sha256()
    for path in sources():
        data = path.read_bytes()
        digest.update(f"{path.relative_to(HERE)}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def libraries():
    done = subprocess.run([ROOT / ".ci" / "npm", HERE], text=True,
                          stdout=subprocess.PIPE)
    if done.returncode:
        fail("it can be left out with -Dpage=disabled")
    return pathlib.Path(done.stdout.strip()) / "node_modules"


# ---- texts ----

def check_texts():
    """Complaints about texts/*.json and the keys that the sources name."""
    problems = []
    english = (HERE / "texts" / "en.json").read_text(encoding="utf-8")
    pairs = json.loads(english, object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    for before, after in zip(keys, keys[1:]):
        if before >= after:
            problems.append(f"texts/en.json: {after!r} stands behind "
                            f"{before!r}; the keys are sorted")
    known = set(keys)
    named = set()
    for path in sources():
        if path.suffix not in (".js", ".jsx"):
            continue
        source = path.read_text(encoding="utf-8")
        for match in re.finditer(
                r"\b(?:text|pieces)\(\s*'([\w.-]+)'|\bk=\"([\w.-]+)\"|"
                r"\b(?:title|label|say)Key(?:=\"|:\s*')([\w.-]+)", source):
            key = next(group for group in match.groups() if group)
            named.add(key)
            if not key.endswith(".") and key not in known:
                problems.append(f"{path.relative_to(HERE)}: texts/en.json "
                                f"has no {key!r}")
        # short_keys() knows by its beginning what is put together.
        for match in re.finditer(r"\b(?:text|pieces|hasText)\(\s*(`\$\{.*)",
                                 source):
            problems.append(f"{path.relative_to(HERE)}: the key {match[1]} "
                            "begins with nothing")
        # Nor does it know what else has a key's name.
        for match in re.finditer(r"\bsave\(\s*'([^']+)'", source):
            if match[1] in known:
                problems.append(f"{path.relative_to(HERE)}: the file's name "
                                f"{match[1]!r} is a text's key, too")
    return problems


# ---- shorter keys ----

# A key in quotes; and where one begins that is put together, as
# `book.kind_${kind}` or 'did.' + type.
KEY = re.compile(r"""(['"])([a-z]\w*\.[\w.-]+)\1""")
HEAD = re.compile(r"""`([a-z]\w*\.[\w.-]*)\$\{|['"]([a-z]\w*\.[\w.-]*[._-])['"]""")


def short_keys(sources_of_code, keys):
    """A short name for each key of the texts that the sources name whole. With
    their names written out the page would weigh 2 % more."""
    heads = tuple(match[1] or match[2] for source in sources_of_code
                  for match in HEAD.finditer(source))
    whole = {match[2] for source in sources_of_code
             for match in KEY.finditer(source)}
    names = ("".join(letters) for size in itertools.count(1)
             for letters in itertools.product(string.ascii_letters,
                                              repeat=size))
    return dict(zip((key for key in keys
                     if key in whole and not key.startswith(heads)), names))


# What packed() gives, put together again.
UNPACK = """const lines = %s.split('\\n'), n = lines.length / 2;
let key = '';
export default Object.fromEntries(lines.slice(0, n).map((line, at) =>
  [key = key.slice(0, line.charCodeAt() - 32) + line.slice(1), lines[n + at]]));
"""


def packed(texts):
    """Texts as a module that weighs a tenth less than JSON: first the keys, each
    as a character that says how much it has of the one before, and the rest;
    then the texts. A line each."""
    broken = [key for key, text in texts.items() if "\n" in key + text]
    if broken:
        fail(f"texts/en.json: {broken[0]!r} has more than one line")
    keys = sorted(texts, key=lambda key: "." in key)
    lines = [chr(32 + len(os.path.commonprefix([before, key])))
             + key[len(os.path.commonprefix([before, key])):]
             for before, key in zip(["", *keys], keys)]
    lines += (texts[key] for key in keys)
    return UNPACK % json.dumps("\n".join(lines), ensure_ascii=False)


def copy_with_short_keys(folder):
    """The sources as esbuild gets them. What is developed, checked and tested
    without a browser has the names as they are written."""
    english = json.loads((HERE / "texts" / "en.json").read_text("utf-8"))
    code = {path: path.read_text("utf-8") for path in sources()
            if path.suffix in (".js", ".jsx")}
    short = short_keys(code.values(), english)

    def shorten(match):
        return match[1] + short.get(match[2], match[2]) + match[1]

    for path in sources():
        copy = folder / path.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path in code:
            copy.write_text(KEY.sub(shorten, code[path]), "utf-8")
        elif path.parent.name == "texts" and path.suffix == ".json":
            texts = json.loads(path.read_text("utf-8"))
            copy.write_text(packed({short.get(key, key): text for key, text
                                    in texts.items()}), "utf-8")
        else:
            shutil.copyfile(path, copy)


# ---- bundling ----

def bundle(modules, output, copy):
    """Runs esbuild on the copy of the sources into output; returns its
    metafile."""
    meta = output / "meta.json"
    command = [
        "esbuild", copy / "main.jsx", copy / "early.js",
        copy / "styles" / "main.css",
        "--bundle", "--splitting", "--format=esm", "--target=es2020",
        "--charset=utf8", "--minify", "--legal-comments=none",
        "--jsx=automatic", "--jsx-import-source=preact",
        f"--outdir={output}", f"--metafile={meta}", "--log-level=warning",
        "--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]",
        "--asset-names=[name]-[hash]", "--define:DEVELOPMENT=false",
        "--loader:.json=js"]
    try:
        done = subprocess.run(command, cwd=copy,
                              env={**os.environ, "NODE_PATH": str(modules)})
    except OSError as error:
        fail(f"esbuild: {error}; on Debian: apt-get install esbuild")
    if done.returncode:
        fail("esbuild refuses it (above)")
    found = json.loads(meta.read_text())
    meta.unlink()
    return found


class Bundle:
    """What esbuild has made: names of files by their source."""

    def __init__(self, meta, copy):
        found = ((copy / name).resolve() for name in meta["inputs"])
        self.inputs = [HERE / path.relative_to(copy)
                       if path.is_relative_to(copy) else path for path in found]
        self.outputs = {pathlib.Path(name).name: about
                        for name, about in meta["outputs"].items()}

    def of(self, source):
        """The file that a source's entry or chunk became, or None."""
        for name, about in self.outputs.items():
            if about.get("entryPoint") == source:
                return name
        return None

    def with_imports(self, name):
        """The file and all that it imports at once."""
        found, waiting = [], [name]
        while waiting:
            name = waiting.pop(0)
            if name in found:
                continue
            found.append(name)
            waiting += (pathlib.Path(other["path"]).name
                        for other in self.outputs[name]["imports"]
                        if other["kind"] == "import-statement")
        return found


    def unshared(self):
        """Complaints about what areas share and SHARED do not name. A file that
        has screens, too, is an area that another one shows."""
        named = "".join((HERE / name).read_text("utf-8") for name in SHARED)
        shared = [about["inputs"] for about in self.outputs.values()
                  if "entryPoint" not in about]
        return [f"{name} is used by several areas of screens: common.js needs it, "
                "or operator.js if the explorer does not use it; each area "
                "imports one of them"
                for inputs in shared
                if not any(name.startswith("screens/") for name in inputs)
                for name in inputs if name.startswith(("core/", "parts/"))
                and f"import './{name}';" not in named]


def licences(modules):
    """The texts that the libraries' licences want to go with them."""
    found = []
    for package in LIBRARIES:
        folder = modules / package
        about = json.loads((folder / "package.json").read_text())
        texts = sorted(folder.glob("LICEN[SC]E*"))
        if not texts:
            fail(f"{package} has no licence text")
        found.append(f"{package} {about['version']}, {about['license']}\n\n"
                     f"{texts[0].read_text(encoding='utf-8').strip()}\n")
    return "\n\n".join(found)


def write_door(name, made, build, licence, output):
    """Returns the files that a browser loads for the first screen."""
    door, screen = DOORS[name]
    main, style = made.of("main.jsx"), made.of("styles/main.css")
    early = made.of("early.js")
    scripts = made.with_imports(main)
    first = made.of(screen)
    if first:
        scripts += (other for other in made.with_imports(first)
                    if other not in scripts)
    preload = "\n".join(f'<link rel="modulepreload" href="a/{script}">'
                        for script in scripts if script != main)
    values = {"build": build, "door": door, "main": f"a/{main}",
              "style": f"a/{style}", "early": f"a/{early}",
              "licences": f"a/{licence}", "preload": preload}
    template = (HERE / "index.html").read_text(encoding="utf-8")

    def value(match):
        text = values[match[1]]
        return text if match[1] == "preload" else html.escape(text)

    text = re.sub(r"\{\{(\w+)\}\}", value, template)
    (output / name).write_text(text, encoding="utf-8")
    return [name, *(f"a/{file}" for file in (early, style, *scripts))]


def compress(path):
    """Writes the file's compressed form beside it; returns its size."""
    try:
        done = subprocess.run(["zopfli", path], stdout=subprocess.DEVNULL)
    except OSError as error:
        fail(f"zopfli: {error}; on Debian: apt-get install zopfli")
    if done.returncode:
        fail(f"zopfli refuses {path.name}")
    return compressed(path).stat().st_size


def compressed(path):
    return path.with_name(path.name + ".gz")


def make(folder, sources_hash, budget=BUDGET_BYTES):
    """Builds the page into folder, which it replaces."""
    problems = check_texts()
    if problems:
        fail("\n".join(problems))
    modules = libraries()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        output = pathlib.Path(temporary) / "page"
        files = output / "a"
        files.mkdir(parents=True)
        copy = pathlib.Path(temporary).resolve() / "sources"
        copy_with_short_keys(copy)
        made = Bundle(bundle(modules, files, copy), copy)
        problems = made.unshared()
        if problems:
            fail("\n".join(problems))
        text = licences(modules)
        licence = f"licences-{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt"
        (files / licence).write_text(text, encoding="utf-8")
        build = hashlib.sha256("".join(sorted(
            path.name for path in files.iterdir())).encode()
            + (HERE / "index.html").read_bytes()).hexdigest()[:8]
        first = {name: write_door(name, made, build, licence, output)
                 for name in DOORS}
        weights = {str(path.relative_to(output)): compress(path)
                   for path in sorted(output.rglob("*")) if path.is_file()}
        # A browser loads one of the doors.
        whole = sum(weights.values()) - weights["explorer.html"]
        manifest = {
            "sources": sources_hash, "build": build, "whole": whole,
            "first": {DOORS[name][0]: sum(weights[file] for file in loaded)
                      for name, loaded in first.items()},
            "files": weights,
            "inputs": sorted(os.path.relpath(path.resolve(), ROOT)
                             for path in made.inputs)}
        (output / "manifest.json").write_text(json.dumps(manifest, indent=1))
        if whole > budget:
            fail(f"it weighs {whole} bytes compressed, and may weigh "
                 f"{budget}; `web/build.py --sizes` says what does")
        shutil.rmtree(folder, ignore_errors=True)
        output.rename(folder)
    return manifest


def fitting(folder, sources_hash):
    """The manifest of a page that was made of these sources, or None."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        whole = all((folder / name).is_file()
                    and compressed(folder / name).is_file()
                    for name in manifest["files"])
    except (OSError, ValueError, KeyError):
        return None
    return manifest if whole and manifest["sources"] == sources_hash else None


def provide(folder):
    """The page in folder: as it is, from a release, or built."""
    sources_hash = hash_of_sources()
    manifest = fitting(folder, sources_hash)
    if manifest:
        return manifest
    manifest = fitting(HERE / "dist", sources_hash)
    if manifest:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "dist", folder)
        return manifest
    manifest = make(folder, sources_hash)
    print(f"the page: {manifest['whole']} bytes compressed of {BUDGET_BYTES}, "
          f"its first screen {manifest['first']['node']}")
    return manifest


# ---- the C table ----

def write_table(folder, manifest, table):
    lines = ['#include "page/page_assets.h"', ""]
    entries = []
    for number, name in enumerate(manifest["files"]):
        path = folder / name
        data = compressed(path).read_bytes()
        lines.append(f"static const uint8_t file_{number}[] = {{")
        for at in range(0, len(data), 20):
            row = ",".join(str(byte) for byte in data[at:at + 20])
            lines.append(f"    {row},")
        lines.append("};")
        etag = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        entries.append(
            f'    {{"/{name}", "{TYPES[path.suffix]}", "\\"{etag}\\"", '
            f"file_{number}, {len(data)}, {path.stat().st_size}}},")
    lines += ["const struct page_asset page_assets[] = {", *entries, "    {0},",
              "};", f'const char page_build[] = "{manifest["build"]}";', ""]
    table.write_text("\n".join(lines))


def write_depfile(depfile, table):
    """What has to change for a new build: the sources, and their folders, in
    which a new one would appear."""
    paths = [*sources(), ROOT / ".ci" / "npm",
             *(HERE / folder for folder in FOLDERS)]
    escaped = (re.sub(r"([ #\\])", r"\\\1", str(path)) for path in paths)
    depfile.write_text(f"{table}: {' '.join(escaped)}\n")


def print_sizes():
    with tempfile.TemporaryDirectory() as temporary:
        manifest = make(pathlib.Path(temporary) / "page", "", sys.maxsize)
    for name, size in sorted(manifest["files"].items(),
                             key=lambda pair: -pair[1]):
        print(f"{size:8} {name}")
    print(f"{manifest['whole']:8} whole page, at most {BUDGET_BYTES}")
    for door, size in manifest["first"].items():
        print(f"{size:8} first screen of the {door}'s page, "
              f"aim {FIRST_SCREEN_BYTES}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--depfile", type=pathlib.Path)
    parser.add_argument("--release", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sizes", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        problems = check_texts()
        if problems:
            fail("\n".join(problems))
    elif arguments.sizes:
        print_sizes()
    elif arguments.release:
        provide(pathlib.Path(os.environ["MESON_DIST_ROOT"]) / "web" / "dist")
    elif not arguments.folder:
        parser.error("--folder is missing")
    else:
        folder = arguments.folder.resolve()
        manifest = provide(folder)
        if arguments.table:
            write_table(folder, manifest, arguments.table)
        if arguments.depfile:
            write_depfile(arguments.depfile, arguments.table)


main()
