#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`./drops rootfs`: its arguments, and what is left when something fails.  debian_test makes a disk."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import subprocess
import unittest
from unittest import mock

import in_folder
import run_arguments

_PATH = str(pathlib.Path(__file__).resolve().parent / "rootfs")
_LOADER = importlib.machinery.SourceFileLoader("rootfs", _PATH)
rootfs = importlib.util.module_from_spec(importlib.util.spec_from_loader("rootfs", _LOADER))
_LOADER.exec_module(rootfs)


class Rootfs(in_folder.InFolder):
    def bad(self, words, message):
        with self.assertRaisesRegex(run_arguments.Bad, message):
            rootfs.parse(words.split(" ") if words else [])

    def make(self, run):
        """Its status, and what it says to standard error."""
        told = io.StringIO()
        with mock.patch.multiple(rootfs, run=run, packages=lambda: ["a"]), \
                contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
            return rootfs.make(rootfs.parse(["my disk.img", "--size=700", "--add", "g++"])), told.getvalue()

    def test_bad_arguments_are_named(self):
        self.bad("", "wants the name of the FILE")
        self.bad("a b", "makes one FILE, but got `.*/a` and `b`")
        self.bad("a --fast", "has no option `--fast`; there are --size and --add")
        self.bad("a --size", "--size wants a value")
        for size in ["0", "639", "65537", "-1", "1G", ""]:
            self.bad("a --size=" + size, "--size wants a number from 640 to 65536, not `")
        for package in ["", "-x", "A", "a/b", "a=1", "a;b"]:
            self.bad("a --add=" + package, "--add wants the name of a Debian package, not `")

    def test_files_that_can_not_be_made_are_named(self):
        (self.folder / "here").touch()
        self.bad("here", "here is there already; remove it, or name another file")
        self.bad("no/such", "there is no folder .*/no; make it first")
        self.bad(".", "wants a file, but .* is a folder")

    def test_a_place_that_can_not_be_written_is_named_before_anything_is_fetched(self):
        (self.folder / "my disk.img.part").mkdir()
        status, told = self.make(mock.Mock(side_effect=AssertionError))
        self.assertEqual(status, 1)
        self.assertIn("my disk.img.part can not be written: Is a directory", told)

    def test_the_help_is_no_argument(self):
        self.assertIsNone(rootfs.parse(["--help"]))

    def test_the_packages_have_names(self):
        for name in rootfs.packages():
            self.assertRegex(name, r"^[a-z0-9][a-z0-9+.-]+$")

    def test_packages_become_a_disk(self):
        def run(command):
            calls.append([str(word) for word in command])
            if command[0] == "fakeroot":
                command[3].write_text("a disk")

        calls = []
        self.assertEqual(self.make(run), (0, ""))
        self.assertEqual(calls[0][2:], ["install", "--download-only", "a", "g++"])
        self.assertEqual(calls[1][2], calls[0][1])
        self.assertEqual(calls[1][4], "700")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["my disk.img"])
        self.assertEqual((self.folder / "my disk.img").read_text(), "a disk")

    def test_a_failure_leaves_nothing(self):
        def run(command):
            (self.folder / "my disk.img.part").touch()
            if command[0] == "fakeroot":
                raise subprocess.CalledProcessError(1, command)

        status, told = self.make(run)
        self.assertEqual(status, 1)
        self.assertRegex(told, "fakeroot .*/rootfs/build failed; its message is above")
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
