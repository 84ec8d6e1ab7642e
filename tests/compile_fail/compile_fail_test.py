"""What must not compile does not: mixed ids, ignored answers. One snippet each.

Each snippet stands beside a twin that compiles, so that a snippet that fails for another reason, a
missing header say, is noticed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("LIVEDROPS_SOURCE_DIR", Path(__file__).resolve().parents[2]))
COMPILER = os.environ.get("CXX", "c++")

PROLOGUE = """
#include "livedrops/engine.h"
using namespace livedrops;
Status DoIt();
Result<int> CountIt();
Reply AskIt();
"""

# (name, must compile, must not, what the compiler says)
CASES = [
    ("a user's id as a drop's", "DropId a(\"x\"); DropId b = a;",
     "UserId a(\"x\"); DropId b = a;", "conversion"),
    ("a drop's id in a user's place", "PlaceOrder o; o.user = UserId(\"x\");",
     "PlaceOrder o; o.user = DropId(\"x\");", "no match for"),
    ("a text as an id without saying so", "DropId a(std::string_view(\"x\"));",
     "DropId a = std::string(\"x\");", "conversion"),
    ("a user compared with a creator", "(void)(UserId(\"x\") == UserId(\"y\"));",
     "(void)(UserId(\"x\") == CreatorId(\"x\"));", "no match for"),
    ("a key as an id", "Key a(\"x\"); Key b = a;", "Key a(\"x\"); UserId b = a;", "conversion"),
    ("a bare number as a time", "Time t = TimeFromMs(5);", "Time t = 5;", "conversion"),
    ("a bare number as money", "Money m; m.minor_units = 5;", "Money m = 5;", "conversion"),
    ("an ignored status", "(void)DoIt();", "DoIt();", "nodiscard"),
    ("an ignored result", "(void)CountIt();", "CountIt();", "nodiscard"),
    ("an ignored reply", "(void)AskIt();", "AskIt();", "nodiscard"),
    ("a copied engine", "Engine* a = nullptr; Engine* b = a; (void)b;",
     "Engine* a = nullptr; Engine b = *a;", "deleted"),
    ("a status as a truth value", "if (DoIt().ok()) {}", "if (DoIt()) {}", "convert"),
]


def compiles(body, directory):
    source = Path(directory) / "snippet.cc"
    source.write_text(f"{PROLOGUE}\nvoid Test() {{\n{body}\n}}\n", encoding="utf-8")
    command = [COMPILER, "-std=c++20", "-fsyntax-only", "-Werror=unused-result", "-I",
               str(ROOT / "include"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stderr


def problems(directory):
    # The twins are compiled together: one program, one scope each.
    good = "\n".join(f"{{ {case[1]} }}" for case in CASES)
    compiled, said = compiles(good, directory)
    if not compiled:
        yield f"the good twins do not compile:\n{said}"
    for name, _, bad, expected in CASES:
        compiled, said = compiles(bad, directory)
        if compiled:
            yield f"{name}: compiles"
        elif expected not in said:
            yield f"{name}: fails for another reason:\n{said}"


def main():
    with tempfile.TemporaryDirectory() as directory:
        found = list(problems(directory))
    print("\n".join(found + [f"compile_fail: {len(CASES)} cases, {len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
