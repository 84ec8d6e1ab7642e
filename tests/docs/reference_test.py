#!/usr/bin/env python3
"""The generated tables of docs/reference are what the code says."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "docs" / "generate_reference.py"
PROGRAM = Path(os.environ.get("LIVEDROPS_BIN_DIR", ROOT / "build" / "dev" / "bin")) / "livedrops"


class ReferenceTest(unittest.TestCase):

    def test_the_pages_are_what_the_generator_writes(self):
        command = [sys.executable, str(GENERATOR), "--check", "--cli", str(PROGRAM)]
        done = subprocess.run(command, text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
