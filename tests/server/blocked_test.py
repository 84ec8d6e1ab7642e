#!/usr/bin/env python3
"""What clients hear while the database is there but does not answer. Unreadable storages, full
queues, and what else hangs: gateway/outage_test.cc."""

import concurrent.futures
import os
import re
import sqlite3
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from livedropsd import NO_LIMITS, ROOT, SECONDS, ServerTest

BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "dev"))
HANGING_SYNC = BUILD / "tests" / "libserver_hanging_sync.so"


class Blocked(ServerTest):

    arguments = (*NO_LIMITS, "--server-request-deadline-ms", "500")

    def test_orders_are_answered_while_somebody_holds_the_database(self):
        drop, people = self.make_drop(self.sign_up("creator"), 10), [self.sign_up(), self.sign_up()]
        holder = sqlite3.connect(f"{self.directory}/shop.db", isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        for client in people:
            told = self.order(client, drop, "k1")
            self.assertEqual(told.status, 503, told)
            self.assertIn(told.code, ("outcome-unknown", "unavailable"))
            self.assertIn("Retry-After", told.headers)
        self.assertEqual(people[0].get(f"/drops/{drop['dropId']}").json["currentStock"], 10)
        self.assertEqual(people[0].get("/drops").status, 200)
        holder.execute("ROLLBACK")
        # With the same key nothing is sold twice, whatever became of the first request.
        for client in people:
            self.assertEqual(self.order(client, drop, "k1").status, 201)
        self.assertEqual(people[0].get(f"/drops/{drop['dropId']}").json["currentStock"], 8)


@unittest.skipUnless(HANGING_SYNC.exists(), f"not built: {HANGING_SYNC}")
class Hanging(ServerTest):
    """A disk that hangs, and the deadline of 5 s that a server has by itself."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.hangs = Path(scratch.name, "hangs")
        # A sanitizer's runtime wants to be the first library, and is told that it need not.
        preload = {"LD_PRELOAD": str(HANGING_SYNC), "HANGING_SYNC": str(cls.hangs),
                   "ASAN_OPTIONS": "verify_asan_link_order=0"}
        with mock.patch.dict(os.environ, preload):
            super().setUpClass()

    def wait_for_depth(self, depth):
        deadline = time.monotonic() + SECONDS
        page = ""
        while not re.search(rf"^livedrops_queue_depth {depth}$", page, re.MULTILINE):
            self.assertLess(time.monotonic(), deadline, f"the queue never was {depth} deep")
            page = self.operator().get("/metrics").body.decode()

    def test_an_order_that_is_not_decided_in_time_never_is(self):
        drop = self.make_drop(self.sign_up("creator"), 10)
        ann, ben = self.sign_up(), self.sign_up()
        self.addCleanup(self.hangs.unlink, missing_ok=True)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            self.hangs.touch()
            told = []
            for depth, client in enumerate((ann, ben), 1):
                told.append(pool.submit(self.order, client, drop, "k1"))
                self.wait_for_depth(depth)
            for answer in [future.result() for future in told]:
                self.assertEqual((answer.status, answer.code), (503, "outcome-unknown"), answer)
            self.hangs.unlink()
        # Ann's was in the commit that hung. Ben's stood behind it, and its time is over.
        again = self.order(ann, drop, "k1")
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (201, "true"), again)
        self.assertEqual(len(ann.get("/orders").json["data"]), 1)
        self.assertEqual(ben.get("/orders").json["data"], [])
        again = self.order(ben, drop, "k1")
        self.assertEqual((again.status, again.headers["Idempotent-Replayed"]), (201, None), again)
        self.assertEqual(ann.get(f"/drops/{drop['dropId']}").json["currentStock"], 8)


if __name__ == "__main__":
    unittest.main()
