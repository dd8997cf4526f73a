# SPDX-License-Identifier: BSD-2-Clause
"""The rows as programs, and the kernels that they are asked of."""

load("//l4env:program.bzl", "drops_program")

# By each of its entries, and each of them must show every row.
KERNELS = {
    "drops": "//hal-x86:drops",
    "drops_cxx": "//hal-x86:drops_cxx",
}

ENTRIES = {
    "int": "",
    "sysenter": "_sysenter",
}

def _programs(programs):
    """The root tasks, and the sigma0 that most of them need."""
    drops_program(
        name = "sigma0",
        srcs = [
            "harness/sigma0.cc",
            "harness/sigma0_start.S",
        ],
        at = "0x90000",
        deps = [
            ":headers",
            "//l4env/c",
        ],
    )
    for program, files in programs.items():
        drops_program(
            name = program,
            srcs = ["rows/%s.cc" % file for file in files],
            deps = [":harness"],
        )

def _test(name, kernel, entry, programs, other_sigma0, shifts):
    """All programs by one entry on one kernel, and all rows of the table."""
    args = ["--kernel=$(rootpath %s)" % kernel, "--entry=" + entry]
    data = [kernel]
    for program in programs:
        sigma0 = other_sigma0.get(program, ":sigma0") + ENTRIES[entry]
        root = ":" + program + ENTRIES[entry]
        args.append("--program=$(rootpath %s),$(rootpath %s),%d" % (sigma0, root, shifts.get(program, 3)))
        data += [sigma0, root]
    native.sh_test(
        name = name,
        size = "large",
        srcs = ["run.py"],
        args = args,
        data = {label: None for label in data + [
            "//abi:table",
            "//build:qemu_run.py",
        ]}.keys(),
        tags = ["qemu"],
        target_compatible_with = ["//build/platforms:hal_sim"],
    )

def conformance(name, programs, other_sigma0, shifts):
    """Declares the programs, KERNEL_ENTRY_test for each kernel and entry, and a suite of these.

    Args:
      name: of the suite.
      programs: name to the files of rows/ that are in it.
      other_sigma0: program to the sigma0 that it boots behind, if that is not the harness's.
      shifts: program to log2 of the nanoseconds that an instruction takes in it, if it is not 3.
    """
    _programs(programs)
    tests = []
    for kernel, label in KERNELS.items():
        for entry in ENTRIES:
            tests.append("%s_%s_test" % (kernel, entry))
            _test(
                name = tests[-1],
                entry = entry,
                kernel = label,
                other_sigma0 = other_sigma0,
                programs = programs,
                shifts = shifts,
            )
    native.test_suite(
        name = name,
        tests = tests,
    )
