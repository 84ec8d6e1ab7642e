#!/usr/bin/env python3
"""What clients hear while the database is there but does not answer. Unreadable storages, hanging
commits and full queues: gateway/outage_test.cc."""

import sqlite3
import unittest

from livedropsd import NO_LIMITS, ServerTest


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


if __name__ == "__main__":
    unittest.main()
