# SPDX-License-Identifier: BSD-2-Clause
"""The C++ toolchains of both compilers: the flags of every build stand here and in BUILD.bazel."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
    "with_feature_set",
)

_C = [ACTION_NAMES.c_compile]
_CXX = [ACTION_NAMES.cpp_compile]
_COMPILE = _C + _CXX + [ACTION_NAMES.assemble, ACTION_NAMES.preprocess_assemble]
_LINK = [ACTION_NAMES.cpp_link_executable, ACTION_NAMES.cpp_link_dynamic_library]

_TOOLS = {
    "gcc": {
        "ar": "ar",
        "cpp": "cpp-12",
        "gcc": "gcc-12",
        "gcov": "gcov-12",
        "ld": "ld",
        "nm": "nm",
        "objcopy": "objcopy",
        "objdump": "objdump",
        "strip": "strip",
    },
    "clang": {
        "ar": "llvm-ar-16",
        "cpp": "clang-cpp-16",
        "gcc": "clang-16",
        "gcov": "llvm-cov-16",
        "ld": "ld.lld-16",
        "nm": "llvm-nm-16",
        "objcopy": "llvm-objcopy-16",
        "objdump": "llvm-objdump-16",
        "strip": "llvm-strip-16",
    },
}

_WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wundef", "-Wvla", "-Wcast-qual"]
_CXX_WARNINGS = ["-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Wextra-semi"]

_SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
_COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping"]

def _set(actions, flags, **kwargs):
    return flag_set(actions = actions, flag_groups = [flag_group(flags = flags)] if flags else [], **kwargs)

def _mode(name):
    return [with_feature_set(features = [name])]

# Bazel's own version of this feature passes `includes` as -isystem, which silences warnings in our headers.
_INCLUDE_PATHS = feature(name = "include_paths", enabled = True, flag_sets = [flag_set(
    actions = _COMPILE,
    flag_groups = [
        flag_group(flags = ["-iquote", "%{quote_include_paths}"], iterate_over = "quote_include_paths"),
        flag_group(flags = ["-I%{include_paths}"], iterate_over = "include_paths"),
        flag_group(flags = ["-I%{system_include_paths}"], iterate_over = "system_include_paths"),
    ],
)])

# Bazel's own, which would be the last feature of all: all_o0 and all_o2 must come behind it.
_COPTS = feature(name = "user_compile_flags", enabled = True, flag_sets = [flag_set(
    actions = _COMPILE,
    flag_groups = [flag_group(
        flags = ["%{user_compile_flags}"],
        expand_if_available = "user_compile_flags",
        iterate_over = "user_compile_flags",
    )],
)])

def _features(ctx):
    clang = ctx.attr.compiler == "clang"
    linker = ["--driver-mode=g++", "--ld-path=/usr/bin/ld.lld-16"] if clang else []
    pinned = ["-Wno-builtin-macro-redefined"] + \
             ['-D__%s__="redacted"' % m for m in ("DATE", "TIME", "TIMESTAMP")]
    return [
        feature(name = "dbg"),
        feature(name = "fastbuild"),
        feature(name = "opt"),
        # Not position independent, as the kernel is not: constant tables of pointers then stay in .rodata.
        feature(name = "base", enabled = True, flag_sets = [
            _set(_COMPILE, ["-fno-common", "-fno-pic", "-fno-pie"] + pinned + ctx.attr.copts),
            _set(_C, ["-std=c11"]),
            _set(_CXX, ["-std=c++20"] + ctx.attr.cxxopts),
            _set(_COMPILE, ["-O0", "-g"], with_features = _mode("dbg")),
            _set(_COMPILE, ["-O1", "-g1"], with_features = _mode("fastbuild")),
            # Asserts stay on: only the release image drops them.
            _set(_COMPILE, ["-O2", "-g1"], with_features = _mode("opt")),
            _set(_LINK, linker),
        ]),
        _INCLUDE_PATHS,
        feature(name = "warnings", enabled = True, flag_sets = [
            _set(_COMPILE, _WARNINGS),
            _set(_CXX, _CXX_WARNINGS),
        ]),
        feature(name = "asan", flag_sets = [_set(_COMPILE + _LINK, _SANITIZE)]),
        # Without comparisons: half of the time, for operands that our targets take from tables in any case.
        feature(name = "fuzz", flag_sets = [
            _set(_COMPILE + _LINK, ["-fsanitize=fuzzer-no-link", "-fno-sanitize-coverage=trace-cmp"]),
        ]),
        feature(name = "cov", flag_sets = [
            _set(_COMPILE + _LINK, _COVERAGE),
            # Paths in the mapping start at the workspace root, not at a sandbox that is gone by then.
            _set(_COMPILE, ["-fcoverage-compilation-dir=."]),
        ]),
        # Libraries go after the objects that need them.
        feature(name = "libraries", enabled = True, flag_sets = [_set(_LINK, ctx.attr.linkopts)]),
        _COPTS,
        # One level for everything (build/transition.bzl): of several flags the last one counts.
        feature(name = "all_o0", flag_sets = [_set(_COMPILE, ["-O0"])]),
        feature(name = "all_o2", flag_sets = [_set(_COMPILE, ["-O2"])]),
    ]

def _impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "",
        abi_version = "",
        compiler = ctx.attr.compiler,
        cxx_builtin_include_directories = ["/usr/include", "/usr/lib/gcc", "/usr/lib/llvm-16/lib/clang"],
        features = _features(ctx),
        host_system_name = "local",
        target_cpu = ctx.attr.cpu,
        target_libc = "",
        target_system_name = "local",
        tool_paths = [
            tool_path(name = name, path = "/usr/bin/" + program)
            for name, program in _TOOLS[ctx.attr.compiler].items()
        ],
        toolchain_identifier = ctx.label.name,
    )

_cc_config = rule(
    implementation = _impl,
    attrs = {
        "compiler": attr.string(values = ["gcc", "clang"]),
        "copts": attr.string_list(),
        "cpu": attr.string(),
        "cxxopts": attr.string_list(),
        "linkopts": attr.string_list(),
    },
    provides = [CcToolchainConfigInfo],
)

def cc_toolchains(
        name,
        cpu,
        constraints,
        copts = [],
        gcc_copts = [],
        clang_copts = [],
        cxxopts = [],
        linkopts = []):
    """Declares the toolchains NAME_gcc and NAME_clang.

    Args:
      name: what they build for.
      cpu: the name of the CPU in @platforms.
      constraints: what else the target platform must have.
      copts: flags of every language.
      gcc_copts: the same, for gcc only.
      clang_copts: the same, for clang only.
      cxxopts: flags of C++.
      linkopts: flags of the linker, behind all objects.
    """
    for compiler, own_copts in [("gcc", gcc_copts), ("clang", clang_copts)]:
        this = "%s_%s" % (name, compiler)
        _cc_config(
            name = this + "_config",
            compiler = compiler,
            copts = copts + own_copts,
            cpu = cpu,
            cxxopts = cxxopts,
            linkopts = linkopts,
        )
        native.cc_toolchain(
            name = this + "_cc",
            # The compilers are installed, not built: there are no files to declare.
            all_files = ":none",
            ar_files = ":none",
            compiler_files = ":none",
            dwp_files = ":none",
            linker_files = ":none",
            objcopy_files = ":none",
            strip_files = ":none",
            toolchain_config = ":" + this + "_config",
        )
        native.toolchain(
            name = this,
            target_compatible_with = constraints + [
                "@platforms//cpu:" + cpu,
                "//build/platforms:with_" + compiler,
            ],
            toolchain = ":" + this + "_cc",
            toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
        )
