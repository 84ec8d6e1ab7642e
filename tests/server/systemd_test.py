#!/usr/bin/env python3
"""The systemd unit: it is one, it leaves little open, and the server can live in what is left."""

import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import livedropsd
from livedropsd import NO_LIMITS, PROGRAM, ROOT, SECONDS, Server, ServerTest
from livedropsd_test import PNG

UNIT = ROOT / "packaging" / "livedropsd.service"
# Tenths of systemd's 0 (nothing is open) to 10.
EXPOSURE_MAX = 20
# SQLite gives files to the database's owner when it runs as root, which the unit's server does not.
ONLY_AS_ROOT = {"fchown"}


def settings():
    """Each setting's values in their order."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def calls_of(name):
    """The system calls of a set like @file-system, those of the sets in it included."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True,
                            text=True, check=True).stdout
    names = set(re.findall(r"^    ([@\w-]+)$", listed, re.MULTILINE))
    inner = {name for name in names if name.startswith("@")}
    return (names - inner).union(*map(calls_of, inner))


def allowed_calls():
    allowed = set()
    for rule in settings()["SystemCallFilter"]:
        names = set().union(*(calls_of(name) for name in rule.removeprefix("~").split()))
        allowed = allowed - names if rule.startswith("~") else allowed | names
    return allowed


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
class Unit(unittest.TestCase):

    def analyze(self, *arguments):
        """On a copy in which the program is the one that was built."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory, UNIT.name)
            text, count = re.subn(r"^(Exec\w+=)livedropsd ", rf"\g<1>{PROGRAM} ",
                                  UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
            self.assertEqual(count, 2)
            copy.write_text(text, encoding="utf-8")
            return subprocess.run(["systemd-analyze", *arguments, str(copy)], text=True,
                                  capture_output=True, timeout=SECONDS, check=False)

    @unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
    def test_it_is_clean(self):
        done = self.analyze("verify", "--man=no")
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_it_leaves_little_open(self):
        done = self.analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}")
        self.assertEqual(done.returncode, 0, done.stdout[-300:])


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class Confined(unittest.TestCase):
    """What the server asks of the kernel, from its start to its end."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as directory:
            trace = Path(directory, "trace")
            wrapper = Path(directory, "livedropsd")
            wrapper.write_text(f'#!/bin/sh\nexec strace -D -f -o "{trace}" "{PROGRAM}" "$@"\n',
                               encoding="utf-8")
            wrapper.chmod(0o755)
            cls.live(directory, wrapper)
            cls.lines = cls.read(trace)

    @staticmethod
    def read(trace):
        """The whole trace: strace ends after the program that it watched."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            text = trace.read_text(encoding="utf-8", errors="replace")
            if text.endswith("+++ exited with 0 +++\n"):
                return text.splitlines()
            time.sleep(0.01)
        raise AssertionError(f"the trace has no end: {text[-200:]}")

    @classmethod
    def live(cls, directory, wrapper):
        """A life in which it does everything that needs another kind of system call."""
        livedropsd.PROGRAM, program = wrapper, livedropsd.PROGRAM
        try:
            shop = ServerTest()
            shop.server, shop.directory = Server(directory, *NO_LIMITS), directory
        finally:
            livedropsd.PROGRAM = program
        try:
            creator = shop.sign_up("creator")
            drop = shop.make_drop(creator)
            threads = [threading.Thread(target=shop.order, args=(shop.client(creator.token), drop))
                       for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            media = creator.request("PUT", f"/products/{drop['prodId']}/media", PNG,
                                    Content_Type="image/png")
            assert media.status == 200, media
            creator.get("/products", Accept_Encoding="gzip")
            shop.operator().get("/metrics")
            shop.server.process.send_signal(signal.SIGHUP)
            creator.get("/docs")
        finally:
            shop.doCleanups()
            code = shop.server.end()
        assert code == 0, code

    def test_it_makes_no_call_that_is_filtered(self):
        made = set()
        for line in self.lines:
            if called := re.match(r"\d+ +(\w+)\(", line):
                made.add(called[1])
        self.assertIn("accept4", made)
        self.assertGreater(len(allowed_calls()), 100)
        self.assertEqual(made - allowed_calls() - ONLY_AS_ROOT, set())

    def test_it_maps_nothing_that_is_written_and_run(self):
        self.assertEqual(settings()["MemoryDenyWriteExecute"], ["yes"])
        maps = [line for line in self.lines if "PROT_" in line]
        self.assertGreater(len(maps), 5)
        self.assertEqual([line for line in maps if "PROT_WRITE|PROT_EXEC" in line], [])

    def test_it_opens_no_other_kind_of_socket(self):
        families = {family for line in self.lines
                    for family in re.findall(r"\bsocket\((\w+)", line)}
        self.assertLessEqual(families, set(settings()["RestrictAddressFamilies"][0].split()))
        self.assertIn("AF_INET", families)


if __name__ == "__main__":
    unittest.main()
