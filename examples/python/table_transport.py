"""A transport written in Python: events become rows of another database, in order, each once.

What to copy for one of your own. The position is written in the transaction that writes the rows:
whatever dies in between, nothing is lost and nothing arrives twice. It passes the conformance suite
(tests/python/transport_test.py).

    python table_transport.py      sells two mugs and counts them in the other database
"""

import json
import sqlite3
import tempfile
from pathlib import Path

import livedrops
from livedrops import errors, spi


class TableTransport(spi.Transport):
    """Appends to the tables `events` and `position` of a SQLite file of its own."""

    def __init__(self, path: str | Path) -> None:
        # One thread at a time calls, but not always the same one.
        self.database: sqlite3.Connection | None = sqlite3.connect(
            path, timeout=0.1, isolation_level=None, check_same_thread=False)
        self.database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS events("
            "  seq INTEGER PRIMARY KEY, type TEXT, subject TEXT, event TEXT);"
            "CREATE TABLE IF NOT EXISTS position("
            "  one INTEGER PRIMARY KEY CHECK(one = 1), epoch TEXT, seq INTEGER);")

    def read_position(self) -> spi.Position | None:
        row = self.opened().execute("SELECT epoch, seq FROM position").fetchone()
        return spi.Position(epoch=row[0], offset=row[1]) if row else None

    def send(self, batch: spi.EventBatch, deadline_ms: int) -> None:
        database = self.opened()
        database.execute("BEGIN IMMEDIATE")  # Raises when another relay writes: it is tried again.
        try:
            events = spi.new_events(batch, self.read_position())
            rows = [(event.seq, str(event.type), event.subject,
                     json.dumps(event.to_dict(), default=str)) for event in events]
            if rows:
                database.executemany("INSERT INTO events VALUES(?, ?, ?, ?)", rows)
                database.execute("INSERT OR REPLACE INTO position VALUES(1, ?, ?)",
                                 (batch.epoch, rows[-1][0]))
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self.opened().close()
        self.database = None

    def opened(self) -> sqlite3.Connection:
        if self.database is None:
            raise errors.ClosedError("the transport is closed")
        return self.database


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        with livedrops.open(f"sqlite:{directory}/shop.db") as shop:
            with livedrops.Relay(shop, TableTransport(f"{directory}/reports.db")) as relay:
                shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
                shop.drops.create(id="mug-1", product="mug", stock=9, end_time=4102444800000)
                for user in ("bo", "cy"):
                    shop.orders.place("mug-1", user, key="try-1")
                relay.flush()
        reports = sqlite3.connect(f"{directory}/reports.db")
        for type, count in reports.execute("SELECT type, count(*) FROM events GROUP BY type"):
            print(type, count)
        reports.close()


if __name__ == "__main__":
    main()
