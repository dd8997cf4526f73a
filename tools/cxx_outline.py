# SPDX-License-Identifier: BSD-2-Clause
"""Finds where C++ functions begin and end, by braces: enough to measure them, not to understand them."""

import re

_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
_CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum)\b[^()=]*$|\bextern\s*$|\bconcept\b")
_NAME = re.compile(r"([~\w:]+|operator\s*\S{1,3})\s*\(")


def strip(text):
    """`text` with comments and literals blanked out, line breaks kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return _NOISE.sub(blank, re.sub(r"(?<=\d)'(?=\d)", "_", text))


def functions(text):
    """(name, first line, lines) of each function body; a lambda counts to the function around it."""
    code = re.sub(r"(?m)^[ \t]*#(?:.*\\\n)*.*$", lambda m: "\n" * m.group().count("\n"), strip(text))
    found, scopes, start = [], [], 0
    for at, char in enumerate(code):
        if char == "{":
            head = code[start:at]
            inside_function = any(name for name, _ in scopes)
            name = None if inside_function else _function_name(head)
            scopes.append((name, code.count("\n", 0, start + len(head) - len(head.lstrip())) + 1))
        elif char == "}" and scopes:
            name, first = scopes.pop()
            if name:
                found.append((name, first, code.count("\n", 0, at) + 2 - first))
        if char in "{};":
            start = at + 1
    return found


def _function_name(head):
    """The name in front of the first parameter list of `head`, None when it opens something else."""
    if "(" not in head or _CONTAINER.search(head):
        return None
    # An initializer such as `int x[] = {f(1), ...}` has `=` in front of any parenthesis.
    match = _NAME.search(re.sub(r"\[\[.*?\]\]|\balignas\s*\(.*?\)|\brequires\s*\(.*?\)", "", head))
    if not match or "=" in head[:head.index("(")].replace("operator=", "").replace("==", ""):
        return None
    return match.group(1)
