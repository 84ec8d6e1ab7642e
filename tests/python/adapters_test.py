"""Storages, clocks and id sources written in Python: what they raise becomes a status."""

import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
from livedrops import Outcome, spi
from livedrops.testing import (
    Fault, FaultInjector, FaultRates, FaultyStorage, SequentialIds, SimClock, StorageCall)


class Raising(DictStorage):
    """Raises what a test puts into `errors`, by method."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.errors: dict[str, Exception] = {}

    def __getattribute__(self, name: str) -> Any:
        error = object.__getattribute__(self, "__dict__").get("errors", {}).get(name)
        if error is not None:
            raise error
        return super().__getattribute__(name)


@pytest.fixture
def storage() -> Raising:
    return Raising(Database())


@pytest.fixture
def shop(storage: Raising) -> Iterator[livedrops.Shop]:
    with livedrops.open(storage, unknown_deadline_ms=50) as opened:
        sell_mugs(opened)
        yield opened
        storage.errors.clear()


def test_an_exception_in_a_commit_leaves_the_outcome_unknown(shop: livedrops.Shop,
                                                             storage: Raising) -> None:
    storage.errors = {"commit": OSError("the cable was cut"), "resolve": OSError("still cut")}
    with pytest.raises(livedrops.OutcomeUnknownError) as caught:
        shop.orders.place("mug-1", "bo", "k1")
    assert caught.value.retryable
    storage.errors.clear()
    assert shop.orders.place("mug-1", "bo", "k1").outcome == Outcome.CONFIRMED
    assert shop.stats().unknown_outcomes >= 1


def test_a_livedrops_error_keeps_its_meaning(shop: livedrops.Shop, storage: Raising) -> None:
    storage.errors = {"commit": livedrops.UnavailableError("the disk is full")}
    with pytest.raises(livedrops.UnavailableError, match="the disk is full"):
        shop.orders.place("mug-1", "bo", "k1")
    storage.errors = {"list_orders": ValueError("page 7\nis torn")}
    with pytest.raises(livedrops.UnavailableError, match="^ValueError: page 7$"):
        list(shop.orders.of_user("bo"))
    storage.errors = {"get_order": livedrops.CorruptError("row 3 is gone")}
    with pytest.raises(livedrops.CorruptError, match="row 3 is gone"):
        shop.orders.get("01890a5d-ac96-774b-bcce-b302099a8057")


def test_a_wrong_type_is_a_status(shop: livedrops.Shop, storage: Raising,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "list_orders", lambda query: "nonsense")
    with pytest.raises(livedrops.UnavailableError):
        list(shop.orders.of_user("bo"))


def test_what_opening_raises_is_raised(storage: Raising) -> None:
    storage.errors = {"load_state": RuntimeError("no such table")}
    with pytest.raises(livedrops.UnavailableError, match="RuntimeError: no such table"):
        livedrops.open(storage)
    storage.errors = {"info": RuntimeError("no info")}
    with pytest.raises(RuntimeError, match="no info"):
        livedrops.open(storage)
    with pytest.raises(TypeError, match="abstract"):
        spi.Storage()  # type: ignore[abstract]


def test_a_row_of_the_wrong_kind_is_named(storage: Raising,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "load_state", lambda: (spi.Head(), [17]))
    with pytest.raises(livedrops.UnavailableError, match="load_state gave 17"):
        livedrops.open(storage)


def test_a_storage_must_not_call_its_shop(storage: Raising,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    caught: list[Exception] = []
    shop = livedrops.open(storage)
    sell_mugs(shop)
    commit = storage.commit

    def meddle(batch: spi.CommitBatch, expected: spi.Head) -> None:
        for call in (lambda: shop.orders.place("mug-1", "cy", "k"),
                     lambda: shop.drops.get("mug-1"), shop.close):
            try:
                call()
            except livedrops.Error as error:
                caught.append(error)
        commit(batch, expected)

    monkeypatch.setattr(storage, "commit", meddle)
    assert shop.orders.place("mug-1", "bo", "k").outcome == Outcome.CONFIRMED
    assert [type(error) for error in caught] == [livedrops.ClosedError] * 3
    shop.close()


def test_a_storage_dies_with_its_shop(storage: Raising) -> None:
    alive = weakref.ref(storage.database)
    shop = livedrops.open(DictStorage(storage.database))
    sell_mugs(shop)
    shop.close()
    del shop
    storage.database = Database()
    gc.collect()
    assert alive() is None


class Ticking(spi.Clock):
    """Stands at `time`, or raises `error`."""

    def __init__(self) -> None:
        self.time: Any = datetime(2030, 1, 1, tzinfo=timezone.utc)
        self.error: Exception | None = None

    def now(self) -> datetime:
        if self.error is not None:
            raise self.error
        return self.time  # type: ignore[no-any-return]


def test_a_clock_in_python_tells_the_time() -> None:
    clock = Ticking()
    with livedrops.Engine(clock=clock) as shop:
        shop.products.create(id="mug", creator="ana", name="Mug", price=1)
        shop.drops.create(id="d", product="mug", stock=9, end_time=clock.time + timedelta(days=1))
        order = shop.orders.place("d", "bo", "k1").order
        assert order is not None and order.created_at == clock.time
        clock.time += timedelta(days=1)
        assert shop.orders.place("d", "bo", "k2").outcome == Outcome.DROP_ENDED
        clock.time = order.created_at_ms  # Milliseconds do as well; back does nothing.
        assert shop.orders.place("d", "bo", "k2").outcome == Outcome.DROP_ENDED


def test_a_clock_that_raises_stops_the_commands() -> None:
    clock = Ticking()
    with livedrops.open("memory:", clock=clock) as shop:
        sell_mugs(shop)
        clock.error = RuntimeError("no time signal")
        with pytest.raises(livedrops.UnavailableError, match="RuntimeError: no time signal"):
            shop.orders.place("mug-1", "bo", "k1")
        with pytest.raises(livedrops.UnavailableError, match="no time signal"):
            shop.drops.get("mug-1")
        clock.error, clock.time = None, "noon"
        with pytest.raises(livedrops.UnavailableError, match="now.. gave 'noon'"):
            shop.orders.place("mug-1", "bo", "k1")
        clock.time = datetime(2030, 1, 1, tzinfo=timezone.utc)
        assert shop.orders.place("mug-1", "bo", "k1").outcome == Outcome.CONFIRMED
    clock.error = RuntimeError("no time signal")
    with pytest.raises(livedrops.UnavailableError, match="no time signal"):
        livedrops.open("memory:", clock=clock)
    with pytest.raises(TypeError, match=r"it has no now\(\)"):
        livedrops.open("memory:", clock=17)  # type: ignore[arg-type]


class Numbered(spi.IdSource):
    def __init__(self) -> None:
        self.count = 0

    def new_id(self, now: datetime) -> str:
        self.count += 1
        if self.count == 2:
            raise RuntimeError("out of numbers")
        return "" if self.count == 3 else f"thing-{self.count}"


def test_ids_come_from_python(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)
    with livedrops.Engine(ids=Numbered()) as shop:
        made = [shop.products.create(creator="ana", name="Mug", price=1).product for _ in range(4)]
    ids = [product.id for product in made if product is not None]
    assert ids[0] == "thing-1" and ids[3] == "thing-4"
    assert len(ids[1]) == len(ids[2]) == 36  # What raises or gives no id is replaced by a UUID,
    assert "out of numbers" in str(shown[0].exc_value)  # and shown.


def test_the_simulated_clock_stands_still() -> None:
    clock = SimClock(1_000)
    assert clock.now_ms() == 1_000
    clock.advance(minutes=1, seconds=1, ms=1)
    assert clock.now_ms() == 62_001
    clock.set(datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert clock.now().year == 2030
    with livedrops.Engine(clock=clock, ids=SequentialIds()) as shop:
        product = shop.products.create(creator="ana", name="Mug", price=1).product
    assert product is not None and product.id.endswith("-000000000001")


def test_a_faulty_storage_fails_as_planned(fast_path: Path) -> None:
    faults = FaultInjector()
    storage = FaultyStorage(f"sqlite:{fast_path}/shop.db", faults)
    with livedrops.Engine(storage) as shop:
        sell_mugs(shop)
        commits = faults.calls(StorageCall.COMMIT)
        faults.set_plan(lambda call, nth: Fault.BEFORE if call == StorageCall.COMMIT
                        and nth == commits + 1 else Fault.NONE)
        with pytest.raises(livedrops.UnavailableError, match="injected fault"):
            shop.orders.place("mug-1", "bo", "k1")
        assert faults.faults(Fault.BEFORE) == 1
        faults.set_plan(None)
        assert shop.orders.place("mug-1", "bo", "k1").outcome == Outcome.CONFIRMED


def test_a_fault_round_a_storage_in_python() -> None:
    faults = FaultInjector.fail_first(StorageCall.COMMIT, Fault.AFTER, 1)
    with livedrops.Engine(FaultyStorage(DictStorage(Database()), faults)) as shop:
        sell_mugs(shop)  # The first commit's answer was lost; a barrier found it.
        assert shop.drops.get("mug-1").current_stock == 10
    assert faults.faults(Fault.AFTER) == 1 and not faults.has_commit_under_way()


def test_random_faults_never_oversell() -> None:
    rates = FaultRates(commit_before_permille=200, commit_after_permille=200,
                       commit_lost_permille=100, commit_late_permille=100)
    faults = FaultInjector.random(7, rates)
    sold = 0
    with livedrops.Engine(FaultyStorage("memory:", faults)) as shop:
        for attempt in range(1_000):
            try:
                sell_mugs(shop, stock=5)
                break
            except livedrops.Error as error:
                assert error.retryable, error
        for number in range(40):
            for attempt in range(1_000):
                try:
                    reply = shop.orders.place("mug-1", f"u{number}", "k")
                    sold += reply.outcome in (Outcome.CONFIRMED, Outcome.REPEATED)
                    break
                except livedrops.Error as error:
                    assert error.retryable, error
    assert sold == 5
    assert sum(faults.faults(fault) for fault in Fault if fault is not Fault.NONE) >= 5


def test_a_plan_that_raises_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)

    def plan(call: StorageCall, nth: int) -> Fault:
        raise ZeroDivisionError("a bug in the plan")

    with livedrops.Engine(FaultyStorage("memory:", FaultInjector(plan))) as shop:
        sell_mugs(shop)
    assert "a bug in the plan" in str(shown[0].exc_value)


def test_the_injector_is_used_by_many_threads() -> None:
    faults = FaultInjector(lambda call, nth: Fault.NONE)
    with livedrops.open(FaultyStorage("memory:", faults)) as shop:
        sell_mugs(shop, stock=1_000)
        threads = [threading.Thread(target=lambda: [faults.calls(StorageCall.COMMIT)
                                                    for _ in range(300)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(100):
            shop.orders.place("mug-1", f"u{number}", "k")
        for thread in threads:
            thread.join()
    assert faults.calls(StorageCall.COMMIT) > 0
