#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An ELF executable for IA-32 with what no linker makes:  make_elf.py ENTRY SEGMENT... >FILE

A SEGMENT is OFFSET,VIRTUAL,PHYSICAL,SIZE, all numbers hexadecimal. The file has 8 KiB, of zeros but for
that."""

import struct
import sys

HEADER, SEGMENT, LOAD, EXECUTABLE, I386 = 52, 32, 1, 2, 3


def main():
    entry, *words = sys.argv[1:]
    segments = [[int(number, 16) for number in word.split(",")] for word in words]
    data = b"\x7fELF\x01\x01\x01" + bytes(9)
    data += struct.pack("<HHIIIIIHHHHHH", EXECUTABLE, I386, 1, int(entry, 16), HEADER, 0, 0, HEADER, SEGMENT,
                        len(segments), 0, 0, 0)
    for offset, virtual, physical, size in segments:
        data += struct.pack("<8I", LOAD, offset, virtual, physical, size, size, 7, 0x1000)
    sys.stdout.buffer.write(data.ljust(0x2000, b"\0"))


if __name__ == "__main__":
    main()
