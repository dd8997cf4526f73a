# SPDX-License-Identifier: BSD-2-Clause
"""The project's own files, as the lints read them: in a clone, in an unpacked archive, and inside a test."""

import pathlib

# A test runs this file through a chain of symlinks that ends in the source tree.
ROOT = pathlib.Path(__file__).resolve().parent.parent

CXX = {".h", ".cc", ".c", ".S", ".inc"}
STARLARK = {".bzl", ".bazel"}
# Folders of these names.
_NOT_OURS = {".git", ".cache", "findings", "node_modules", "__pycache__", "coverage"}


def files(root=ROOT):
    """Every file under `root`, relative to it; no build outputs (symlinks), no installed tools."""
    found = []

    def walk(directory):
        for entry in sorted(directory.iterdir()):
            if entry.is_symlink():
                continue
            if not entry.is_dir():
                found.append(entry.relative_to(root))
            elif entry.name not in _NOT_OURS:
                walk(entry)

    walk(root)
    return found


def shebang(path):
    """The first line of an executable script without extension, or ''."""
    if path.suffix:
        return ""
    with open(path, "rb") as f:
        return f.readline(100).decode(errors="replace") if f.read(2) == b"#!" else ""


def language(path, root=ROOT):
    """'cxx', 'starlark', 'shell', 'python', 'config', or None for prose and data."""
    if path.suffix in CXX:
        return "cxx"
    if path.suffix in STARLARK or path.name == "WORKSPACE":
        return "starlark"
    first_line = shebang(root / path)
    if path.suffix == ".sh" or first_line.rstrip().endswith("sh"):
        return "shell"
    if path.suffix == ".py" or "python" in first_line:
        return "python"
    config = {".bazelrc", ".clang-format", ".clang-tidy", "Makefile", "Kbuild", "Kconfig"}
    if path.name in config or path.name.startswith("Kconfig.") or path.suffix in {".lds", ".ld", ".toml"}:
        return "config"
    return None
