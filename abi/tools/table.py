# SPDX-License-Identifier: BSD-2-Clause
"""Reads and checks the ABI table (abi/table/*.toml).  Every generator and test starts here.

index.toml names the chapters in the order of the manual.  A chapter has a title, text, optionally
`[registers]`, `[[group]]`s of constants, `[[struct]]`s and `[[row]]`s.  A row is one behaviour that
the kernel must show; abi/table/README.md says how to write one.
"""

import pathlib
import re
import tomllib

CLASSES = ("ok", "error", "semantic")
MILESTONES = ("v2", "x86", "thesis")
ROW_KEYS = {"id", "call", "when", "then", "result", "class", "milestone"}
PC_ONLY = "x86"  # a row of this milestone has a `reason` why the simulator cannot show it
RESULT_WORDS = ("none", "any")  # no system call returns; the value is in `then`


class TableError(Exception):
    """The table is wrong; the message names the chapter and the fix."""


def load(path):
    """A file of the table as TOML has it."""
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{path.name}: {error}") from error


class Constant:
    """One name of the headers: a plain value, one bit, or a bit field (a mask, maybe with its shift)."""

    def __init__(self, name, spec, text):
        self.name, self.spec, self.text = name, spec, text
        if match := re.fullmatch(r"bits (\d+)-(\d+)", spec):
            low, high = int(match[1]), int(match[2])
            self.defines = {name + "_SHIFT": low, name + "_MASK": ((1 << (high - low + 1)) - 1) << low}
        elif match := re.fullmatch(r"bit (\d+)", spec):
            self.defines = {name: 1 << int(match[1])}
        elif re.fullmatch(r"0x[0-9a-f]+|\d+", spec):
            self.defines = {name: int(spec, 0)}
        else:
            raise TableError(f"{name}: '{spec}' is none of 'bit N', 'bits A-B', a number")


class Chapter:
    """One file of the table."""

    def __init__(self, path):
        self.path = path
        data = load(path)
        if "title" not in data:
            raise TableError(f"{path.name} lacks a `title`")
        self.title = data.pop("title")
        self.text = data.pop("text", "").strip()
        self.header = data.pop("header", None)
        self.registers = data.pop("registers", None)
        self.groups = data.pop("group", [])
        self.structs = data.pop("struct", [])
        defaults = {"call": data.pop("call", None), "milestone": data.pop("milestone", "v2")}
        self.rows = [defaults | row for row in data.pop("row", [])]
        if data:
            raise TableError(f"{path.name}: unknown keys {sorted(data)}")
        for group in self.groups:
            group["constants"] = [self.constant(entry) for entry in group.pop("entries")]

    def constant(self, entry):
        try:
            return Constant(*entry)
        except (TableError, TypeError) as error:
            raise TableError(f"{self.path.name}: {entry}: {error}") from error


class Table:
    """All chapters; raises TableError unless the whole of it is consistent."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        names = load(directory / "index.toml").get("chapters")
        if not isinstance(names, list):
            raise TableError("index.toml lacks `chapters`, the list of the others' names")
        on_disk = {path.stem for path in directory.glob("*.toml")} - {"index"}
        if on_disk != set(names):
            raise TableError(f"index.toml and the directory differ: {sorted(on_disk ^ set(names))}")
        self.chapters = [Chapter(directory / f"{name}.toml") for name in names]
        self.rows = [row for chapter in self.chapters for row in chapter.rows]
        self.defines = {}
        for chapter in self.chapters:
            for group in chapter.groups:
                for constant in group["constants"]:
                    self._add(chapter, constant.defines)
        for chapter in self.chapters:
            for row in chapter.rows:
                self._check(chapter, row)
        ids = [row["id"] for row in self.rows]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise TableError(f"row ids used twice: {twice}")

    def of(self, milestone):
        return [row for row in self.rows if row["milestone"] == milestone]

    def _add(self, chapter, defines):
        for name, value in defines.items():
            if name in self.defines:
                raise TableError(f"{chapter.path.name}: {name} is listed twice")
            self.defines[name] = value

    def _check(self, chapter, row):
        where = f"{chapter.path.name}: row '{row.get('id', '?')}'"
        if missing := ROW_KEYS - {key for key, value in row.items() if value}:
            raise TableError(f"{where} lacks {sorted(missing)}")
        if unknown := row.keys() - ROW_KEYS - {"reason"}:
            raise TableError(f"{where}: unknown keys {sorted(unknown)}")
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", row["id"]):
            raise TableError(f"{where}: ids are snake_case, starting with the subject")
        if row["class"] not in CLASSES or row["milestone"] not in MILESTONES:
            raise TableError(f"{where}: class is one of {CLASSES}, milestone one of {MILESTONES}")
        if (row["milestone"] == PC_ONLY) != bool(row.get("reason")):
            raise TableError(f"{where}: a row has a reason when its milestone is {PC_ONLY}, and only then")
        words = re.split(r" \| ", row["result"])
        names = re.findall(r"\bL4_[A-Z0-9_]+\b", " ".join([row["when"], row["then"]]))
        for word in words:
            if not re.fullmatch(r"0x[0-9a-f]+|\d+", word) and word not in RESULT_WORDS:
                names.append(word)
        for name in names:
            if name not in self.defines:
                raise TableError(f"{where}: no constant {name} in the table")
