"""Strategies and a state machine for hypothesis: whatever is done, nothing is oversold.

    from livedrops.testing.strategies import NeverOversells

    TestMyShop = NeverOversells.TestCase

Override ``open_shop`` to test a storage of your own, or add rules of your own.
"""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

import livedrops
from livedrops import Confirmation, DropStatus, OrderStatus, Outcome
from livedrops.testing import SequentialIds, SimClock

ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"
QUANTITY_MAX = 2**31 - 1
MONEY_MAX = 2**53 - 1
FIRST_MS = 1_700_000_000_000


def ids() -> st.SearchStrategy[str]:
    """Ids: 1 to 64 of [A-Za-z0-9._:-], not "." or ".."."""
    return st.text(ID_CHARACTERS, min_size=1, max_size=64).filter(lambda id: id not in (".", ".."))


def keys() -> st.SearchStrategy[str]:
    """Idempotency keys: 1 to 255 visible ASCII characters."""
    return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


def quantities(max_value: int = QUANTITY_MAX) -> st.SearchStrategy[int]:
    """Units of an order."""
    return st.integers(1, max_value)


def prices() -> st.SearchStrategy[int]:
    """Money in minor units."""
    return st.integers(0, MONEY_MAX)


class NeverOversells(RuleBasedStateMachine):
    """One drop, some users, time that moves; holds and sales never exceed the stock.

    Keeps a book of its own: what was granted, confirmed, cancelled. After every step the drop and
    the orders must agree with it.
    """

    USERS = ("ana", "bo", "cy")
    KEYS = ("k1", "k2", "k3", "k4")
    orders: Bundle[str] = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.clock = SimClock(FIRST_MS)
        self.shop = self.open_shop()
        self.adjusted = 0
        self.restocks = 0
        self.first_answers: dict[tuple[str, str], tuple[str, int]] = {}

    def open_shop(self) -> livedrops.Engine:
        """Called once for each run; must be empty and use ``self.clock``."""
        return livedrops.Engine("memory:", clock=self.clock, ids=SequentialIds())

    def teardown(self) -> None:
        self.shop.close()

    @initialize(stock=st.integers(0, 12), hold=st.booleans(), per_user=st.integers(0, 6))
    def create(self, stock: int, hold: bool, per_user: int) -> None:
        self.stock = stock
        self.per_user = per_user
        self.shop.products.create(id="product", creator="creator", name="Product", price=3)
        self.shop.drops.create(
            id="drop", product="product", stock=stock, end_time=FIRST_MS + 3_600_000,
            max_per_user=per_user, hold_seconds=60,
            confirmation=Confirmation.HOLD if hold else Confirmation.DIRECT)

    @rule(target=orders, user=st.sampled_from(USERS), key=st.sampled_from(KEYS),
          quantity=st.integers(1, 6))
    def place(self, user: str, key: str, quantity: int) -> Any:
        available = self.drop().current_stock
        reply = self.shop.orders.place("drop", user, key, quantity)
        first = self.first_answers.get((user, key))
        if first is not None:
            assert reply.outcome == (Outcome.REPEATED if first[1] == quantity
                                     else Outcome.REPEATED_DIFFERS), reply
            return first[0]
        if not reply.granted:
            if reply.outcome == Outcome.SOLD_OUT:
                assert quantity > available + self.drop().held
            return "01890a5d-ac96-774b-bcce-b302099a8057"  # An order that nobody knows.
        assert reply.order is not None and quantity <= available
        self.first_answers[user, key] = (reply.order.id, quantity)
        return reply.order.id

    @rule(order=orders, quantity=st.none() | st.integers(1, 3))
    def confirm(self, order: str, quantity: int | None) -> None:
        self.shop.orders.confirm(order, quantity)

    @rule(order=orders, quantity=st.none() | st.integers(1, 3))
    def cancel(self, order: str, quantity: int | None) -> None:
        self.shop.orders.cancel(order, quantity)

    @rule(quantity=st.integers(-3, 5).filter(bool))
    def restock(self, quantity: int) -> None:
        self.restocks += 1
        reply = self.shop.drops.restock("drop", quantity, key=f"restock-{self.restocks}")
        if reply.outcome == Outcome.DONE:
            self.adjusted += quantity

    @rule(pause=st.booleans())
    def pause_or_resume(self, pause: bool) -> None:
        self.shop.drops.pause("drop") if pause else self.shop.drops.resume("drop")

    @rule(seconds=st.sampled_from([1, 59, 60, 1_800]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    def drop(self) -> livedrops.Drop:
        self.shop.advance()
        return self.shop.drops.get("drop")

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        if not hasattr(self, "stock"):
            return
        drop = self.drop()
        orders = list(self.shop.orders.of_drop("drop"))
        held = sum(o.quantity for o in orders if o.status == OrderStatus.HELD)
        sold = sum(o.quantity for o in orders if o.status == OrderStatus.CONFIRMED)
        assert drop.held == held
        assert drop.current_stock + held + sold == self.stock + self.adjusted
        assert drop.current_stock >= 0 and held + sold <= self.stock + self.adjusted
        assert {o.id for o in orders} == {first[0] for first in self.first_answers.values()}
        if drop.status == DropStatus.SOLD_OUT:
            assert drop.current_stock == 0 and held == 0

    @invariant()
    def no_user_has_more_than_his_share(self) -> None:
        if not getattr(self, "per_user", 0):
            return
        for user in self.USERS:
            live = (OrderStatus.HELD, OrderStatus.CONFIRMED)
            orders = self.shop.orders.of_user(user)
            assert sum(o.quantity for o in orders if o.status in live) <= self.per_user
