#!/usr/bin/env python3
"""`livedrops copy` between SQLite files: killed in the middle, into the wrong target."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from program import (COULD_NOT_RUN, DONE, PROGRAM, REFUSED, USAGE, ProgramTest, data_file, opened,
                     run)

VIEWS = ("v_drops", "v_orders", "v_ledger", "v_events", "v_notifications", "v_follows", "v_audit")


class Copy(ProgramTest):

    def setUp(self):
        super().setUp()
        self.target = self.directory / "copy.db"
        self.target_url = f"sqlite:{self.target}"

    def fill(self):
        """A shop with something in every table."""
        self.one("create-creator", "--id", "c1", "--name", "Ana", "--email", "ana@example.org")
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "x", "--price", 500)
        self.one("create-drop", "--id", "d1", "--product", "p1", "--stock", 100,
                 "--end", "2999-01-01")
        self.one("create-drop", "--id", "d2", "--product", "p1", "--stock", 9, "--hold",
                 "--end", "2999-01-01")
        orders = [self.one("order", "--drop", drop, "--user", user, "--key", "k1",
                           "--quantity", 3)["orderId"]
                  for drop in ("d1", "d2") for user in ("ann", "bob")]
        self.one("cancel", orders[0], "--quantity", 1)
        self.one("confirm", orders[2], "--quantity", 2)
        self.one("restock", "d1", "--quantity", 5, "--key", "r1")
        self.one("follow", "--creator", "c1", "--user", "ann")
        self.one("follow", "--creator", "c1", "--user", "bob")
        self.one("follow", "--creator", "c1", "--user", "ann", "--undo")

    def copy(self, code=DONE, source=None):
        answer = run("copy", source or self.url, self.target_url, "--json")
        self.assertEqual(answer.code, code, answer.err + answer.out)
        return answer.object if code == DONE else answer.err

    def rows(self, database, sql):
        with opened(database) as connection:
            return connection.execute(sql).fetchall()

    def expect_same(self):
        for view in VIEWS:
            sql = f"SELECT * FROM {view} ORDER BY 1, 2, 3"
            rows = self.rows(self.database, sql)
            self.assertEqual(self.rows(self.target, sql), rows, view)
        answer = run("verify", self.target_url, "--json")
        self.assertEqual(answer.code, DONE, answer.out)

    def meta(self, database, name):
        rows = self.rows(database, f"SELECT value FROM meta WHERE name = '{name}'")
        return rows[0][0] if rows else None

    def test_the_copy_is_the_same_shop(self):
        self.fill()
        report = self.copy()
        self.assertTrue(report["ok"])
        self.assertEqual(report["resumed_at"], 0)
        rows = {name: table["rows"] for name, table in report["tables"].items()}
        self.assertEqual((rows["log"], rows["orders"], rows["drops"], rows["products"],
                          rows["follows"], rows["accounts"]), (report["head"], 4, 2, 1, 1, 1))
        self.expect_same()
        self.assertEqual(self.meta(self.target, "secret"), self.meta(self.database, "secret"))
        self.assertNotEqual(self.meta(self.target, "epoch"), self.meta(self.database, "epoch"))

    def test_the_copy_goes_on_selling_and_knows_what_was_ordered(self):
        self.fill()
        self.copy()
        again = run("order", "--drop", "d1", "--user", "bob", "--key", "k1", "--quantity", 3,
                    "--storage", self.target_url, "--json").object
        self.assertEqual(again["outcome"], "repeated", again)
        new = run("order", "--drop", "d1", "--user", "bob", "--key", "k2", "--storage",
                  self.target_url, "--json").object
        self.assertEqual(new["outcome"], "confirmed", new)

    def test_a_shop_without_drops_is_copied(self):
        self.one("create-product", "--creator", "c1", "--name", "x", "--price", 1)
        report = self.copy()
        self.assertEqual(report["tables"]["drops"]["rows"], 0)
        self.expect_same()

    def test_a_copy_that_was_killed_is_no_shop_and_goes_on(self):
        sample = data_file("online_retail.csv.gz", "online_retail_sample.csv.gz")
        self.assertEqual(run("replay", sample, "--storage", self.url, "--json").code, DONE)
        unfinished = 0
        finished = False
        for after_ms in (20, 40, 80, 120, 160, 240, 320):
            with subprocess.Popen([PROGRAM, "copy", self.url, self.target_url],
                                  stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as copy:
                # A different moment each time; which one it is does not matter.
                try:
                    copy.wait(after_ms / 1000)
                except subprocess.TimeoutExpired:
                    os.kill(copy.pid, signal.SIGKILL)
            opened = run("verify", self.target_url)
            finished = opened.code == DONE
            if finished:
                break
            self.assertEqual(opened.code, COULD_NOT_RUN, opened.out)
            unfinished += 1
        self.assertGreater(unfinished, 0)
        if not finished:
            self.copy()
        self.expect_same()

    def test_what_changed_between_two_runs_goes_over(self):
        self.fill()
        self.copy()
        # As an interrupted run leaves it: everything is there, but the mark still stands.
        with opened(self.target) as target:
            target.execute("INSERT INTO meta VALUES('unfinished_copy', 'yes')")
        order = self.one("order", "--drop", "d1", "--user", "cid", "--key", "k1")["orderId"]
        self.one("cancel", order)
        self.one("follow", "--creator", "c1", "--user", "bob", "--undo")
        report = self.copy()
        self.assertGreater(report["resumed_at"], 0)
        self.assertGreater(report["head"], report["resumed_at"])
        self.expect_same()

    def test_a_target_that_differs_is_named(self):
        self.fill()
        self.copy()
        with opened(self.target) as target:
            target.execute("INSERT INTO meta VALUES('unfinished_copy', 'yes')")
            target.execute("UPDATE events SET body = body || '&x=1' WHERE seq = 2")
        answer = run("copy", self.url, self.target_url, "--json")
        self.assertEqual(answer.code, REFUSED, answer.err)
        self.assertIn("log", answer.object["differing"])
        self.assertEqual(run("verify", self.target_url).code, COULD_NOT_RUN)

    def test_a_damaged_shop_is_copied_but_not_finished(self):
        self.fill()
        with opened(self.database) as source:
            source.execute("UPDATE drops SET current_stock = current_stock - 1")
        self.assertIn("breaks an invariant", self.copy(REFUSED))
        self.assertEqual(run("verify", self.target_url).code, COULD_NOT_RUN)
        self.assertEqual(run("repair", self.url, "--apply").code, DONE)
        self.assertTrue(self.copy()["ok"])
        self.expect_same()

    def test_a_target_that_is_no_copy_is_refused(self):
        self.fill()
        run("create-product", "--creator", "c9", "--name", "y", "--price", 1,
            "--storage", self.target_url)
        self.assertIn("holds another shop", self.copy(REFUSED))
        self.target.unlink()
        self.assertIn("is the shop itself", run("copy", self.url, self.url).err)
        self.assertEqual(run("copy", self.url, self.url).code, REFUSED)
        shutil.copy(self.database, self.target)
        self.assertIn("is the shop itself", self.copy(REFUSED))
        self.target.unlink()
        with opened(self.target) as target:
            target.execute("CREATE TABLE t(x)")
        self.assertIn("another application", self.copy(COULD_NOT_RUN))
        self.assertEqual(run("copy", self.url, "memory:").code, REFUSED)
        self.assertEqual(run("copy", self.url).code, USAGE)
        missing = run("copy", f"sqlite:{self.directory}/none.db", self.target_url)
        self.assertEqual(missing.code, COULD_NOT_RUN)

    def test_a_finished_copy_is_not_copied_into_again(self):
        self.fill()
        self.copy()
        self.assertIn("finished copy", self.copy(REFUSED))

    def test_a_shop_that_is_sold_from_meanwhile_is_refused(self):
        self.fill()
        with subprocess.Popen([PROGRAM, "bench", "--storage", self.url, "--seconds", "20",
                               "--in-flight", "10"], stderr=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL) as bench:
            try:
                head = self.rows(self.database, "SELECT max(seq) FROM orders")
                deadline = time.monotonic() + 15
                while (self.rows(self.database, "SELECT max(seq) FROM orders") == head
                       and time.monotonic() < deadline):
                    time.sleep(0.01)
                answer = run("copy", self.url, self.target_url)
                self.assertEqual(answer.code, COULD_NOT_RUN, answer.out)
                self.assertIn("written to", answer.err)
            finally:
                bench.terminate()
        self.assertTrue(self.copy()["ok"])
        self.expect_same()


class NewEpoch(ProgramTest):

    def test_it_writes_another_one(self):
        self.one("create-product", "--creator", "c1", "--name", "x", "--price", 1)
        first = run("new-epoch", self.url, "--json").object
        second = run("new-epoch", self.url, "--json").object
        self.assertNotEqual(first["before"], first["epoch"])
        self.assertEqual(second["before"], first["epoch"])
        self.assertEqual(run("new-epoch", f"sqlite:{self.directory}/none.db").code, COULD_NOT_RUN)


if __name__ == "__main__":
    unittest.main()
