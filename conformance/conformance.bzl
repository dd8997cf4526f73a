# SPDX-License-Identifier: BSD-2-Clause
"""The rows as programs, and the kernels that they are asked of."""

load("//l4env:program.bzl", "drops_program")

# By each of its entries, and each of them must show every row.
KERNELS = {
    "drops": "//hal-x86:drops",
}

ENTRIES = {
    "int": "",
    "sysenter": "_sysenter",
}

def conformance_programs(programs):
    """Declares the root tasks, and the sigma0 that most of them need.

    Args:
      programs: name to the files of rows/ that are in it.
    """
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
    for name, files in programs.items():
        drops_program(
            name = name,
            srcs = ["rows/%s.cc" % file for file in files],
            deps = [":harness"],
        )

def conformance_tests(programs, other_sigma0, shifts):
    """Declares KERNEL_ENTRY_test for each kernel and entry: all programs, and all rows of the table.

    Args:
      programs: of conformance_programs.
      other_sigma0: program to the sigma0 that it boots behind, if that is not the harness's.
      shifts: program to log2 of the nanoseconds that an instruction takes in it, if it is not 3.
    """
    for kernel, image in KERNELS.items():
        for entry, suffix in ENTRIES.items():
            args = ["--kernel=$(rootpath %s)" % image, "--entry=" + entry]
            data = [image]
            for name in programs:
                sigma0 = other_sigma0.get(name, ":sigma0") + suffix
                program = ":" + name + suffix
                args.append("--program=$(rootpath %s),$(rootpath %s),%d" %
                            (sigma0, program, shifts.get(name, 3)))
                data += [sigma0, program]
            native.sh_test(
                name = "%s_%s_test" % (kernel, entry),
                size = "large",
                srcs = ["run.py"],
                args = args,
                data = {label: None for label in data + [
                    "not_from_user_level.txt",
                    "//abi:table",
                    "//build:qemu_run.py",
                ]}.keys(),
                tags = ["qemu"],
                target_compatible_with = ["//build/platforms:hal_sim"],
            )
