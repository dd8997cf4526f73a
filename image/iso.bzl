# SPDX-License-Identifier: BSD-2-Clause
"""A CD image that boots by GRUB: the kernel, programs, and a menu of what to boot."""

# The first two boot modules of an entry that does not bring its own.
L4ENV = ("//l4env/sigma0", "//l4env/roottask exit=0xf4")

def entry(name, title, *modules, icount = False, base = L4ENV):
    """One entry of the menu.

    Args:
      name: by which `./drops run --entry` knows it.
      title: what it shows, in a few words.
      *modules: the boot modules behind those of `base`, each a label and behind a space words for it.
      icount: `./drops run` boots it as if --icount were given: its programs count on exact times.
      base: sigma0 and the root task; () if they are the first of `modules`.

    Returns:
      what drops_iso() takes.
    """
    return struct(icount = icount, name = name, title = title, modules = base + modules)

def _path(file):
    # The same in the image as in the tree: what the guest prints about a module says where it is from.
    return "boot/" + file.short_path

def _quoted(text):
    for c in ("'\"\\$`").elems():
        if c in text:
            fail("GRUB would make something else of %s in: %s" % (c, text))
    return "'%s'" % text

def _module(file, words):
    # GRUB leaves a module's file name out of its command line, and the root task looks for it there.
    words = " ".join([_quoted(word) for word in [file.short_path] + words.split(" ") if word])
    return "  module /%s %s\n" % (_path(file), words)

def _menu(ctx, files):
    text = ""
    for e in json.decode(ctx.attr.entries):
        text += "menuentry %s --id %s {\n" % (_quoted(e["name"] + ": " + e["title"]), _quoted(e["name"]))
        text += "  multiboot /%s %s $words\n" % (_path(ctx.file.kernel), ctx.attr.kernel_options)
        text += "".join([_module(files[index], words) for index, words in e["modules"]]) + "}\n"
    return text

def _iso_impl(ctx):
    files = [target.files.to_list()[0] for target in ctx.attr.programs]
    menu = ctx.actions.declare_file(ctx.label.name + ".cfg")
    ctx.actions.expand_template(
        template = ctx.file._menu,
        output = menu,
        substitutions = {"# ENTRIES\n": _menu(ctx, files)},
    )
    sources = {"boot/grub/grub.cfg": menu}
    sources.update({_path(file): file for file in [ctx.file.kernel] + files})
    out = ctx.actions.declare_file(ctx.label.name + ".iso")
    ctx.actions.run(
        executable = ctx.executable._make,
        arguments = [out.path] + ["%s=%s" % (path, file.path) for path, file in sources.items()],
        inputs = sources.values(),
        outputs = [out],
        mnemonic = "Iso",
        use_default_shell_env = True,
    )

    # For a test that makes it again.
    manifest = ctx.actions.declare_file(ctx.label.name + ".files")
    lines = ["%s=%s\n" % (path, file.short_path) for path, file in sources.items()]
    ctx.actions.write(manifest, "".join(lines))
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out, manifest] + sources.values()))]

_iso = rule(
    implementation = _iso_impl,
    attrs = {
        "entries": attr.string(mandatory = True),
        "kernel": attr.label(allow_single_file = True, mandatory = True),
        "kernel_options": attr.string(),
        "programs": attr.label_list(mandatory = True),
        "_make": attr.label(default = "//image:make_iso", executable = True, cfg = "exec"),
        "_menu": attr.label(default = "//image:grub.cfg", allow_single_file = True),
    },
)

def drops_iso(name, entries, kernel = "//hal-x86:drops", kernel_options = "exit=f4", **kwargs):
    """NAME.iso, the same bytes from the same inputs.

    Args:
      name: of the target.
      entries: a list of entry(); names may not repeat.
      kernel: a kernel_image.
      kernel_options: its command line.
      **kwargs: of the rule.
    """
    programs, menu, names = {}, [], {}
    for e in entries:
        if e.name in names:
            fail("two entries are called " + e.name)
        names[e.name] = True
        modules = []
        for module in e.modules:
            label, _, words = module.partition(" ")
            modules.append([programs.setdefault(label, len(programs)), words])
        menu.append({"modules": modules, "name": e.name, "title": e.title})
    _iso(
        name = name,
        entries = json.encode(menu),
        kernel = kernel,
        kernel_options = kernel_options,
        programs = programs.keys(),
        **kwargs
    )
