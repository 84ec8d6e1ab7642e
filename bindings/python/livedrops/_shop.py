"""Shop and Engine: a database with the engines by name."""

import atexit
from datetime import datetime
from types import TracebackType
from typing import Generic, TypeAlias, TypeVar

from livedrops import _core, spi
from livedrops._core import HoldsAtEnd, LateConfirm
from livedrops._families import (
    Accounts, Audit, Drops, Follows, Notifications, Orders, Port, Products, RepliesT, ReplyT,
    Request)

AnyStorage: TypeAlias = str | _core.NativeStorage | spi.Storage
"""A URL (``sqlite:PATH``, ``memory:``), a storage of the library, or one written in Python."""

# Threads of a shop may call into Python (a storage, a clock): they must end before Python does.
atexit.register(_core.close_all)


class Closable:
    """Something that is closed at the end of a ``with`` block, or when Python ends."""

    def __init__(self, core: _core._Host) -> None:
        self._core = core

    @property
    def core(self) -> _core._Host:
        return self._core

    @property
    def closed(self) -> bool:
        """True after ``close``, and in a process that was forked after the shop was opened."""
        return self._core.closed

    def close(self) -> None:
        """Decides and commits what is queued, answers every caller, closes the storage.

        The second time it only waits until the first is done.
        """
        self._core.close()


class Families(Generic[ReplyT, RepliesT]):
    """The engines by name."""

    products: Products[ReplyT, RepliesT]
    drops: Drops[ReplyT, RepliesT]
    orders: Orders[ReplyT, RepliesT]
    follows: Follows[ReplyT, RepliesT]
    notifications: Notifications[ReplyT, RepliesT]
    audit: Audit[ReplyT, RepliesT]
    accounts: Accounts[ReplyT, RepliesT]

    def _set_families(self, port: Port[ReplyT, RepliesT]) -> None:
        self.products = Products(port)
        self.drops = Drops(port)
        self.orders = Orders(port)
        self.follows = Follows(port)
        self.notifications = Notifications(port)
        self.audit = Audit(port)
        self.accounts = Accounts(port)


class CorePort:
    """Commands that block until their answer is durable."""

    def __init__(self, core: _core._Host) -> None:
        self.core = core

    def execute(self, request: Request) -> _core.Reply:
        return self.core.execute(request)

    def place(self, columns: _core.OrderColumns) -> _core.Replies:
        return self.core.place(columns)

    def follow(self, columns: _core.FollowColumns) -> _core.Replies:
        return self.core.follow(columns)


SelfT = TypeVar("SelfT", bound="BlockingHost")


class BlockingHost(Closable, Families[_core.Reply, _core.Replies]):
    """What Shop and Engine have in common."""

    def __init__(self, core: _core._Host) -> None:
        super().__init__(core)
        self._set_families(CorePort(core))

    def execute(self, request: Request) -> _core.Reply:
        """Does what a request object asks (``livedrops.requests``)."""
        return self._core.execute(request)

    def __enter__(self: SelfT) -> SelfT:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class Shop(BlockingHost):
    """A running shop. Any number of threads may use it; a call gives the GIL up while it waits.

    ``storage`` is a URL, ``sqlite:PATH`` or ``memory:``, or a storage object. Keep one shop for the
    life of the process. A process that forks opens it again in the child.

    :param create: make the database when it does not exist.
    :param late_confirm: what confirming an expired hold does.
    :param holds_at_end: what happens to live holds when a drop ends.
    :param live_holds_per_user_max: over all drops, 0 to 1,048,576.
    :param queue_max: requests waiting to be decided, 1 to 1,048,576; more raise OverloadedError.
    :param orders_per_drop_and_commit_max: while other drops wait, 1 to 1,048,576.
    :param unknown_deadline_ms: how long a caller waits for a storage whose last commit is in doubt.
    :param clock: a ``testing.SimClock`` or ``spi.Clock`` instead of the system's clock.
    :param ids: a ``testing.SequentialIds`` or ``spi.IdSource`` instead of random UUIDs.

    Raises InvalidArgumentError for a wrong URL or option, UnavailableError for a file that cannot
    be opened, CorruptError for one that is no livedrops database, UnsupportedError.
    """

    def __init__(self, storage: AnyStorage, *, create: bool = True,
                 late_confirm: LateConfirm = LateConfirm.REFUSE,
                 holds_at_end: HoldsAtEnd = HoldsAtEnd.CONFIRM, live_holds_per_user_max: int = 100,
                 queue_max: int = 65_536, orders_per_drop_and_commit_max: int = 256,
                 unknown_deadline_ms: int = 5_000, clock: spi.AnyClock | None = None,
                 ids: spi.AnyIdSource | None = None) -> None:
        self._shop = _core.Shop(
            storage, create=create, late_confirm=late_confirm, holds_at_end=holds_at_end,
            live_holds_per_user_max=live_holds_per_user_max, queue_max=queue_max,
            orders_per_drop_and_commit_max=orders_per_drop_and_commit_max,
            unknown_deadline_ms=unknown_deadline_ms, clock=clock, ids=ids)
        super().__init__(self._shop)

    def stats(self) -> _core.Stats:
        """Counters since the shop was opened: commits, grants, refusals, queue wait."""
        return self._shop.stats()


class Engine(BlockingHost):
    """The single-threaded heart: it moves only when called, at the time its clock tells.

    The same calls give the same answers every time: for tests, notebooks, simulations. Calls of
    several threads are let in one after the other. Parameters as those of :class:`Shop`.
    """

    def __init__(self, storage: AnyStorage = "memory:", *, create: bool = True,
                 late_confirm: LateConfirm = LateConfirm.REFUSE,
                 holds_at_end: HoldsAtEnd = HoldsAtEnd.CONFIRM, live_holds_per_user_max: int = 100,
                 clock: spi.AnyClock | None = None, ids: spi.AnyIdSource | None = None) -> None:
        self._engine = _core.Engine(
            storage, create=create, late_confirm=late_confirm, holds_at_end=holds_at_end,
            live_holds_per_user_max=live_holds_per_user_max, clock=clock, ids=ids)
        super().__init__(self._engine)

    def advance(self) -> None:
        """Applies and commits what is due by the clock: starts, ends, expiries."""
        self._engine.advance()

    def next_due(self) -> datetime | None:
        """When ``advance`` has work to do next."""
        return self._engine.next_due()
