#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What Linux's operations cost on drops, natively and as User-Mode Linux (docs/linux.md).
`./drops bench linux` boots each in QEMU, prints the table, and fails where something is above its bound or
what it must be."""

import dataclasses
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(os.path.realpath(__file__)).parent))

import linux_report  # noqa: E402
import suite  # noqa: E402

BUDGETS = "bench/linux_budgets.txt"
NATIVE = "linux-glue/baseline/native.bzimage"
SYSTEMS = ("native", "uml", "drops")


@dataclasses.dataclass
class Program:
    """An init of bench/linux_program, with all that it measures in its initramfs."""
    name: str
    memory: dict  # MiB of the machine, by system; Linux on drops has what is in `linux`
    linux: int
    seconds: int  # of the host, in the worst case

    def initramfs(self, system):
        return f"bench/linux_program/{'uml_' * (system == 'uml')}{self.name}.cpio"


OPERATIONS = Program("operations", {"native": 192, "uml": 512, "drops": 192}, linux=96, seconds=300)
COMPILE = Program("compile", {"native": 384, "uml": 768, "drops": 384}, linux=256, seconds=3000)

PARSER = suite.Parser("linux", __doc__.split(" (")[0] + ".")
PARSER.add_argument("--only", choices=SYSTEMS, action="append",
                    help="boot just this one; may be given several times")
PARSER.add_argument("--no-compiler", action="store_true",
                    help="leave out gcc_compile, which takes most of the time")


def target(args):
    """The smallest of //bench's that has what these need: `./drops` builds that."""
    systems = "linux_drops" if set(args.only or SYSTEMS) == {"drops"} else "linux"
    return f"{systems}_operations" if args.no_compiler else systems


def boot_native(folder, program, system="native", words=()):
    # QEMU's processor does not say that its counter is steady; under -icount it is.
    return suite.boot(folder, NATIVE, [program.initramfs(system)],
                      append="console=ttyS0 tsc=reliable quiet panic=-1", memory=program.memory[system],
                      seconds=program.seconds, words=["--status=0", *words])


def boot_uml(folder, program):
    """This User-Mode Linux fails by chance: it reads a program's descriptor for set_thread_area as zeros. A
    start at another date is another chance; one that fails says so and prints no figures of another's."""
    last = 9
    for day in range(1, last + 1):
        try:
            return boot_native(folder / str(day), program, "uml",
                               words=[f"--qemu=-rtc base=2020-01-0{day},clock=vm"])
        except suite.Failed:
            if day == last:
                raise


def modules(program):
    """As //linux-glue's tests have them."""
    return ["l4env/sigma0/sigma0.elf", "l4env/roottask/roottask.elf exit=0xf4",
            f"linux-glue/linux.elf memory={program.linux}M kmem=0 mcp=24 tasks=64 "
            f"data={program.name}.cpio -- console=hvc0", program.initramfs("drops")]


def boot_drops(folder, program):
    return suite.boot(folder, "hal-x86/drops.elf", modules(program), memory=program.memory["drops"],
                      seconds=program.seconds)


BOOT = {"native": boot_native, "uml": boot_uml, "drops": boot_drops}


def run(args, folder):
    budgets = linux_report.read_budgets(pathlib.Path(BUDGETS).read_text(encoding="utf-8"))
    programs = [OPERATIONS] if args.no_compiler else [OPERATIONS, COMPILE]
    if args.no_compiler:
        del budgets[linux_report.COMPILER]
    texts = {system: "".join(BOOT[system](folder / system / program.name, program) for program in programs)
             for system in args.only or SYSTEMS}
    found = {system: linux_report.read_bench(text) for system, text in texts.items()}
    print(suite.title("Linux's operations", PARSER))
    print(linux_report.table(budgets, found))
    if args.json:
        args.json.write_text(suite.as_json(linux_report.figures(budgets, found)), encoding="utf-8")
    return linux_report.wrong(budgets, found) + linux_report.other_objects(texts)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--target"]:
        print(target(PARSER.read(sys.argv[2:])))
        sys.exit()
    sys.exit(suite.main(PARSER, run))
