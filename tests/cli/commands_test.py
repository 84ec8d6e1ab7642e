#!/usr/bin/env python3
"""The commands that change and read a shop, their answers and exit codes."""

import json
import shutil
import signal
import subprocess
import unittest
from datetime import datetime

import program
from program import COULD_NOT_RUN, DONE, PROGRAM, REFUSED, USAGE, ProgramTest, run


class Shop(ProgramTest):

    def make_drop(self, name="d1", stock=5, *more):
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "Lamp",
                 "--price", 1999, "--currency", "EUR")
        return self.one("create-drop", "--id", name, "--product", "p1", "--stock", stock,
                        "--end", "2999-01-01T00:00:00Z", *more)

    def order(self, key, quantity=1, user="ann", drop="d1", *more):
        return run("order", "--drop", drop, "--user", user, "--key", key, "--quantity", quantity,
                   "--storage", self.url, "--json", *more)


def seconds_held(order):
    made, ends = (datetime.fromisoformat(order[name].replace("Z", "+00:00"))
                  for name in ("createdAt", "expiresAt"))
    return (ends - made).total_seconds()


class Changes(Shop):

    def test_a_creator_gets_an_id(self):
        made = self.one("create-creator", "--name", "Cleo", "--email", "cleo@example.com")
        self.assertTrue(made["creatorId"])
        answer = run("create-creator", "--name", "Cleo", "--email", "CLEO@example.com",
                     "--storage", self.url, "--json")
        self.assertEqual((answer.code, answer.object["outcome"]), (REFUSED, "email_taken"))

    def test_a_drop_is_shown_as_the_contract_says(self):
        drop = self.make_drop("d1", 5, "--low-stock", 2, "--start", "1700000000000")
        self.assertEqual(drop["startTime"], "2023-11-14T22:13:20.000Z")
        shown = self.one("drop", "d1")
        for key, value in {"dropId": "d1", "prodId": "p1", "creatorId": "c1", "price": 1999,
                           "currency": "EUR", "initStock": 5, "currentStock": 5, "lowStock": 2,
                           "status": "live", "endTime": "2999-01-01T00:00:00.000Z"}.items():
            self.assertEqual(shown[key], value, key)
        self.assertNotIn("maxPerUser", shown)

    def test_times_are_read_in_every_form(self):
        self.make_drop()
        for number, (said, read) in enumerate({
                "2999-01-01": "2999-01-01T00:00:00.000Z",
                "2999-01-01T02:30:00.25+02:00": "2999-01-01T00:30:00.250Z",
                "32472144000001": "2999-01-01T00:00:00.001Z"}.items()):
            drop = self.one("create-drop", "--id", f"t{number}", "--product", "p1", "--stock", 1,
                            "--end", said)
            self.assertEqual(drop["endTime"], read, said)

    def test_no_line_for_people_ends_with_blanks(self):
        self.make_drop()
        self.order("k1")
        for command in (["drop", "d1"], ["drops"], ["orders", "--drop", "d1"], ["events"]):
            shown = run(*command, "--storage", self.url).out
            self.assertTrue(shown, command)
            self.assertEqual([line for line in shown.splitlines() if line != line.rstrip()], [],
                             command)

    def test_units_are_sold_once_and_a_key_is_answered_again(self):
        self.make_drop()
        first = self.order("k1", 3)
        self.assertEqual((first.code, first.object["outcome"]), (DONE, "confirmed"))
        again = self.order("k1", 3)
        self.assertEqual((again.code, again.object["outcome"]), (DONE, "repeated"))
        self.assertEqual(again.object["orderId"], first.object["orderId"])
        other = self.order("k1", 1)
        self.assertEqual((other.code, other.object["outcome"]), (REFUSED, "repeated_differs"))
        out = self.order("k2", 3)
        self.assertEqual((out.code, out.object["outcome"], out.object["remaining"]),
                         (REFUSED, "sold_out", 2))
        self.assertEqual(self.order("k1", drop="none").object["outcome"], "drop_not_found")
        self.verify()

    def test_a_hold_is_confirmed_in_part_and_cancelled(self):
        self.make_drop("d1", 5, "--hold")
        held = self.order("k1", 3).object
        self.assertEqual((held["status"], "expiresAt" in held), ("held", True))
        confirmed = self.one("confirm", held["orderId"], "--quantity", 2)
        self.assertEqual((confirmed["status"], confirmed["quantity"]), ("confirmed", 2))
        self.one("cancel", held["orderId"], "--quantity", 1, "--key", "c1")
        self.assertEqual(self.one("cancel", held["orderId"], "--quantity", 1, "--key", "c1")
                         ["quantity"], 1)
        self.assertEqual(self.one("order-status", held["orderId"])["status"], "confirmed")
        self.assertEqual(self.one("drop", "d1")["currentStock"], 4)
        self.verify()

    def test_units_come_once_for_each_adjustment_id(self):
        self.make_drop()
        for _ in range(2):
            drop = self.one("restock", "d1", "--quantity", 4, "--key", "truck1")
        self.assertEqual(drop["currentStock"], 9)
        answer = run("restock", "d1", "--quantity", "-10", "--key", "x", "--storage", self.url)
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("drop_state", answer.err)

    def test_what_is_said_of_a_creator_a_product_and_a_drop_is_kept(self):
        self.one("create-creator", "--id", "c1", "--name", "Cleo", "--email", "c@example.com",
                 "--bio", "sells lamps", "--actor", "root")
        product = self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "Lamp",
                           "--desc", "of brass", "--price", 1999, "--actor", "root")
        self.assertEqual(product["desc"], "of brass")
        drop = self.one("create-drop", "--id", "d1", "--product", "p1", "--stock", 9, "--hold",
                        "--hold-seconds", 90, "--max-per-order", 2, "--max-per-user", 3,
                        "--end", "2999-01-01", "--actor", "root")
        self.assertEqual((drop["maxPerOrder"], drop["maxPerUser"]), (2, 3))
        self.assertEqual(self.order("k1", 3).object["outcome"], "quantity_out_of_range")
        held = self.order("k2", 2).object
        self.assertEqual(seconds_held(held), 90)
        self.assertEqual(self.order("k3", 2).object["outcome"], "user_limit_exceeded")
        self.one("follow", "--creator", "c1", "--user", "ann", "--actor", "root")
        self.one("confirm", held["orderId"], "--actor", "root")
        self.one("cancel", held["orderId"], "--actor", "root")
        self.one("restock", "d1", "--quantity", 1, "--key", "truck", "--actor", "root")
        by_root = [e["type"] for e in self.done("events") if e["actor"] == "root"]
        self.assertEqual(by_root, ["accountCreated", "productCreated", "dropScheduled", "followed",
                                   "orderConfirmed", "orderCancelled", "restocked"])
        self.verify()

    def test_an_order_may_say_until_when_and_how_it_holds(self):
        self.make_drop()
        late = self.order("k1", 1, "ann", "d1", "--deadline", "2001-01-01T00:00:00Z")
        self.assertEqual((late.code, late.object["outcome"]), (REFUSED, "request_expired"))
        held = self.order("k2", 5, "ann", "d1", "--hold", "--ttl-seconds", 77, "--actor", "root")
        self.assertEqual(seconds_held(held.object), 77)
        self.assertEqual(self.order("k3", 1).object["outcome"], "held_out")
        again = self.order("k4", 4, "ann", "d1", "--hold", "--replace-hold")
        self.assertEqual(again.object["outcome"], "held")
        self.assertEqual(self.one("order-status", held.object["orderId"])["status"], "cancelled")
        self.assertEqual(self.one("drop", "d1")["currentStock"], 1)
        self.verify()

    def test_following_is_idempotent(self):
        self.make_drop()
        first = self.one("follow", "--creator", "c1", "--user", "ann")
        self.assertEqual(self.one("follow", "--creator", "c1", "--user", "ann")["since"],
                         first["since"])
        self.assertEqual([f["userId"] for f in self.done("followers", "c1")], ["ann"])
        self.one("follow", "--creator", "c1", "--user", "ann", "--undo")
        self.assertEqual(self.done("followers", "c1"), [])


class Reads(Shop):

    def test_lists_go_over_all_pages(self):
        self.make_drop("d1", 500)
        for i in range(130):
            self.assertEqual(self.order(f"k{i}").code, DONE)
        self.assertEqual(len(self.done("orders", "--drop", "d1")), 130)
        self.assertEqual(len(self.done("orders", "--user", "ann")), 130)
        self.assertEqual(len(self.done("orders", "--user", "ann", "--limit", 105)), 105)
        self.assertEqual(self.done("orders", "--user", "ann", "--status", "held"), [])
        self.assertEqual([d["dropId"] for d in self.done("drops", "--status", "live")], ["d1"])
        self.assertEqual([p["prodId"] for p in self.done("products", "--creator", "c1")], ["p1"])
        table = run("orders", "--drop", "d1", "--limit", 2, "--storage", self.url).out
        self.assertEqual(len(table.splitlines()), 3)

    def test_events_are_filtered_and_followed(self):
        self.make_drop()
        self.order("k1")
        events = self.done("events")
        self.assertEqual([e["type"] for e in events],
                         ["productCreated", "dropScheduled", "dropStart", "orderConfirmed"])
        self.assertEqual([e["eventId"] for e in self.done("events", "--after", 2)], [3, 4])
        self.assertEqual([e["eventId"] for e in self.done("events", "--channel", "user:ann")], [4])
        command = [program.PROGRAM, "events", "--follow", "--after", "4", "--storage", self.url,
                   "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            self.order("k2")
            self.assertEqual(json.loads(follower.stdout.readline())["eventId"], 5)
            follower.send_signal(signal.SIGTERM)
            self.assertEqual(follower.wait(timeout=30), DONE)

    def test_reading_writes_nothing(self):
        self.make_drop()
        before = self.database.stat().st_mtime_ns
        self.done("drops")
        self.assertEqual(self.database.stat().st_mtime_ns, before)


class Follows(ProgramTest):

    def test_a_graph_is_imported_once(self):
        path = self.write("graph.txt", "# a comment\n1 2\n1\t3\r\n2 3\n1 2\nbad\n1 2 3\na/b c\n")
        report = self.one("import-follows", path)
        self.assertEqual({k: report[k] for k in ("lines", "follows", "bad_lines")},
                         {"lines": 7, "follows": 3, "bad_lines": 3})
        self.assertEqual(self.one("import-follows", path)["follows"], 0)
        self.assertEqual({f["userId"] for f in self.done("followers", "3")}, {"1", "2"})
        self.verify()

    @unittest.skipUnless(program.data_file("soc-Epinions1.txt.gz"), "without the real graph")
    def test_the_real_graph_is_imported(self):
        path = program.data_file("soc-Epinions1.txt.gz")
        report = run("import-follows", path, "--storage", "memory:", "--json").object
        self.assertEqual((report["lines"], report["follows"], report["bad_lines"]),
                         (405_739, 405_739, 0))


class Simulator(ProgramTest):

    def test_many_threads_find_what_one_finds(self):
        one, two = (run("simulate", "--seeds", 20, "--seed-base", 7, "--jobs", jobs, "--json")
                    for jobs in (1, 2))
        self.assertEqual((one.code, two.code), (DONE, DONE), one.err + two.err)
        self.assertEqual((one.object["seeds"], two.object["seeds"]), (20, 20))

    def test_a_seed_is_told_step_by_step_and_always_the_same(self):
        first, again = (run("simulate", "--seeds", 1, "--seed-base", 7, "--trace", "--json")
                        for _ in range(2))
        self.assertEqual(first.code, DONE, first.err)
        self.assertGreater(len(first.err.splitlines()), 10)
        self.assertEqual(first.err, again.err)


class Bench(ProgramTest):

    def bench(self, *options):
        answer = run("bench", "--storage", self.url, "--in-flight", 4, "--seconds", 0.3, "--users",
                     50, *options, "--json")
        self.assertEqual(answer.code, DONE, answer.err)
        return answer.object

    def test_a_crowd_sends_some_orders_twice_and_leaves_some_holds(self):
        plain = self.bench("--duplicates", 0, "--holds", 0)
        self.assertGreater(plain["accepted_per_second"], 0)
        self.assertEqual((plain["repeated"], plain["held"]), (0, 0))
        wild = self.bench("--duplicates", 50, "--holds", 100)
        self.assertGreater(wild["repeated"], 0)
        self.assertGreater(wild["held"], 0)

    def test_it_measures_a_cold_drop_and_draws_a_page(self):
        page = self.directory / "report.html"
        report = self.bench("--cold", "--report", page)
        self.assertGreater(report["cold"]["orders_per_second"], 0)
        self.assertIn("<svg", page.read_text(encoding="utf-8"))


class PlantedBugs(ProgramTest):
    """`livedrops` has none: it starts livedrops-mutants, which does."""

    def test_they_are_listed(self):
        names = [bug["mutant"] for bug in run("simulate", "--mutant", "list", "--json").objects]
        self.assertGreaterEqual(len(names), 14)
        self.assertIn("ack_before_commit", names)

    def test_they_are_found(self):
        answer = run("simulate", "--seeds", 1000, "--mutant", "ack_before_commit", "--json")
        self.assertEqual(answer.code, REFUSED, answer.err)
        self.assertGreater(answer.object["violations"], 0)
        self.assertIn("first_failing_seed", answer.object)

    def test_one_that_does_not_exist_is_named(self):
        answer = run("simulate", "--mutant", "nonsense")
        self.assertEqual(answer.code, USAGE)
        self.assertIn('"nonsense"', answer.err)

    def test_without_the_other_program_it_says_so(self):
        alone = self.directory / "livedrops"
        shutil.copy(PROGRAM, alone)
        done = subprocess.run([alone, "simulate", "--mutant", "list"], stderr=subprocess.PIPE,
                              text=True, check=False)
        self.assertEqual(done.returncode, COULD_NOT_RUN)
        self.assertIn("livedrops-mutants", done.stderr)


class BadInput(Shop):

    def test_usage_is_64_and_names_the_value(self):
        self.make_drop()
        cases = {
            ("order", "--drop", "d/1", "--user", "a", "--key", "k"): "d/1",
            ("order", "--drop", "d1", "--user", "a", "--key", "k", "--quantity", "0"): "0",
            ("order", "--drop", "d1", "--user", "a", "--key", "k", "--quantity", "x"): "x",
            ("order", "--drop", "d1", "--user", "a"): "--key",
            ("order", "--drop", "d1", "--user", "a", "--key", "a b"): "a b",
            ("cancel", "nonsense"): "nonsense",
            ("create-drop", "--product", "p1", "--stock", "1", "--end", "soon"): "soon",
            ("create-drop", "--product", "p1", "--stock", "-1", "--end", "2999-01-01"): "-1",
            ("create-product", "--creator", "c", "--name", "x", "--price", "1", "--currency",
             "QQQ"): "QQQ",
            ("drops", "--status", "nice"): "nice",
            ("orders",): "--user",
            ("events", "--channel", "x"): '"x"',
            ("nonsense",): "nonsense",
        }
        for command, part in cases.items():
            with self.subTest(command=command):
                answer = run(*command, "--storage", self.url)
                self.assertEqual(answer.code, USAGE, answer.err)
                self.assertIn(part, answer.err)
                self.assertEqual(answer.out, "")
        self.assertEqual(run().code, USAGE)

    def test_what_is_not_there_is_a_refusal(self):
        self.make_drop()
        nobody = "01890a5d-ac96-774b-bcce-b302099a8057"
        self.assertEqual(run("drop", "none", "--storage", self.url).code, REFUSED)
        self.assertEqual(run("order-status", nobody, "--storage", self.url).code, REFUSED)
        answer = run("cancel", nobody, "--storage", self.url, "--json")
        self.assertEqual((answer.code, answer.object["outcome"]), (REFUSED, "not_found"))

    def test_a_shop_that_cannot_be_opened_is_2(self):
        missing = f"sqlite:{self.directory}/none.db"
        for command in (("drops",), ("order", "--drop", "d", "--user", "a", "--key", "k")):
            self.assertEqual(run(*command, "--storage", missing).code, COULD_NOT_RUN)
        self.assertFalse((self.directory / "none.db").exists())

    def test_output_that_cannot_be_written_is_2(self):
        self.one("create-product", "--id", "p1", "--creator", "c1", "--name", "x", "--price", 1)
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "products", "--storage", self.url, "--json"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, COULD_NOT_RUN)
        self.assertIn("standard output", done.stderr)

    def test_help_and_version_are_0(self):
        self.assertIn("replay", run("--help").out)
        self.assertEqual(run("order", "--help").code, DONE)
        self.assertRegex(run("--version").out, r"^livedrops \d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
