# SPDX-License-Identifier: BSD-2-Clause
"""Tests that boot a kernel in QEMU."""

def qemu_test(
        name,
        modules,
        kernel = "//hal-x86:drops",
        options = "",
        expect = [],
        status = 33,
        memory = 64,
        arguments = [],
        allow = [],
        forbid = [],
        press = [],
        typed = [],
        plan = True,
        seconds = None,
        size = "small",
        **kwargs):
    """Boots `kernel` with `modules` and judges what comes over the serial line.

    Args:
      name: of the test.
      modules: labels of the boot modules in order; each may be followed by a space and its arguments.
      kernel: a kernel_image.
      options: the kernel's command line, beside `exit=f4`, and `checks` unless it has `unchecked`.
      expect: texts that must come, in this order.
      status: with which QEMU must end: 33 and 35 are what Tap::done() makes of success and failure, 255
        a kernel that stops.
      memory: of the machine, in MiB.
      arguments: for QEMU.
      allow: words that are forbidden otherwise.
      forbid: further words that must not come.
      press: TEXT=COMMAND, in this order: when TEXT has come, COMMAND for QEMU's monitor.
      typed: TEXT=KEYS, in this order: when TEXT has come, KEYS on the serial line; \\e is escape, \\r return,
        \\^C control C.
      plan: there must be a TAP plan, with as many results as it says, all ok.
      seconds: when the machine is ended, if the test shall not have the usual time.
      size: of the test.
      **kwargs: of the sh_test.
    """
    labels = [module.split(" ")[0] for module in modules]
    words = ["--kernel=$(rootpath %s)" % kernel, "--status=%d" % status, "--memory=%d" % memory]
    words += ["'--module=$(rootpath %s)%s'" % (m.split(" ")[0], m[len(m.split(" ")[0]):]) for m in modules]
    given = ["exit=f4"] + [word for word in options.split(" ") if word not in ["", "unchecked"]]
    given += [] if "unchecked" in options else ["checks"]
    words.append("'--append=%s'" % " ".join(given))
    words += ["'--expect=%s'" % text for text in expect]
    words += ["'--allow=%s'" % text for text in allow]
    words += ["'--forbid=%s'" % text for text in forbid]
    words += ["'--press=%s'" % command for command in press]
    words += ["'--type=%s'" % keys for keys in typed]
    words += ["--plan"] if plan else []
    words += ["--seconds=%d" % seconds] if seconds else []
    words += ["'--qemu=%s'" % argument for argument in arguments]
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//build:qemu_run.py"],
        args = words,
        data = {label: None for label in labels + [kernel]}.keys(),
        tags = kwargs.pop("tags", []) + ["qemu"],
        **kwargs
    )
