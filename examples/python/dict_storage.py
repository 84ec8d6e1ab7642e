"""A storage written in Python, in plain lists and dicts: what to copy for one of your own.

`Database` holds the rows and the write lock; a `DictStorage` is one process's connection to it. It
passes livedrops' conformance suite (tests/python/conformance_test.py). It is no fast one: every
list is found by looking at every row.

    python dict_storage.py      sells two mugs from it
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import livedrops
from livedrops import OrderStatus, errors, spi
from livedrops.spi import EventRow, OrderRow

COMMIT_WAIT_MS = 2_000

T = TypeVar("T")


@dataclass
class Database:
    """The rows, behind one lock; any number of storages are open on it."""

    info: spi.ShopInfo = field(default_factory=lambda: spi.ShopInfo(
        epoch=secrets.token_hex(8), secret=secrets.token_bytes(32)))
    rows: list[OrderRow | EventRow] = field(default_factory=list)  # The log: seq 1 stands at 0.
    present: dict[int, spi.OrderChange] = field(default_factory=dict)  # Of the order rows.
    drops: dict[int, spi.DropRow] = field(default_factory=dict)  # By drop_no.
    products: dict[str, spi.ProductRow] = field(default_factory=dict)
    creators: dict[str, spi.CreatorRow] = field(default_factory=dict)
    users: dict[str, spi.UserRow] = field(default_factory=dict)
    follows: dict[tuple[str, str], spi.FollowRow] = field(default_factory=dict)
    accounts: dict[str, spi.Account] = field(default_factory=dict)
    sessions: dict[str, spi.Session] = field(default_factory=dict)
    guard: threading.Condition = field(default_factory=threading.Condition)
    writer: object = None  # The name of the storage that holds the write lock.

    def head(self) -> spi.Head:
        if not self.rows:
            return spi.Head()
        return spi.Head(seq=self.rows[-1].seq, hash=self.rows[-1].hash)

    def order_row(self, seq: int) -> OrderRow | None:
        row = self.rows[seq - 1] if 0 < seq <= len(self.rows) else None
        return row if isinstance(row, OrderRow) else None

    def take_lock(self, owner: object, deadline_ms: int) -> None:
        with self.guard:
            free = self.guard.wait_for(lambda: self.writer in (None, owner), deadline_ms / 1000)
            if not free:
                raise errors.UnavailableError("another process holds the write lock")
            self.writer = owner

    def release_lock(self, owner: object) -> None:
        with self.guard:
            if self.writer is owner:
                self.writer = None
                self.guard.notify()

    def write(self, batch: spi.CommitBatch, expected: spi.Head) -> None:
        """All or nothing: everything is checked before the first row is written."""
        with self.guard:
            if self.head() != expected:
                raise errors.FencedError(f"the log ends at {self.head().seq}")
            check(batch, self)
            self.rows += in_order(batch)
            self.present |= {row.seq: first_state(row) for row in batch.orders}
            self.present |= {change.seq: change for change in batch.order_changes}
            self.drops |= {row.drop_no: row for row in batch.drops}
            self.products |= {row.product.id: row for row in batch.products}
            self.creators |= {row.id: row for row in batch.creators}
            self.users |= {row.id: row for row in batch.users}
            self.accounts |= {row.id: row for row in batch.accounts}
            self.sessions |= {row.id: row for row in batch.sessions}
            for follow in batch.follows:
                pair = (follow.creator, follow.user)
                if follow.follow:
                    self.follows[pair] = follow
                else:
                    self.follows.pop(pair, None)


def in_order(batch: spi.CommitBatch) -> list[OrderRow | EventRow]:
    rows: list[OrderRow | EventRow] = [*batch.orders, *batch.events]
    return sorted(rows, key=lambda row: row.seq)


def first_state(row: OrderRow) -> spi.OrderChange:
    state = spi.OrderChange(seq=row.seq, quantity=row.quantity, status=OrderStatus.CONFIRMED)
    if row.ttl_seconds:
        state.status = OrderStatus.HELD
        state.expires_at = row.at + timedelta(seconds=row.ttl_seconds)
    return state


def check(batch: spi.CommitBatch, database: Database) -> None:
    """The second net: a batch that breaks these is a bug of the engine."""
    head = database.head()
    rows = in_order(batch)
    for part in ([row.seq for row in batch.orders], [row.seq for row in batch.events]):
        require(part == sorted(part), "rows in the wrong order", part)
    require([row.seq for row in rows] == list(range(head.seq + 1, head.seq + 1 + len(rows))),
            "the rows do not follow the head", head.seq)
    last = rows[-1] if rows else head
    require((batch.head.seq, batch.head.hash) == (last.seq, last.hash),
            "the head is not the last row's", batch.head.seq)
    known_drops = database.drops.keys() | {row.drop_no for row in batch.drops}
    new_orders = {row.seq: row for row in batch.orders}
    for order in batch.orders:
        require(order.quantity >= 1 and order.amount >= 0 and order.balance >= 0,
                "number out of range in order", order.seq)
        require(order.drop_no in known_drops, "order of an unknown drop", order.drop_no)
    for event in batch.events:
        require(event.balance >= 0, "negative balance in event", event.seq)
        require(event.drop_no == 0 or event.drop_no in known_drops, "event of an unknown drop",
                event.drop_no)
    for change in batch.order_changes:
        created = new_orders.get(change.seq) or database.order_row(change.seq)
        require(created is not None, "change of an unknown order", change.seq)
        assert created is not None
        require(1 <= change.quantity <= created.quantity, "quantity out of range", change.seq)
    for row in batch.drops:
        check_drop(row, database)
    check_emails(batch.accounts, database)


def check_drop(row: spi.DropRow, database: Database) -> None:
    drop = row.drop
    require(drop.current_stock >= 0 and drop.held >= 0
            and drop.current_stock + drop.held <= drop.init_stock + drop.adjust,
            "stock out of range in drop", drop.id)
    for number, other in database.drops.items():
        require((number == row.drop_no) == (other.drop.id == drop.id),
                "drop has another number", drop.id)


def check_emails(written: list[spi.Account], database: Database) -> None:
    after = database.accounts | {account.id: account for account in written}
    emails = [account.email for account in after.values() if account.email]
    require(len(emails) == len(set(emails)), "email of two accounts", len(written))


def require(holds: bool, what: str, value: object) -> None:
    if not holds:
        raise errors.BrokenInvariantError(f"{what}: {value}")


class DictStorage(spi.Storage):
    """One process's connection to a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.closed = False
        self.name = object()  # Not the storage itself, which the lock would keep alive.

    def __del__(self) -> None:
        self.unlock()  # As a process that dies gives its lock up.

    @contextmanager
    def reading(self) -> Iterator[Database]:
        if self.closed:
            raise errors.ClosedError("the storage is closed")
        with self.database.guard:
            yield self.database

    def info(self) -> spi.ShopInfo:
        return self.database.info

    def read_head(self) -> spi.Head:
        with self.reading() as database:
            return database.head()

    # --- writing ----------------------------------------------------------------------------------

    def commit(self, batch: spi.CommitBatch, expected: spi.Head) -> None:
        self.lock(COMMIT_WAIT_MS)
        try:
            self.database.write(batch, expected)
        finally:
            self.unlock()

    def lock(self, deadline_ms: int) -> None:
        if self.closed:
            raise errors.ClosedError("the storage is closed")
        self.database.take_lock(self.name, deadline_ms)

    def unlock(self) -> None:
        self.database.release_lock(self.name)

    def resolve(self, chain: Callable[[spi.Head], EventRow]) -> spi.Head:
        # Nothing is ever under way elsewhere, so the barrier is only one more row.
        self.lock(COMMIT_WAIT_MS)
        try:
            found = self.read_head()
            barrier = chain(found)
            head = spi.Head(seq=barrier.seq, hash=barrier.hash)
            self.database.write(spi.CommitBatch(events=[barrier], head=head), found)
            return found
        finally:
            self.unlock()

    def close(self) -> None:
        if self.closed:
            raise errors.ClosedError("the storage is closed")
        self.closed = True
        self.unlock()

    # --- loading ----------------------------------------------------------------------------------

    def read_log(self, after_seq: int, limit: int) -> Iterable[OrderRow | EventRow]:
        with self.reading() as database:
            return database.rows[after_seq:after_seq + limit]

    def load_state(self) -> tuple[spi.Head, Iterable[spi.StateRow]]:
        with self.reading() as database:
            keyed = [row for row in database.rows if isinstance(row, EventRow) and row.key]
            rows: list[spi.StateRow] = [
                *database.drops.values(), *database.products.values(),
                *database.creators.values(), *database.users.values(),
                *database.follows.values(), *database.accounts.values(),
                *database.sessions.values(), *keyed]
            return database.head(), rows

    def load_orders(self, drop_nos: Sequence[int],
                    until_seq: int) -> Iterable[tuple[OrderRow, spi.OrderChange]]:
        wanted = set(drop_nos)
        with self.reading() as database:
            return [(row, database.present[row.seq]) for row in database.rows[:until_seq]
                    if isinstance(row, OrderRow) and row.drop_no in wanted]

    # --- lists ------------------------------------------------------------------------------------

    def get_order(self, seq: int) -> spi.Order:
        with self.reading() as database:
            row = database.order_row(seq)
            if row is None:
                raise errors.NotFoundError(f"no order at {seq}")
            return self._order(row)

    def list_orders(self, query: spi.OrderQuery) -> list[spi.Order]:
        with self.reading() as database:
            rows = [row for row in database.rows if isinstance(row, OrderRow)]
            if query.user:  # Newest first.
                rows = [row for row in reversed(rows) if row.user == query.user
                        and (query.after_seq == 0 or row.seq < query.after_seq)]
            else:
                rows = [row for row in rows if row.seq > query.after_seq
                        and database.drops[row.drop_no].drop.id == query.drop]
            found = [self._order(row) for row in rows]
            return [order for order in found
                    if query.status is None or order.status == query.status][:query.limit]

    def list_events(self, query: spi.EventQuery) -> list[spi.Event]:
        with self.reading() as database:
            before = query.before_seq or len(database.rows) + 1
            events = map(self._event, reversed(database.rows[:before - 1]))
            return [event for event in events
                    if (not query.actor or event.actor == query.actor)
                    and (query.action is None or event.type == query.action)
                    and (not query.subject or event.subject == query.subject)
                    and (query.from_ is None or event.at >= query.from_)
                    and (query.to is None or event.at < query.to)][:query.limit]

    def read_channel(self, query: spi.ChannelQuery) -> list[spi.Event]:
        with self.reading() as database:
            rows = database.rows[query.after_seq:query.until_seq or None]
            found = [self._event(row) for row in rows if self._goes_to(row, query.channel)]
            return (found[::-1] if query.newest_first else found)[:query.limit]

    def catalog(self) -> "DictCatalog":
        return DictCatalog(self)

    def _goes_to(self, row: OrderRow | EventRow, channel: str) -> bool:
        kind, _, id = channel.partition(":")
        if not channel:
            return True
        if kind == "user":
            return bool(id) and self._user_of(row) == id
        if isinstance(row, OrderRow):
            return False
        if kind == "creator":
            return bool(id) and row.creator == id
        drop = self.database.drops.get(row.drop_no)
        return kind == "drop" and drop is not None and row.order_seq == 0 and drop.drop.id == id

    def _user_of(self, row: OrderRow | EventRow) -> str:
        if isinstance(row, EventRow):
            order = self.database.order_row(row.order_seq)
            return row.user if order is None else order.user
        return row.user

    def _order(self, row: OrderRow) -> spi.Order:
        present = self.database.present[row.seq]
        drop = self.database.drops[row.drop_no].drop
        held = present.status == OrderStatus.HELD
        return spi.Order(
            id=spi.order_id(row), user=row.user, drop=drop.id, product=drop.product, key=row.key,
            quantity=present.quantity, amount=row.amount // row.quantity * present.quantity,
            currency=drop.currency, status=present.status, created_at=row.at,
            expires_at=present.expires_at if held else None, seq=row.seq)

    def _event(self, row: OrderRow | EventRow) -> spi.Event:
        if isinstance(row, OrderRow):
            return spi.event_of_order(row, self.database.drops[row.drop_no].drop.id)
        event = spi.event_of(row)
        event.user = self._user_of(row) or None
        return event


def newest_first(created: datetime, id: str) -> tuple[float, str]:
    return (-created.timestamp(), id)


class DictCatalog(spi.Catalog):
    """Reads of the browsed tables."""

    def __init__(self, storage: DictStorage) -> None:
        self.reading = storage.reading

    def get_drop(self, id: str) -> spi.DropRow:
        with self.reading() as database:
            found = [row for row in database.drops.values() if row.drop.id == id]
        return one_of(found, f"drop {id}")

    def list_drops(self, query: spi.DropQuery) -> list[spi.DropRow]:
        with self.reading() as database:
            places = {newest_first(row.drop.created_at, row.drop.id): row
                      for row in database.drops.values()
                      if (not query.creator or row.drop.creator == query.creator)
                      and (not query.product or row.drop.product == query.product)}
        after = newest_first(query.after_created, query.after_id) if query.after_id else (-1e99, "")
        return [places[place] for place in sorted(places) if place > after][:query.limit]

    def get_product(self, id: str) -> spi.Product:
        with self.reading() as database:
            row = database.products.get(id)
        return one_of([row.product] if row is not None and not row.deleted else [], f"product {id}")

    def list_products(self, filter: spi.ProductFilter, now: datetime) -> spi.ProductPage:
        with self.reading() as database:
            on_sale = {row.drop.product for row in database.drops.values()
                       if filter.status is None or spi.status_at(row, now) == filter.status}
            found = [row.product for row in database.products.values() if not row.deleted
                     and (not filter.creator or row.product.creator == filter.creator)
                     and (filter.status is None or row.product.id in on_sale)]
        found.sort(key=lambda product: newest_first(product.created_at, product.id))
        first = (filter.page - 1) * filter.limit
        return spi.ProductPage(data=found[first:first + filter.limit], total=len(found))

    def get_follow(self, creator: str, user: str) -> spi.FollowEntry:
        with self.reading() as database:
            row = database.follows.get((creator, user))
        return one_of([entry_of(row)] if row else [], f"follow of {creator}")

    def list_follows(self, query: spi.FollowQuery) -> spi.FollowPage:
        with self.reading() as database:
            rows = list(database.follows.values())
        places = {}
        for row in rows:
            if query.creator and row.creator == query.creator:
                places[newest_first(row.since, row.user)] = row
            elif query.user and row.user == query.user:
                places[newest_first(row.since, row.creator)] = row
        after = newest_first(query.after_since, query.after_id) if query.after_id else (-1e99, "")
        found = [entry_of(places[place]) for place in sorted(places) if place > after]
        return spi.FollowPage(data=found[:query.limit], total=len(places))

    def get_user(self, id: str) -> spi.UserRow:
        with self.reading() as database:
            return one_of([database.users[id]] if id in database.users else [], f"user {id}")

    def get_account(self, id: str) -> spi.Account:
        with self.reading() as database:
            return one_of([database.accounts[id]] if id in database.accounts else [],
                          f"account {id}")

    def find_account(self, folded_email: str) -> spi.Account:
        with self.reading() as database:
            found = [account for account in database.accounts.values()
                     if folded_email and account.email == folded_email]
        return one_of(found, "account with this email")

    def get_session(self, id: str) -> spi.Session:
        with self.reading() as database:
            return one_of([database.sessions[id]] if id in database.sessions else [],
                          f"session {id}")

    def list_sessions(self, query: spi.SessionQuery) -> list[spi.Session]:
        with self.reading() as database:
            found = [session for session in database.sessions.values()
                     if session.user == query.user and not session.revoked
                     and session.expires_at > query.expires_after]
        found.sort(key=lambda session: (session.expires_at, session.id))
        return found[:query.limit]


def entry_of(row: spi.FollowRow) -> spi.FollowEntry:
    return spi.FollowEntry(creator=row.creator, user=row.user, since=row.since)


def one_of(found: list[T], what: str) -> T:
    if not found:
        raise errors.NotFoundError(f"no {what}")
    return found[0]


def main() -> None:
    with livedrops.open(DictStorage(Database())) as shop:
        shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
        shop.drops.create(id="mug-1", product="mug", stock=2, end_time=4102444800000)
        for user in ("bo", "cy", "di"):
            print(user, shop.orders.place("mug-1", user, key="try-1").outcome)


if __name__ == "__main__":
    main()
