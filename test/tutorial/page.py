# SPDX-License-Identifier: BSD-2-Clause
"""The page docs/boot-your-own-program.md: its files, commands and outputs.

    page.py PAGE NAME      prints the file that the page calls NAME
"""

import pathlib
import re
import sys

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Page:
    def __init__(self, path):
        self.files = {}  # by name; one that is added to is joined
        self.runs = []  # pairs of commands and what they print
        text, at, commands = pathlib.Path(path).read_text(), 0, None
        for block in _BLOCK.finditer(text):
            language, body = block.groups()
            if language:
                name = re.findall(r"`([\w/.]+)`", text[at:block.start()])[-1]
                self.files[name] = self.files[name] + "\n" + body if name in self.files else body
            elif commands is None:
                commands = body
            else:
                self.runs.append((commands, body))
                commands = None
            at = block.end()
        assert commands is None, f"nothing says what these print: {commands}"


if __name__ == "__main__":
    print(Page(sys.argv[1]).files[sys.argv[2]], end="")
