#!/usr/bin/env python3
"""Writes a text file as a C source: embed.py OUTPUT FILE.

The result is koii_preload[] of koii_preload.h.
"""
import pathlib
import sys

output, source = map(pathlib.Path, sys.argv[1:])
values = ", ".join(str(byte) for byte in source.read_bytes())
output.write_text('#include "runtime/koii/koii_preload.h"\n\n'
                  f"const char koii_preload[] = {{{values}, 0}};\n")
