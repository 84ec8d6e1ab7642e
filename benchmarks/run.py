#!/usr/bin/env python3
"""Runs the benchmarks N times, takes medians, writes results.json and the tables of README.md.

usage: run.py [NAME] [--times N]
NAME: only those whose name contains it; then nothing is written.
`./dev bench` builds the release preset and calls this.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("LIVEDROPS_BENCHMARKS",
                              HERE.parent / "build/release/benchmarks/livedrops_benchmarks"))

# benchmark → (what a person calls it, [(counter, text, goal, how to judge it)]).
# Goal None: there is none for this number.
AT_LEAST = "at least"
AT_MOST = "at most"
ROWS = [
    ("decide/memory", "decisions alone, one thread, memory storage",
     [("items_per_second", "orders/s", None, None)]),
    ("place/sqlite/in_flight/1", "1 order in flight",
     [("orders_per_second", "orders/s", None, None), ("ratio", "of bare", 0.9, AT_LEAST)]),
    ("place/sqlite/in_flight/8", "8 in flight",
     [("orders_per_second", "orders/s", 35_000, AT_LEAST), ("ratio", "of bare", None, None)]),
    ("place/sqlite/in_flight/64", "64 in flight",
     [("orders_per_second", "orders/s", 180_000, AT_LEAST), ("ratio", "of bare", None, None)]),
    ("place/sqlite/in_flight/1000", "1,000 in flight",
     [("orders_per_second", "orders/s", 500_000, AT_LEAST), ("ratio", "of bare", 0.8, AT_LEAST)]),
    ("cold_drop/sqlite", "one caller on a cold drop beside a hot one",
     [("cold_p50_ms", "ms p50", 1.0, AT_MOST), ("cold_p99_ms", "ms p99", 4.0, AT_MOST),
      ("hot_per_second", "orders/s on the hot one", None, None)]),
    ("refuse/sqlite/in_flight/64", "refusals once sold out, 64 in flight",
     [("refused_per_second", "refusals/s", None, None)]),
    ("refuse/sqlite/in_flight/1000", "refusals once sold out, 1,000 in flight",
     [("refused_per_second", "refusals/s", 5_000_000, AT_LEAST)]),
    ("memory/live_drop_of_1M_orders", "memory of a live drop, 1,000,000 orders, a new user each",
     [("bytes_per_order", "bytes an order", 120, AT_MOST)]),
    ("restart/sqlite/1M_orders", "restart after kill -9 with 1,000,000 orders",
     [("ready_s", "s until ready", 1.0, AT_MOST), ("verify_all_s", "s for `verify`", None, None)]),
    ("follows/sqlite/batches_of_1000", "follows in batches of 1,000",
     [("follows_per_second", "follows/s", 50_000, AT_LEAST), ("ratio", "of bare", None, None)]),
    ("pages/1M_followers", "pages of a creator with 1,000,000 followers",
     [("first_page_us", "µs first", None, None), ("deepest_page_us", "µs deepest", None, None),
      ("deepest_to_first", "deepest to first", 1.2, AT_MOST)]),
    ("processes/sqlite/2", "two processes on one drop of one file",
     [("orders_per_second", "orders/s together", None, None),
      ("least_share", "of an even share for the slowest", None, None)]),
    ("processes/sqlite/4", "four processes on one drop of one file",
     [("orders_per_second", "orders/s together", None, None),
      ("least_share", "of an even share for the slowest", None, None)]),
    ("hash/sha256_log_row", "SHA-256 of a log row", [("real_time", "ns", None, None)]),
    ("hash/siphash_user_and_key", "keyed hashes of user and key",
     [("real_time", "ns", None, None)]),
]
LATENCIES = [1, 8, 64, 1000]
NOT_COUNTERS = {"family_index", "per_family_instance_index", "repetitions", "repetition_index",
                "threads", "iterations"}


def run(name, times):
    """Returns {benchmark: {counter: [value of each run]}}."""
    data = PROGRAM.parent / "data"
    data.mkdir(exist_ok=True)
    out = data / "raw.json"
    command = [str(PROGRAM), f"--benchmark_repetitions={times}", f"--benchmark_out={out}",
               "--benchmark_out_format=json", "--benchmark_display_aggregates_only=true",
               "--benchmark_min_time=0.2"]
    if name:
        command.append(f"--benchmark_filter=.*{re.escape(name)}.*")
    subprocess.run(command, check=True, env={**os.environ, "LIVEDROPS_BENCH_DIR": str(data)})
    values = {}
    for result in json.loads(out.read_text())["benchmarks"]:
        if result["run_type"] != "iteration":
            continue
        counters = values.setdefault(result["run_name"].split("/iterations:")[0]
                                     .removesuffix("/manual_time"), {})
        for key, value in result.items():
            if isinstance(value, (int, float)) and key not in NOT_COUNTERS:
                counters.setdefault(key, []).append(value)
    shutil.rmtree(data)
    return values


def first_line(path, prefix):
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(prefix):
            return line.split(":", 1)[1].strip()
    return "unknown"


def fsync_microseconds(directory):
    """The median of a 4 KiB overwrite with fdatasync."""
    path = directory / "fsync-probe"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        os.pwrite(file, b"x" * 4096, 0)
        os.fdatasync(file)
        times.append((time.perf_counter() - start) * 1e6)
    os.close(file)
    path.unlink()
    return round(statistics.median(times))


def machine():
    kib = int(first_line("/proc/meminfo", "MemTotal").split()[0])
    git = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"],
                         capture_output=True, text=True, check=False)
    return {"processor": first_line("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory_gib": round(kib / 1048576), "kernel": platform.release(),
            "fdatasync_us": fsync_microseconds(PROGRAM.parent),
            "load_before": round(os.getloadavg()[0], 2), "commit": git.stdout.strip(),
            "date": time.strftime("%Y-%m-%d")}


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.0f}"


def judge(value, goal, how):
    if goal is None:
        return ""
    reached = value >= goal if how == AT_LEAST else value <= goal
    return f"{'≥' if how == AT_LEAST else '≤'} {number(goal)}: {'reached' if reached else 'missed'}"


def main_table(medians):
    lines = ["| what | median | range | bare loop, same run | goal |", "|---|---|---|---|---|"]
    for name, text, counters in ROWS:
        found = medians.get(name)
        if not found:
            continue
        for index, (counter, unit, goal, how) in enumerate(counters):
            if counter not in found:
                continue
            median, low, high = found[counter]
            bare = found.get("bare_per_second")
            shown = f"{number(bare[0])}/s" if bare and index == 0 else ""
            lines.append(f"| {text if index == 0 else ''} | {number(median)} {unit} | "
                         f"{number(low)}–{number(high)} | {shown} | {judge(median, goal, how)} |")
    return lines


def latency_table(medians):
    lines = ["| in flight | p50 ms | p99 ms | p99.9 ms | orders per commit |",
             "|---|---|---|---|---|"]
    for in_flight in LATENCIES:
        found = medians.get(f"place/sqlite/in_flight/{in_flight}")
        if found:
            cells = [number(found[key][0])
                     for key in ("p50_ms", "p99_ms", "p999_ms", "orders_per_commit")]
            lines.append(f"| {in_flight:,} | " + " | ".join(cells) + " |")
    return lines


def machine_lines(facts, times):
    return [f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB, "
            f"Linux {facts['kernel']}, fdatasync of 4 KiB {facts['fdatasync_us']} µs; "
            f"load before the run {facts['load_before']}; commit {facts['commit']}, "
            f"{facts['date']}. Medians of {times}: `./dev bench` "
            f"(`benchmarks/run.py --times {times}`)."]


def write_readme(parts):
    path = HERE / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, lines in parts.items():
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        body = "\n".join(lines) + "\n"
        text, count = re.subn(pattern, lambda m, b=body: m[1] + b + m[2], text, flags=re.DOTALL)
        assert count == 1, name
    path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    facts = machine()
    if facts["load_before"] > 0.5:
        print(f"run.py: the machine is busy (load {facts['load_before']}): expect worse numbers",
              file=sys.stderr)
    values = run(arguments.name, arguments.times)
    medians = {name: {counter: (statistics.median(all_runs), min(all_runs), max(all_runs))
                      for counter, all_runs in found.items()}
               for name, found in values.items()}
    print("\n".join(main_table(medians) + [""] + latency_table(medians)))
    if arguments.name:
        return
    result = {"machine": facts, "times": arguments.times, "values": values}
    (HERE / "results.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n",
                                       encoding="utf-8")
    write_readme({"numbers": main_table(medians), "latencies": latency_table(medians),
                  "machine": machine_lines(facts, arguments.times)})


if __name__ == "__main__":
    main()
