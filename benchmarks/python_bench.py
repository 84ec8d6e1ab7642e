#!/usr/bin/env python3
"""Orders a second from one Python thread with batches, beside the C++ figure of the same run.

usage: python_bench.py [--times N] [--seconds S] [--write]
--write: the table of README.md too. `./dev build` must have built the release preset. The package
is installed with pip into build/python_bench. Python and C++ take turns, so that a disk that
drifts slows both.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LIVEDROPS = ROOT / "build/release/bin/livedrops"
ENVIRONMENT = ROOT / "build/python_bench"

# Run by the environment's interpreter: one thread, one hot drop, a new user and key for each order.
# The strings are made before the clock starts: a host has them already.
MEASURE = """
import sys, time, livedrops
url, rows, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with livedrops.open(url) as shop:
    shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
    shop.drops.create(id="mug-1", product="mug", stock=2**31 - 1, end_time=4102444800000)
    placed, used = 0, 0.0
    while used < seconds:
        names = [f"{placed + row:036d}" for row in range(rows)]
        start = time.perf_counter()
        replies = shop.orders.place_batch("mug-1", names, names)
        used += time.perf_counter() - start
        assert replies.count() == {livedrops.Outcome.CONFIRMED: rows}
        placed += rows
    print(placed / used)
"""
# Rows of a batch, and how many orders C++ has in flight beside it.
KINDS = [(64, 64), (1_000, 1_000), (10_000, 1_000)]


def interpreter():
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                    "--force-reinstall", "--no-deps", ROOT], check=True)
    return python


def from_python(python, rows, seconds):
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
        done = subprocess.run([python, "-c", MEASURE, f"sqlite:{directory}/shop.db", str(rows),
                               str(seconds)], check=True, capture_output=True, text=True,
                              cwd=directory)
    return float(done.stdout)


def from_cpp(in_flight, seconds):
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as directory:
        done = subprocess.run([LIVEDROPS, "bench", "--storage", f"sqlite:{directory}/shop.db",
                               "--in-flight", str(in_flight), "--seconds", str(seconds), "--json"],
                              check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["accepted_per_second"]


def table(values):
    lines = ["| from one Python thread | orders/s | range | C++, in flight | ratio |",
             "|---|---|---|---|---|"]
    for (rows, in_flight), (python, cpp) in values.items():
        ratio = statistics.median(p / c for p, c in zip(python, cpp))
        lines.append(
            f"| batches of {rows:,} | {statistics.median(python):,.0f} | {min(python):,.0f}–"
            f"{max(python):,.0f} | {statistics.median(cpp):,.0f}, {in_flight:,} | {ratio:.2f} |")
    return lines


def write_readme(lines):
    path = HERE / "README.md"
    text = path.read_text(encoding="utf-8")
    pattern = r"(<!-- python:begin -->\n).*?(<!-- python:end -->)"
    body = "\n".join(lines) + "\n"
    text, count = re.subn(pattern, lambda m: m[1] + body + m[2], text, flags=re.DOTALL)
    assert count == 1, "no place for the table in README.md"
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if not LIVEDROPS.exists():
        sys.exit("python_bench.py: build/release/bin/livedrops is missing: run ./dev build")
    python = interpreter()
    values = {kind: ([], []) for kind in KINDS}
    for _ in range(arguments.times):
        for (rows, in_flight), (ours, cpp) in values.items():
            ours.append(from_python(python, rows, arguments.seconds))
            cpp.append(from_cpp(in_flight, arguments.seconds))
    lines = table(values)
    print("\n".join(lines))
    if arguments.write:
        write_readme(lines)


if __name__ == "__main__":
    main()
