# SPDX-License-Identifier: BSD-2-Clause
"""The ISOs' menus, in their order; the first is what boots when nobody chooses. tools/run reads it, too."""

load("//image:iso.bzl", "entry")

# Name, title, and the boot modules behind sigma0 and the root task: each a label, and behind it options, "--"
# and arguments (l4env/README.md). An entry with base = () names its own sigma0 and root task first.

# Linux takes all the memory that there is. The last module is its initramfs; tools/run_linux.py puts others
# in its place.
_LINUX = entry(
    "linux",
    "Linux, to a shell",
    "//linux-glue:linux memory=2000M kmem=0 mcp=24 tasks=64 irq=4 ports=0x3f8-0x3ff ports=0x70-0x71 " +
    "data=userland.cpio -- console=hvc0 quiet",
    "//linux-glue:userland_initramfs",
)

SMALL_ENTRIES = [
    entry("hello", "a program that prints a line", "//l4env/examples:hello"),
    entry("ping-pong", "what a message and its answer cost", "//l4env/examples:ping_pong tasks=1 --"),
    entry("ping-pong-sysenter", "the same by sysenter", "//l4env/examples:ping_pong_sysenter tasks=1 --"),
    entry(
        "conformance",
        "the rows of the ABI table, as one program",
        "//conformance:sigma0",
        "//conformance:all_rows",
        icount = True,
        base = (),
    ),
    entry("two-tasks", "two tasks call each other", "//l4env/examples:two_tasks tasks=1 --"),
    entry("threads", "threads of one task", "//l4env/examples:threads"),
    entry("semaphores", "threads wait for each other", "//l4env/examples:semaphores"),
    entry("regions", "memory that comes when it is touched", "//l4env/examples:regions"),
    entry("pager", "a program that is a pager", "//l4env/examples:pager tasks=1 --"),
    entry("exceptions", "exceptions that a program handles", "//l4env/examples:exceptions tasks=1 --"),
    entry("ex-regs", "registers of a thread in another task", "//l4env/examples:ex_regs tasks=1 --"),
    entry("time-faults", "time slices end as messages", "//l4env/examples:time_faults tasks=1 --"),
    entry(
        "servers",
        "console and name server, and a client",
        "//l4env/names service mcp=255 --",
        "//l4env/con service ports=0x2f8-0x2ff irq=3 -- 0x2f8 3 loop",
        "//l4env/examples:servers tasks=1 --",
    ),
]

ENTRIES = [_LINUX] + SMALL_ENTRIES
