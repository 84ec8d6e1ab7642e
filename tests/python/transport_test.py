"""Relays and transports: those of the library through Python, and those written in Python."""

import json
import runpy
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import livedrops
from conftest import ROOT, sell_mugs
from livedrops import errors, spi
from livedrops.testing import (
    FaultyTransport, MemoryTopic, MemoryTransport, TransportCall, TransportFault, conformance)
from table_transport import TableTransport

WAIT_MS = 30_000
FAST = {"poll_interval_ms": 1, "backoff_first_ms": 1, "backoff_longest_ms": 2}


class TableFactory:
    """A new file for each case."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "reports.db"

    def create(self) -> spi.Transport:
        self.path.unlink(missing_ok=True)
        return self.open()

    def open(self) -> spi.Transport:
        return TableTransport(self.path)

    def received(self) -> Iterable[spi.Position]:
        database = sqlite3.connect(self.path)
        epoch = database.execute("SELECT epoch FROM position").fetchone()
        rows = database.execute("SELECT seq FROM events ORDER BY rowid").fetchall()
        database.close()
        return [spi.Position(epoch=epoch[0], offset=seq) for seq, in rows]


class FileFactory:
    def __init__(self, directory: Path) -> None:
        self.path = directory / "events.jsonl"

    def create(self) -> str:
        self.path.unlink(missing_ok=True)
        return self.open()

    def open(self) -> str:
        return f"file:{self.path}"

    def received(self) -> Iterable[spi.Position]:
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        for event in map(json.loads, lines):
            yield spi.Position(epoch=event["epoch"], offset=event["offset"])


@pytest.mark.parametrize("name", conformance.transport_cases())
def test_a_transport_in_python_conforms(name: str, fast_path: Path) -> None:
    conformance.run_transport(name, TableFactory(fast_path))


@pytest.mark.parametrize("name", conformance.transport_cases()[:3])
def test_a_transport_of_the_library_conforms_through_python(name: str, fast_path: Path) -> None:
    conformance.run_transport(name, FileFactory(fast_path))


class CarelessTransport(TableTransport):
    """The planted bug: a gap is not looked at."""

    def send(self, batch: spi.EventBatch, deadline_ms: int) -> None:
        events = batch.events
        before = spi.Position(epoch=batch.epoch, offset=events[0].seq - 1) if events else None
        self.opened().execute("INSERT OR REPLACE INTO position VALUES(1, ?, ?)",
                              (batch.epoch, before.offset if before else 0))
        super().send(batch, deadline_ms)


def test_the_suite_sees_a_transport_that_takes_gaps(fast_path: Path) -> None:
    class Factory(TableFactory):
        def open(self) -> spi.Transport:
            return CarelessTransport(self.path)

    failed = []
    for name in conformance.transport_cases():
        try:
            conformance.run_transport(name, Factory(fast_path))
        except livedrops.Error:
            failed.append(name)
    assert "GapIsRefused" in failed


def test_an_unknown_case_is_named(fast_path: Path) -> None:
    with pytest.raises(livedrops.NotFoundError, match='no conformance case "Nonsense"'):
        conformance.run_transport("Nonsense", TableFactory(fast_path))


# --- relays --------------------------------------------------------------------------------------


def test_a_relay_follows_a_shop_that_sells(mug_shop: livedrops.Shop, fast_path: Path) -> None:
    with livedrops.Relay(mug_shop, TableTransport(fast_path / "reports.db"), **FAST) as relay:
        for number in range(10):
            mug_shop.orders.place("mug-1", f"u{number}", key="k")
        relay.flush(WAIT_MS)
        progress = relay.progress()
        assert progress.running and progress.error is None and progress.lag == 0
        assert progress.sent_seq == progress.head_seq == mug_shop.audit.head().seq
    assert relay.stopped and not relay.progress().running
    relay.stop()  # Does nothing the second time.
    database = sqlite3.connect(fast_path / "reports.db")
    types = dict(database.execute("SELECT type, count(*) FROM events GROUP BY type"))
    database.close()
    assert types == {"productCreated": 1, "dropScheduled": 1, "dropStart": 1, "orderConfirmed": 10,
                     "lowStock": 1, "soldOut": 1}


def test_a_relay_reads_a_database_that_nobody_opened(mug_shop: livedrops.Shop,
                                                     fast_path: Path) -> None:
    topic = MemoryTopic()
    with livedrops.Relay(f"sqlite:{fast_path}/shop.db", MemoryTransport(topic), **FAST) as relay:
        mug_shop.orders.place("mug-1", "bo", key="k")
        relay.flush(WAIT_MS)
    log = list(mug_shop.notifications.events())
    assert topic.events() == log
    position = topic.position()
    assert position is not None and position.offset == len(log)
    with pytest.raises(livedrops.UnavailableError):
        livedrops.Relay(f"sqlite:{fast_path}/none.db", MemoryTransport(topic))
    assert not (fast_path / "none.db").exists()


def test_a_relay_reads_an_engine() -> None:
    topic = MemoryTopic()
    with livedrops.Engine() as shop, livedrops.Relay(shop, MemoryTransport(topic), **FAST) as relay:
        sell_mugs(shop)
        relay.flush(WAIT_MS)
    assert [str(event.type) for event in topic.events()][:2] == ["productCreated", "dropScheduled"]


def test_a_file_has_the_events_as_json(mug_shop: livedrops.Shop, fast_path: Path) -> None:
    path = fast_path / "events.jsonl"
    for _ in range(2):  # The second goes on where the first one ended.
        with livedrops.Relay(mug_shop, f"file:{path}") as relay:
            mug_shop.orders.place("mug-1", "bo", key="k")
            relay.flush(WAIT_MS)
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [event["eventId"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "orderConfirmed" and events[-1]["userId"] == "bo"


def test_faults_make_no_gap(mug_shop: livedrops.Shop) -> None:
    topic = MemoryTopic()
    faults = [TransportFault.BEFORE, TransportFault.HALF, TransportFault.AFTER, TransportFault.NONE]
    transport = FaultyTransport(MemoryTransport(topic), lambda call, nth: faults[nth % 4])
    with livedrops.Relay(mug_shop, transport, batch_events_max=2, **FAST) as relay:
        for number in range(10):
            mug_shop.orders.place("mug-1", f"u{number}", key="k")
        relay.flush(WAIT_MS)
        assert relay.progress().failures > 0
    assert topic.events() == list(mug_shop.notifications.events())


# --- what is raised becomes a status -------------------------------------------------------------


class Raising(spi.Transport):
    """Raises what a test puts into `error`."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.sent: list[int] = []

    def read_position(self) -> spi.Position | None:
        return None if not self.sent else spi.Position(epoch=self.epoch, offset=self.sent[-1])

    def send(self, batch: spi.EventBatch, deadline_ms: int) -> None:
        if self.error is not None:
            raise self.error
        self.epoch = batch.epoch
        self.sent += [event.seq for event in batch.events]

    def close(self) -> None:
        pass


def test_an_exception_is_waited_out(mug_shop: livedrops.Shop) -> None:
    transport = Raising(OSError("the cable was cut\nin two"))
    with livedrops.Relay(mug_shop, transport, **FAST) as relay:
        with pytest.raises(livedrops.UnavailableError) as caught:
            relay.wait_for(1, timeout_ms=200)
        assert "OSError: the cable was cut" in caught.value.message
        assert relay.progress().running and relay.progress().lag == mug_shop.audit.head().seq
        transport.error = None
        relay.flush(WAIT_MS)
        assert relay.progress().error is None
    assert transport.sent == list(range(1, len(transport.sent) + 1))


def test_an_event_that_is_refused_stops_the_relay(mug_shop: livedrops.Shop) -> None:
    relay = livedrops.Relay(mug_shop, Raising(livedrops.InvalidArgumentError("too big")), **FAST)
    refused = r"event 1 \(productCreated of mug\): too big"
    with pytest.raises(livedrops.InvalidArgumentError, match=refused):
        relay.flush()
    assert not relay.progress().running
    assert str(relay.progress().error).startswith("invalid_argument: event 1")
    with pytest.raises(livedrops.InvalidArgumentError, match=refused):
        relay.stop()


@pytest.mark.parametrize("error", [errors.FencedError, errors.CorruptError, errors.ClosedError])
def test_a_livedrops_error_keeps_its_meaning(mug_shop: livedrops.Shop,
                                             error: type[errors.Error]) -> None:
    relay = livedrops.Relay(mug_shop, Raising(error("said so")), **FAST)
    with pytest.raises(error, match="said so"):
        relay.flush()
    with pytest.raises(error, match="said so"):
        relay.stop()


def test_what_is_no_position_is_a_status(mug_shop: livedrops.Shop,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Raising(None)
    monkeypatch.setattr(transport, "read_position", lambda: 17)
    with livedrops.Relay(mug_shop, transport, **FAST) as relay:
        with pytest.raises(livedrops.UnavailableError, match="cast"):
            relay.wait_for(1, timeout_ms=200)


def test_wrong_arguments_are_named(mug_shop: livedrops.Shop) -> None:
    with pytest.raises(livedrops.InvalidArgumentError, match='unknown transport "kafka"'):
        livedrops.Relay(mug_shop, "kafka://host")
    with pytest.raises(livedrops.InvalidArgumentError, match="batch_events_max 0 is not in"):
        livedrops.Relay(mug_shop, MemoryTransport(MemoryTopic()), batch_events_max=0)
    with pytest.raises(TypeError, match="neither a URL nor a livedrops.spi.Transport"):
        livedrops.Relay(mug_shop, 17)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="abstract"):
        spi.Transport()  # type: ignore[abstract]
    transport = MemoryTransport(MemoryTopic())
    livedrops.Relay(mug_shop, transport).stop()
    with pytest.raises(livedrops.ClosedError, match="belongs to another relay"):
        livedrops.Relay(mug_shop, transport)
    mug_shop.close()
    with pytest.raises(livedrops.ClosedError, match="the shop is closed"):
        livedrops.Relay(mug_shop, MemoryTransport(MemoryTopic()))


def test_a_plan_that_raises_is_shown(mug_shop: livedrops.Shop,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: shown.append(str(args.exc_value)))

    def plan(call: TransportCall, nth: int) -> TransportFault:
        raise RuntimeError("no plan")

    with livedrops.Relay(mug_shop, FaultyTransport(MemoryTransport(MemoryTopic()), plan)) as relay:
        relay.flush(WAIT_MS)
    assert "no plan" in shown


# --- lives ---------------------------------------------------------------------------------------


def test_a_transport_may_use_the_shop_but_not_its_relay(mug_shop: livedrops.Shop) -> None:
    caught: list[Exception] = []
    names: list[str] = []
    started = threading.Event()

    class Meddling(Raising):
        relay: livedrops.Relay

        def send(self, batch: spi.EventBatch, deadline_ms: int) -> None:
            assert started.wait(30)
            super().send(batch, deadline_ms)
            names.append(mug_shop.products.get("mug").name)
            wait: Callable[[], None] = lambda: self.relay.wait_for(1)
            for call in (wait, self.relay.stop, self.relay.flush):
                try:
                    call()
                except livedrops.Error as error:
                    caught.append(error)

    transport = Meddling(None)
    with livedrops.Relay(mug_shop, transport, **FAST) as relay:
        transport.relay = relay
        started.set()
        relay.flush(WAIT_MS)
    assert names[0] == "Mug"
    assert [type(error) for error in caught[:3]] == [livedrops.ClosedError] * 3


def test_a_relay_ends_when_its_shop_is_closed(mug_shop: livedrops.Shop) -> None:
    relay = livedrops.Relay(mug_shop, MemoryTransport(MemoryTopic()), **FAST)
    relay.flush(WAIT_MS)
    mug_shop.close()
    with pytest.raises(livedrops.ClosedError):
        relay.wait_for(1_000_000, WAIT_MS)
    with pytest.raises(livedrops.ClosedError):
        relay.stop()


def test_a_position_file_keeps_a_position(tmp_path: Path) -> None:
    file = spi.PositionFile(str(tmp_path / "position"))
    assert file.read() is None
    file.write(spi.Position(epoch="e1", offset=17))
    again = spi.PositionFile(str(tmp_path / "position")).read()
    assert again == spi.Position(epoch="e1", offset=17)
    (tmp_path / "position").write_text("nonsense", encoding="utf-8")
    with pytest.raises(livedrops.CorruptError, match="holds no position"):
        file.read()


def test_the_example_sells(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples/python/table_transport.py"), run_name="__main__")
    assert "orderConfirmed 2\n" in capsys.readouterr().out
