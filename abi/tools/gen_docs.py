# SPDX-License-Identifier: BSD-2-Clause
"""Writes the reference manual (docs/abi.md) to stdout.  Arguments: the table's directory, then the
headers, from which the layouts of structs are taken."""

import re
import sys

import table

INTRO = """\
<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Generated from abi/table and abi/include by abi/tools/regenerate. Do not edit. -->
# The binary interface of drops

L4 V2 as Fiasco had it with 64-bit thread ids, and drops' additions to it. The headers are
`abi/include/l4/abi`, C11 and C++20. All words have 32 bits. In pairs of registers that hold an id, the low
word comes first (`ESI:EDI`, `EBX:EBP`); in `EDX:ECX`, which holds a time, EDX is the high word. Registers
that a table does not name keep their value. `docs/semantics.md` has the rules from which the rows follow.

Rows are the behaviours that the kernel must show, each with a stable id that the tests name. Class `ok` is
a call that succeeds, `error` one that fails, `semantic` a rule about what else happens. Rows marked x86 are
those that only a PC can show, each with the reason; those marked thesis are the extensions of *L4Linux
Porting Optimizations* (Lackorzynski, TU Dresden 2004). All others are shown in the simulator.

A constant `NAME` with the value "bits A-B" is a field: the headers have `NAME_SHIFT` and `NAME_MASK`.
"""


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def emit(header, lines):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for line in lines:
        print("| " + " | ".join(cell(item) for item in line) + " |")
    print()


def layout(headers, name):
    """Offset, field and comment of each member of a struct, from its asserts and its definition."""
    source = "".join(headers.values())
    body = re.search(r"\ntypedef struct \w+ \{(.*?)\n\} " + name + ";", source, re.DOTALL)
    size = re.search(r"L4_ABI_ASSERT\(sizeof\(" + name + r"\) == ([^)]+)\)", source)
    if not body or not size:
        raise table.TableError(f"no header has struct {name} and its size")
    comments = {}
    for fields, text in re.findall(r"^\s+\w+ ([^;/]+);\s*(?:/\*\*< (.*?) \*/)?", body[1], re.MULTILINE):
        for field in re.findall(r"\w+", re.sub(r"\[\w+\]", "", fields)):
            comments[field] = text
    asserts = re.findall(r"offsetof\(" + name + r", ([\w.]+)\) == (\w+)", source)
    lines = [(f"{int(at, 0):#04x}", f"`{field}`", comments.get(field, "")) for field, at in asserts]
    return lines, size[1]


def print_registers(registers):
    lines = [("in", *line) for line in registers.get("in", [])]
    lines += [("out", *line) for line in registers.get("out", [])]
    emit(("", "register", "meaning"), lines)


def print_rows(rows):
    for milestone in table.MILESTONES:
        chosen = [row for row in rows if row["milestone"] == milestone]
        if not chosen:
            continue
        print(f"### Rows{'' if milestone == 'v2' else f' (milestone {milestone})'}\n")
        reason = ("why not in the simulator",) if milestone == table.PC_ONLY else ()
        emit(
            ("row", "class", "condition", "result", "what happens", *reason),
            [(f"`{r['id']}`", r["class"], r["when"], r["result"], r["then"], *(r["reason"] for _ in reason))
             for r in chosen],
        )


def print_chapter(chapter, headers):
    print(f"## {chapter.title}\n")
    if chapter.header:
        print(f"Header: `{chapter.header}`\n")
    if chapter.text:
        print(chapter.text + "\n")
    if chapter.registers:
        print_registers(chapter.registers)
    for group in chapter.groups:
        print(f"### {group['title']}\n")
        if "text" in group:
            print(group["text"].strip() + "\n")
        emit(("name", "value", "meaning"), [(f"`{c.name}`", c.spec, c.text) for c in group["constants"]])
    for struct in chapter.structs:
        lines, size = layout(headers, struct["name"])
        print(f"### {struct['title']}: `{struct['name']}`, {size} bytes\n")
        emit(("offset", "field", "meaning"), lines)
    print_rows(chapter.rows)


def main():
    headers = {}
    for path in sys.argv[2:]:
        with open(path, encoding="ascii") as file:
            headers[path] = file.read()
    whole = table.Table(sys.argv[1])
    print(INTRO)
    emit(
        ("chapter", *table.MILESTONES),
        [(c.title, *(sum(r["milestone"] == m for r in c.rows) for m in table.MILESTONES))
         for c in whole.chapters]
        + [("all rows", *(len(whole.of(m)) for m in table.MILESTONES))],
    )
    for chapter in whole.chapters:
        print_chapter(chapter, headers)


if __name__ == "__main__":
    try:
        main()
    except table.TableError as error:
        sys.exit(f"abi/table: {error}")
