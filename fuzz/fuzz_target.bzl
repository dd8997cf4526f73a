# SPDX-License-Identifier: BSD-2-Clause
"""Fuzz targets: each is a test that replays its corpus, and a libFuzzer program for `./drops fuzz`."""

load("//build:transition.bzl", "TRANSITION_ATTRS", "renamed_program_impl")

_SIM = ["//build/platforms:hal_sim"]

def fuzz_target(name, about, srcs, deps, corpus = None, tests = True):
    """Declares the libFuzzer program NAME (built with --config=fuzz) and the test NAME_test.

    Args:
      name: of the target.
      about: one line for `./drops fuzz`, which reads it, as the others, in the BUILD file.
      srcs: define LLVMFuzzerTestOneInput. FUZZ_TARGET is the name in them.
      deps: of srcs.
      corpus: a folder of inputs in this package; corpus/NAME if not given.
      tests: whether the corpus is replayed by a test.
    """
    native.cc_library(
        name = name + "_lib",
        srcs = srcs,
        copts = ["-O2"],
        local_defines = ['FUZZ_TARGET=\\"%s\\"' % name],
        tags = ["manual"],
        target_compatible_with = _SIM,
        deps = deps,
    )
    native.cc_binary(
        name = name,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        target_compatible_with = _SIM,
        deps = [":%s_lib" % name],
    )
    if not tests:
        return
    folder = corpus or "corpus/" + name
    native.cc_test(
        name = name + "_test",
        size = "small",
        srcs = ["//fuzz/support:replay_main.cc"],
        args = [native.package_name() + "/" + folder],
        data = native.glob([folder + "/**"]),
        tags = ["fuzz:" + about],
        target_compatible_with = _SIM,
        deps = [
            ":%s_lib" % name,
            "@gtest",
        ],
    )

def _fuzz_transition_impl(_settings, _attr):
    # What --config=fuzz says.
    return {
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:features": ["fuzz"],
        "//command_line_option:platform_suffix": "-fuzz",
        "//command_line_option:platforms": "//build/platforms:host_clang",
    }

_fuzz_transition = transition(
    implementation = _fuzz_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:features",
        "//command_line_option:platform_suffix",
        "//command_line_option:platforms",
    ],
)

as_libfuzzer = rule(
    doc = "The libFuzzer program `program`, whatever configuration asks for it.",
    implementation = renamed_program_impl,
    attrs = dict(
        TRANSITION_ATTRS,
        program = attr.label(cfg = _fuzz_transition, mandatory = True),
    ),
    executable = True,
)
