"""For authors of adapters: a storage, a transport, a clock or an id source written in Python.

What is raised in a method becomes the status that the engine sees: an exception of
``livedrops.errors`` its own, any other one UNAVAILABLE (nothing was read) or, in ``commit``,
OUTCOME_UNKNOWN (nobody knows what was written), with its message.

The library calls from threads of its own. A method must not call the shop or relay that it serves;
a transport may call shops.
"""

import abc
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from livedrops._core import (
    Account, ChannelQuery, CommitBatch, CreatorRow, Drop, DropQuery, DropRow, Event, EventBatch,
    EventQuery, EventRow, FollowEntry, FollowPage, FollowQuery, FollowRow, Head, NativeStorage,
    Order, OrderChange, OrderQuery, OrderRow, Position, PositionFile, Product, ProductFilter,
    ProductPage, ProductRow, Session, SessionQuery, ShopInfo, UserRow, check_batch, event_of,
    event_of_order, new_events, status_at)

__all__ = [
    "Account", "AnyClock", "AnyIdSource", "Catalog", "ChannelQuery", "Clock", "CommitBatch",
    "CreatorRow", "Drop", "DropQuery", "DropRow", "Event", "EventBatch", "EventQuery", "EventRow",
    "FollowEntry", "FollowPage", "FollowQuery", "FollowRow", "Head", "IdSource", "NativeStorage",
    "Order", "OrderChange", "OrderQuery", "OrderRow", "Position", "PositionFile", "Product",
    "ProductFilter", "ProductPage", "ProductRow", "Session", "SessionQuery", "ShopInfo", "StateRow",
    "Storage", "Transport", "UserRow", "check_batch", "event_of", "event_of_order", "new_events",
    "order_id", "status_at",
]

StateRow: TypeAlias = (DropRow | ProductRow | CreatorRow | UserRow | FollowRow | Account | Session
                       | EventRow)


class Catalog(abc.ABC):
    """Reads of the browsed tables. What is not there raises NotFoundError."""

    @abc.abstractmethod
    def get_drop(self, id: str) -> DropRow: ...

    @abc.abstractmethod
    def list_drops(self, query: DropQuery) -> list[DropRow]:
        """All, of a creator or of a product; newest first by creation, ties by id."""

    @abc.abstractmethod
    def get_product(self, id: str) -> Product: ...

    @abc.abstractmethod
    def list_products(self, filter: ProductFilter, now: datetime) -> ProductPage:
        """Not the deleted ones. A status matches a product with a drop that has it at ``now``."""

    @abc.abstractmethod
    def get_follow(self, creator: str, user: str) -> FollowEntry: ...

    @abc.abstractmethod
    def list_follows(self, query: FollowQuery) -> FollowPage: ...

    @abc.abstractmethod
    def get_user(self, id: str) -> UserRow: ...

    @abc.abstractmethod
    def get_account(self, id: str) -> Account: ...

    @abc.abstractmethod
    def find_account(self, folded_email: str) -> Account: ...

    @abc.abstractmethod
    def get_session(self, id: str) -> Session: ...

    @abc.abstractmethod
    def list_sessions(self, query: SessionQuery) -> list[Session]:
        """Not the revoked ones; the first to expire first, ties by id."""


class Storage(abc.ABC):
    """The seam to the database; the contract is that of ``include/livedrops/spi/storage.h``.

    ``commit``, ``lock``, ``unlock`` and ``resolve`` are called by one thread at a time, reads by
    any thread at any time. A read sees all of a commit or nothing of it. A storage holds no domain
    logic and never asks for the time. It is done when ``livedrops.testing.conformance`` passes.
    """

    @abc.abstractmethod
    def info(self) -> ShopInfo:
        """Identity of the database, made at its creation. Asked once."""

    @abc.abstractmethod
    def read_head(self) -> Head:
        """The end of the durable log."""

    @abc.abstractmethod
    def commit(self, batch: CommitBatch, expected: Head) -> None:
        """Writes the batch, all or nothing and durably, if the head is ``expected``.

        Raises FencedError when it is not, UnavailableError when nothing happened,
        OutcomeUnknownError when it may or may not be durable.
        """

    @abc.abstractmethod
    def lock(self, deadline_ms: int) -> None:
        """Takes the write lock; the next ``commit`` uses and releases it.

        Raises UnavailableError when somebody else had it for ``deadline_ms``.
        """

    @abc.abstractmethod
    def unlock(self) -> None:
        """Gives the write lock up."""

    @abc.abstractmethod
    def resolve(self, chain: Callable[[Head], EventRow]) -> Head:
        """After OutcomeUnknownError: writes the row ``chain(found)`` after the head that is found.

        Then the commit in doubt either is before it or never comes. Returns the head before it.
        """

    @abc.abstractmethod
    def read_log(self, after_seq: int, limit: int) -> Iterable[OrderRow | EventRow]:
        """At most ``limit`` rows after ``after_seq``, in seq order."""

    @abc.abstractmethod
    def load_state(self) -> tuple[Head, Iterable[StateRow]]:
        """A consistent snapshot and its head: every drop, product, creator, user, follow, account,
        session, and every event row that carries a key."""

    @abc.abstractmethod
    def load_orders(self, drop_nos: Sequence[int],
                    until_seq: int) -> Iterable[tuple[OrderRow, OrderChange]]:
        """All orders of these drops with their present state, by seq, up to ``until_seq``."""

    @abc.abstractmethod
    def get_order(self, seq: int) -> Order:
        """Raises NotFoundError when this row created no order."""

    @abc.abstractmethod
    def list_orders(self, query: OrderQuery) -> list[Order]: ...

    @abc.abstractmethod
    def list_events(self, query: EventQuery) -> list[Event]:
        """Newest first."""

    @abc.abstractmethod
    def read_channel(self, query: ChannelQuery) -> list[Event]: ...

    @abc.abstractmethod
    def catalog(self) -> Catalog:
        """The browsed tables. Asked once."""

    @abc.abstractmethod
    def close(self) -> None:
        """Later calls raise ClosedError."""


class Transport(abc.ABC):
    """Where committed events go; the contract is that of ``include/livedrops/spi/transport.h``.

    A :class:`livedrops.Relay` reads the log and hands its events over in order, at least once. The
    log is the outbox: an event that was not taken yet waits there. What a method raises says what
    the relay does next: UnavailableError, OverloadedError, OutcomeUnknownError, and everything that
    is no ``livedrops.Error``: it asks ``read_position`` and goes on behind it, after a wait that
    grows. InvalidArgumentError: the event behind the position will never be taken; it stops, with
    the event named. Any other error: it stops.

    One thread at a time calls, not always the same one. Done when
    ``livedrops.testing.conformance.run_transport`` passes.
    """

    @abc.abstractmethod
    def read_position(self) -> Position | None:
        """The last event that the destination durably has, whoever sent it; None when it has none.

        Asked first and after every ``send`` that raised. A transport that keeps it beside the
        events delivers nothing twice; any other writes it to a :class:`PositionFile`, after
        delivery and never before.
        """

    @abc.abstractmethod
    def send(self, batch: EventBatch, deadline_ms: int) -> None:
        """Delivers the batch: when it returns, every event of it is durable where it goes.

        Takes at most about ``deadline_ms``, then raises OutcomeUnknownError. Events up to the
        position are repeats, to be skipped or delivered again (``new_events``); a gap or another
        epoch is refused with InvalidArgumentError (``check_batch``).
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Gives everything back. Later calls raise ClosedError."""


class Clock(abc.ABC):
    """Where the time comes from. While it raises, commands raise UnavailableError."""

    @abc.abstractmethod
    def now(self) -> datetime | int:
        """UTC now, aware or in milliseconds. It may go back; engine time does not."""


class IdSource(abc.ABC):
    """Where ids come from that a caller did not bring."""

    @abc.abstractmethod
    def new_id(self, now: datetime) -> str:
        """A new id, never given before. What raises is shown, and a random UUIDv7 is taken."""


class _AnyClock(Protocol):
    def now(self) -> datetime | int: ...


class _AnyIdSource(Protocol):
    def new_id(self, now: datetime) -> str: ...


AnyClock: TypeAlias = _AnyClock
AnyIdSource: TypeAlias = _AnyIdSource


def order_id(row: OrderRow) -> str:
    """The id of the order that a row created."""
    return str(uuid.UUID(bytes=row.order_id))
