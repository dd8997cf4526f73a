# SPDX-License-Identifier: BSD-2-Clause
"""Archives that Linux unpacks at its start (cpio, format newc). Several, one behind the other, are one."""

import stat

DIRECTORY, FILE, LINK = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
PROGRAM = stat.S_IFREG | 0o755


def _padded(data):
    return data + bytes(-len(data) % 4)


def _entry(number, path, mode, content):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    # Node, mode, user, group, links, date, size, four numbers of devices, length of the name, no checksum.
    fields = [number, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(content)


def archive(entries):
    """Of (path, mode, content): the same bytes for the same list. A folder comes before what is in it."""
    parts = [_entry(number, *entry) for number, entry in enumerate(entries, 1)]
    return b"".join(parts) + _entry(0, "TRAILER!!!", 0, b"")
