#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Puts the names of a kernel's functions into its section .symbols, which kernel.lds has left room for.

A program without that section stays as it is.

    put_symbols.py KERNEL OUT

The table is what kdb::Symbols reads. Nothing moves: the addresses are those that were linked.
"""
import pathlib
import re
import struct
import subprocess
import sys

MAGIC = 0x736D7973
FUNCTION, UNTYPED = 2, 0


class Elf:
    """Sections and symbols of a 32-bit little-endian ELF file."""

    def __init__(self, data):
        self.data = data
        if data[:6] != b"\x7fELF\x01\x01":
            sys.exit("put_symbols: not a 32-bit ELF file")
        (offset,) = struct.unpack_from("<I", data, 0x20)
        size, count, names = struct.unpack_from("<HHH", data, 0x2E)
        self.sections = [struct.unpack_from("<10I", data, offset + i * size) for i in range(count)]
        self.names = [self.text(self.sections[names], section[0]) for section in self.sections]

    def text(self, section, at):
        start = section[4] + at
        return self.data[start:self.data.index(0, start)].decode()

    def section(self, name):
        return self.sections[self.names.index(name)]

    def functions(self):
        """Address and mangled name of all that is in .text."""
        symtab, code = self.section(".symtab"), self.names.index(".text")
        strings = self.sections[symtab[6]]
        for at in range(symtab[4], symtab[4] + symtab[5], 16):
            name, value, _, info, _, section = struct.unpack_from("<IIIBBH", self.data, at)
            if section == code and info & 15 in (FUNCTION, UNTYPED) and name:
                yield value, self.text(strings, name)


def demangled(names):
    lines = "\n".join(names)
    done = subprocess.run(["c++filt", "-p"], input=lines, capture_output=True, text=True, check=True)
    noise = re.compile(r" \[clone [^]]*\]|\(anonymous namespace\)::")
    return [noise.sub("", name) for name in done.stdout.splitlines()]


def table(functions):
    """One name for each address: the first in the order of the alphabet."""
    named = {}
    for address, name in sorted(functions):
        if not name.startswith("."):
            named.setdefault(address, name)
    texts = [name.encode() + b"\0" for name in demangled(named.values())]
    packed = struct.pack("<II", MAGIC, len(named))
    at = len(packed) + 8 * len(named)
    for address, text in zip(named, texts, strict=True):
        packed += struct.pack("<II", address, at)
        at += len(text)
    return packed + b"".join(texts)


def main():
    source, target = sys.argv[1:]
    data = bytearray(pathlib.Path(source).read_bytes())
    elf = Elf(bytes(data))
    if ".symbols" in elf.names:
        _, _, _, _, offset, room, *_ = elf.section(".symbols")
        packed = table(elf.functions())
        if len(packed) > room:
            sys.exit(f"put_symbols: {len(packed)} bytes of names, but kernel.lds has room for {room}")
        data[offset:offset + len(packed)] = packed
    out = pathlib.Path(target)
    out.write_bytes(data)
    out.chmod(0o755)


if __name__ == "__main__":
    main()
