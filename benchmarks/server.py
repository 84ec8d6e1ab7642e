#!/usr/bin/env python3
"""livedropsd on durable SQLite, by wrk, by thousands of sockets, and by the everyday mix.

usage: server.py [PART] [--times N] [--seconds S] [--sockets N] [--long]
PART: start, http, fanout or mix; then nothing is written. Without it all of them run, and the table
of README.md is written. The mix takes 60 s once, with --long 10 minutes.
`./dev bench server` builds the release preset and calls this. Server and load share the machine:
the numbers are lower bounds.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "server"), str(ROOT / "benchmarks")]
import livedropsd  # noqa: E402  (found through the line above)
import run  # noqa: E402
import server_mix  # noqa: E402

RELEASE = Path(os.environ.get("LIVEDROPS_RELEASE", ROOT / "build" / "release"))
livedropsd.PROGRAM = RELEASE / "bin" / "livedropsd"
HELLO = RELEASE / "benchmarks" / "server_hello"
FANOUT = RELEASE / "benchmarks" / "server_fanout"
LOAD = RELEASE / "benchmarks" / "server_load"
PARTS = ("start", "http", "fanout", "mix")
MIX_SECONDS, MIX_SECONDS_LONG = 60, 600

# Every order has a key of its own; 5,000 users take turns.
ORDERS = """
local count, id = 0, 0
function setup(thread) thread:set("id", id); id = id + 1 end
function init(arguments) token = arguments[1] end
function request()
  count = count + 1
  local body = string.format('{"dropId":"d1","userId":"u%d-%d","quantity":1,' ..
                             '"idempotencyKey":"k%d-%d"}', id, count % 5000, id, count)
  return wrk.format("POST", "/order", {["Content-Type"] = "application/json",
                                       ["Authorization"] = "Bearer " .. token}, body)
end
"""

# (measured, what a person calls it, unit, goal, how to judge it)
ROWS = [
    ("start_ms", "from the start to ready", "ms", 200, run.AT_MOST),
    ("hello", "bare hello of the stack, 64 connections", "/s", None, None),
    ("order", "`POST /order`, accepted, 128 connections", "/s", 60_000, run.AT_LEAST),
    ("order_p99", "", "ms p99", None, None),
    ("order_half", "at half of that rate, open loop", "ms p99", 20, run.AT_MOST),
    ("drop", "`GET /drops/:dropId`, 64 connections", "/s", 150_000, run.AT_LEAST),
    ("drop_ratio", "", "of the hello", 0.65, run.AT_LEAST),
    ("drop_half", "at half of that rate, open loop", "ms p99", 20, run.AT_MOST),
    ("products", "`GET /products`, 64 connections", "/s", 150_000, run.AT_LEAST),
    ("products_ratio", "", "of the hello", 0.65, run.AT_LEAST),
    ("hello_fanout_p99", "bare broadcast to all sockets", "ms p99", None, None),
    ("fanout_p99", "from a commit to a subscriber, all sockets", "ms p99", 100, run.AT_MOST),
    ("fanout_last", "from a commit to the last subscriber", "ms p50", None, None),
    ("socket_kib", "memory of a subscribed socket", "KiB", 10, run.AT_MOST),
    ("mix_reads", "mix: 500 reads/s", "ms p95", 200, run.AT_MOST),
    ("mix_orders", "mix: 150 orders/s", "ms p95", 500, run.AT_MOST),
    ("mix_notifications", "mix: oldest notification when it came", "ms", 2000, run.AT_MOST),
    ("mix_errors", "mix: errors", "", 0, run.AT_MOST),
]


class Shop(livedropsd.ServerTest):
    """A server without rate limits, in a directory that goes with it."""

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory()
        type(self).directory = self.scratch.name
        config = Path(self.directory, "bench.toml")
        printed = subprocess.run([livedropsd.PROGRAM, "bench-config"], check=True, text=True,
                                 capture_output=True)
        config.write_text(printed.stdout, encoding="utf-8")
        self.server = livedropsd.Server(self.directory, "--config", config, "--log-level", "error")
        return self

    def __exit__(self, *_):
        self.doCleanups()
        code = self.server.end()
        verified = subprocess.run([RELEASE / "bin" / "livedrops", "verify",
                                   f"sqlite:{self.directory}/shop.db"],
                                  capture_output=True, text=True, check=False)
        self.scratch.cleanup()
        if code != 0 or verified.returncode != 0:
            sys.exit(f"exit {code}; verify: {verified.stdout}{verified.stderr}")


class Hello:
    def __enter__(self):
        self.process = subprocess.Popen([HELLO, "127.0.0.1:0", "2"], stdout=subprocess.PIPE,
                                        text=True)
        self.address = re.search(r"[\d.]+:\d+", self.process.stdout.readline())[0]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        self.process.stdout.close()


def wrk(address, path, connections, seconds, *more):
    """(requests a second, p99 in ms). Answers that are no 2xx end everything."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *more[:2],
         f"http://{address}{path}", *more[2:]],
        capture_output=True, text=True, timeout=seconds + 30, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"{path}: {done.stdout}")
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(\w+)$", done.stdout, re.MULTILINE).groups()
    return per_second, float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def fanout(process, address, sockets, *more):
    done = subprocess.run([FANOUT, address.rsplit(":", 1)[1], str(process.pid), str(sockets), "20",
                           *more], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def load(address, per_second, seconds, *what):
    """p99 in ms at a rate, in an open loop."""
    done = subprocess.run([LOAD, address.rsplit(":", 1)[1], "256", str(per_second), str(seconds),
                           *what], capture_output=True, text=True, timeout=seconds + 60, check=True)
    found = json.loads(done.stdout)
    if found["errors"]:
        sys.exit(f"{what[0]}: {found}")
    return found["p99_ms"]


def measure_start(_):
    begin = time.perf_counter()
    with Shop() as shop:
        while shop.operator().get("/readyz").status != 200:
            time.sleep(0.001)
        return {"start_ms": (time.perf_counter() - begin) * 1e3}


def measure_http(options):
    found = {}
    with Hello() as hello:
        found["hello"], _ = wrk(hello.address, "/hello", 64, options.seconds)
    with Shop() as shop:
        creator = shop.sign_up("creator")
        shop.make_drop(creator, 2_000_000_000, dropId="d1")
        script = Path(shop.directory, "orders.lua")
        script.write_text(ORDERS, encoding="utf-8")
        token = shop.service().token
        found["order"], found["order_p99"] = wrk(
            shop.server.public, "/", 128, options.seconds, "-s", str(script), "--", token)
        found["order_half"] = load(shop.server.public, found["order"] / 2, options.seconds, "d1",
                                   token)
        for name, path in (("drop", "/drops/d1"), ("products", "/products")):
            found[name], _ = wrk(shop.server.public, path, 64, options.seconds)
            found[name + "_ratio"] = found[name] / found["hello"]
        found["drop_half"] = load(shop.server.public, found["drop"] / 2, options.seconds,
                                  "/drops/d1")
    return found


def measure_fanout(options):
    with Hello() as hello:
        bare = fanout(hello.process, hello.address, options.sockets)
    with Shop() as shop:
        creator = shop.sign_up("creator")
        shop.make_drop(creator, 1000, dropId="d1")
        ours = fanout(shop.server.process, shop.server.public, options.sockets, "d1",
                      creator.token)
    return {"hello_fanout_p99": bare["p99_ms"], "fanout_p99": ours["p99_ms"],
            "fanout_last": ours["last_p50_ms"], "socket_kib": ours["kib_per_socket"]}


def measure_mix(options):
    with Shop() as shop:
        found = server_mix.measure(shop, MIX_SECONDS_LONG if options.long else MIX_SECONDS)
    print(json.dumps(found), file=sys.stderr)
    return {"mix_reads": found["reads"]["p95"], "mix_orders": found["orders"]["p95"],
            "mix_notifications": found["notifications"]["max"], "mix_errors": found["errors"]}


def table(values):
    lines = ["| what | median | range | goal |", "|---|---|---|---|"]
    for name, text, unit, goal, how in ROWS:
        if name in values:
            found = values[name]
            low, high = run.number(min(found)), run.number(max(found))
            lines.append(f"| {text} | {run.number(statistics.median(found))} {unit} | "
                         f"{low if low == high else f'{low}–{high}'} | "
                         f"{run.judge(statistics.median(found), goal, how)} |")
    return lines


def conditions(facts, options):
    mix = MIX_SECONDS_LONG if options.long else MIX_SECONDS
    return [f"{facts['processor']}, {facts['cores']} cores, Linux {facts['kernel']}, fdatasync of "
            f"4 KiB {facts['fdatasync_us']} µs; load before the run {facts['load_before']}; commit "
            f"{facts['commit']}, {facts['date']}. Medians of {options.times} turns of "
            f"{options.seconds} s, {options.sockets:,} sockets, the mix once for {mix} s: "
            f"`{options.command}`."]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10, help="of each run of wrk")
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--long", action="store_true", help="the mix for 10 minutes")
    options = parser.parse_args()
    options.command = " ".join(["./dev bench server", *sys.argv[1:]])
    facts = run.machine()
    if facts["load_before"] > 0.5:
        print(f"server.py: the machine is busy (load {facts['load_before']}): expect worse numbers",
              file=sys.stderr)
    values = {}
    for part in [options.part] if options.part else PARTS:
        for _ in range(1 if part == "mix" else options.times):
            for name, value in globals()["measure_" + part](options).items():
                values.setdefault(name, []).append(value)
    print("\n".join(table(values)))
    if not options.part:
        run.write_readme({"server": table(values), "server-machine": conditions(facts, options)})


if __name__ == "__main__":
    main()
