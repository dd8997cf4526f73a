#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The table is consistent, its reader refuses one that is not, and docs/abi.md was made from it."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ABI = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ABI / "tools"))
sys.dont_write_bytecode = True

import rows_covered_test  # noqa: E402
import table  # noqa: E402

ROW = """
[[row]]
id = "ipc_one"
when = "a"
then = "b"
result = "0x10"
class = "ok"
call = "ipc"
"""


def read(chapter, index='chapters = ["one"]'):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "index.toml").write_text(index, encoding="utf-8")
        pathlib.Path(folder, "one.toml").write_text('title = "One"\n' + chapter, encoding="utf-8")
        return table.Table(folder)


class Reader(unittest.TestCase):

    def test_reads_rows_and_constants(self):
        entries = '["L4_A", "bits 4-7", ""], ["L4_B", "bit 3", ""]'
        found = read(f'[[group]]\ntitle = "G"\nentries = [{entries}]\n' + ROW)
        self.assertEqual(found.defines, {"L4_A_SHIFT": 4, "L4_A_MASK": 0xF0, "L4_B": 8})
        self.assertEqual([row["id"] for row in found.of("v2")], ["ipc_one"])

    def test_refuses(self):
        for change, message in [
            (("ipc_one", "IpcOne"), "snake_case"),
            (('when = "a"\n', ""), "lacks"),
            (('"ok"', '"fine"'), "class is one of"),
            (("0x10", "L4_NOT_THERE"), "no constant L4_NOT_THERE"),
            (('call = "ipc"', 'call = "ipc"\nnote = "x"'), "unknown keys"),
            (('call = "ipc"', 'call = "ipc"\nmilestone = "x86"'), "has a reason when"),
            (('call = "ipc"', 'call = "ipc"\nreason = "none needed"'), "has a reason when"),
        ]:
            with self.assertRaisesRegex(table.TableError, message):
                read(ROW.replace(*change))

    def test_refuses_the_same_id_twice(self):
        with self.assertRaisesRegex(table.TableError, "used twice"):
            read(ROW + ROW)

    def test_refuses_what_is_no_chapter(self):
        with self.assertRaisesRegex(table.TableError, "one.toml: .*line 2"):
            read("nonsense\n")
        with self.assertRaisesRegex(table.TableError, "index.toml lacks `chapters`"):
            read(ROW, "")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "two.toml")
            path.write_text(ROW, encoding="utf-8")
            with self.assertRaisesRegex(table.TableError, "two.toml lacks a `title`"):
                table.Chapter(path)

    def test_refuses_a_chapter_without_index(self):
        with self.assertRaisesRegex(table.TableError, "one"):
            read(ROW, "chapters = []")


class Coverage(unittest.TestCase):

    def test_counts_code_only(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "a_test.cc")
            source.write_text(
                "ABI_ROW(ipc_one);\n// ABI_ROW(ipc_two);\n/* ABI_ROW(\nipc_three) */ ABI_ROW( ipc_four );\n")
            self.assertEqual(sorted(rows_covered_test.named_in([source])), ["ipc_four", "ipc_one"])

    def test_finds_cases_that_do_not_run(self):
        with tempfile.TemporaryDirectory() as folder:
            texts = {"runs": "TEST(A, B) {} // GTEST_SKIP", "skips": "GTEST_SKIP() << 1;",
                     "off": "TEST(A, DISABLED_B) {}"}
            paths = [pathlib.Path(folder, name) for name in texts]
            for path in paths:
                path.write_text(texts[path.name])
            found = [pathlib.Path(path).name for path in rows_covered_test.skipping(paths)]
        self.assertEqual(found, ["skips", "off"])


class Manual(unittest.TestCase):

    def test_is_not_stale(self):
        headers = sorted((ABI / "include/l4/abi").glob("*.h"))
        made = subprocess.run([sys.executable, "-B", ABI / "tools/gen_docs.py", ABI / "table", *headers],
                              check=True, capture_output=True).stdout
        manual = ABI.parent / "docs/abi.md"
        stale = not manual.exists() or made != manual.read_bytes()
        self.assertFalse(stale, "docs/abi.md is stale; run abi/tools/regenerate")

    def test_is_not_written_by_who_asks_for_help(self):
        with tempfile.TemporaryDirectory() as folder:
            tools = shutil.copytree(ABI / "tools", pathlib.Path(folder, "abi/tools"))
            done = subprocess.run([tools / "regenerate", "--help"], check=False, capture_output=True,
                                  text=True)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [pathlib.Path(folder, "abi")])
        self.assertEqual(done.returncode, 2)
        self.assertIn("it takes no arguments, but got `--help`", done.stderr)


if __name__ == "__main__":
    unittest.main()
