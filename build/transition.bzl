# SPDX-License-Identifier: BSD-2-Clause
"""Builds a target for a platform of its own choosing, so that nobody has to type --platforms."""

def _suffix(platform):
    # A folder of outputs for each platform: the names that Bazel makes up for transitions are not always two
    # for two compilers, and it does not see that what lies there is another one's.
    return "-" + platform.rpartition(":")[2]

def _platform_transition_impl(_settings, attr):
    level = getattr(attr, "optimization", "")
    return {
        # The bare machine has no sanitizer runtime, and objects to be inspected must be plain.
        "//command_line_option:features": ["all_o" + level] if level else [],
        "//command_line_option:platform_suffix": _suffix(attr.platform),
        "//command_line_option:platforms": attr.platform,
    }

# To be used by rules that have an attribute `platform` and TRANSITION_ATTRS.
platform_transition = transition(
    implementation = _platform_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:features",
        "//command_line_option:platform_suffix",
        "//command_line_option:platforms",
    ],
)

TRANSITION_ATTRS = {
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

def renamed_program_impl(ctx):
    """For rules whose attribute `program` goes through a transition: NAME is that program.

    Args:
      ctx: of such a rule.

    Returns:
      its DefaultInfo.
    """
    out = ctx.actions.declare_file(ctx.label.name)
    program = ctx.attr.program[0][DefaultInfo].files_to_run.executable
    ctx.actions.symlink(output = out, target_file = program, is_executable = True)
    runfiles = ctx.runfiles([out, program]).merge(ctx.attr.program[0][DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = out, files = depset([out]), runfiles = runfiles)]

def _built_for_impl(ctx):
    # In runfiles a path does not tell what a file was built for: of several under one name one would be left.
    outs = []
    for built in ctx.attr.target[0][DefaultInfo].files.to_list():
        outs.append(ctx.actions.declare_file(ctx.label.name + "/" + built.basename))
        ctx.actions.symlink(output = outs[-1], target_file = built)

    # Whoever names this target as `data` needs the files in its runfiles, too.
    return [DefaultInfo(files = depset(outs), runfiles = ctx.runfiles(outs))]

built_for = rule(
    doc = "NAME/FILE for each file of `target`, built for `platform`.",
    implementation = _built_for_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        optimization = attr.string(
            doc = "the level of every file, whatever its mode and its target's copts say; theirs if empty",
            values = ["", "0", "2"],
        ),
        platform = attr.string(mandatory = True),
        target = attr.label(cfg = platform_transition, mandatory = True),
    ),
)

def _image_transition_impl(_settings, attr):
    return {
        # What is tested is what is shipped, and its instruction counts do not depend on who asks.
        "//command_line_option:compilation_mode": attr.mode,
        "//command_line_option:features": [],
        "//command_line_option:platform_suffix": _suffix(attr.platform),
        "//command_line_option:platforms": attr.platform,
    }

_image_transition = transition(
    implementation = _image_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:features",
        "//command_line_option:platform_suffix",
        "//command_line_option:platforms",
    ],
)

def _image_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".elf")
    ctx.actions.symlink(output = out, target_file = ctx.attr.target[0][DefaultInfo].files.to_list()[0])
    files = depset([out])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

def _kernel_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".elf")
    linked = ctx.attr.target[0][DefaultInfo].files.to_list()[0]
    ctx.actions.run_shell(
        command = "python3 -B \"$1\" \"$2\" \"$3\"",
        arguments = [ctx.file._put_symbols.path, linked.path, out.path],
        inputs = [ctx.file._put_symbols, linked],
        outputs = [out],
        mnemonic = "PutSymbols",
    )
    files = depset([out])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

def _image_rule(doc, platform, implementation = _image_impl, attrs = {}):
    return rule(
        doc = doc,
        implementation = implementation,
        attrs = dict(
            TRANSITION_ATTRS,
            mode = attr.string(default = "opt", values = ["dbg", "fastbuild", "opt"]),
            platform = attr.string(default = platform),
            target = attr.label(cfg = _image_transition, mandatory = True),
            **attrs
        ),
    )

kernel_image = _image_rule(
    doc = "NAME.elf: the cc_binary `target`, for the bare IA-32 machine whatever the caller's platform, " +
          "with its functions' names if its linker script has room for them.",
    attrs = {
        "_put_symbols": attr.label(allow_single_file = True, default = "//build:put_symbols.py"),
    },
    implementation = _kernel_impl,
    platform = "//build/platforms:ia32_kern",
)

l4_program = _image_rule(
    doc = "NAME.elf: the cc_binary `target`, a program on drops, whatever the caller's platform.",
    platform = "//build/platforms:l4_user",
)
