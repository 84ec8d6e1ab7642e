#!/usr/bin/env python3
"""Plants a violation of every rule in a tree of its own and sees tidy.py find it, and only it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import tidy  # noqa: E402  (found through the line above)


def function_of(lines):
    return "int Long(int a) {\n" + "  ++a;\n" * (lines - 3) + "  return a;\n}\n"


def interface_of(virtuals):
    methods = "".join(f"  virtual int M{n}() = 0;\n" for n in range(virtuals))
    return f"class Storage {{\n public:\n  virtual ~Storage() = default;\n{methods}}};\n"


# (rule, path, text that breaks it): one entry per way to break a rule.
PLANTED = [
    ("layers", "src/core/a.cc", '#include "service/order_queue.h"\n'),
    ("layers", "src/core/a.cc", '#include "storage/sqlite/sqlite_storage.h"\n'),
    ("layers", "src/storage/memory/a.cc", '#include "core/orders.h"\n'),
    ("layers", "src/storage/memory/a.cc", '#include "storage/sqlite/sqlite_storage.h"\n'),
    ("layers", "src/capi/a.cc", '#include "core/orders.h"\n'),
    ("layers", "src/cli/a.cc", '#include "core/orders.h"\n'),
    ("layers", "src/open.cc", '#include "core/orders.h"\n'),
    ("layers", "src/core/a.cc", "#include <sqlite3.h>\n"),
    ("layers", "include/livedrops/a.h", "#include <openssl/sha.h>\n"),
    ("layers", "include/livedrops/a.h", '#include "base/assert.h"\n'),
    ("layers", "examples/a/main.cc", '#include "base/assert.h"\n'),
    ("layers", "tests/scenarios/a_test.cc", '#include "core/orders.h"\n'),
    ("file_lines", "src/core/a.cc", "\n" * 801),
    ("file_lines", "include/livedrops/a.h", "\n" * 401),
    ("columns", "src/core/a.cc", "// " + "x" * 98 + "\n"),
    ("columns", "tests/a.py", "# " + "x" * 99 + "\n"),
    ("function_lines", "src/core/a.cc", function_of(71)),
    ("function_lines", "src/core/a.cc", "namespace a {\nclass B {\n" + function_of(71) + "};}"),
    ("function_lines", "src/core/a.cc", "B::B(int a) : a_{a}, b_{0} {\n" + "  ++b_;\n" * 69 + "}"),
    ("function_lines", "src/core/a.cc", "TEST(A, B) {\n" + '  Call("{");\n' * 69 + "}\n"),
    ("function_lines", "tests/a.py", "def a():\n" + "    print()\n" * 70),
    ("vocabulary", "src/core/a.cc", "// two buy" "ers pay\n"),
    ("vocabulary", "include/livedrops/a.h", "struct Reser" "vation;\n"),
    ("vocabulary", "examples/a/README.md", "A pur" "chase.\n"),
    ("vocabulary", "bindings/python/a.py", "sel" "ler = 1\n"),
    ("notes", "src/core/a.cc", "// TO" "DO: later\n"),
    ("notes", "docs/a.md", "FIX" "ME\n"),
    ("machine_path", "docs/a.md", "see /ho" "me/somebody/notes\n"),
    ("adapter_interface", "include/livedrops/spi/a.h", interface_of(16)),
    ("adapter_interface", "include/livedrops/spi/a.h",
     "class A {\n  virtual void F() {}\n};\n"),
    ("core_is_deterministic", "src/core/a.cc", "auto t = std::chrono::system_clock::now();\n"),
    ("core_is_deterministic", "src/core/a.cc", "std::thread worker;\n"),
    ("core_is_deterministic", "src/core/a.cc", "int r = rand();\n"),
    ("core_is_deterministic", "src/core/a.cc", "#include <iostream>\n"),
    ("core_is_deterministic", "src/core/a.cc",
     "std::unordered_map<int, int> by_id_;\nvoid F() { for (auto& x : by_id_) Use(x); }\n"),
]

# What looks like a violation and is none.
ALLOWED = [
    ("src/core/a.cc", '#include "livedrops/orders.h"\n#include "base/assert.h"\n'),
    ("src/core/a.cc", "orders_.reserve(10);  // std::thread in a comment\n"),
    ("src/core/a.cc", function_of(70) + function_of(70)),
    ("src/core/a.cc", "namespace a {\n" + function_of(40) * 3 + "}  // namespace a\n"),
    ("src/core/a.cc", 'const char* kText = R"sql({ rand( )sql";\nint n = 1\'000;\n'),
    ("src/storage/memory/a.cc", '#include "storage/memory/memory_storage.h"\n'),
    ("src/open.cc", '#include "storage/sqlite/sqlite_storage.h"\n'),
    ("tests/unit/core/a_test.cc", '#include "core/orders.h"\n'),
    ("tests/unit/storage/sqlite/a_test.cc", "#include <sqlite3.h>\n"),
    ("include/livedrops/spi/a.h", interface_of(15)),
    ("docs/a.md", "GET /users/root and a/home/b; a lookup of " + "x" * 120 + "\n"),
    ("docs/a.md", "Whoever buys is a user; other systems say buy" "er.\n"),
]


def tidy_on(path, text):
    """The names of the rules that tidy.py, run as a program, sees broken; and its exit code."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / path
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        program = [sys.executable, str(Path(tidy.__file__)), directory]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
    rules = {line.rsplit("[", 1)[1][:-1] for line in done.stdout.splitlines() if line.endswith("]")}
    return rules, done.returncode


class TidyTest(unittest.TestCase):

    def test_finds_every_planted_violation(self):
        for rule, path, text in PLANTED:
            with self.subTest(rule=rule, path=path, text=text[:60]):
                self.assertEqual(tidy_on(path, text), ({rule}, 1))

    def test_allows_what_is_allowed(self):
        for path, text in ALLOWED:
            with self.subTest(path=path, text=text[:60]):
                self.assertEqual(tidy_on(path, text), (set(), 0))

    def test_every_rule_has_a_planted_violation(self):
        planted = {rule for rule, _, _ in PLANTED}
        self.assertEqual(planted, {rule.__name__[5:] for rule in tidy.RULES})


if __name__ == "__main__":
    unittest.main()
