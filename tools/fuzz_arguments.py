# SPDX-License-Identifier: BSD-2-Clause
"""What `./drops fuzz` can be asked for."""

import dataclasses
import os
import pathlib
import re

import tree
from arguments import Bad

OPTIONS = """\
  --seconds N    how long each target runs (60)
  --jobs J       processes at once (one for each processor)
  --sanitize     with AddressSanitizer and UndefinedBehaviorSanitizer, slower
  --summary FILE write what came of it there, in Markdown, to be kept
  --replay FILE  only this input, once
  --merge        do not search: put the fewest inputs that reach what has been found so far in
                 place of those in the corpus; inputs with names of their own stay"""


# Those that have fuzz targets.
PACKAGES = ["fuzz", "l4env/roottask", "l4env/sigma0", "lookup"]


# Its kernel has a bug.
CANARY = "canary"


@dataclasses.dataclass
class Target:
    about: str
    package: str = "fuzz"
    corpus: str = ""  # from the root of the tree

    def label(self, name):
        return f"//{self.package}:{name}"

    def built(self, name):
        """Where Bazel leaves the program, below bazel/bin."""
        return f"{self.package}/{name}"


@dataclasses.dataclass
class Arguments:
    targets: dict  # by name
    seconds: int = 60
    jobs: int = os.cpu_count() or 1
    sanitize: bool = False
    replay: pathlib.Path = None
    merge: bool = False
    summary: pathlib.Path = None
    words: list = dataclasses.field(default_factory=list)  # as typed


def targets():
    """By name, in the order of the BUILD files."""
    found = {}
    for package in PACKAGES:
        text = (tree.ROOT / package / "BUILD.bazel").read_text()
        for rule in re.findall(r"^fuzz_target\(\n(.*?)^\)", text, re.DOTALL | re.MULTILINE):
            fields = dict(re.findall(r'^    (name|about|corpus) = "(.*)",$', rule, re.MULTILINE))
            corpus = fields.get("corpus", "corpus/" + fields["name"])
            found[fields["name"]] = Target(fields["about"], package, f"{package}/{corpus}")
    return found


def of_all(known):
    return {name: target for name, target in known.items() if name != CANARY}


def listing(known):
    width = max(map(len, known))
    lines = ["usage: ./drops fuzz TARGET|all [OPTIONS]", "", "Targets:"]
    lines += [f"  {name:{width}}  {target.about}" for name, target in known.items()]
    lines += [f"  {'all':{width}}  each of them but {CANARY}", "", "Options:", OPTIONS, ""]
    lines += ["Example: ./drops fuzz fuzz_syscall --seconds 600 --jobs 2"]
    return "\n".join(lines)


# libFuzzer reads its numbers in 32 bits; more processes than this only fight for memory.
MOST = {"--seconds": 2**31 - 1, "--jobs": 256}


def _number(option, value):
    if not (value.isascii() and value.isdigit()) or not value.strip("0"):
        raise Bad(f"{option} wants a number above 0, not `{value}`")
    most = MOST[option]
    if len(value.lstrip("0")) > len(str(most)) or int(value) > most:
        raise Bad(f"{option} wants a number up to {most}, not `{value}`")
    return int(value)


def _path(option, value):
    if not value:
        raise Bad(f"{option} wants the name of a file, not nothing")
    return (pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / value).resolve()


# What is made of their values.
WITH_VALUE = {"--seconds": _number, "--jobs": _number, "--replay": _path, "--summary": _path}


def _check_together(args):
    if args.targets is None:
        raise Bad("which target? `./drops fuzz` lists them")
    if args.replay and len(args.targets) != 1:
        raise Bad("--replay wants one target, not all: the one whose input it is")
    if args.replay and args.merge:
        raise Bad("--replay and --merge are two different things to do")
    if args.replay and args.replay.is_dir():
        raise Bad(f"--replay wants a file, but {args.replay} is a folder; name an input in it")
    if args.replay and not args.replay.is_file():
        raise Bad(f"there is no input {args.replay}")
    if args.merge and args.sanitize:
        raise Bad("--merge counts the edges that a search without --sanitize sees")
    if args.summary and (args.replay or args.merge):
        raise Bad("--summary is of a search, which --replay and --merge are not")
    if args.summary:
        _check_writable(args.summary)


def _check_writable(path):
    """Before hours go by."""
    if path.is_dir():
        raise Bad(f"--summary wants a file, but {path} is a folder")
    if not path.parent.is_dir():
        raise Bad(f"--summary: there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Bad(f"--summary: {path} can not be written; name another file")


def parse(words, known):
    """None: nothing was asked for."""
    if not words or words[0] == "help" or {"--help", "-h"} & set(words):
        return None
    args = Arguments(targets=None, words=list(words))
    words = list(words)
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if option in WITH_VALUE:
            if not equals:
                if not words:
                    raise Bad(f"{option} wants a value; `./drops fuzz` shows how it is called")
                value = words.pop(0)
            setattr(args, option[2:], WITH_VALUE[option](option, value))
        elif word == "--sanitize":
            args.sanitize = True
        elif word == "--merge":
            args.merge = True
        elif word.startswith("-"):
            raise Bad(f"`fuzz` has no option `{word}`; there are --seconds, --jobs, --sanitize, --summary, "
                      "--replay, --merge")
        elif args.targets is not None:
            raise Bad(f"`fuzz` takes one target or `all`, but got `{word}` as well")
        elif word == "all":
            args.targets = of_all(known)
        elif word in known:
            args.targets = {word: known[word]}
        else:
            raise Bad(f"there is no fuzz target `{word}`; there are {', '.join(known)} and all")
    _check_together(args)
    return args
