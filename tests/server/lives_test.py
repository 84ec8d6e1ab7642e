#!/usr/bin/env python3
"""livedropsd from its start to its end: killed, restarted, stopped, and its other commands."""

import concurrent.futures
import contextlib
import http.client
import json
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from livedropsd import BIN, NO_LIMITS, PROGRAM, SECONDS, Client, Server, ServerTest


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class Lives(unittest.TestCase):

    def start(self, directory, *arguments):
        server = Server(directory, *NO_LIMITS, *arguments)
        self.addCleanup(server.end)
        return server

    def scratch(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return directory.name

    def test_a_killed_server_forgets_nothing_that_it_acknowledged(self):
        directory = self.scratch()
        server = self.start(directory)
        shop = ServerTest()
        shop.server = server
        shop.directory = directory
        try:
            cleo, ann = shop.sign_up("creator"), shop.sign_up()
            drop = shop.make_drop(cleo, 1000)
            acknowledged, enough = [], threading.Event()

            def buy():
                client = Client(server.public, ann.token)
                try:
                    while True:
                        answer = shop.order(client, drop)
                        if answer.status == 201:
                            acknowledged.append(answer.json)
                        if len(acknowledged) >= 50:
                            enough.set()
                except (OSError, http.client.HTTPException):
                    pass  # It was killed.
                finally:
                    client.close()

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                running = [pool.submit(buy) for _ in range(4)]
                self.assertTrue(enough.wait(SECONDS))
                server.kill()
                for finished in running:
                    finished.result(SECONDS)
        finally:
            shop.doCleanups()
        verified = subprocess.run([BIN / "livedrops", "verify", f"sqlite:{directory}/shop.db"],
                                  capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        again = self.start(directory)
        client = Client(again.public, ann.token)
        self.addCleanup(client.close)
        for order in acknowledged:
            self.assertEqual(client.get(f"/orders/{order['orderId']}").json, order)
        self.assertEqual(again.end(), 0)
        self.assertEqual([line["event"] for line in again.lines][:1], ["recovered"])

    def test_the_first_line_and_the_last_exit(self):
        server = self.start(self.scratch())
        self.assertEqual(set(json.loads(server.first_line)), {"event", "public", "internal"})
        client = Client(server.public)
        self.addCleanup(client.close)
        self.assertEqual(client.get("/products").status, 200)
        self.assertEqual(server.end(signal.SIGTERM), 0)
        requests = [line for line in server.lines if line["event"] == "request"]
        self.assertEqual([(line["path"], line["status"]) for line in requests],
                         [("/products", 200)])
        self.assertNotIn("recovered", [line["event"] for line in server.lines])

    def test_the_stock_is_added_up_from_the_log_and_not_from_the_counters(self):
        directory = self.scratch()
        shop = type("Shop", (ServerTest,), {"directory": directory})()
        shop.server = self.start(directory)
        cleo, ann = shop.sign_up("creator"), shop.sign_up()
        drop = shop.make_drop(cleo, 3)
        restocked = cleo.post(f"/drops/{drop['dropId']}/restock",
                              {"quantity": 2}, Idempotency_Key="more")
        self.assertEqual(restocked.status, 200, restocked)
        for _ in range(5):
            self.assertEqual(shop.order(ann, drop).status, 201)
        self.assertEqual(self.audited(shop.server), (0, 0))
        shop.doCleanups()
        self.assertEqual(shop.server.end(), 0)
        with contextlib.closing(sqlite3.connect(f"{directory}/shop.db")) as database:
            database.execute("UPDATE events SET delta = 1 WHERE type = 'restocked'")
            database.commit()
        again = self.start(directory)
        # The counters of the drop still add up: 5 were there and 5 are sold.
        self.assertEqual(self.audited(again), (1, 6))
        # Each further entry of the drop is wrong, too; that is counted, and not told again.
        with contextlib.closing(Client(again.public, cleo.token)) as client:
            self.assertEqual(client.post(f"/drops/{drop['dropId']}/restock", {"quantity": 1},
                                         Idempotency_Key="one").status, 200)
        self.assertEqual(self.audited(again), (0, 7))
        told = [line["message"] for line in again.lines if "oversold" in line.get("message", "")]
        self.assertEqual(len(told), 1)
        self.assertIn("1 units are oversold and 6 balances are wrong: run `livedrops verify`",
                      told[0])

    def audited(self, server):
        """Units oversold and wrong balances once the whole log was added up."""
        shop = f"file:{server.directory}/shop.db?mode=ro"
        with contextlib.closing(sqlite3.connect(shop, uri=True)) as database:
            last, = database.execute("SELECT max(seq) FROM v_audit").fetchone()
        with contextlib.closing(Client(server.internal)) as operator:
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                text = operator.get("/metrics").body.decode()
                numbers = dict(re.findall(r"^(livedrops_\w+) (\d+)$", text, re.MULTILINE))
                if int(numbers["livedrops_stock_audited_seq"]) == last:
                    return (int(numbers["livedrops_oversold_units"]),
                            int(numbers["livedrops_wrong_balances_total"]))
                time.sleep(0.05)  # It looks at the log once a second, and tells nobody.
        return self.fail("the log was not added up")

    def test_tokens_outlive_a_restart(self):
        directory = self.scratch()
        shop = ServerTest()
        shop.server, shop.directory = self.start(directory), directory
        ann = shop.sign_up()
        shop.doCleanups()
        self.assertEqual(shop.server.end(), 0)
        again = Client(self.start(directory).public, ann.token)
        self.addCleanup(again.close)
        self.assertEqual(again.get("/orders").json, {"data": []})

    def test_what_was_revoked_stays_so_over_a_restart(self):
        directory = self.scratch()
        shop = type("Shop", (ServerTest,), {"directory": directory})()
        shop.server = self.start(directory)
        ann, ben, root = shop.sign_up(), shop.sign_up(), shop.admin()
        self.assertEqual(ann.post("/logout").status, 204)
        self.assertEqual(root.post(f"/admin/users/{ben.id}/disable").status, 200)
        tokens = [ann.token, ben.token, root.token]
        shop.doCleanups()
        self.assertEqual(shop.server.end(), 0)
        again = Client(self.start(directory).public)
        self.addCleanup(again.close)
        self.assertEqual([again.get("/orders", token=token).status for token in tokens],
                         [401, 401, 200])

    def test_configurations_are_printed_and_checked(self):
        directory = self.scratch()

        def run(*arguments):
            return subprocess.run([BIN / "livedropsd", *arguments], cwd=directory, text=True,
                                  capture_output=True, timeout=SECONDS, check=False)

        for name in ("default-config", "bench-config"):
            printed = run(name)
            self.assertEqual(printed.returncode, 0)
            with open(f"{directory}/{name}.toml", "w", encoding="utf-8") as file:
                file.write(printed.stdout)
            checked = run("check-config", "--config", f"{name}.toml")
            self.assertEqual((checked.returncode, checked.stdout), (0, "ok\n"), checked.stderr)
        for flags, named in ((("--listen", "nowhere"), "nowhere"),
                             (("--storage", "foo:bar"), '"foo"'),
                             (("--storage", "postgresql://h/shop"), "auth.jwt_secret_file"),
                             (("--auth-jwt-secret-file", "none.keys"), "none.keys"),
                             (("--cache", "redis://127.0.0.1:1"), '"redis"'),
                             (("--broker", "kafka://127.0.0.1:1"), '"kafka"')):
            wrong = run("check-config", *flags)
            self.assertEqual(wrong.returncode, 1, flags)
            self.assertIn(named, wrong.stderr)
        with open("/dev/full", "w", encoding="utf-8") as full:
            printed = subprocess.run([BIN / "livedropsd", "default-config"], stdout=full,
                                     stderr=subprocess.DEVNULL, check=False)
        self.assertEqual(printed.returncode, 2)
        self.assertEqual(run("dance").returncode, 64)
        self.assertEqual(run("serve", "--storage", "sqlite:/nowhere/shop.db").returncode, 2)


if __name__ == "__main__":
    unittest.main()
