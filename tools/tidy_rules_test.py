#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each rule of tools/tidy finds what was seeded for it, and leaves alone what only looks like it."""

import pathlib
import tempfile
import unittest

import cxx_outline
import tidy_rules
import tree

SPDX = "// SPDX-License-Identifier: BSD-2-Clause"


def found(rule, text, path="libkern/src/a.cc", **kwargs):
    return [number for number, _ in rule(pathlib.Path(path), text.split("\n"), **kwargs)]


class Licence(unittest.TestCase):

    def test_wants_the_line_of_the_folder(self):
        gpl = SPDX.replace("BSD-2-Clause", "GPL-2.0-only")
        for path, text, bad in [("abi/a.h", SPDX, []), ("abi/a.h", "int x;", [1]), ("abi/a.h", gpl, [1]),
                                ("linux-glue/a.c", gpl, []), ("linux-glue/a.c", SPDX, [1]),
                                ("abi/a.h", "/* SPDX-License-Identifier: BSD-2-Clause */", [])]:
            self.assertEqual(found(tidy_rules.licence, text, path), bad, (path, text))

    def test_prose_needs_none(self):
        self.assertEqual(found(tidy_rules.licence, "# Title", "README.md"), [])


class Text(unittest.TestCase):

    def test_encoding(self):
        self.assertEqual(found(tidy_rules.encoding, "// straße\n// \udcff\n"), [2])

    def test_columns(self):
        self.assertEqual(found(tidy_rules.columns, "x" * 110 + "\n" + "x" * 111), [2])

    def test_promises_name_an_issue(self):
        word = "TO" + "DO"
        self.assertEqual(found(tidy_rules.promises, f"// {word}: later\n// {word}(#12): then"), [1])


class All(unittest.TestCase):

    def test_have_a_test_that_keeps_them(self):
        build = (tree.ROOT / "tools/BUILD.bazel").read_text()
        for rule in tidy_rules.RULES:
            self.assertIn(f'"{rule.__name__}"', build)


class Tree(unittest.TestCase):

    def test_all_tools_are_read(self):
        names = {str(path) for path in tree.files() if path.parts[0] == "tools"}
        self.assertLessEqual({"tools/coverage", "tools/tidy", "tools/tree.py"}, names)

    def test_what_is_made_is_not(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for path in ["coverage/a.h", "fuzz/findings/a", "tools/node_modules/a.js", "tools/coverage"]:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).touch()
            (root / "bazel").symlink_to("/")
            self.assertEqual([str(path) for path in tree.files(root)], ["tools/coverage"])


class Links(unittest.TestCase):

    def test_lead_somewhere(self):
        text = "[a](tidy) [b](nowhere.md#x)\n```\n[&](User u)\n```\n[c](https://x.org/y) `[d](e)` [f](#g)"
        self.assertEqual(found(tidy_rules.links, text, "tools/a.md"), [1])


class Awaits(unittest.TestCase):

    def test_are_not_conditional(self):
        text = "x ? co_await a() : b;\nx ? b\n  : co_await a();\nf(co_await a() ? 1 : 2);"
        self.assertEqual(found(tidy_rules.awaits, text, "test/a.cc"), [1, 3])
        fine = "case 0: co_await a();\ncase kind::x:\n  co_await a();\ndefault: co_await a();"
        self.assertEqual(found(tidy_rules.awaits, fine, "test/a.cc"), [])


class Kernel(unittest.TestCase):

    def test_conditionals(self):
        text = "#pragma once\n#ifdef X\n# if 1\n#include <array>\n#endif\n// #if in prose"
        self.assertEqual(found(tidy_rules.kernel_conditionals, text), [2, 3, 5])
        self.assertEqual(found(tidy_rules.kernel_conditionals, text, "hal-sim/a.h"), [])

    def test_statics(self):
        mutable = ["static int x;", "  static Pool pool{3};", "thread_local int y = f();",
                   "inline static T t;", "static int* p = const_cast<int*>(q);"]
        fine = ["static_assert(sizeof(int) == 4);", "static constexpr int x = 1;", "static int f(int);",
                "static const T t{1};", "static Result<int> make(int a);", "// static int x;"]
        for line in mutable:
            self.assertEqual(found(tidy_rules.kernel_statics, line), [1], line)
        for line in fine:
            self.assertEqual(found(tidy_rules.kernel_statics, line), [], line)

    def test_headers(self):
        fine = '#include "kern/a.h"\n#include <array>\n// #include <map>\n'
        self.assertEqual(found(tidy_rules.kernel_headers, fine), [])
        bad = '#include <vector>\n#include "sim/world.h"'
        self.assertEqual(found(tidy_rules.kernel_headers, bad), [1, 2])

    def test_sizes(self):
        text = "\n".join(["int f() {", *["    g();"] * 80, "}"])
        self.assertEqual(found(tidy_rules.kernel_sizes, text), [])
        self.assertEqual(found(tidy_rules.kernel_sizes, text, warn=True), [1])
        self.assertEqual(found(tidy_rules.kernel_sizes, "\n" * 700), [1])


class Outline(unittest.TestCase):

    def test_finds_functions_and_nothing_else(self):
        text = """
namespace kern {
struct S {
    int x = f(1);
    bool ok() const { return x > 0; }
};
enum class E { a, b };
constexpr int table[] = {1, 2};
S::S(int a)
    : x(a) {
    auto l = [&] { if (a) { g("}"); } };
}
template <typename T>
Result<int> Kernel::send(T& t, const Args& a) // {
{
    while (t) { /* } */ }
    return '}';
}
#define M(x) \\
    { x }
} // namespace kern
"""
        self.assertEqual(cxx_outline.functions(text), [("ok", 5, 1), ("S::S", 9, 4), ("Kernel::send", 13, 6)])


if __name__ == "__main__":
    unittest.main()
