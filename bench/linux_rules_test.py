#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops bench linux` without QEMU: arguments, budgets, table, figures, and what it refuses."""

import pathlib
import sys
import unittest

sys.path.insert(0, "bench")

import linux  # noqa: E402
import linux_legs  # noqa: E402
import linux_report  # noqa: E402
import suite  # noqa: E402

BUDGETS = """# a comment
getpid 900 4 2.2 a system call
pf_anon_w 5000 3 1.6 a page that is written
"""


def bench(units=1, **values):
    return "".join(f"bench {name} {units} {units * value} {4 * units} {3 * units} 0\r\n"
                   for name, value in values.items())


def found(**systems):
    return {system: linux_report.read_bench(bench(**values)) for system, values in systems.items()}


GOOD = dict(native=dict(getpid=250, pf_anon_w=2000), uml=dict(getpid=12000, pf_anon_w=40000),
            drops=dict(getpid=750, pf_anon_w=3000))


class Arguments(unittest.TestCase):
    def test_systems_are_named(self):
        self.assertIsNone(linux.PARSER.read([]).only)
        self.assertEqual(linux.PARSER.read(["--only", "drops"]).only, ["drops"])
        with self.assertRaisesRegex(suite.Bad, "'plan9' .choose from 'native', 'uml', 'drops'"):
            linux.PARSER.read(["--only", "plan9"])

    def test_only_what_is_needed_is_built(self):
        def target(*words):
            return linux.target(linux.PARSER.read(words))

        self.assertEqual(target(), "linux")
        self.assertEqual(target("--only=drops"), "linux_drops")
        self.assertEqual(target("--only=drops", "--only=uml"), "linux")
        self.assertEqual(target("--only=native", "--no-compiler"), "linux_operations")
        self.assertEqual(target("--no-compiler", "--only=drops"), "linux_drops_operations")


class Report(unittest.TestCase):
    def setUp(self):
        self.budgets = linux_report.read_budgets(BUDGETS)

    def test_figures_are_of_one_unit(self):
        got = linux_report.read_bench(bench(units=64, pf_anon_w=3000))
        self.assertEqual(got["pf_anon_w"], linux_report.Operation(3000, 4, 3, 0))

    def test_the_table_has_all_systems(self):
        lines = linux_report.table(self.budgets, found(**GOOD)).splitlines()
        self.assertRegex(lines[1], r"a system call +getpid +250 +12,000 +48 +750 +3 +4 +2.2 +yes +4 +3 +0")
        self.assertRegex(lines[2], r"pf_anon_w +2,000 +40,000 +20 +3,000 +1.5 +3 +1.6 +as aimed at")

    def test_what_was_not_measured_is_left_empty(self):
        line = linux_report.table(self.budgets, found(drops=GOOD["drops"])).splitlines()[1]
        self.assertRegex(line, r"getpid +750 +4 +2.2 +4 +3 +0")

    def test_figures(self):
        figures = linux_report.figures(self.budgets, found(**GOOD))
        getpid = {"suite": "linux", "id": "getpid", "value": 750, "unit": "guest instructions"}
        self.assertEqual(figures[0], dict(getpid, native=250, uml=12000, must=1000))
        alone = linux_report.figures(self.budgets, found(drops=GOOD["drops"]))
        self.assertEqual(alone[0], getpid)

    def test_what_is_wrong_is_found(self):
        def wrong(**changes):
            return linux_report.wrong(self.budgets, found(**dict(GOOD, **changes)))

        self.assertEqual(wrong(), [])
        self.assertEqual(wrong(drops=dict(getpid=901, pf_anon_w=3000)),
                         ["getpid takes 901 guest instructions, its bound is 900"])
        self.assertEqual(wrong(native=dict(getpid=180, pf_anon_w=2000)),
                         ["getpid takes 4.17 times what it takes natively; it must be 4"])
        self.assertEqual(wrong(uml=dict(getpid=1)), ["pf_anon_w was not measured (uml)"])
        self.assertEqual(wrong(uml=dict(getpid=1, pf_anon_w=1, more=1)), ["more has no budget"])

    def test_objects_are_the_same_everywhere(self):
        def other(**texts):
            return linux_report.other_objects(texts)

        self.assertEqual(other(native="objects 1f\r\nbench", drops="objects 1f\n"), [])
        self.assertEqual(other(native="bench x", drops=""), [])
        self.assertEqual(other(native="objects 1f\n", uml="objects 1f\n", drops="objects 2\n"),
                         ["gcc_compile made other objects in one system than in another: 1f (native), "
                          "1f (uml), 2 (drops)"])
        self.assertEqual(len(other(native="objects 1f\n", drops="bench x")), 1)

    def test_bad_input_is_refused(self):
        for text in ("", "bench x 0 1 1 1 1\n", 2 * "bench x 1 1 1 1 1\n"):
            with self.assertRaises(suite.Failed):
                linux_report.read_bench(text)
        with self.assertRaises(suite.Failed):
            linux_report.read_budgets("a 1 1 1 x\na 2 2 2 x\n")

    def test_all_fixed_ids_have_a_budget(self):
        ids = """getpid clock_gettime fork vfork fork_exec_static fork_exec_dyn pf_anon_w pf_file_r pf_cow
            sig_deliver pipe_pingpong mmap_touch_munmap open_close gcc_compile"""
        text = pathlib.Path("bench/linux_budgets.txt").read_text(encoding="utf-8")
        self.assertEqual(set(ids.split()), set(linux_report.read_budgets(text)))


# The program, its way to Linux, Linux with functions at 0x400010, 0x400020, ..., and the way back.
P, K, L = 0x8049000, 0xc0300000, 0x400000
CALL = [P, P + 5, K, K + 1, K + 2, L + 0x40, L + 0x41, L + 0x10, L + 0x20, L + 0x50, L + 0x11, L + 0x30,
        L + 0x10, L + 0x40, L + 0x50, L + 0x41, K + 9, P + 7]
ANYWHERE = 0, 1 << 32
BEGINS = [(linux_legs.PROGRAM, *ANYWHERE), (linux_legs.KERNEL, *ANYWHERE), (linux_legs.LINUX, *ANYWHERE),
          *((linux_legs.LINUX, L + low, L + low + 16) for low in (0x10, 0x20, 0x30, 0x40)),
          (linux_legs.KERNEL, *ANYWHERE)]
TEXT = """cost: 18 while the clock is slow, 20 when not.
| leg | instructions | where |
| 1. A program. (Two.) | 3 | the program |
| 2. B | 3 | `x` |
So Linux itself has 11 of them, some 5 for x; the kernel has 4, of which 1
"""


class Legs(unittest.TestCase):
    def test_calls_begin_at_the_program_s_first_instruction(self):
        self.assertEqual(linux_legs.calls([K, L, *CALL, *CALL, P, K]), [CALL, CALL])

    def test_instructions_are_counted_where_they_belong(self):
        self.assertEqual(linux_legs.legs(CALL, BEGINS), [3, 3, 2, 1, 3, 2, 3, 1])

    def test_rare_calls_are_left_out(self):
        rare = [[1] * 7 + [n] for n in (0, 50)]
        found = 40 * [[1] * 8] + 20 * [[1] * 7 + [3]] + rare
        self.assertEqual(linux_legs.usual(found), [[1] * 8, [1] * 7 + [3]])
        with self.assertRaisesRegex(suite.Failed, "no two calls are alike"):
            linux_legs.usual([[n] for n in range(20)])

    def test_a_document_with_other_figures_is_noticed(self):
        document = linux_legs.documented(TEXT)
        self.assertEqual(document, ([3, 3], [18, 20], [11, 4]))
        short, long = [3, 3, 2, 1, 3, 2, 3, 1], [3, 3, 2, 1, 3, 2, 3, 3]
        self.assertEqual(linux_legs.wrong(short, long, document),
                         ["docs/linux.md has [3, 3] for the legs, counted are [3, 3, 2, 1, 3, 2, 3, 1]"])
        self.assertEqual(linux_legs.wrong(short, long, (short, [18, 20], [11, 4])), [])
        self.assertEqual(len(linux_legs.wrong(short, long, (short, [18, 21], [10, 4]))), 2)
        with self.assertRaises(suite.Failed):
            linux_legs.documented("nothing")


if __name__ == "__main__":
    unittest.main()
