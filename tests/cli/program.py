"""Runs the real `livedrops` for the tests of this directory, and finds their data."""

import contextlib
import json
import os
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("LIVEDROPS_BIN_DIR", ROOT / "build" / "release" / "bin"))
PROGRAM = BIN / "livedrops"

DONE, REFUSED, COULD_NOT_RUN, USAGE = 0, 1, 2, 64


def data_file(name, sample=None):
    """A file of the real data: in LIVEDROPS_DATA, else beside the project, else the sample."""
    places = [Path(os.environ["LIVEDROPS_DATA"])] if "LIVEDROPS_DATA" in os.environ else []
    for place in [*places, ROOT.parent / "shared" / "data"]:
        if (place / name).exists():
            return str(place / name)
    return str(ROOT / "examples" / "data" / sample) if sample else None


class Answer:
    """What a run of the program left: exit code, JSON lines, text of both outputs."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self):
        (one,) = self.objects
        return one


@contextlib.contextmanager
def opened(database, **options):
    """A connection that commits in the end and closes: `repair` wants nobody else to have one."""
    with contextlib.closing(sqlite3.connect(database, **options)) as connection, connection:
        yield connection


def run(*arguments):
    done = subprocess.run([str(PROGRAM), *map(str, arguments)], text=True, check=False,
                          capture_output=True, timeout=600, errors="replace")
    return Answer(done)


class ProgramTest(unittest.TestCase):
    """A test with a directory of its own and a database in it."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.database = self.directory / "shop.db"
        self.url = f"sqlite:{self.database}"

    def done(self, *arguments):
        """Runs a command on the test's database that must succeed; returns its JSON lines."""
        answer = run(*arguments, "--storage", self.url, "--json")
        self.assertEqual(answer.code, DONE, answer.err + answer.out)
        return answer.objects

    def one(self, *arguments):
        (thing,) = self.done(*arguments)
        return thing

    def verify(self):
        answer = run("verify", self.url, "--json")
        self.assertEqual(answer.code, DONE, answer.out + answer.err)
        self.assertTrue(answer.object["ok"])
        return answer.object

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return str(path)
