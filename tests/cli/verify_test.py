#!/usr/bin/env python3
"""`livedrops verify` and `repair` on databases that were damaged with SQL."""

import subprocess
import unittest

from program import COULD_NOT_RUN, DONE, PROGRAM, REFUSED, USAGE, ProgramTest, opened, run


class Shop(ProgramTest):

    def setUp(self):
        super().setUp()
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "x", "--price", 500)
        self.one("create-drop", "--id", "d1", "--product", "p1", "--stock", 10,
                 "--end", "2999-01-01")
        for user in ("ann", "bob", "cid"):
            self.one("order", "--drop", "d1", "--user", user, "--key", "k1", "--quantity", 2)
        self.one("follow", "--creator", "c1", "--user", "ann")

    def sql(self, *statements):
        with opened(self.database) as database:
            database.execute("PRAGMA ignore_check_constraints = 1")
            for statement in statements:
                database.execute(statement)

    def violations(self):
        answer = run("verify", self.url, "--json")
        self.assertEqual(answer.code, REFUSED, answer.err)
        self.assertFalse(answer.object["ok"])
        return {(v["invariant"], v["subject"]) for v in answer.object["violations"]}


class Verify(Shop):

    def test_a_good_shop_is_ok(self):
        checked = self.verify()["checked"]
        self.assertEqual((checked["orders"], checked["drops"], checked["follows"]), (3, 1, 1))
        self.assertIn("ok: every invariant holds", run("verify", self.url).out)

    def test_an_edited_order_breaks_the_chain_at_its_row(self):
        self.sql("UPDATE orders SET amount = 999 WHERE seq = 5")
        self.assertIn(("chain", "seq 5"), self.violations())
        self.assertIn("amount", {name for name, _ in self.violations()})

    def test_a_missing_row_is_a_gap(self):
        self.sql("DELETE FROM orders WHERE seq = 5")
        self.assertIn(("seq-contiguous", "seq 6"), self.violations())

    def test_stock_beside_the_ledger_is_named(self):
        self.sql("UPDATE drops SET current_stock = 7")
        self.assertEqual(self.violations(), {("ledger-balance", "drop d1")})

    def test_totals_beside_their_rows_are_named(self):
        self.sql("UPDATE creators SET followers = 8", "UPDATE users SET following = 0")
        names = {name for name, _ in self.violations()}
        self.assertLessEqual({"follower-totals", "following-totals"}, names)

    def test_a_row_that_cannot_be_read_is_named(self):
        self.sql("UPDATE events SET type = 'nonsense' WHERE seq = 2")
        self.assertIn("readable", {name for name, _ in self.violations()})

    def test_people_read_a_table(self):
        self.sql("UPDATE drops SET current_stock = 7")
        answer = run("verify", self.url)
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("current_stock is 7, the log gives 4", answer.out)

    def test_what_cannot_be_opened_is_no_violation(self):
        self.assertEqual(run("verify", "sqlite:/nonexistent/x.db").code, COULD_NOT_RUN)
        self.assertEqual(run("verify", f"sqlite:{self.directory}").code, COULD_NOT_RUN)
        text = self.write("text.db", "this is no database, not even a small one" * 100)
        self.assertEqual(run("verify", f"sqlite:{text}").code, COULD_NOT_RUN)
        self.assertEqual(run("verify", "nonsense").code, USAGE)
        self.assertEqual(run("verify").code, USAGE)


class Repair(Shop):

    def damage(self):
        self.sql("UPDATE drops SET current_stock = 7, paused = 1",
                 "UPDATE orders SET status = 'cancelled', now_qty = 2, now_expires = 0 "
                 "WHERE seq = 5",
                 "UPDATE creators SET followers = 8")

    def test_it_explains_and_writes_nothing_by_default(self):
        self.damage()
        answer = run("repair", self.url)
        self.assertEqual(answer.code, DONE, answer.err)
        self.assertIn("drop d1: current_stock 7 -> 4: the ledger ends at 4", answer.out)
        self.assertIn("creator c1: followers 8 -> 1", answer.out)
        self.assertIn("repeat with --apply", answer.out)
        self.assertTrue(self.violations())

    def test_applied_it_makes_the_shop_good_again(self):
        self.damage()
        report = run("repair", self.url, "--apply", "--json").object
        self.assertTrue(report["applied"])
        self.verify()
        self.assertEqual(self.one("drop", "d1")["currentStock"], 4)
        again = run("repair", self.url, "--apply", "--json").object
        self.assertEqual(again, {"applied": False, "corrections": [], "remaining": []})

    def test_until_then_nothing_is_sold(self):
        self.sql("UPDATE drops SET current_stock = 7")
        order = ("order", "--storage", self.url, "--drop", "d1", "--user", "dan", "--key", "k1")
        refused = run(*order)
        self.assertEqual(refused.code, COULD_NOT_RUN)
        self.assertIn("drop d1 counts 0 held and 3 confirmed units, its orders add up to "
                      "0 held and 6 confirmed units", refused.err)
        self.assertEqual(run("repair", self.url, "--apply").code, DONE)
        self.assertEqual(run(*order).code, DONE)

    def test_beside_another_process_only_the_dry_run_is_answered(self):
        self.damage()
        command = [str(PROGRAM), "events", "--storage", self.url, "--follow", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
            other.stdout.readline()  # It has the shop open.
            refused = run("repair", self.url, "--apply")
            renewed = run("new-epoch", self.url)
            dry = run("repair", self.url)
            other.terminate()
        for answer in (refused, renewed):
            self.assertEqual(answer.code, COULD_NOT_RUN)
            self.assertIn("another process has it open: stop it first", answer.err)
        self.assertEqual(dry.code, DONE)
        self.assertEqual(run("repair", self.url, "--apply").code, DONE)
        self.verify()

    def test_columns_that_never_change_are_corrected_too(self):
        self.sql("UPDATE drops SET creator_id = 'zz', prod_id = 'zz', created_ms = 1")
        report = run("repair", self.url, "--apply", "--json").object
        self.assertEqual({c["field"] for c in report["corrections"]},
                         {"creator_id", "prod_id", "created"})
        self.verify()

    def test_products_are_rebuilt(self):
        self.sql("DELETE FROM products")
        run("repair", self.url, "--apply")
        self.verify()

    def test_what_no_log_row_explains_stays_and_is_told(self):
        self.sql("INSERT INTO follows(creator_id, user_id, since_ms) VALUES('c1', 'eve', 1)",
                 "UPDATE drops SET drop_id = 'd9'")
        answer = run("repair", self.url, "--apply", "--json")
        self.assertEqual(answer.code, REFUSED)
        self.assertEqual([c["subject"] for c in answer.object["corrections"]], ["follow c1 eve"])
        self.assertEqual({v["subject"] for v in answer.object["remaining"]}, {"drop d1"})
        self.assertIn("2 violations stay", run("repair", self.url).out)

    def test_a_ledger_entry_beside_its_hashed_row_is_refused(self):
        order = self.one("order", "--drop", "d1", "--user", "dan", "--key", "k1")
        self.one("cancel", order["orderId"])
        self.sql("UPDATE events SET delta = 3, balance = balance + 2 WHERE delta = 1")
        self.assertIn("columns-equal-body", {name for name, _ in self.violations()})
        answer = run("repair", self.url, "--apply")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("columns-equal-body", answer.err)

    def test_a_damaged_log_is_refused(self):
        self.sql("UPDATE orders SET amount = 999 WHERE seq = 5")
        answer = run("repair", self.url, "--apply")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("chain at seq 5", answer.err)


if __name__ == "__main__":
    unittest.main()
