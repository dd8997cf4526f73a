# SPDX-License-Identifier: BSD-2-Clause
"""Headers that are for C11 and C++20, each compiled alone in both."""

def headers_alone(name, headers, folder):
    """Declares a source in either language for each header, with nothing in it but that header.

    Args:
      name: of all sources together.
      headers: their names, without `.h`.
      folder: of them, as #include wants it.
    """
    sources = []
    for header in headers:
        for language in ["c", "cc"]:
            sources.append("generated/%s_alone.%s" % (header, language))
            native.genrule(
                name = "%s_alone_%s" % (header, language),
                outs = [sources[-1]],
                cmd = "echo '#include \"%s/%s.h\"' >$@" % (folder, header),
            )
    native.filegroup(
        name = name,
        srcs = sources,
    )
