"""The engines by name: products, drops, orders, follows, notifications, audit, accounts.

The same classes serve a :class:`livedrops.Shop`, a :class:`livedrops.Engine` and an
:class:`livedrops.aio.Shop`. They differ in what a command gives back: a ``Reply``, or an awaitable
of one. Reads never wait for the writer: they are plain calls everywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from livedrops import _core
from livedrops._core import Confirmation, DropAction, DropStatus, EventType, OrderStatus

if TYPE_CHECKING:
    import numpy

Time: TypeAlias = datetime | int
"""A point in time: an aware ``datetime``, or milliseconds since 1970 (UTC)."""

Texts: TypeAlias = "str | Sequence[str] | Sequence[bytes] | numpy.ndarray[object, object]"
"""A column of a batch: one value for all rows, or one for each."""
Ints: TypeAlias = "int | Sequence[int] | numpy.ndarray[object, object]"

Request: TypeAlias = (
    _core.PlaceOrder | _core.ConfirmOrder | _core.ExtendOrder | _core.CancelOrder
    | _core.CreateProduct | _core.UpdateProduct | _core.DeleteProduct | _core.CreateDrop
    | _core.UpdateDrop | _core.ChangeDrop | _core.Restock | _core.FollowCreator | _core.MarkRead
    | _core.CreateAccount | _core.UpdateAccount | _core.ChangeAccount | _core.OpenSession
    | _core.RotateSession | _core.RevokeSession)

ReplyT = TypeVar("ReplyT", covariant=True)
"""``Reply``, or ``Awaitable[Reply]``."""
RepliesT = TypeVar("RepliesT", covariant=True)
"""``Replies``, or ``Awaitable[Replies]``."""

T = TypeVar("T")

PAGE_LIMIT_MAX = 100
LOG_LIMIT_MAX = 10_000


class Port(Protocol[ReplyT, RepliesT]):
    """The way in: what a shop gives to its families."""

    @property
    def core(self) -> _core._Host: ...
    def execute(self, request: Request) -> ReplyT: ...
    def place(self, columns: _core.OrderColumns) -> RepliesT: ...
    def follow(self, columns: _core.FollowColumns) -> RepliesT: ...


class _Page(Protocol[T]):
    @property
    def data(self) -> list[T]: ...
    @property
    def next_cursor(self) -> str | None: ...


def _all(page_at: Callable[[str], _Page[T]]) -> Iterator[T]:
    """The rows of all pages, each page read when it is reached."""
    cursor: str | None = ""
    while cursor is not None:
        page = page_at(cursor)
        yield from page.data
        cursor = page.next_cursor


class _Family(Generic[ReplyT, RepliesT]):
    def __init__(self, port: Port[ReplyT, RepliesT]) -> None:
        self._port = port

    @property
    def _core(self) -> _core._Host:
        return self._port.core


class Products(_Family[ReplyT, RepliesT]):
    """What creators sell. Browsing is page-based."""

    def create(self, *, creator: str, name: str, price: int, currency: str = "USD",
               description: str = "", id: str | None = None, actor: str | None = None,
               key: str | None = None) -> ReplyT:
        """Creates a product; ``reply.product`` is it.

        ``price`` is in minor units (cents), 0 to 2^53-1. Without an ``id`` one is made. Repeating
        the creation with the same id and content, or the same ``key``, changes nothing
        (``reply.repeated``); with other content the outcome is CONFLICT.

        >>> shop.products.create(id="cup", creator="ana", name="Cup", price=1250).outcome.text
        'done'
        """
        return self._port.execute(_core.CreateProduct(
            creator, name, price, currency, description, id=id, actor=actor, key=key))

    def update(self, id: str, *, name: str | None = None, description: str | None = None,
               price: int | None = None, currency: str | None = None,
               media_url: str | None = None, if_version: int | None = None,
               actor: str | None = None, key: str | None = None) -> ReplyT:
        """Changes what is given. No drop changes: it has a copy of the price.

        With ``if_version`` another version is PRECONDITION_FAILED.
        """
        return self._port.execute(_core.UpdateProduct(
            id, name=name, description=description, price=price, currency=currency,
            media_url=media_url, if_version=if_version, actor=actor, key=key))

    def delete(self, id: str, *, if_version: int | None = None, actor: str | None = None,
               key: str | None = None) -> ReplyT:
        """Hides a product. DROP_STATE while one of its drops is neither ended nor cancelled."""
        return self._port.execute(_core.DeleteProduct(
            id, if_version=if_version, actor=actor, key=key))

    def get(self, id: str) -> _core.Product:
        """Raises NotFoundError."""
        return self._core.get_product(id)

    def page(self, page: int = 1, limit: int = 20, *, status: DropStatus | None = None,
             creator: str | None = None) -> _core.ProductPage:
        """A page of products, newest first; past the end it is empty. ``limit`` is 1 to 100.

        ``status`` matches a product that has a drop with it.
        """
        return self._core.list_products(status, creator, page, limit)

    def list(self, *, status: DropStatus | None = None,
             creator: str | None = None) -> Iterator[_core.Product]:
        """All products, newest first, page by page."""
        number = 1
        while products := self.page(number, PAGE_LIMIT_MAX, status=status, creator=creator).data:
            yield from products
            number += 1


class Drops(_Family[ReplyT, RepliesT]):
    """Limited sales of one product, with a window, a stock and limits."""

    def create(self, *, product: str, stock: int, end_time: Time, start_time: Time | None = None,
               low_stock: int = 0, max_per_order: int = 0, max_per_user: int = 0,
               confirmation: Confirmation = Confirmation.DIRECT, hold_seconds: int = 600,
               id: str | None = None, creator: str | None = None, actor: str | None = None,
               key: str | None = None) -> ReplyT:
        """Creates a drop; ``reply.drop`` is it.

        ``stock`` is 0 to 2^31-1 units. Orders are taken while ``start_time <= now < end_time``;
        without a ``start_time`` it starts now. Limits of 0 are none. With ``Confirmation.HOLD`` an
        order holds its units for ``hold_seconds`` (30 to 3600) and the host confirms it.

        >>> end = datetime(2100, 1, 1, tzinfo=timezone.utc)
        >>> drop = shop.drops.create(id="mug-2", product="mug", stock=5, end_time=end).drop
        >>> drop.status.text, drop.current_stock
        ('live', 5)
        """
        return self._port.execute(_core.CreateDrop(
            product, stock, end_time, start_time=start_time, low_stock=low_stock,
            max_per_order=max_per_order, max_per_user=max_per_user, confirmation=confirmation,
            hold_seconds=hold_seconds, id=id, creator=creator, actor=actor, key=key))

    def update(self, id: str, *, start_time: Time | None = None, end_time: Time | None = None,
               low_stock: int | None = None, max_per_order: int | None = None,
               max_per_user: int | None = None, price: int | None = None,
               if_version: int | None = None, actor: str | None = None,
               key: str | None = None) -> ReplyT:
        """Changes what is given: start and price only while scheduled, the end only to later."""
        return self._port.execute(_core.UpdateDrop(
            id, start_time=start_time, end_time=end_time, low_stock=low_stock,
            max_per_order=max_per_order, max_per_user=max_per_user, price=price,
            if_version=if_version, actor=actor, key=key))

    def start(self, id: str, *, actor: str | None = None, key: str | None = None) -> ReplyT:
        """Starts a scheduled drop now."""
        return self._change(id, DropAction.START, actor, key)

    def pause(self, id: str, *, actor: str | None = None, key: str | None = None) -> ReplyT:
        """Stops new orders; holds may still be confirmed, and the end does not move."""
        return self._change(id, DropAction.PAUSE, actor, key)

    def resume(self, id: str, *, actor: str | None = None, key: str | None = None) -> ReplyT:
        """Takes orders again."""
        return self._change(id, DropAction.RESUME, actor, key)

    def end(self, id: str, *, actor: str | None = None, key: str | None = None) -> ReplyT:
        """Ends the drop now."""
        return self._change(id, DropAction.END, actor, key)

    def cancel(self, id: str, *, actor: str | None = None, key: str | None = None) -> ReplyT:
        """Ends it for ever and cancels the live holds. Confirmed orders are the host's."""
        return self._change(id, DropAction.CANCEL, actor, key)

    def restock(self, id: str, quantity: int, *, key: str, actor: str | None = None) -> ReplyT:
        """Adds units, or takes out up to ``current_stock`` of them when negative.

        ``key`` is the adjustment's id, which makes a retry safe.
        """
        return self._port.execute(_core.Restock(id, quantity, key, actor=actor))

    def get(self, id: str) -> _core.Drop:
        """The drop as it is now. Raises NotFoundError."""
        return self._core.get_drop(id)

    def page(self, cursor: str = "", limit: int = 20, *, status: DropStatus | None = None,
             creator: str | None = None) -> _core.DropPage:
        """A page of drops, newest first. ``limit`` is 1 to 100."""
        return self._core.list_drops(status, creator, cursor, limit)

    def list(self, *, status: DropStatus | None = None,
             creator: str | None = None) -> Iterator[_core.Drop]:
        """All drops, newest first, page by page."""
        return _all(lambda cursor: self.page(cursor, PAGE_LIMIT_MAX, status=status,
                                             creator=creator))

    def _change(self, id: str, action: DropAction, actor: str | None, key: str | None) -> ReplyT:
        return self._port.execute(_core.ChangeDrop(id, action, actor=actor, key=key))


class Orders(_Family[ReplyT, RepliesT]):
    """Place, confirm, extend, cancel; read by id, by user, by drop."""

    def place(self, drop: str, user: str, key: str, quantity: int = 1, *,
              product: str | None = None, deadline: Time | None = None, hold: bool | None = None,
              ttl_seconds: int | None = None, replace_hold: bool = False,
              actor: str | None = None) -> ReplyT:
        """Places an order and gives its answer when that is durable.

        ``key`` makes a retry safe: the same key with the same request is the same order and its
        first answer (REPEATED). A refusal is an outcome, not an error, and is not remembered.
        ``quantity`` is 1 to 2^31-1. After ``deadline`` nothing is decided any more. ``hold`` and
        ``ttl_seconds`` (30 to 3600) override what the drop says; ``replace_hold`` gives the user's
        live hold of this drop back when the new order is granted.

        Raises OverloadedError, UnavailableError: nothing happened, try again with the same key.
        OutcomeUnknownError: it may have happened, try again with the same key.

        >>> reply = shop.orders.place("mug-1", "bo", key="try-1")
        >>> reply.outcome.text, reply.order.amount, reply.order.currency
        ('confirmed', 1999, 'USD')
        >>> shop.orders.place("mug-1", "bo", key="try-1").outcome.text
        'repeated'
        """
        return self._port.execute(_core.PlaceOrder(
            drop, user, key, quantity, product=product, deadline=deadline, hold=hold,
            ttl_seconds=ttl_seconds, replace_hold=replace_hold, actor=actor))

    def place_batch(self, drops: Texts, users: Texts, keys: Texts, quantities: Ints = 1, *,
                    product: str | None = None, deadline: Time | None = None,
                    hold: bool | None = None, ttl_seconds: int | None = None,
                    replace_hold: bool = False, actor: str | None = None) -> RepliesT:
        """Places many orders, which share commits. Other threads run meanwhile.

        Each column is one value for all rows, or a sequence or NumPy array with one for each.
        Orders of one drop are decided in the order given. What fails is a row of
        ``replies.errors``; nothing is raised for it.

        The batch is asked in parts of up to 4,096 rows; Ctrl-C is heard between two of them. Then
        the answers so far are lost and the orders are not: place them again with the same keys.

        >>> replies = shop.orders.place_batch("mug-1", ["cy", "di"], ["k1", "k2"], [1, 200])
        >>> [str(livedrops.Outcome(outcome)) for outcome in replies.outcome]
        ['confirmed', 'sold_out']
        """
        return self._port.place(_core.OrderColumns(
            drops, users, keys, quantities, product=product, deadline=deadline, hold=hold,
            ttl_seconds=ttl_seconds, replace_hold=replace_hold, actor=actor))

    def confirm(self, order: str, quantity: int | None = None, *, actor: str | None = None,
                key: str | None = None) -> ReplyT:
        """The money was taken: turns a hold into a sale. A smaller quantity returns the rest."""
        return self._port.execute(_core.ConfirmOrder(order, quantity, actor=actor, key=key))

    def extend(self, order: str, ttl_seconds: int = 600, *, actor: str | None = None,
               key: str | None = None) -> ReplyT:
        """Lets a hold live ``ttl_seconds`` (30 to 3600) from now, at most 3600 s in all."""
        return self._port.execute(_core.ExtendOrder(order, ttl_seconds, actor=actor, key=key))

    def cancel(self, order: str, quantity: int | None = None, *, actor: str | None = None,
               key: str | None = None, held_only: bool = False) -> ReplyT:
        """Returns units to the stock, once; all of them, or a part (give a ``key`` then).

        ``held_only``: a sale is not undone, even if the hold is confirmed a moment before.
        """
        return self._port.execute(
            _core.CancelOrder(order, quantity, actor=actor, key=key, held_only=held_only))

    def get(self, id: str) -> _core.Order:
        """The order as it is now. Raises NotFoundError."""
        return self._core.get_order(id)

    def of_user(self, user: str, *,
                status: OrderStatus | None = None) -> Iterator[_core.Order]:
        """All orders of a user, newest first, page by page."""
        return _all(lambda cursor: self.of_user_page(user, cursor, PAGE_LIMIT_MAX, status=status))

    def of_user_page(self, user: str, cursor: str = "", limit: int = 20, *,
                     status: OrderStatus | None = None) -> _core.OrderPage:
        """A page of them. ``limit`` is 1 to 100."""
        return self._core.orders_of_user(user, status, cursor, limit)

    def of_drop(self, drop: str, *,
                status: OrderStatus | None = None) -> Iterator[_core.Order]:
        """All orders of a drop, oldest first, page by page: the orders to ship."""
        return _all(lambda cursor: self.of_drop_page(drop, cursor, PAGE_LIMIT_MAX, status=status))

    def of_drop_page(self, drop: str, cursor: str = "", limit: int = 20, *,
                     status: OrderStatus | None = None) -> _core.OrderPage:
        """A page of them. ``limit`` is 1 to 100."""
        return self._core.orders_of_drop(drop, status, cursor, limit)


class Follows(_Family[ReplyT, RepliesT]):
    """Who follows which creator, in both directions, with exact totals."""

    def follow(self, creator: str, user: str, *, actor: str | None = None) -> ReplyT:
        """Follows a creator. Idempotent: ``reply.since`` says since when."""
        return self._port.execute(_core.FollowCreator(creator, user, True, actor=actor))

    def unfollow(self, creator: str, user: str, *, actor: str | None = None) -> ReplyT:
        """Follows him no more. Idempotent."""
        return self._port.execute(_core.FollowCreator(creator, user, False, actor=actor))

    def set_batch(self, creators: Texts, users: Texts, follow: bool = True, *,
                  actor: str | None = None) -> RepliesT:
        """Follows or unfollows many at once; columns as in ``Orders.place_batch``."""
        return self._port.follow(_core.FollowColumns(creators, users, follow, actor=actor))

    def is_following(self, creator: str, user: str) -> bool:
        """One look-up, however many follow."""
        return self._core.is_following(creator, user)

    def followers(self, creator: str) -> Iterator[_core.FollowEntry]:
        """All followers, newest first, page by page."""
        return _all(lambda cursor: self.followers_page(creator, cursor, PAGE_LIMIT_MAX))

    def followers_page(self, creator: str, cursor: str = "", limit: int = 20) -> _core.FollowPage:
        """A page of them, with the exact total. Every page costs the same, however deep."""
        return self._core.followers(creator, cursor, limit)

    def following(self, user: str) -> Iterator[_core.FollowEntry]:
        """All creators that a user follows, newest first, page by page."""
        return _all(lambda cursor: self.following_page(user, cursor, PAGE_LIMIT_MAX))

    def following_page(self, user: str, cursor: str = "", limit: int = 20) -> _core.FollowPage:
        """A page of them, with the exact total."""
        return self._core.following(user, cursor, limit)


class Notifications(_Family[ReplyT, RepliesT]):
    """The event log, channels with positions, and each user's inbox."""

    def log(self, after_seq: int = 0, limit: int = 1000) -> list[_core.Event]:
        """The log after ``after_seq``, oldest first; ``limit`` is 1 to 10,000.

        A reader that keeps the last seq it saw can skip none.
        """
        return self._core.log(after_seq, limit)

    def events(self, after_seq: int = 0) -> Iterator[_core.Event]:
        """The log after ``after_seq`` up to its present end, oldest first.

        >>> [str(event.type) for event in shop.notifications.events()]
        ['productCreated', 'dropScheduled', 'dropStart']
        """
        while events := self.log(after_seq, LOG_LIMIT_MAX):
            yield from events
            after_seq = events[-1].seq

    def channel(self, name: str, since: _core.Position | None = None) -> _core.ChannelPage:
        """What happened in ``drop:ID``, ``creator:ID`` or ``user:ID`` since a position.

        Without ``since`` only the present position.
        """
        return self._core.channel(name, since)

    def inbox(self, user: str) -> Iterator[_core.Notification]:
        """A user's own events and those of the creators he follows, newest first."""
        return _all(lambda cursor: self.inbox_page(user, cursor, PAGE_LIMIT_MAX))

    def inbox_page(self, user: str, cursor: str = "", limit: int = 20) -> _core.Inbox:
        """A page of them, with the number of unread ones."""
        return self._core.inbox(user, cursor, limit)

    def mark_read(self, user: str, up_to: int) -> ReplyT:
        """Marks everything up to this notification as read. The mark never goes back."""
        return self._port.execute(_core.MarkRead(user, up_to))


class Audit(_Family[ReplyT, RepliesT]):
    """The log itself, hash-chained: who did what to what, when."""

    def list(self, *, actor: str = "", action: EventType | None = None, subject: str = "",
             since: Time | None = None, until: Time | None = None) -> Iterator[_core.Event]:
        """All rows that match, newest first. ``since`` is inclusive, ``until`` exclusive."""
        return _all(lambda cursor: self.page(cursor, PAGE_LIMIT_MAX, actor=actor, action=action,
                                             subject=subject, since=since, until=until))

    def page(self, cursor: str = "", limit: int = 20, *, actor: str = "",
             action: EventType | None = None, subject: str = "", since: Time | None = None,
             until: Time | None = None) -> _core.EventPage:
        """A page of them. ``limit`` is 1 to 100."""
        return self._core.list_audit(actor, action, subject, since, until, cursor, limit)

    def head(self) -> _core.Head:
        """Keep it outside of the database: a chain alone does not show that its tail was cut."""
        return self._core.head()


class Accounts(_Family[ReplyT, RepliesT]):
    """Accounts and sessions, for a host that has no users of its own."""

    def create(self, account: _core.Account, *, actor: str | None = None) -> ReplyT:
        """Creates an account; ``reply.id`` is its id. EMAIL_TAKEN when another one has the email.

        >>> bo = livedrops.Account(id="bo", name="Bo", email="bo@example.com")
        >>> shop.accounts.create(bo).id
        'bo'
        """
        return self._port.execute(_core.CreateAccount(account, actor=actor))

    def update(self, id: str, *, name: str | None = None, password_hash: str | None = None,
               bio: str | None = None, actor: str | None = None,
               expected_password_hash: str | None = None) -> ReplyT:
        """Changes what is given. CONFLICT when the hash is not ``expected_password_hash``."""
        return self._port.execute(_core.UpdateAccount(
            id, name=name, password_hash=password_hash, bio=bio, actor=actor,
            expected_password_hash=expected_password_hash))

    def disable(self, id: str, *, actor: str | None = None) -> ReplyT:
        """Nobody signs in with it any more."""
        return self._change(id, _core.AccountAction.DISABLE, actor)

    def enable(self, id: str, *, actor: str | None = None) -> ReplyT:
        """Takes ``disable`` back."""
        return self._change(id, _core.AccountAction.ENABLE, actor)

    def erase(self, id: str, *, actor: str | None = None) -> ReplyT:
        """Empties the personal columns for ever; the id stays in orders and audit."""
        return self._change(id, _core.AccountAction.ERASE, actor)

    def open_session(self, session: _core.Session) -> ReplyT:
        """A signed-in device; ``reply.id`` is the session's id."""
        return self._port.execute(_core.OpenSession(session))

    def rotate_session(self, id: str, expected_hash: str, new_hash: str,
                       expires_at: Time) -> ReplyT:
        """Replaces the token's hash; CONFLICT when it is not ``expected_hash`` by now."""
        return self._port.execute(_core.RotateSession(id, expected_hash, new_hash, expires_at))

    def revoke_session(self, id: str, *, actor: str | None = None) -> ReplyT:
        """Ends a session."""
        return self._port.execute(_core.RevokeSession(id, actor=actor))

    def get(self, id: str) -> _core.Account:
        """Raises NotFoundError."""
        return self._core.get_account(id)

    def find_by_email(self, email: str) -> _core.Account:
        """Case does not matter. Raises NotFoundError."""
        return self._core.find_account(email)

    def get_session(self, id: str) -> _core.Session:
        """Raises NotFoundError."""
        return self._core.get_session(id)

    def live_sessions(self, user: str, limit: int = 100) -> list[_core.Session]:
        """Those that are neither revoked nor expired: the first to expire first."""
        return self._core.live_sessions(user, limit)

    def _change(self, id: str, action: _core.AccountAction, actor: str | None) -> ReplyT:
        return self._port.execute(_core.ChangeAccount(id, action, actor=actor))
