# SPDX-License-Identifier: BSD-2-Clause
"""The rules of tools/tidy.  Each takes a path and the file's lines and yields (line number, message)."""

import re

import cxx_outline
import tree

MAX_COLUMNS = 110
MAX_LINES = {".h": 150, ".cc": 400}
MAX_FUNCTION = 60
# Above a limit is reported, above limit * SLACK fails: a file may finish its thought, not become a monster.
SLACK = 1.5

# What libkern may include with <>: headers that bring no run-time library with them.  The image supplies the
# few functions behind <cassert>, <cstring> and <new>.
FREESTANDING = set(
    "algorithm array atomic bit cassert climits compare concepts cstddef cstdint cstring initializer_list "
    "iterator limits new numeric optional span string_view tuple type_traits utility variant version".split())
OWN_HEADERS = ("kern/", "arch/", "l4/", "ia32/")

_MUTABLE_STATIC = re.compile(r"^\s*(?:inline\s+)?(?:static|thread_local)\s+(?!_assert)")
_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
_CONDITIONAL = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|else|endif)\b")
_PROMISE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")


def licence(path, lines):
    """Each source file says its licence at the top: GPL-2.0-only in linux-glue/, BSD-2-Clause elsewhere."""
    if not tree.language(path):
        return
    want = "GPL-2.0-only" if path.parts[0] == "linux-glue" else "BSD-2-Clause"
    found = [re.search(r"SPDX-License-Identifier:\s*(.+?)\s*(?:\*/|-->)?$", line) for line in lines[:3]]
    found = [match.group(1) for match in found if match]
    if found != [want]:
        yield 1, f"wants `SPDX-License-Identifier: {want}` in its first lines, has {found or 'none'}"


def columns(path, lines):
    """Code fits the width that it is formatted for."""
    if tree.language(path) in (None, "config"):
        return
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns, at most {MAX_COLUMNS}"


def encoding(_path, lines):
    """What people read is UTF-8."""
    for number, line in enumerate(lines, 1):
        if any("\udc80" <= character <= "\udcff" for character in line):
            yield number, "a byte that is not UTF-8"


def promises(path, lines):
    """A note to do something later names the issue that will see to it."""
    if not tree.language(path) or path.name in ("tidy_rules.py", "tidy_rules_test.py"):
        return
    for number, line in enumerate(lines, 1):
        if match := _PROMISE.search(line):
            word = match.group(1)
            yield number, f"`{word}` without an issue number: write `{word}(#12)` or do it"


def links(path, lines):
    """What a document links to is there."""
    if path.suffix != ".md":
        return
    in_code = False
    for number, line in enumerate(lines, 1):
        in_code ^= line.startswith("```")
        for target in [] if in_code else re.findall(r"\]\(([^)#\s]+)", re.sub(r"`[^`]*`", "", line)):
            if "://" not in target and not (tree.ROOT / path.parent / target).exists():
                yield number, f"links to {target}, which is not there"


def awaits(path, lines):
    """No co_await behind `?` or its `:`: gcc 12 runs both, whichever is chosen."""
    if tree.language(path) != "cxx":
        return
    code = re.sub(r"\b(?:case\b(?:[^:;]|::)*|default\s*):(?!:)", lambda match: " " * len(match.group()),
                  cxx_outline.strip("\n".join(lines)))
    for match in re.finditer(r"[?:]\s*\(*co_await\b", code):
        number = code.count("\n", 0, match.end()) + 1
        yield number, "co_await in a conditional expression: gcc 12 runs both sides, write if or switch"


def kernel_conditionals(path, lines):
    """libkern chooses files and types in the build, never lines."""
    for number, line in _kernel_code(path, lines):
        if _CONDITIONAL.match(line):
            yield number, "preprocessor conditional in libkern: choose a file or a type in the build instead"


def kernel_statics(path, lines):
    """All kernel state hangs from a Kernel; the nm test sees what this misses."""
    for number, line in _kernel_code(path, lines):
        declares = line.split("=")[0].split("{")[0]
        is_const = re.search(r"\bconst(expr)?\b", declares)
        if _MUTABLE_STATIC.match(line) and "(" not in declares and not is_const:
            yield number, "mutable static data in libkern: make it a member of Kernel or const"


def kernel_headers(path, lines):
    """libkern includes itself, the ABI, facts about IA-32, the chosen arch/, and freestanding headers."""
    for number, line in _kernel_code(path, lines, literals=True):
        if not (match := _INCLUDE.match(line)):
            continue
        system, own = match.groups()
        if system and system not in FREESTANDING:
            yield number, f"<{system}> is not on the list of freestanding headers in tools/tidy_rules.py"
        # A name without a folder is a neighbour: a header that only src/ needs.
        if own and "/" in own and not own.startswith(OWN_HEADERS):
            yield number, f'"{own}" is in none of {", ".join(OWN_HEADERS)}'


def kernel_sizes(path, lines, warn=False):
    """libkern stays readable: nothing above SLACK times its limit (`warn`: nothing above its limit)."""
    slack = 1 if warn else SLACK
    limit = MAX_LINES.get(path.suffix)
    if path.parts[0] != "libkern" or not limit or "test" in path.parts:
        return
    if len(lines) > limit * slack:
        yield 1, f"{len(lines)} lines, at most {limit}"
    for name, first, length in cxx_outline.functions("\n".join(lines)):
        if length > MAX_FUNCTION * slack:
            yield first, f"{name}() has {length} lines, at most {MAX_FUNCTION}"


def _kernel_code(path, lines, literals=False):
    """Numbered lines of a libkern source without comments; empty for other files and for libkern's tests."""
    if path.parts[0] != "libkern" or "test" in path.parts or tree.language(path) != "cxx":
        return []
    text = "\n".join(lines)
    # Stripping would blank the file names of #include "...".
    return enumerate((text if literals else cxx_outline.strip(text)).split("\n"), 1)


RULES = [
    licence, columns, encoding, promises, links, awaits,
    kernel_conditionals, kernel_statics, kernel_headers, kernel_sizes,
]
