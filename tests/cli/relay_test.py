#!/usr/bin/env python3
"""livedrops relay: the real program beside others that sell, killed and started again."""

import json
import signal
import subprocess
import time
import unittest

import program
from program import COULD_NOT_RUN, DONE, USAGE, ProgramTest, run

DEADLINE_S = 60


class Relay(ProgramTest):

    def setUp(self):
        super().setUp()
        self.file = self.directory / "events.jsonl"
        self.destination = f"file:{self.file}"
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "Lamp",
                 "--price", 1999)
        self.one("create-drop", "--id", "d1", "--product", "p1", "--stock", 1_000_000,
                 "--end", "2999-01-01T00:00:00Z")

    def order(self, key):
        return self.one("order", "--drop", "d1", "--user", "ann", "--key", key, "--quantity", 1)

    def once(self, *more):
        answer = run("relay", self.url, self.destination, "--once", "--json", *more)
        self.assertEqual(answer.code, DONE, answer.err)
        return answer.object

    def relayed(self):
        events = [json.loads(line) for line in self.file.read_text().splitlines()]
        epochs = {event.pop("epoch") for event in events}
        self.assertEqual(len(epochs), 1)
        return events

    def wait_until(self, holds):
        end = time.monotonic() + DEADLINE_S
        while not holds():
            self.assertLess(time.monotonic(), end)

    def test_the_file_has_what_events_shows(self):
        self.order("k1")
        summary = self.once()
        self.assertEqual({name: summary[name] for name in
                          ("events", "batches", "position", "head", "lag", "failures")},
                         {"events": 4, "batches": 1, "position": 4, "head": 4, "lag": 0,
                          "failures": 0})
        self.assertEqual(self.relayed(), self.done("events"))
        self.order("k2")
        self.assertEqual(self.once("--batch", 1)["events"], 1)
        self.assertEqual(self.relayed(), self.done("events"))
        self.assertEqual(self.once()["events"], 0)

    def test_it_follows_until_it_is_interrupted(self):
        command = [program.PROGRAM, "relay", self.url, self.destination, "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
            self.order("k1")
            self.wait_until(lambda: self.file.exists() and self.file.read_text().count("\n") == 4)
            self.order("k2")
            self.wait_until(lambda: self.file.read_text().count("\n") == 5)
            relay.send_signal(signal.SIGINT)
            summary = json.loads(relay.stdout.read())
            self.assertEqual(relay.wait(timeout=DEADLINE_S), DONE)
        self.assertEqual((summary["events"], summary["lag"]), (5, 0))

    def test_killed_relays_leave_no_gap_and_no_repeat(self):
        """A seller works; one relay after the other is killed at whatever it does."""
        bench = subprocess.Popen(
            [program.PROGRAM, "bench", "--storage", self.url, "--in-flight", "8", "--seconds", "4",
             "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kills = 0
        with bench:
            while bench.poll() is None:
                before = self.file.stat().st_size if self.file.exists() else 0
                relay = subprocess.Popen([program.PROGRAM, "relay", self.url, self.destination,
                                          "--batch", "37"], stdout=subprocess.DEVNULL)
                with relay:
                    self.wait_until(lambda: bench.poll() is not None or (
                        self.file.exists() and self.file.stat().st_size > before))
                    relay.kill()
                kills += 1
        self.assertEqual(bench.returncode, DONE)
        self.assertGreater(kills, 5)
        summary = self.once("--batch", 10_000)
        seqs = [event["eventId"] for event in self.relayed()]
        self.assertEqual(seqs, list(range(1, summary["head"] + 1)))

    def test_a_torn_line_is_cut_off_and_written_again(self):
        self.once()
        whole = self.file.read_bytes()
        self.file.write_bytes(whole[:-40])
        self.assertEqual(self.once()["events"], 1)
        self.assertEqual(self.file.read_bytes(), whole)

    def test_a_second_relay_waits_for_the_first(self):
        command = [program.PROGRAM, "relay", self.url, self.destination]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as first:
            self.wait_until(lambda: self.file.exists() and self.file.stat().st_size > 0)
            refused = run("relay", self.url, self.destination, "--once")
            self.assertEqual(refused.code, COULD_NOT_RUN)
            self.assertIn(f'another relay writes to "{self.file}"', refused.err)
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  text=True) as second:
                self.assertIn("another relay writes", second.stderr.readline())
                first.kill()
                self.assertIn("goes on", second.stderr.readline())
                second.send_signal(signal.SIGTERM)

    def test_bad_input_is_named(self):
        for arguments, code, message in (
                ((self.url, "kafka:x"), USAGE, 'unknown transport "kafka", known are file:PATH'),
                ((self.url, "file:"), USAGE, "file: needs a path"),
                ((f"sqlite:{self.directory}/none.db", self.destination), COULD_NOT_RUN, "none.db"),
                ((self.url, "file:/dev/null", "--once"), USAGE, "is no regular file"),
                ((self.url, f"file:{self.directory}/no/f", "--once"), COULD_NOT_RUN,
                 "No such file or directory"),
                ((self.url, self.destination, "--batch", "0"), USAGE, "Value 0 not in range"),
                ((self.url,), USAGE, "destination is required")):
            answer = run("relay", *arguments)
            self.assertEqual(answer.code, code, answer.err)
            self.assertIn(message, answer.err)
        self.write("events.jsonl", "my diary\n")
        answer = run("relay", self.url, self.destination, "--once")
        self.assertEqual((answer.code, self.file.read_text()), (COULD_NOT_RUN, "my diary\n"))
        self.assertIn("is no event of a relay", answer.err)

    def test_events_of_another_shop_are_not_mixed_in(self):
        self.once()
        before = self.file.read_bytes()
        self.url = f"sqlite:{self.directory}/other.db"
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "Lamp", "--price", 1)
        answer = run("relay", self.url, self.destination, "--once")
        self.assertEqual(answer.code, USAGE)
        self.assertIn("the transport has events of epoch", answer.err)
        self.assertEqual(self.file.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
