#!/usr/bin/env python3
"""Requests per second of livedropsd on durable SQLite, by wrk, beside the bare hello of its stack.

usage: server_http.py [--seconds S] [--json-log]
Prints one JSON object per row. Server and load share the machine: these numbers are lower bounds.
Needs wrk, and build/release (`./dev build`).
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "server"))
import livedropsd  # noqa: E402  (found through the line above)

RELEASE = ROOT / "build" / "release"
livedropsd.PROGRAM = RELEASE / "bin" / "livedropsd"
HELLO = RELEASE / "benchmarks" / "server_hello"

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


def wrk(name, address, path, connections, seconds, *more):
    """One row: what wrk measured. Answers that are no 2xx make it fail."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
         *more[:2], f"http://{address}{path}", *more[2:]],
        capture_output=True, text=True, timeout=seconds + 30, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"{name}: {done.stdout}")
    row = {"name": name, "connections": connections,
           "per_second": round(float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]))}
    for percentile in ("50", "99"):
        row[f"p{percentile}"] = re.search(rf"^\s+{percentile}%\s+(\S+)$", done.stdout,
                                              re.MULTILINE)[1]
    print(json.dumps(row), flush=True)


def measure_hello(seconds):
    process = subprocess.Popen([HELLO, "127.0.0.1:0", "2"], stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"[\d.]+:\d+", process.stdout.readline())[0]
        wrk("bare hello of the stack", address, "/hello", 64, seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


def measure_server(seconds, log):
    with tempfile.TemporaryDirectory() as directory:
        server = livedropsd.Server(directory, *livedropsd.NO_LIMITS, *log)
        shop = livedropsd.ServerTest()
        shop.server = server
        livedropsd.ServerTest.directory = directory
        try:
            creator = shop.sign_up("creator")
            shop.make_drop(creator, 2_000_000_000, dropId="d1")
            script = Path(directory) / "orders.lua"
            script.write_text(ORDERS, encoding="utf-8")
            wrk("POST /order, accepted", server.public, "/", 128, seconds, "-s", str(script), "--",
                shop.service().token)
            wrk("GET /drops/:dropId", server.public, "/drops/d1", 64, seconds)
            wrk("GET /products", server.public, "/products", 64, seconds)
        finally:
            shop.doCleanups()
            server.end()
        verified = subprocess.run(
            [RELEASE / "bin" / "livedrops", "verify", f"sqlite:{directory}/shop.db"],
            capture_output=True, text=True, check=False)
        if verified.returncode != 0:
            sys.exit(verified.stdout + verified.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--json-log", action="store_true", help="with one log line per request")
    options = parser.parse_args()
    if HELLO.exists():
        measure_hello(options.seconds)
    measure_server(options.seconds, () if options.json_log else ("--log-level", "error"))


if __name__ == "__main__":
    main()
