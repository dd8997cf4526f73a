# SPDX-License-Identifier: BSD-2-Clause
"""Programs on drops as tests: they run in QEMU on the kernel, sigma0 and the root task of this tree."""

def program_test(name, program, options = "", arguments = "", servers = {}, tap = True, expect = []):
    """Runs `program`; it must end with code 0, and say what is expected.

    Args:
      name: of the test.
      program: a drops_program.
      options: for the root task (l4env/README.md).
      arguments: for the program.
      servers: programs that run beside it, and their options.
      tap: the program prints TAP: every test is "ok", and there are as many as its plan says.
      expect: lines that must come.
    """
    modules = ["$(rootpath %s)" % program + " %s -- %s" % (options, arguments)]
    modules = ["$(rootpath %s) %s service --" % (s, o) for s, o in servers.items()] + modules
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//l4env/test:program_test.sh"],
        args = [
            "$(rootpath //hal-x86:kernel_image)",
            "$(rootpath //l4env/sigma0)",
            "$(rootpath //l4env/roottask)",
            "1" if tap else "0",
            str(len(expect)),
        ] + ["'%s'" % line for line in expect] + ["'%s'" % m for m in modules],
        data = [
            program,
            "//hal-x86:kernel_image",
            "//l4env/roottask",
            "//l4env/sigma0",
        ] + list(servers),
        tags = ["qemu"],
        target_compatible_with = ["//build/platforms:hal_sim"],
    )
