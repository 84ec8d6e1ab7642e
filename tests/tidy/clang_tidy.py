#!/usr/bin/env python3
"""Runs clang-tidy on src/ with the compile commands of a build: `clang_tidy.py BUILD_DIRECTORY`.

A file is looked at again only when it, a header of ours that it includes, its flags or .clang-tidy
changed: a clean run leaves a stamp named after the hash of all that.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "clang-tidy"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

# Flags of g++ and of precompiled headers that clang does not know or must not use.
DROPPED = re.compile(r"-fpch-preprocess|-Winvalid-pch|-Werror|-W.*|-fsanitize.*|-g\d?")


def clean_arguments(command):
    """The compile command without launcher, warnings and precompiled header."""
    arguments = shlex.split(command)
    while "++" not in Path(arguments[0]).name and not arguments[0].endswith("cc"):
        arguments.pop(0)
    cleaned = []
    skip = False
    for position, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument == "-include" and "cmake_pch" in arguments[position + 1]:
            skip = True
        elif not DROPPED.fullmatch(argument):
            cleaned.append(argument)
    return cleaned


def load_commands(build):
    """One entry per file of src/; the mutants' second compilation of it is left out."""
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if not path.is_relative_to(ROOT / "src") or "LIVEDROPS_MUTANTS" in entry["command"]:
            continue
        entries[str(path)] = {"directory": entry["directory"], "file": str(path),
                              "arguments": clean_arguments(entry["command"])}
    return [entries[path] for path in sorted(entries)]


def with_headers(path, build, seen):
    """The file and all of our headers that it includes, directly or not."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        name = name.decode()
        for base in (path.parent, ROOT / "src", ROOT / "include", build / "include"):
            with_headers(base / name, build, seen)


def stamp_of(entry, build):
    seen = set()
    with_headers(Path(entry["file"]), build, seen)
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    digest.update("\0".join(entry["arguments"]).encode())
    for path in sorted(seen):
        digest.update(path.read_bytes())
    return WORK / "stamps" / digest.hexdigest()


def check(entry, stamp):
    command = ["nice", "clang-tidy-19", "--quiet", "-p", str(WORK), entry["file"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        stamp.touch()
        return ""
    return done.stdout or done.stderr


def findings(output):
    """One text per finding, with the lines that explain it."""
    return [text for text in re.split(r"(?m)^(?=/\S+:\d+:\d+: (?:error|warning):)", output) if text]


def main():
    build = (ROOT / sys.argv[1]).resolve()
    (WORK / "stamps").mkdir(parents=True, exist_ok=True)
    entries = load_commands(build)
    (WORK / "compile_commands.json").write_text(json.dumps(entries, indent=1))
    stamps = {entry["file"]: stamp_of(entry, build) for entry in entries}
    todo = [entry for entry in entries if not stamps[entry["file"]].exists()]
    failed = 0
    shown = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(check, entry, stamps[entry["file"]]) for entry in todo]
        for number, job in enumerate(jobs, 1):
            output = job.result()
            failed += bool(output)
            for finding in findings(output):
                if finding not in shown:  # one in a header comes with every file
                    shown.add(finding)
                    print(finding.replace(f"{ROOT}/", ""), end="")
            if sys.stderr.isatty():
                print(f"\rclang-tidy {number}/{len(todo)}", end="", file=sys.stderr)
    for stale in set((WORK / "stamps").iterdir()) - set(stamps.values()):
        stale.unlink()
    print(f"clang-tidy: {len(entries)} files, {len(todo)} changed, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
