# SPDX-License-Identifier: BSD-2-Clause
"""Programs on drops as tests: they run in QEMU on the kernel, sigma0 and the root task of this tree."""

load("//build:qemu.bzl", "qemu_test")

def _server(server, entry):
    label, _, rest = server.partition(" ")
    return "%s%s service %s" % (label, entry, rest or "--")

def program_test(
        name,
        program,
        options = "",
        arguments = "",
        servers = [],
        expect = [],
        modules = [],
        entry = "",
        **kwargs):
    """Runs `program`, which must end with code 0, and judges the serial line like qemu_test.

    Args:
      name: of the test.
      program: a drops_program.
      options: for the root task about it (README.md).
      arguments: for it.
      servers: programs that run beside it, each with its options, "--" and arguments behind it.
      expect: as in qemu_test.
      modules: more boot modules.
      entry: "_sysenter": that is how all of them enter the kernel.
      **kwargs: of qemu_test.
    """
    qemu_test(
        name = name,
        # Time is counted in instructions, so that a busy host changes nothing.
        arguments = ["-icount shift=3,sleep=off"] + kwargs.pop("qemu", []),
        expect = expect,
        modules = [
                      "//l4env/sigma0:sigma0" + entry,
                      "//l4env/roottask:roottask%s exit=0xf4" % entry,
                  ] + [_server(s, entry) for s in servers] + modules +
                  ["%s%s %s -- %s" % (program, entry, options, arguments)],
        target_compatible_with = ["//build/platforms:hal_sim"],
        **kwargs
    )
