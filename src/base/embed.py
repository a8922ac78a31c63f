#!/usr/bin/env python3
"""Writes the files of a folder as a C source: embed.py OUTPUT SYMBOL FOLDER FILE...

The result is an array SYMBOL of struct embedded_file (path below FOLDER,
contents, size), ended by an entry without a path.
"""
import pathlib
import sys


def main():
    output, symbol, folder, *files = sys.argv[1:]
    lines = ['#include "base/embedded.h"', ""]
    entries = []
    for number, path in enumerate(map(pathlib.Path, files)):
        data = path.read_bytes()
        lines.append(f"static const unsigned char file_{number}[] = {{")
        for at in range(0, len(data), 16):
            row = ", ".join(f"{byte}" for byte in data[at:at + 16])
            lines.append(f"    {row},")
        lines.append("    0,\n};")
        name = path.resolve().relative_to(pathlib.Path(folder).resolve())
        entries.append(f'    {{"{name}", file_{number}, {len(data)}}},')
    lines.append(f"const struct embedded_file {symbol}[] = {{")
    lines += entries
    lines.append("    {0},\n};")
    pathlib.Path(output).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
