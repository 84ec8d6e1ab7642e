#!/usr/bin/env python3
"""Measures the PostgreSQL storage against the usual way and against a bare insert, on one server.

usage: postgres.py [--url URL] [--rounds N] [--seconds S] [--only TEXT] [--json FILE]
Without --url a server is made in a temporary directory, fsync on, and stopped afterwards. All kinds
take turns, so that a machine that drifts slows all of them; medians of the rounds are shown. With
--only those whose name contains TEXT.
`build/release` must be built.
"""

import argparse
import json
import os
import pwd
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "release")).resolve()
SCHEMA = "livedrops_bench"
PROCESSES = 4
CLIENTS = 32

# An order as most shops sell it: lock the row, look, write, commit.
TABLES = f"""
CREATE TABLE {SCHEMA}.drop_row(id int PRIMARY KEY, stock int NOT NULL) WITH (fillfactor = 20);
INSERT INTO {SCHEMA}.drop_row VALUES(1, 2000000000);
CREATE TABLE {SCHEMA}.order_row(id bigserial PRIMARY KEY, drop_id int NOT NULL,
  user_id text NOT NULL, idem_key text NOT NULL, qty int NOT NULL, amount bigint NOT NULL,
  at bigint NOT NULL, UNIQUE(user_id, drop_id, idem_key));
"""
FOR_UPDATE = f"""
\\set user random(1, 1000000)
\\set key random(1, 2000000000)
BEGIN;
SELECT stock FROM {SCHEMA}.drop_row WHERE id = 1 FOR UPDATE;
INSERT INTO {SCHEMA}.order_row(drop_id, user_id, idem_key, qty, amount, at)
  VALUES(1, 'u' || :user::text, '9f3c2ab1-0001-4000-8000-' || :key::text, 1, 1999, 1795000000000);
UPDATE {SCHEMA}.drop_row SET stock = stock - 1 WHERE id = 1;
COMMIT;
"""


def bin_directory():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if found:
        return found[-1]
    program = shutil.which("initdb")
    if not program:
        sys.exit("postgres.py: no PostgreSQL server is installed (./dev setup installs it)")
    return Path(program).parent


class Server:
    """A server of our own, on a real disk, with the settings that a shop would have."""

    def __init__(self):
        self.bin = bin_directory()
        self.directory = Path(tempfile.mkdtemp(prefix="livedrops-bench-", dir="/var/tmp"))
        self.user = None
        if os.geteuid() == 0:  # It refuses to run as root.
            entry = pwd.getpwnam("postgres")
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        data = self.directory / "data"
        self.run(self.bin / "initdb", "-D", data, "-A", "trust", "-U", "shop",
                 "--locale=C.UTF-8", "-E", "UTF8")
        with open(data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write("listen_addresses = ''\nshared_buffers = 512MB\nmax_wal_size = 4GB\n"
                       "max_connections = 100\n")
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [self.bin / "postgres", "-D", data, "-k", self.directory],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory,
            **(self.user or {}))
        self.url = f"postgresql:///postgres?host={quote(str(self.directory), safe='')}&user=shop"
        while subprocess.run([self.bin / "pg_isready", "-q", "-d", self.url],
                             check=False).returncode != 0:
            if self.process.poll() is not None:
                sys.exit("postgres.py: the server does not start")
            time.sleep(0.05)

    def run(self, *command):
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL,
                       cwd=self.directory, **(self.user or {}))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.directory)


class Bench:

    def __init__(self, url, seconds):
        self.url = url
        self.seconds = seconds
        separator = "&" if "?" in url else "?"
        self.shop_url = f"{url}{separator}options=-csearch_path%3D{SCHEMA}"
        self.bin = bin_directory()

    def sql(self, text):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", self.url, "-c", text], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def fresh(self):
        self.sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        self.sql(f"CREATE SCHEMA {SCHEMA}")
        self.sql("CHECKPOINT")

    def livedrops(self, *words):
        done = subprocess.run([str(BUILD / "bin" / "livedrops"), *map(str, words), "--storage",
                               self.shop_url, "--json"], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(done.stdout.splitlines()[-1])

    def make_drop(self):
        self.livedrops("create-product", "--id", "p", "--creator", "c", "--name", "x",
                       "--price", 1999)
        self.livedrops("create-drop", "--id", "hot", "--product", "p", "--stock", 100_000_000,
                       "--end", "253402300799999")

    def for_update(self):
        """Orders per second of a transaction per order, 32 connections."""
        self.fresh()
        self.sql(TABLES)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(FOR_UPDATE)
            script.flush()
            done = subprocess.run([self.bin / "pgbench", "-n", "-c", str(CLIENTS), "-j", "2", "-T",
                                   str(round(self.seconds)), "-M", "prepared", "-f", script.name,
                                   self.url], check=True, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("tps"))
        return {"orders_per_second": float(line.split()[2])}

    def bare(self, table):
        self.fresh()
        self.make_drop()
        done = subprocess.run([str(BUILD / "benchmarks" / "postgres_bare_main"), self.shop_url,
                               "490", str(self.seconds), table], check=True, text=True,
                              stdout=subprocess.PIPE)
        return {"orders_per_second": float(done.stdout)}

    def ours(self, in_flight):
        self.fresh()
        result = self.livedrops("bench", "--in-flight", in_flight, "--seconds", self.seconds)
        assert result["ok"], result
        return {"orders_per_second": result["accepted_per_second"],
                "p50_ms": result["latency_ms"]["p50"], "p99_ms": result["latency_ms"]["p99"],
                "orders_per_commit": result["orders_per_commit"]}

    def processes(self, in_flight):
        self.fresh()
        self.make_drop()
        program = str(BUILD / "benchmarks" / "seller_main")
        running = [subprocess.Popen(  # pylint: disable=consider-using-with
            [program, "sell", self.shop_url, "hot", str(number + 1), str(in_flight)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) for number in range(PROCESSES)]
        for process in running:
            process.stdout.readline()
        for process in running:
            process.stdin.write(f"{round(self.seconds * 1000)}\n")
            process.stdin.flush()
        found = [[float(word) for word in process.stdout.readline().split()]
                 for process in running]
        for process in running:
            process.stdin.close()
            process.wait()
        total = sum(sold for sold, _ in found)
        return {"orders_per_second": total / self.seconds,
                "least_share": min(sold for sold, _ in found) * PROCESSES / total,
                "p99_ms": max(p99 for _, p99 in found)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    server = None if arguments.url else Server()
    try:
        bench = Bench(arguments.url or server.url, arguments.seconds)
        kinds = {
            f"FOR UPDATE, {CLIENTS} connections": bench.for_update,
            "bare insert, our table": lambda: bench.bare("same"),
            "bare insert, primary key only": lambda: bench.bare("plain"),
            "livedrops, 1,000 in flight": lambda: bench.ours(1000),
            "livedrops, 64 in flight": lambda: bench.ours(64),
            "livedrops, 1 in flight": lambda: bench.ours(1),
            f"livedrops, {PROCESSES} processes, 256 each": lambda: bench.processes(256),
            f"livedrops, {PROCESSES} processes, 1,000 each": lambda: bench.processes(1000),
        }
        kinds = {name: measure for name, measure in kinds.items() if arguments.only in name}
        if not kinds:
            sys.exit(f"postgres.py: no kind's name contains '{arguments.only}'")
        values = {}
        for _ in range(arguments.rounds):
            for name, measure in kinds.items():
                for key, value in measure().items():
                    values.setdefault(name, {}).setdefault(key, []).append(value)
        bench.sql(f"DROP SCHEMA {SCHEMA} CASCADE")
    finally:
        if server:
            server.stop()
    medians = {name: {key: statistics.median(found) for key, found in counters.items()}
               for name, counters in values.items()}

    def ratio(speed, to, digits):
        return f"{speed / medians[to]['orders_per_second']:.{digits}f}" if to in medians else ""

    print("| what | orders/s | of FOR UPDATE | of bare, our table | p50 / p99 ms | share |")
    print("|---|---|---|---|---|---|")
    for name, found in medians.items():
        speed = found["orders_per_second"]
        latency = f"{found.get('p50_ms', '')} / {found['p99_ms']}" if "p99_ms" in found else ""
        share = f"{found['least_share']:.2f}" if "least_share" in found else ""
        usual = ratio(speed, f"FOR UPDATE, {CLIENTS} connections", 1)
        bare = ratio(speed, "bare insert, our table", 2)
        print(f"| {name} | {speed:,.0f} | {usual} | {bare} | {latency} | {share} |")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
