# SPDX-License-Identifier: BSD-2-Clause
"""Tests of arguments: each in a folder of its own, from which file names that are typed start."""

import os
import pathlib
import tempfile
import unittest
from unittest import mock


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        variables = mock.patch.dict(os.environ, BUILD_WORKING_DIRECTORY=folder.name)
        variables.start()
        self.addCleanup(variables.stop)
