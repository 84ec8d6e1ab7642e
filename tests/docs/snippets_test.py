#!/usr/bin/env python3
"""Compiles and runs the examples of README.md and docs/ and compares what they print.

What a fenced block is for stands behind its language:

    ```cpp run          a program; the C++ programs of all pages share one compilation
    ```cpp part         statements that use `shop`, a Service with the drop "mug-1" of 10 mugs
    ```c run            a program in C99, linked with the shared library
    ```cpp file=NAME    written into the page's directory, for the commands below; any language
    ```console run      `$ command` lines and what they print
    ```text output      what the block before it prints

The blocks of a page run in their order in one directory, empty at first. When output is compared,
ids are equal to ids, times to times and hashes to hashes; `…` stands for anything in a line, a line
of only `…` for any lines, and runs of spaces for one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("LIVEDROPS_SOURCE_DIR", Path(__file__).resolve().parents[2])).resolve()
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "dev")).resolve()
BIN = Path(os.environ.get("LIVEDROPS_BIN_DIR", BUILD / "bin")).resolve()

FENCE = re.compile(r"^```(\w+) (run|part|output|file=\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ALIKE = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"[ \t]+"), " "),
]
PRELUDE = """
#include <cstdlib>
#include "livedrops/open.h"
namespace livedrops {
// What the fragments call `shop`.
inline std::unique_ptr<Service> OpenMugShop() {
  auto shop = Open("memory:");
  const CreatorId ana("ana");
  Reply made = (*shop)->products().Create(
      {.id = ProductId("mug"), .creator = ana, .name = "Mug", .price = {1999}});
  made = (*shop)->drops().Create({.id = DropId("mug-1"), .product = ProductId("mug"),
      .end_time = SystemClock().Now() + std::chrono::hours(1), .stock = 10});
  if (!made.status.ok() || made.outcome != Outcome::done) std::abort();
  return std::move(*shop);
}
}
"""


class Block:
    """One fenced block: its page, first line, language, use, text and, of C++, its number."""

    def __init__(self, page, match):
        self.page = page
        self.language, self.use, self.text = match.groups()
        self.line = page.read_text(encoding="utf-8").count("\n", 0, match.start()) + 2
        self.number = None

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        blocks = [Block(page, m) for m in FENCE.finditer(page.read_text(encoding="utf-8"))]
        if blocks:
            yield page, blocks


def fast_directory():
    """Where a commit costs no disk, if there is room: the examples are not about durability."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 256 << 20
    return memory if roomy and os.access(memory, os.W_OK | os.X_OK) else None


def cached(name):
    """A setting of the build that the examples are linked with."""
    text = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    match = re.search(rf"^{name}:\w+=(.*)$", text, re.MULTILINE)
    return match.group(1) if match else ""


def build_flags(language):
    kind = cached("CMAKE_BUILD_TYPE").upper()
    flags = cached(f"CMAKE_{language}_FLAGS") + " " + cached(f"CMAKE_{language}_FLAGS_{kind}")
    return flags.split() + ["-O0"]


def includes():
    return [f"-I{ROOT / 'include'}", f"-I{BUILD / 'include'}"]


def static_libraries():
    postgres = cached("PostgreSQL_LIBRARY_RELEASE")
    built_with_it = cached("LIVEDROPS_POSTGRES") != "OFF" and not postgres.endswith("NOTFOUND")
    libraries = [str(BUILD / "liblivedrops_testing.a"), str(BUILD / "liblivedrops.a"),
                 "-lsqlite3", "-lcrypto", "-pthread"]
    return [*libraries, postgres] if built_with_it and postgres else libraries


def compile_program(language, source, program):
    launcher = ["ccache"] if shutil.which("ccache") else []
    compiler = cached(f"CMAKE_{language}_COMPILER")
    if language == "CXX":
        flags, libraries = ["-std=c++20", "-Wno-missing-field-initializers"], static_libraries()
    else:
        flags = ["-std=c99", "-pedantic-errors"]
        libraries = [f"-L{BUILD}", f"-Wl,-rpath,{BUILD}", "-llivedrops"]
    flags = [*build_flags(language), *flags, "-Wall", "-Wextra", "-Werror", *includes()]
    objects = Path(f"{program}.o")
    run([*launcher, compiler, *flags, "-c", source, "-o", objects])
    run([compiler, *build_flags(language), objects, *libraries, "-o", program])


def run(command, **options):
    done = subprocess.run([str(word) for word in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def as_function(block):
    """The block in a namespace of its own, its #include lines taken out."""
    kept = "".join("\n" if line.startswith("#include") else line
                   for line in block.text.splitlines(keepends=True))
    where = f'#line {block.line} "{block.page.relative_to(ROOT)}"\n'
    if block.use == "part":
        head = "using namespace livedrops;\nint Main() {\nauto owned = OpenMugShop();\n" \
               "[[maybe_unused]] Service& shop = *owned;\n"
        body = head + where + kept + "return 0;\n}\n"
    else:
        kept = re.sub(r"\bint main\(\)", "int Main()", kept)
        body = where + re.sub(r"\}\s*\Z", "return 0;\n}\n", kept)
    return f"namespace example_{block.number} {{\n{body}}}\n"


def cpp_source(blocks):
    """One translation unit of all blocks; its argument says which of them runs."""
    hoisted = sorted({line for block in blocks for line in block.text.splitlines()
                      if line.startswith("#include")})
    cases = "".join(f"case {block.number}: return example_{block.number}::Main();\n"
                    for block in blocks)
    return ("\n".join(hoisted) + PRELUDE + "".join(map(as_function, blocks)) +
            '#line 1 "main"\nint main(int, char** argv) {\nswitch (std::atoi(argv[1])) {\n' +
            cases + "default: return 64;\n}\n}\n")


def simplified(text):
    for pattern, same in ALIKE:
        text = pattern.sub(same, text)
    return [line.rstrip() for line in text.strip().split("\n")]


def prints_as(expected, found):
    pattern = []
    for line in simplified(expected):
        if line.strip() == "…":
            pattern.append(r"(?:[^\n]*\n)*")
        else:
            pattern.append(re.escape(line).replace("…", r"[^\n]*") + r"\n")
    return re.fullmatch("".join(pattern), "\n".join(simplified(found)) + "\n") is not None


class ConsoleSession:
    """Runs the commands of a page as somebody would who follows it."""

    MARK = "@@done "

    def __init__(self, directory, support):
        self.directory = directory
        self.exports = ""  # Settings of earlier blocks.
        path = [str(BIN), os.environ["PATH"]]
        if Path("/usr/lib/ccache").is_dir():
            path.insert(0, "/usr/lib/ccache")
        self.environment = {**os.environ, "PATH": ":".join(path), "HOME": str(directory),
                            "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "PKG_CONFIG_PATH": str(support)}

    def steps(self, block):
        """(command, expected output) of each `$ ` line."""
        for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, newline, rest = step.partition("\n")
            while command.endswith("\\"):
                more, newline, rest = rest.partition("\n")
                command += newline + more
            yield command, rest

    def run(self, block):
        steps = list(self.steps(block))
        script = self.exports + "".join(
            f'{command}\nrc=$?; echo "{self.MARK}$rc"; (exit $rc)\n' for command, _ in steps)
        self.exports += "".join(f"{step}\n" for step, _ in steps if step.startswith("export "))
        done = subprocess.run(["bash", "-c", script], cwd=self.directory, text=True, check=False,
                              env=self.environment, timeout=600, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        outputs = re.split(rf"^{self.MARK}(\d+)\n", done.stdout, flags=re.MULTILINE)
        asked = [command for command, _ in steps[1:]] + [""]
        for number, (command, expected) in enumerate(steps):
            found, code = outputs[2 * number], outputs[2 * number + 1]
            if code != "0" and "$?" not in asked[number]:
                raise AssertionError(f"{block}: $ {command}\nexit {code}\n{found}")
            if not prints_as(expected, found):
                raise AssertionError(f"{block}: $ {command}\nprints\n{found}\nnot\n{expected}")


class SnippetsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(dir=fast_directory())
        cls.work = Path(cls.temporary.name)
        cls.pages = list(pages())
        blocks = [block for _, page in cls.pages for block in page]
        programs = [b for b in blocks if b.language == "cpp" and b.use in ("run", "part")]
        for number, block in enumerate(programs):
            block.number = number
        source = cls.work / "examples.cc"
        source.write_text(cpp_source(programs), encoding="utf-8")
        compile_program("CXX", source, cls.work / "examples")
        cls.support = cls.work / "support"
        cls.support.mkdir()
        # The library as it will be installed, found where it was built.
        flags = " ".join([*build_flags("CXX"), *includes()])
        (cls.support / "livedrops.pc").write_text(
            "Name: livedrops\nDescription: the build tree\nVersion: 0\n"
            f"Cflags: {flags}\nLibs: {' '.join(build_flags('CXX') + static_libraries())}\n")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_block(self, block, directory, session):
        """What it prints; None when that was compared already."""
        if block.use.startswith("file="):
            (directory / block.use[5:]).write_text(block.text, encoding="utf-8")
            return None
        if block.language == "console":
            return session.run(block)
        if block.language == "cpp":
            return run([self.work / "examples", block.number], cwd=directory)
        source = directory / f"line_{block.line}.c"
        source.write_text(block.text, encoding="utf-8")
        compile_program("C", source, source.with_suffix(""))
        return run([source.with_suffix("")], cwd=directory)

    def test_every_example_runs_and_prints_what_the_page_shows(self):
        for number, (page, blocks) in enumerate(self.pages):
            directory = self.work / f"page_{number}"
            directory.mkdir()
            session = ConsoleSession(directory, self.support)
            with self.subTest(page=str(page.relative_to(ROOT))):
                printed = None
                for block in blocks:
                    if block.use != "output":
                        printed = self.run_block(block, directory, session)
                    elif not prints_as(block.text, printed):
                        self.fail(f"{block}: prints\n{printed}\nnot\n{block.text}")

    def test_the_comparison_sees_differences(self):
        self.assertTrue(prints_as("a  b\n", "a b"))
        self.assertTrue(prints_as("at …\n…\nend", "at noon\nx\ny\nend\n"))
        self.assertTrue(prints_as("2026-01-01T00:00:00.000Z", "2027-12-31T10:00:00.123Z"))
        self.assertFalse(prints_as("sold 1", "sold 2"))
        self.assertFalse(prints_as("a\nb", "a"))
        self.assertFalse(prints_as("", "a"))


if __name__ == "__main__":
    unittest.main()
