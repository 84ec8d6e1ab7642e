#!/usr/bin/env python3
"""Checks the rules of the house that a program can check. `tidy.py [ROOT]`; exit 1 on a violation.

A rule is a function that takes a SourceFile and yields (line, message); RULES lists them all.
tidy_test.py plants a violation of each and sees it found.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

FILE_LINES_MAX = 800
PUBLIC_HEADER_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
PURE_VIRTUALS_MAX = 15

CPP = {".h", ".c", ".cc"}
CODE = CPP | {".py"}
TEXT = CODE | {".md", ".txt", ".cmake", ".json", ".in", ".toml", ".yml", ".sh", ".sql", ".map",
               ".drop", ".html", ".js", ""}

# layer of a file → layers it may include, besides its own. Tests, benchmarks and examples have
# rows too; "storage" stands for every adapter of that kind.
INCLUDES = {
    "include": set(),
    "base": {"include"},
    "core": {"include", "base"},
    "service": {"include", "core", "base"},
    "storage": {"include", "base"},
    "cache": {"include", "base"},
    "blob": {"include", "base"},
    "transport": {"include", "base"},
    "rpc": {"include", "base"},
    "server": {"include", "service", "base"},
    "capi": {"include"},
    "open": {"include", "storage", "transport", "blob"},
    "testing": {"include", "base"},
    "simulation": {"include", "core", "service", "storage", "base", "testing"},
    "cli": {"include", "simulation", "base"},
    "examples": {"include"},
    "bindings": {"include"},
    "benchmarks": {"include", "base", "storage", "simulation"},
    "tests": {"include", "base", "service", "storage", "capi", "simulation", "cli", "testing"},
    "tests/server": {"include", "base", "server", "testing", "tests"},
    "tests/unit/core": {"include", "base", "core", "simulation"},
    "tests/unit/service": {"include", "base", "core", "service", "simulation"},
    "tests/simulation": {"include", "base", "core", "service", "storage", "simulation"},
}

# A library that one layer wraps is included by nobody else.
WRAPPED = {
    # The cli has the bare loop that `bench --bare` measures against, the server the backup.
    "sqlite3.h": {"storage", "simulation", "cli", "server", "tests", "tests/simulation",
                  "benchmarks"},
    "openssl/": {"base", "server", "tests/server", "benchmarks"},
    "nlohmann/": {"cli", "simulation", "server", "tests", "tests/server", "tests/simulation",
                  "benchmarks"},
}

# Split, so that this file does not contain what it forbids.
NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
VOCABULARY = re.compile(r"reservation|purchase|seller|buyer", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.\-/}>])/(?:home|root|Users|work)/\w")

# The core moves only when called, at the time it is told: the same calls give the same results.
NOT_IN_CORE = {
    r"\b\w+_clock\b": "a real clock",
    r"\b(?:clock_gettime|gettimeofday|time\s*\(\s*(?:nullptr|NULL|0)\s*\))": "a real clock",
    r"\bstd::(?:j?thread|async|mutex|shared_mutex|condition_variable|atomic)\b": "a thread or lock",
    r"\b(?:s?rand|getrandom|getentropy)\s*\(|\brandom_device\b": "randomness from outside",
    r"#\s*include\s*<(?:iostream|fstream|cstdio|thread|chrono_io|filesystem)>": "input or output",
}


class SourceFile:
    """A file, its lines, and its code: the text with comments and literals blanked out."""

    def __init__(self, root, path):
        self.root = root
        self.path = path
        self.suffix = Path(path).suffix
        self.text = (root / path).read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.split("\n")
        self.code = blank_literals(self.text) if self.suffix in CPP else ""

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def find(self, pattern, text=None):
        for match in re.finditer(pattern, self.text if text is None else text):
            yield self.line_of(match.start()), match


LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
CLASS_PARAMETERS = re.compile(r"template\s*<[^{}]*?>\s*(?=\b(?:class|struct|union)\b)")
INCLUDE_LINE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def blank_literals(text):
    """Comments and string literals become spaces of the same length; line breaks stay."""
    return LITERAL.sub(blank, text)


def layer_of(path):
    parts = Path(path).parts
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else Path(path).stem
    for length in (3, 2):
        joined = "/".join(parts[:length])
        if joined in INCLUDES and len(parts) > length:
            return joined
    return parts[0]


def included_layer(file, name):
    """The layer that `#include "name"` reaches into; None for what is not ours."""
    if name.startswith("livedrops/"):
        return "include"
    if (file.root / "src" / name).exists() or name.split("/")[0] in INCLUDES:
        return layer_of("src/" + name)
    return None


def rule_layers(file):
    layer = layer_of(file.path)
    if file.suffix not in CPP or layer not in INCLUDES:
        return
    for line, match in file.find(INCLUDE_LINE):
        name = match.group(1)
        target = included_layer(file, name)
        if target and target != layer and target not in INCLUDES[layer]:
            yield line, f"{layer} may not include {target} ({name})"
        if target == layer == "storage" and Path(name).parts[1] != Path(file.path).parts[2]:
            yield line, f"an adapter may not include another ({name})"
        for library, users in WRAPPED.items():
            if name.startswith(library) and layer.split("/unit/")[0] not in users:
                yield line, f"{layer} may not include {name}: it is wrapped by another layer"


def rule_file_lines(file):
    limit = FILE_LINES_MAX
    if file.path.startswith("include/"):
        limit = PUBLIC_HEADER_LINES_MAX
    count = file.text.count("\n")
    if file.suffix in CODE and count > limit:
        yield limit + 1, f"the file has {count} lines, the limit is {limit}"


def rule_columns(file):
    if file.suffix in CODE:
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS_MAX:
                yield number, f"the line has {len(line)} columns, the limit is {COLUMNS_MAX}"


def cpp_functions(code):
    """Yields (first line, last line) of every C++ function definition.

    A brace opens a function when it stands in a namespace or class and a `)` stands before it.
    """
    code = DIRECTIVE.sub(blank, code)
    stack = []  # (kind, head, line where the head began)
    head, head_line, line = "", 1, 1
    for offset, char in enumerate(code):
        if char == "\n":
            line += 1
        if char == "{":
            outside = all(kind == "scope" for kind, _, _ in stack)
            stack.append((kind_of_brace(head) if outside else "block", head, head_line))
            head = ""
        elif char == "}" and stack:
            kind, head, head_line = stack.pop()
            following = code[offset + 1:offset + 200].lstrip()[:1]
            if following in (",", "{") and kind != "scope":
                continue  # `a_{1}, b_{2} {`: still the head of a constructor
            if kind == "function":
                yield head_line, line
            head = ""
        elif char == ";":
            head = ""
        elif head or not char.isspace():
            if not head:
                head_line = line
            head += char


def kind_of_brace(head):
    plain = re.sub(r"alignas\([^)]*\)", "", CLASS_PARAMETERS.sub("", head))
    if re.search(r"\b(?:namespace|class|struct|union|enum|extern)\b", plain) and "(" not in plain:
        return "scope"
    return "function" if ")" in head else "block"


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def rule_function_lines(file):
    functions = ()
    if file.suffix in CPP:
        functions = cpp_functions(file.code)
    elif file.suffix == ".py":
        functions = python_functions(file.text)
    for first, last in functions:
        count = last - first + 1
        if count > FUNCTION_LINES_MAX:
            yield first, f"the function has {count} lines, the limit is {FUNCTION_LINES_MAX}"


def rule_vocabulary(file):
    if file.path.split("/")[0] in ("include", "src", "bindings", "examples"):
        for line, match in file.find(VOCABULARY):
            yield line, f"'{match.group()}' is no word of ours: hold, order, creator, user"


def rule_notes(file):
    for line, match in file.find(NOTES):
        yield line, f"'{match.group()}': do it, or write it into the docs with an owner"


def rule_machine_path(file):
    for line, match in file.find(MACHINE_PATH):
        yield line, f"a path of somebody's machine: {match.group()}…"


def rule_adapter_interface(file):
    if not (file.path.startswith("include/livedrops/spi/") and file.suffix == ".h"):
        return
    for line, match in file.find(r"\b(?:class|struct)\s+(\w+)[^;{()]*\{", file.code):
        body = body_after(file.code, match.end())
        count = len(re.findall(r"=\s*0\s*;", body))
        if count > PURE_VIRTUALS_MAX:
            yield line, f"{match.group(1)}: {count} pure virtuals, limit {PURE_VIRTUALS_MAX}"
        for virtual in re.finditer(r"\bvirtual\b[^;{]*[;{]", body):
            declaration = virtual.group()
            if "~" not in declaration and not re.search(r"=\s*0\s*;$", declaration):
                yield (file.line_of(match.end() + virtual.start()),
                       f"{match.group(1)}: a default body hides what an author must do")


def body_after(code, start):
    depth = 1
    for offset in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[offset], 0)
        if depth == 0:
            return code[start:offset]
    return code[start:]


def rule_core_is_deterministic(file):
    if layer_of(file.path) != "core" or file.suffix not in CPP:
        return
    for pattern, what in NOT_IN_CORE.items():
        for line, match in file.find(pattern, file.code):
            yield line, f"core may not use {what} ({match.group()})"
    # Declared here or in the header of the same name; a hash table's order is not the same twice.
    header = (file.root / file.path).with_suffix(".h")
    declarations = file.code + (header.read_text(encoding="utf-8") if header.exists() else "")
    for name in set(re.findall(r"\bunordered_\w+\s*<[^;{}()]*>\s+(\w+)\s*[;={]", declarations)):
        for line, _ in file.find(rf"\bfor\s*\([^;()]*:\s*(?:\w+(?:\.|->))*{name}\s*\)", file.code):
            yield line, f"core may not depend on the order of a hash table ({name})"


RULES = [rule_layers, rule_file_lines, rule_columns, rule_function_lines, rule_vocabulary,
         rule_notes, rule_machine_path, rule_adapter_interface, rule_core_is_deterministic]


def source_paths(root):
    """Tracked and new files, not the ignored ones; without git: all but build directories."""
    command = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        paths = listed.stdout.split("\0")
    else:
        paths = (str(path.relative_to(root)) for path in root.rglob("*"))
    for path in sorted(set(filter(None, paths))):
        if path.split("/")[0] not in ("build", ".git") and (root / path).is_file() \
                and Path(path).suffix in TEXT:
            yield path


def violations(root):
    for path in source_paths(root):
        file = SourceFile(root, path)
        for rule in RULES:
            for line, message in rule(file):
                yield f"{path}:{line}: {message} [{rule.__name__[5:]}]"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    found = list(violations(root))
    print("\n".join(found + [f"tidy: {len(found)} violations"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
