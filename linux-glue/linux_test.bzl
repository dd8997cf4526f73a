# SPDX-License-Identifier: GPL-2.0-only
"""Programs on Linux on drops as tests."""

load("//l4env:program_test.bzl", "program_test")

def linux_test(
        name,
        initramfs = "",
        tasks = 64,
        kmem = 0,
        options = "",
        arguments = "",
        expect = [],
        code = 0,
        **kwargs):
    """Boots Linux in QEMU, which must end with `code`, and judges the serial line like program_test.

    Args:
      name: of the test.
      initramfs: the target that makes it is "INITRAMFS_initramfs", its file "INITRAMFS.cpio"; "": none.
      tasks: how many L4 tasks there are for all of Linux's processes.
      kmem: frames of kernel memory for them; 0: without a limit.
      options: more for the root task about Linux (README.md).
      arguments: more of Linux's command line.
      expect: as in qemu_test.
      code: 0 after power off, 1 after a panic.
      **kwargs: of program_test.
    """
    words = ["memory=48M", "kmem=%d" % kmem, "mcp=24", "tasks=%d" % tasks]
    if options:
        words.append(options)
    if initramfs:
        words.append("data=%s.cpio" % initramfs)
    program_test(
        name = name,
        size = "medium",
        arguments = "console=hvc0 " + arguments,
        expect = expect + ["root: linux has ended, code %d" % code],
        memory = 128,
        modules = [":%s_initramfs" % initramfs] if initramfs else [],
        options = " ".join(words),
        program = "//linux-glue:linux",
        **kwargs
    )
