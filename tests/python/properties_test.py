"""The state machine and strategies that users reuse, and that they find planted bugs."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

import livedrops
from dict_storage import Database, DictStorage
from livedrops import Outcome, spi
from livedrops.testing import SequentialIds, SimClock, strategies
from livedrops.testing.strategies import NeverOversells

LONG = os.environ.get("LIVEDROPS_TEST_LONG") == "1"
# The same examples in every run, so that a change is judged by what it changes.
SETTINGS = settings(max_examples=400 if LONG else 60, stateful_step_count=30, deadline=None,
                    derandomize=not LONG, database=None,
                    suppress_health_check=list(HealthCheck))
# For planted bugs: that one is found, not the smallest way to it.
FINDING = settings(SETTINGS, report_multiple_bugs=False, phases=[Phase.generate])


def test_an_engine_never_oversells() -> None:
    run_state_machine_as_test(NeverOversells, settings=SETTINGS)


def test_a_storage_in_python_never_oversells() -> None:
    class OnDicts(NeverOversells):
        def open_shop(self) -> livedrops.Engine:
            return livedrops.Engine(DictStorage(Database()), clock=self.clock, ids=SequentialIds())

    run_state_machine_as_test(OnDicts, settings=SETTINGS)


def test_the_state_machine_sees_a_shop_that_oversells() -> None:
    class Overselling(NeverOversells):
        """The planted bug: a cancelled unit returns to the stock twice."""

        def open_shop(self) -> livedrops.Engine:
            shop = super().open_shop()
            cancel = shop.orders.cancel

            def returns_twice(order: str, quantity: int | None = None) -> livedrops.Reply:
                reply = cancel(order, quantity)
                if reply.outcome == Outcome.DONE and not reply.repeated:
                    shop.drops.restock("drop", 1, key=f"again-{reply.seq}")
                return reply

            shop.orders.cancel = returns_twice  # type: ignore[assignment]
            return shop

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Overselling, settings=FINDING)


def test_the_state_machine_sees_a_storage_that_forgets() -> None:
    class Forgetful(DictStorage):
        """The planted bug: every third row of the log is left out of the lists."""

        def list_orders(self, query: spi.OrderQuery) -> list[spi.Order]:
            return [order for order in super().list_orders(query) if order.seq % 3]

    class OnForgetful(NeverOversells):
        def open_shop(self) -> livedrops.Engine:
            return livedrops.Engine(Forgetful(Database()), clock=self.clock, ids=SequentialIds())

    with pytest.raises(AssertionError):
        run_state_machine_as_test(OnForgetful, settings=FINDING)


@pytest.fixture(scope="module")
def shop() -> Iterator[livedrops.Engine]:
    with livedrops.Engine() as opened:
        yield opened


@given(id=strategies.ids(), key=strategies.keys(), price=strategies.prices())
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_what_the_strategies_give_is_taken(shop: livedrops.Engine, id: str, key: str,
                                           price: int) -> None:
    reply = shop.products.create(id=id, creator=id, name="Mug", price=price)
    assert reply.outcome in (Outcome.DONE, Outcome.CONFLICT)
    assert shop.orders.place("no-drop", id, key).outcome == Outcome.DROP_NOT_FOUND


def test_the_fixtures_give_a_fresh_shop(livedrops_shop: livedrops.Engine,
                                        livedrops_clock: SimClock) -> None:
    assert list(livedrops_shop.products.list()) == []
    made = livedrops_shop.products.create(creator="ana", name="Mug", price=1).product
    assert made is not None and made.created_at == livedrops_clock.now()
