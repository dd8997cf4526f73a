# SPDX-License-Identifier: BSD-2-Clause
"""What commands have in common that are told files: what is wrong with them, and where names start from."""

import os
import pathlib


class Bad(Exception):
    """An argument that is not to be had: says which, and what is."""


def path(option, value):
    """From the folder in which the user typed it."""
    if not value:
        raise Bad(f"{option} wants the name of a file, not nothing")
    return pathlib.Path(os.path.abspath(pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), value)))


def new_file(option, value):
    """That is to be written, and can be."""
    file = path(option, value)
    if file.is_dir():
        raise Bad(f"{option} wants a file, but {file} is a folder")
    if not file.parent.is_dir():
        raise Bad(f"{option}: there is no folder {file.parent}; make it first")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise Bad(f"{option}: {file} can not be written; name another file")
    return file
