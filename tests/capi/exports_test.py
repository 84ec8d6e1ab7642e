#!/usr/bin/env python3
"""c.h, the shared library, the C tests and the reference page speak of the same functions."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build/dev"))
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"')


def code_of(path):
    return TEXT.sub('""', COMMENT.sub("", path.read_text(encoding="utf-8")))


def declared():
    header = code_of(ROOT / "include/livedrops/c.h")
    return set(re.findall(r"\b(ld_\w+)\s*\([^*]", header))


class Exports(unittest.TestCase):
    def test_the_library_exports_what_the_header_declares(self):
        lines = subprocess.run(["nm", "-D", "--defined-only", BUILD / "liblivedrops.so"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual({line.split()[-1] for line in lines}, declared())

    def test_every_function_is_called_by_a_test_in_c(self):
        called = set()
        for path in (ROOT / "tests/capi").glob("*.c"):
            called |= set(re.findall(r"\b(ld_\w+)\s*\(", code_of(path)))
        self.assertEqual(declared() - called, set())

    def test_every_pointer_of_every_function_is_tested_with_null(self):
        # Of the functions with an error to tell: the others are in bad_pages().
        bad_input = (ROOT / "tests/capi/bad_input.c").read_text(encoding="utf-8")
        self.assertEqual({name for name in declared() if name not in bad_input},
                         {"ld_version", "ld_outcome_name", "ld_outcome_text",
                          "ld_outcome_granted", "ld_order_status_name", "ld_drop_status_name"})

    def test_the_snippets_of_the_reference_are_run(self):
        page = (ROOT / "docs/reference/c-api.md").read_text(encoding="utf-8")
        tested = " ".join((ROOT / "tests/capi/documented.c").read_text(encoding="utf-8").split())
        for snippet in re.findall(r"^```c\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
            self.assertIn(" ".join(snippet.split()), tested)


if __name__ == "__main__":
    unittest.main(verbosity=2 if sys.stdout.isatty() else 1)
