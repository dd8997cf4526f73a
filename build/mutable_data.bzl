# SPDX-License-Identifier: BSD-2-Clause
"""A test on the objects of a library: no mutable data."""

load("//build:transition.bzl", "built_for")

def mutable_data_test(name, target, platforms, expect = []):
    """Inspects the archive of `target` as built for each of `platforms`, whatever the caller's.

    Args:
      name: of the test.
      target: a cc_library; only its own objects are read.
      platforms: names in //build/platforms.
      expect: the symbols that must be found, to test the test; none otherwise.
    """
    archives = []
    for platform in platforms:
        archives.append("%s_%s" % (name, platform))
        built_for(
            name = archives[-1],
            platform = "//build/platforms:" + platform,
            target = target,
            testonly = True,
        )
    files = ["$(rootpaths :%s)" % archive for archive in archives]
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//tools:mutable_data"],
        args = ["--expect"] + expect + ["--files"] + files,
        data = archives,
    )
