#!/usr/bin/env python3
""".ci/rooms finds the one mistake planted in each of these small trees."""
import pathlib
import subprocess
import sys
import tempfile

ROOMS = pathlib.Path(__file__).resolve().parent.parent.parent / ".ci" / "rooms"

TABLE = """
| floor | rooms | stands on |
|---|---|---|
| `low` | | |
| `middle` | `left` ← `right`, `beside` ← `.` | `low` |
| `high` | | `middle/right` |

| `not` | `part` of | `it` |

| header | is for |
|---|---|
| `low/a.h` | `a.c` |
"""

# A tree in which everything is allowed: file -> text.
GOOD = {
    "low/a.h": "int a(void);",
    "low/a.c": '#include "low/a.h"\nint a(void) { return 1; }',
    "low/open.h": "int z(void);",
    "low/z.c": '#include "low/open.h"\nint z(void) { return 3; }',
    "middle/left/b.c": '#include "low/open.h"\nint b(void);\n'
                       "int b(void) { return z(); }",
    "middle/right/c.h": "int c(void);",
    "middle/right/c.c": "int b(void); int c(void); int c(void) { return b(); }",
    "middle/beside/d.c": "int d(void); int d(void) { return 2; }",
    "middle/e.c": "int c(void); int e(void); int e(void) { return c(); }",
    "high/f.c": '#include "middle/right/c.h"\nint f(void); int z(void);\n'
                "int f(void) { return z() + c(); }",
}


def check(**planted):
    """Builds the tree with some files changed; returns what is printed."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / "docs").mkdir()
        (root / "docs" / "house.md").write_text(planted.pop("table", TABLE))
        files = dict(GOOD)
        files.update(planted.get("files", {}))
        for path, text in files.items():
            source = root / "src" / path
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text + "\n")
        for path in files:
            if not path.endswith(".c"):
                continue
            folder = root / "build" / "src" / pathlib.Path(path).parent / "lib.p"
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-c", root / "src" / path, "-I", root / "src",
                            "-o", folder / (pathlib.Path(path).name + ".o")],
                           check=True)
        done = subprocess.run([ROOMS, "build", "--root", root], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


def test_good_tree_passes():
    assert check() == (0, "")


def test_circle_of_files_is_found():
    status, text = check(files={
        "low/a.c": "int a(void); int z(void); int a(void) { return z(); }",
        "low/z.c": "int a(void); int z(void); int z(void) { return a(); }"})
    assert status == 1 and "a circle of files" in text, text
    assert "low/a.c -> low/z.c: z" in text, text
    assert "low/z.c -> low/a.c: a" in text, text


def test_circle_over_three_files_is_found():
    status, text = check(files={
        "low/a.c": "int a(void); int y(void); int a(void) { return y(); }",
        "low/y.c": "int y(void); int z(void); int y(void) { return z(); }",
        "low/z.c": "int a(void); int z(void); int z(void) { return a(); }"})
    assert status == 1 and text.count("->") == 3, text


def test_symbol_of_a_floor_above_is_found():
    status, text = check(files={
        "low/a.c": "int a(void); int f(void); int a(void) { return f(); }"})
    assert status == 1, text
    assert "src/low/a.c: uses f of high, which low does not stand on" in text


def test_symbol_of_a_room_to_the_right_is_found():
    status, text = check(files={
        "middle/left/b.c": "int b(void); int d(void);"
                           "int b(void) { return d(); }"})
    assert status == 1 and "uses d of middle/beside" in text, text


def test_symbol_of_a_room_beside_is_found():
    status, text = check(files={
        "middle/right/c.c": "int c(void); int d(void);"
                            "int c(void) { return d(); }"})
    assert status == 1 and "uses d of middle/beside" in text, text


def test_room_that_a_floor_does_not_name_is_found():
    status, text = check(files={
        "high/f.c": "int b(void); int f(void); int f(void) { return b(); }"})
    assert status == 1 and "uses b of middle/left" in text, text


def test_include_of_a_room_above_is_found():
    status, text = check(files={
        "low/a.c": '#include "middle/right/c.h"\nint a(void);\n'
                   "int a(void) { return 1; }"})
    assert status == 1, text
    assert "src/low/a.c: includes middle/right/c.h" in text, text


def test_folder_without_a_room_is_found():
    status, text = check(files={
        "attic/g.c": "int a(void); int g(void); int g(void) { return a(); }"})
    assert status == 1 and "no room for src/attic/g.c" in text, text


def test_include_of_a_header_for_others_is_found():
    status, text = check(files={
        "middle/left/b.c": '#include "low/a.h"\nint b(void);\n'
                           "int b(void) { return 1; }"})
    assert status == 1, text
    assert ("src/middle/left/b.c: includes low/a.h, and low/a.h is not for it"
            in text), text


def test_call_of_a_function_for_others_is_found():
    status, text = check(files={
        "middle/left/b.c": "int a(void); int b(void);"
                           "int b(void) { return a(); }"})
    assert status == 1, text
    assert "src/middle/left/b.c: calls a, and low/a.h is not for it" in text


def test_header_that_is_gone_is_found():
    status, text = check(table=TABLE.replace("low/a.h", "low/gone.h"))
    assert status == 1 and "there is no src/low/gone.h" in text, text


def test_floor_on_one_below_it_in_the_table_is_refused():
    status, text = check(table=TABLE.replace("| `low` | | |",
                                             "| `low` | | `high` |"))
    assert status == 1 and "not above it in the table" in text, text


def main():
    tests = [(name, test) for name, test in globals().items()
             if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name}")
        except AssertionError as error:
            failed = True
            print(f"not ok {number} - {name}")
            for line in str(error).splitlines():
                print("#", line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
