#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An ISO is small, holds what it should, and is the same whenever, wherever and by whomever it is made:
iso_test.py NAME MOST-BYTES
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

NAME, MOST = sys.argv[1], int(sys.argv[2])
ISO = pathlib.Path(f"image/{NAME}.iso")


def files():
    """What is in it, by name there."""
    lines = pathlib.Path(f"image/{NAME}.files").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


class Iso(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, name, sources, umask=0o022, **environment):
        """Its bytes, made from copies that are as old as this call."""
        scratch = self.folder / name
        scratch.mkdir()
        words = []
        for number, (path, source) in enumerate(sources.items()):
            copy = scratch / f"{number}"
            copy.write_bytes(pathlib.Path(source).read_bytes())
            words.append(f"{path}={copy}")
        out = scratch / "out.iso"
        subprocess.run(["image/make_iso.py", str(out), *words], check=True, umask=umask,
                       env=dict(os.environ, TMPDIR=str(scratch), **environment))
        return out.read_bytes()

    def test_it_is_small(self):
        self.assertLess(ISO.stat().st_size, MOST)

    def test_two_more_that_are_made_otherwise_are_the_same(self):
        one = self.make("a", files(), TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
        time.sleep(1.1)  # dates in the image have a second's resolution
        other = self.make("a longer name, with blanks", files(), umask=0o077, TZ="America/New_York",
                          SOURCE_DATE_EPOCH="1234567890", USER="nobody")
        self.assertTrue(one == other, "the two differ")
        self.assertTrue(one == ISO.read_bytes(), "both differ from the one that Bazel made")

    def test_another_content_makes_another_image(self):
        sources = files()
        menu = self.folder / "grub.cfg"
        text = pathlib.Path(sources["boot/grub/grub.cfg"]).read_text()
        menu.write_text(text.replace("timeout=5", "timeout=6"))
        other = self.make("b", dict(sources, **{"boot/grub/grub.cfg": str(menu)}))
        self.assertFalse(other == ISO.read_bytes())

    def test_its_files_are_all_there(self):
        listed = subprocess.run(["xorriso", "-indev", str(ISO), "-find", "/boot", "-type", "f"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
        self.assertGreater(len(files()), 10)
        for path in files():
            self.assertIn(f"'/{path}'\n", listed)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
