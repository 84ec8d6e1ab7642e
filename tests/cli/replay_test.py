#!/usr/bin/env python3
"""`livedrops replay` against the numbers that replay_reference.py computes from the file alone."""

import json
import signal
import sqlite3
import subprocess
import time
import unittest

import program
import replay_reference
from program import COULD_NOT_RUN, DONE, REFUSED, USAGE, ProgramTest, opened, run

FILE = program.data_file("online_retail.csv.gz", sample="online_retail_sample.csv.gz")
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
DATE = "12/1/10 8:26"


def line(invoice="1", code="A", quantity="1", price="2.50", customer="7", description="THING"):
    return f"{invoice},{code},{description},{quantity},{DATE},{price},{customer},UK\n"


class ReplayTest(ProgramTest):

    def expect(self, report, expected):
        for key, value in expected.items():
            if key != "orders":
                self.assertEqual(report[key], value, key)
        given = {outcome: count for outcome, count in report["orders"].items() if count}
        self.assertEqual(given, {k: v for k, v in expected["orders"].items() if v})

    def replay(self, path, share="0.5", url=None):
        answer = run("replay", path, "--storage", url or self.url, "--stock-share", share, "--json")
        self.assertEqual(answer.code, DONE, answer.err)
        return answer.object


class RealFile(ReplayTest):

    def test_memory_gives_the_reference_numbers_for_each_share(self):
        for share in ("0.1", "0.3", "0.5", "1.0", "2"):
            with self.subTest(share=share):
                expected, _ = replay_reference.replay(FILE, share)
                self.expect(self.replay(FILE, share, "memory:"), expected)

    def test_sqlite_gives_the_same_and_a_second_run_only_looks_up(self):
        expected, shop = replay_reference.replay(FILE, "0.5")
        self.expect(self.replay(FILE), expected)
        self.verify()
        self.check_content(shop)
        rows = self.rows("SELECT count(*) FROM v_audit")
        again = self.replay(FILE)
        sold = expected["orders"]["confirmed"]
        refused = expected["orders"].get("sold_out", 0)
        self.expect(again, {**expected, "cancelled_units": 0, "unmatched_cancel_units": 0,
                            "orders": {"repeated": sold, "refused_before": refused}})
        self.assertEqual(self.rows("SELECT count(*) FROM v_audit"), rows)
        self.verify()

    def rows(self, sql):
        with opened(self.database) as database:
            return database.execute(sql).fetchall()

    def check_content(self, shop):
        orders = {(drop, key, user) for drop, key, user
                  in self.rows("SELECT drop_id, idem_key, user_id FROM v_orders")}
        self.assertEqual(orders, set(shop.keys))
        drops = {drop: (init, current, price, currency) for drop, init, current, price, currency
                 in self.rows("SELECT drop_id, init_stock, current_stock, unit_price, currency "
                              "FROM v_drops")}
        self.assertEqual(drops, {
            replay_reference.drop_id(code):
            (shop.init[code], shop.stock[code], round(shop.price[code] * 100), "GBP")
            for code in shop.stock})

    def test_two_at_once_end_like_one(self):
        """The second waits for the first, then only looks up."""
        expected, shop = replay_reference.replay(FILE, "0.5")
        both = [subprocess.Popen([str(program.PROGRAM), "replay", FILE, "--storage", self.url,
                                  "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True) for _ in range(2)]
        outputs = [process.communicate(timeout=120) for process in both]
        self.assertEqual([process.returncode for process in both], [DONE, DONE], outputs)
        reports = [json.loads(out) for out, _ in outputs]
        for report in reports:
            self.assertEqual(report["units_sold"], expected["units_sold"])
        self.assertEqual(sorted("refused_before" in report["orders"] for report in reports),
                         [False, True])
        self.check_content(shop)
        self.verify()

    def test_killed_in_the_middle_it_goes_on_to_the_same_end(self):
        expected, shop = replay_reference.replay(FILE, "0.5")
        kills = sum(self.replay_and_kill(rows) for rows in (500, 6_000, 9_000, 14_000, 17_000))
        self.assertGreaterEqual(kills, 1)
        report = self.replay(FILE)
        self.assertEqual(report["units_sold"], expected["units_sold"])
        self.assertEqual(report["sold_out_drops"], expected["sold_out_drops"])
        orders = report["orders"]
        self.assertEqual(orders["confirmed"] + orders["repeated"], expected["orders"]["confirmed"])
        self.assertEqual(orders["sold_out"] + orders.get("refused_before", 0),
                         expected["orders"]["sold_out"])
        self.verify()
        self.check_content(shop)

    def replay_and_kill(self, rows):
        """Kills a run when the log has so many rows; 1 when it was still running."""
        command = [program.PROGRAM, "replay", FILE, "--storage", self.url, "--json"]
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=nowhere, stderr=nowhere) as replay:
            while replay.poll() is None and self.log_rows() < rows:
                time.sleep(0.005)
            replay.send_signal(signal.SIGKILL)
            return int(replay.wait() == -signal.SIGKILL)

    def log_rows(self):
        try:
            with opened(f"file:{self.database}?mode=ro", uri=True) as database:
                return max(row[0] or 0 for row in database.execute(
                    "SELECT max(seq) FROM events UNION ALL SELECT max(seq) FROM orders"))
        except sqlite3.Error:
            return 0  # Not made yet.


class CutOff(ReplayTest):
    """A refusal leaves no trace: a run that goes on must not decide it again with other stock."""

    TEXT = (line("1", quantity="4") + line("2", quantity="3", customer="8") +
            line("3", code="B", quantity="2") + line("4", quantity="1", customer="9") +
            line("C5", quantity="-1") + line("C6", customer="8", quantity="-5") +
            line("7", quantity="4", customer="9") + line("8", code="B", quantity="2") +
            line("C9", quantity="-3") + line("10", quantity="2", customer="9"))
    CONTENT = ("SELECT drop_id, idem_key, user_id, qty, status FROM v_orders ORDER BY 1, 2",
               "SELECT drop_id, current_stock FROM v_drops ORDER BY 1")

    def content(self):
        with opened(self.database) as database:
            return [database.execute(sql).fetchall() for sql in self.CONTENT]

    def cut(self, rows):
        """Takes the log back to its first rows; `repair` makes the tables follow."""
        with opened(self.database) as database:
            for table in ("events", "orders"):
                database.execute(f"DELETE FROM {table} WHERE seq > ?", (rows,))
            database.execute("DELETE FROM drops WHERE drop_no > ?", (rows,))
            database.execute("DELETE FROM products WHERE prod_id NOT IN "
                             "(SELECT subject FROM events WHERE type = 'productCreated')")
            database.execute("UPDATE products SET version = 1, "
                             "description = replace(description, ', complete', '')")
        repaired = run("repair", self.url, "--apply", "--json").object
        # Cut between an order and the crossing that it caused, the log itself lacks a row.
        self.assertLessEqual({violation["invariant"] for violation in repaired["remaining"]},
                             {"low-stock-once-per-crossing", "sold-out-once-per-crossing"})

    def test_after_any_row_it_goes_on_to_the_same_end(self):
        path = self.write("invoices.csv", HEADER + self.TEXT)
        self.replay(path, "0.5")
        expected = self.content()
        report = run("verify", self.url, "--json").object
        whole = self.database.read_bytes()
        for rows in range(1, report["head"]):
            with self.subTest(rows=rows):
                for file in self.directory.glob("shop.db*"):
                    file.unlink()
                self.database.write_bytes(whole)
                self.cut(rows)
                self.replay(path, "0.5")
                self.assertEqual(self.content(), expected)


class Rules(ReplayTest):

    def sell(self, text, share="1"):
        return self.replay(self.write("invoices.csv", HEADER + text), share)

    def test_bad_lines_are_counted_and_told_with_number_and_reason(self):
        text = (line() + "only,three,columns\n" + line(quantity="1e3") + line(price="cheap") +
                line(quantity="0") + line(quantity="-4") + line(quantity="99999999999") +
                line(price="nan") + line(description='"never closed') + line(quantity="2") + "53")
        path = self.write("bad.csv", HEADER + text)
        answer = run("replay", path, "--storage", "memory:", "--stock-share", "1", "--json")
        self.assertEqual(answer.code, DONE)
        self.assertEqual(answer.object["lines"], 11)
        self.assertEqual(answer.object["bad_lines"], 9)
        self.assertEqual(answer.object["orders"]["confirmed"], 2)
        for part in ("line 3: has 3 columns, not 8", 'line 4: Quantity "1e3" is no number',
                     'line 5: UnitPrice "cheap" is no number', "line 6: Quantity 0",
                     "line 7: Quantity -4", 'line 8: Quantity "99999999999"',
                     'line 9: UnitPrice "nan"', "line 10: a quote is not closed",
                     "line 12: has 1 columns, not 8"):
            self.assertIn(part, answer.err)

    def test_bad_lines_are_bounded_and_a_file_takes_them_all(self):
        path = self.write("bad.csv", HEADER + "x\n" * 100 + line())
        answer = run("replay", path, "--storage", "memory:", "--json")
        self.assertEqual(len(answer.err.splitlines()), 21)
        listed = self.directory / "listed.txt"
        run("replay", path, "--storage", "memory:", "--json", "--bad-lines", listed)
        self.assertEqual(len(listed.read_text().splitlines()), 100)

    def test_a_description_that_is_no_text_is_no_name(self):
        path = self.directory / "odd.csv"
        path.write_bytes((HEADER + line(code="A", description="a\0b")).encode() +
                         line(code="B", description="\x80\xff").encode("latin-1"))
        # Half of one unit, rounded up, for each.
        self.assertEqual(self.replay(str(path))["orders"]["confirmed"], 2)
        self.assertEqual([p["name"] for p in run("products", "--storage", self.url, "--json",
                                                 "--creator", "replay").objects
                          if p["prodId"] in ("p:A", "p:B")], ["p:A", "p:B"])

    def test_quoted_fields_may_hold_commas_quotes_and_line_ends(self):
        text = (line(description='"A ""BIG"", RED\nLAMP"') + line(code='"B"', quantity='"3"'))
        report = self.sell(text)
        self.assertEqual((report["lines"], report["bad_lines"]), (2, 0))
        self.assertEqual(report["units_sold"], 4)
        names = {p["prodId"]: p["name"] for p in self.done("products")}
        self.assertEqual(names["p:A"], 'A "BIG", RED\nLAMP')

    def test_ids_and_keys_are_made_as_the_rules_say(self):
        self.sell(line(code="BANK CHARGES/é", customer="") + line(invoice="2", price="0"))
        with opened(self.database) as database:
            orders = database.execute(
                "SELECT drop_id, prod_id, user_id, idem_key, amount, currency FROM v_orders "
                "ORDER BY created_ms, idem_key").fetchall()
            window = database.execute("SELECT DISTINCT start_ms, end_ms FROM v_drops").fetchall()
        odd = "p:BANK_20CHARGES_2f_c3_a9"
        self.assertEqual(orders, [
            (odd, odd, "guest:1", "1:2", 250, "GBP"),
            ("p:A", "p:A", "c:7", "2:3", 0, "GBP")])
        self.assertEqual(window, [(0, 253402214400000)])

    def test_a_price_that_no_product_may_have_is_told_and_the_nearest_is_taken(self):
        path = self.write("prices.csv", HEADER + line(code="A", price="-2.5") +
                          line(code="B", price="1e20") + line(code="C", price="0"))
        answer = run("replay", path, "--storage", self.url, "--json")
        self.assertEqual(answer.object["bounded_prices"], 2)
        self.assertIn("2 codes have a first price below 0 or beyond 2^53 - 1 pence", answer.err)
        prices = {p["prodId"]: p["price"] for p in self.done("products")}
        self.assertEqual((prices["p:A"], prices["p:B"], prices["p:C"]), (0, 2 ** 53 - 1, 0))

    def test_stock_is_rounded_up_exactly(self):
        report = self.sell(line(quantity="30"), "0.1")
        self.assertEqual(report["orders"]["sold_out"], 1)
        self.assertEqual(self.one("drop", "p:A")["initStock"], 3)

    def test_a_cancellation_takes_newest_orders_first_and_the_last_in_part(self):
        report = self.sell(line("1", quantity="5") + line("2", quantity="4") +
                           line("3", quantity="3", customer="8") + line("C4", quantity="-6") +
                           line("C5", quantity="-9") + line("C6", code="B", quantity="-2"))
        self.assertEqual(report["cancelled_units"], 9)
        self.assertEqual(report["unmatched_cancel_units"], 8)
        self.assertEqual(report["units_sold"], 3)
        self.assertEqual((report["drops"], report["cancel_lines"]), (1, 3))
        events = [e for e in self.done("events") if e["type"] == "orderCancelled"]
        self.assertEqual([e["delta"] for e in events], [4, 2, 3])
        self.verify()

    def test_a_cancelled_unit_is_sold_to_the_next_line_only(self):
        report = self.sell(line("1", quantity="2") + line("2", quantity="2", customer="8") +
                           line("C3", quantity="-2") + line("4", quantity="2", customer="9"), "0.3")
        self.assertEqual(report["orders"], {"confirmed": 2, "repeated": 0, "sold_out": 1})
        with opened(self.database) as database:
            sold = database.execute("SELECT idem_key, status FROM v_orders ORDER BY 1").fetchall()
        self.assertEqual(sold, [("1:2", "cancelled"), ("4:5", "confirmed")])

    def test_another_share_into_the_same_database_is_refused(self):
        text = line(quantity="10")
        self.sell(text, "1")
        path = self.write("invoices.csv", HEADER + text)
        answer = run("replay", path, "--storage", self.url, "--stock-share", "0.5")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("p:A", answer.err)
        self.verify()

    def test_what_cannot_be_read_or_understood_is_told(self):
        missing = self.directory / "none.csv"
        self.assertEqual(run("replay", missing, "--storage", "memory:").code, COULD_NOT_RUN)
        self.assertEqual(run("replay", self.directory, "--storage", "memory:").code, COULD_NOT_RUN)
        path = self.write("invoices.csv", HEADER + line())
        for share in ("-1", "x", "0.1234567", "1e3", ""):
            answer = run("replay", path, "--storage", "memory:", "--stock-share", share)
            self.assertEqual(answer.code, USAGE, share)
        self.assertEqual(run("replay", path, "--storage", "ftp:x").code, USAGE)
        self.assertEqual(run("replay", path).code, USAGE)

    def test_a_table_is_for_people(self):
        path = self.write("invoices.csv", HEADER + line())
        answer = run("replay", path, "--storage", "memory:")
        self.assertIn("units sold", answer.out)
        with self.assertRaises(json.JSONDecodeError):
            json.loads(answer.out)


if __name__ == "__main__":
    unittest.main()
