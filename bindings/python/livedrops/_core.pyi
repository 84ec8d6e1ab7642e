# Written by bindings/python/tools/make_stubs.py from the module.
"""
The C++ library as it is. Use the package livedrops.
"""
from __future__ import annotations
import collections.abc
import datetime
import livedrops._words
import livedrops.errors
import typing
__all__: list[str] = ['Account', 'AccountAction', 'CancelOrder', 'ChangeAccount', 'ChangeDrop', 'ChannelPage', 'ChannelQuery', 'CommitBatch', 'ConfirmOrder', 'Confirmation', 'CreateAccount', 'CreateDrop', 'CreateProduct', 'CreatorRow', 'DeleteProduct', 'Drop', 'DropAction', 'DropPage', 'DropQuery', 'DropRow', 'DropStatus', 'Engine', 'Event', 'EventBatch', 'EventPage', 'EventQuery', 'EventRow', 'EventType', 'ExtendOrder', 'Fault', 'FaultInjector', 'FaultRates', 'FollowColumns', 'FollowCreator', 'FollowEntry', 'FollowPage', 'FollowQuery', 'FollowRow', 'Head', 'HoldsAtEnd', 'Inbox', 'LateConfirm', 'MarkRead', 'MemoryTopic', 'NativeStorage', 'NativeTransport', 'Notification', 'OpenSession', 'Order', 'OrderChange', 'OrderColumns', 'OrderPage', 'OrderQuery', 'OrderRow', 'OrderStatus', 'Outcome', 'PlaceOrder', 'Position', 'PositionFile', 'Product', 'ProductFilter', 'ProductPage', 'ProductRow', 'Relay', 'RelayProgress', 'Replies', 'Reply', 'Restock', 'RevokeSession', 'Role', 'RotateSession', 'SequentialIds', 'Session', 'SessionQuery', 'Shop', 'ShopInfo', 'SimClock', 'Stats', 'StatusCode', 'StorageCall', 'TransportCall', 'TransportFault', 'UpdateAccount', 'UpdateDrop', 'UpdateProduct', 'UserRow', 'check_batch', 'close_all', 'conformance_cases', 'event_of', 'event_of_order', 'explain', 'faulty_storage', 'faulty_transport', 'memory_transport', 'new_events', 'open_storage', 'open_transport', 'run_conformance_case', 'run_transport_conformance_case', 'status_at', 'transport_conformance_cases']
class Outcome(livedrops._words.Word):
    """
    What was decided. For an order the first that applies, in this order.
    """
    REPEATED = 0
    REPEATED_DIFFERS = 1
    DROP_NOT_FOUND = 2
    REQUEST_EXPIRED = 3
    PRODUCT_MISMATCH = 4
    DROP_CANCELLED = 5
    DROP_ENDED = 6
    DROP_NOT_STARTED = 7
    DROP_PAUSED = 8
    QUANTITY_OUT_OF_RANGE = 9
    USER_LIMIT_EXCEEDED = 10
    SOLD_OUT = 11
    HELD_OUT = 12
    HELD = 13
    CONFIRMED = 14
    DONE = 15
    NOT_FOUND = 16
    ORDER_STATE = 17
    DROP_STATE = 18
    CONFLICT = 19
    PRECONDITION_FAILED = 20
    REFUND_DUE = 21
    EMAIL_TAKEN = 22
class StatusCode(livedrops._words.Word):
    """
    Why a call could not do its job; each is an exception.
    """
    OK = 0
    INVALID_ARGUMENT = 1
    NOT_FOUND = 2
    CLOSED = 3
    OVERLOADED = 4
    UNAVAILABLE = 5
    OUTCOME_UNKNOWN = 6
    CORRUPT = 7
    UNSUPPORTED = 8
    BROKEN_INVARIANT = 9
    FENCED = 10
class OrderStatus(livedrops._words.Word):
    """
    HELD becomes CONFIRMED, CANCELLED or EXPIRED.
    """
    HELD = 0
    CONFIRMED = 1
    CANCELLED = 2
    EXPIRED = 3
class DropStatus(livedrops._words.Word):
    """
    Where a drop is in its life.
    """
    SCHEDULED = 0
    LIVE = 1
    SOLD_OUT = 2
    PAUSED = 3
    ENDED = 4
    CANCELLED = 5
class EventType(livedrops._words.EventWord):
    """
    What a row of the log says happened.
    """
    PRODUCT_CREATED = 0
    PRODUCT_UPDATED = 1
    PRODUCT_DELETED = 2
    DROP_SCHEDULED = 3
    DROP_START = 4
    DROP_PAUSED = 5
    DROP_RESUMED = 6
    DROP_UPDATED = 7
    DROP_END = 8
    DROP_CANCELLED = 9
    RESTOCKED = 10
    LOW_STOCK = 11
    SOLD_OUT = 12
    ORDER_HELD = 13
    ORDER_CONFIRMED = 14
    ORDER_EXTENDED = 15
    ORDER_CANCELLED = 16
    ORDER_EXPIRED = 17
    REFUND_DUE = 18
    FOLLOWED = 19
    UNFOLLOWED = 20
    ACCOUNT_CREATED = 21
    ACCOUNT_DISABLED = 22
    ACCOUNT_ENABLED = 23
    ACCOUNT_ERASED = 24
    ACCOUNT_UPDATED = 25
    SESSION_OPENED = 26
    SESSION_ROTATED = 27
    SESSION_REVOKED = 28
    NOTIFICATIONS_READ = 29
    RECOVERED = 30
class Confirmation(livedrops._words.Word):
    """
    Whether orders are sold at once or held.
    """
    DIRECT = 0
    HOLD = 1
class LateConfirm(livedrops._words.Word):
    """
    What confirming an expired hold does.
    """
    REFUSE = 0
    REHOLD = 1
    REFUND = 2
class HoldsAtEnd(livedrops._words.Word):
    """
    What happens to holds when a drop ends.
    """
    CONFIRM = 0
    CANCEL = 1
class DropAction(livedrops._words.Word):
    """
    What ChangeDrop does.
    """
    START = 0
    PAUSE = 1
    RESUME = 2
    END = 3
    CANCEL = 4
class Role(livedrops._words.Word):
    """
    What an account may do.
    """
    USER = 0
    CREATOR = 1
    SERVICE = 2
    ADMIN = 3
class AccountAction(livedrops._words.Word):
    """
    What ChangeAccount does.
    """
    DISABLE = 0
    ENABLE = 1
    ERASE = 2
class StorageCall(livedrops._words.Word):
    """
    The calls of a storage that can fail.
    """
    READ_HEAD = 0
    COMMIT = 1
    LOCK = 2
    RESOLVE = 3
    READ_LOG = 4
    LOAD = 5
    READ = 6
class Fault(livedrops._words.Word):
    """
    How a call fails.
    """
    NONE = 0
    BEFORE = 1
    AFTER = 2
    LOST = 3
    LATE = 4
class Order:
    """
    An order as it stands. In a Reply: as its first answer said.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'user', 'drop', 'product', 'key', 'quantity', 'amount', 'currency', 'status', 'created_at', 'expires_at', 'seq')
    drop: str
    product: str
    status: OrderStatus
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def amount(self) -> int:
        """
        quantity x price, in minor units.
        """
    @amount.setter
    def amount(self, arg1: int) -> None:
        ...
    @property
    def created_at(self) -> datetime.datetime:
        ...
    @created_at.setter
    def created_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def created_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def currency(self) -> str:
        """
        ISO 4217.
        """
    @currency.setter
    def currency(self, arg1: str) -> None:
        ...
    @property
    def expires_at(self) -> datetime.datetime | None:
        """
        When a hold ends; None when it is not held.
        """
    @expires_at.setter
    def expires_at(self, arg1: datetime.datetime | int | None) -> None:
        ...
    @property
    def expires_at_ms(self) -> int | None:
        """
        The same in milliseconds since 1970.
        """
    @property
    def id(self) -> str:
        """
        A UUIDv7 that livedrops made.
        """
    @id.setter
    def id(self, arg1: str) -> None:
        ...
    @property
    def key(self) -> str:
        """
        Idempotency key. Empty in the rows of a batch.
        """
    @key.setter
    def key(self, arg1: str) -> None:
        ...
    @property
    def quantity(self) -> int:
        """
        Units it has now, or had last.
        """
    @quantity.setter
    def quantity(self, arg1: int) -> None:
        ...
    @property
    def seq(self) -> int:
        """
        Position of its creating row in the log.
        """
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
    @property
    def user(self) -> str:
        """
        Empty in the rows of a batch.
        """
    @user.setter
    def user(self, arg1: str) -> None:
        ...
class Drop:
    """
    A limited sale of one product.

    init_stock + adjust == current_stock + held + units confirmed, always.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'creator', 'product', 'price', 'currency', 'init_stock', 'adjust', 'current_stock', 'held', 'low_stock', 'max_per_order', 'max_per_user', 'confirmation', 'hold_seconds', 'start_time', 'end_time', 'status', 'version', 'created_at')
    confirmation: Confirmation
    creator: str
    id: str
    product: str
    status: DropStatus
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def adjust(self) -> int:
        """
        Sum of the restocks.
        """
    @adjust.setter
    def adjust(self, arg1: int) -> None:
        ...
    @property
    def created_at(self) -> datetime.datetime:
        ...
    @created_at.setter
    def created_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def created_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def currency(self) -> str:
        """
        ISO 4217.
        """
    @currency.setter
    def currency(self, arg1: str) -> None:
        ...
    @property
    def current_stock(self) -> int:
        """
        Units that can be ordered now.
        """
    @current_stock.setter
    def current_stock(self, arg1: int) -> None:
        ...
    @property
    def end_time(self) -> datetime.datetime:
        """
        Exclusive.
        """
    @end_time.setter
    def end_time(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def end_time_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def held(self) -> int:
        """
        Units in live holds.
        """
    @held.setter
    def held(self, arg1: int) -> None:
        ...
    @property
    def hold_seconds(self) -> int:
        ...
    @hold_seconds.setter
    def hold_seconds(self, arg1: int) -> None:
        ...
    @property
    def init_stock(self) -> int:
        ...
    @init_stock.setter
    def init_stock(self, arg1: int) -> None:
        ...
    @property
    def low_stock(self) -> int:
        ...
    @low_stock.setter
    def low_stock(self, arg1: int) -> None:
        ...
    @property
    def max_per_order(self) -> int:
        """
        0: no limit.
        """
    @max_per_order.setter
    def max_per_order(self, arg1: int) -> None:
        ...
    @property
    def max_per_user(self) -> int:
        """
        0: no limit.
        """
    @max_per_user.setter
    def max_per_user(self, arg1: int) -> None:
        ...
    @property
    def price(self) -> int:
        """
        Of a unit, in minor units; copied from the product.
        """
    @price.setter
    def price(self, arg1: int) -> None:
        ...
    @property
    def start_time(self) -> datetime.datetime:
        ...
    @start_time.setter
    def start_time(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def start_time_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def version(self) -> int:
        """
        Grows with every committed change, sales included.
        """
    @version.setter
    def version(self, arg1: int) -> None:
        ...
class Product:
    """
    What a creator sells.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'creator', 'name', 'description', 'price', 'currency', 'media_url', 'version', 'created_at', 'updated_at')
    creator: str
    description: str
    id: str
    media_url: str | None
    name: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def created_at(self) -> datetime.datetime:
        ...
    @created_at.setter
    def created_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def created_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def currency(self) -> str:
        """
        ISO 4217.
        """
    @currency.setter
    def currency(self, arg1: str) -> None:
        ...
    @property
    def price(self) -> int:
        """
        In minor units.
        """
    @price.setter
    def price(self, arg1: int) -> None:
        ...
    @property
    def updated_at(self) -> datetime.datetime:
        ...
    @updated_at.setter
    def updated_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def updated_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def version(self) -> int:
        ...
    @version.setter
    def version(self, arg1: int) -> None:
        ...
class Event:
    """
    One row of the log.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('seq', 'type', 'aggregate', 'aggregate_seq', 'at', 'actor', 'subject', 'drop', 'creator', 'user', 'order', 'body', 'delta', 'balance', 'hash')
    actor: str
    creator: str | None
    drop: str | None
    order: str | None
    type: EventType
    user: str | None
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def aggregate(self) -> str:
        """
        drop:ID, creator:ID, user:ID or shop:SEQ.
        """
    @aggregate.setter
    def aggregate(self, arg1: str) -> None:
        ...
    @property
    def aggregate_seq(self) -> int:
        """
        Its gapless position there.
        """
    @aggregate_seq.setter
    def aggregate_seq(self, arg1: int) -> None:
        ...
    @property
    def at(self) -> datetime.datetime:
        ...
    @at.setter
    def at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def balance(self) -> int | None:
        """
        Stock after it; None when it is not concerned.
        """
    @balance.setter
    def balance(self, arg1: int | None) -> None:
        ...
    @property
    def body(self) -> str:
        """
        The immutable facts, form-encoded: quantity=2&amount=3998.
        """
    @body.setter
    def body(self, arg1: str) -> None:
        ...
    @property
    def delta(self) -> int:
        """
        Change of the drop's stock.
        """
    @delta.setter
    def delta(self, arg1: int) -> None:
        ...
    @property
    def hash(self) -> bytes:
        """
        SHA-256 of the row, chained.
        """
    @hash.setter
    def hash(self, arg1: bytes) -> None:
        ...
    @property
    def seq(self) -> int:
        """
        Its id, and its offset in every channel.
        """
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
    @property
    def subject(self) -> str:
        """
        The order, drop, product or user it is about.
        """
    @subject.setter
    def subject(self, arg1: str) -> None:
        ...
class Reply:
    """
    The answer to a command. A failed call raises instead.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('outcome', 'repeated', 'seq', 'order', 'remaining', 'retry_at', 'drop', 'product', 'since', 'id')
    outcome: Outcome
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def drop(self) -> Drop | None:
        """
        The drop after a command on it.
        """
    @drop.setter
    def drop(self, arg1: Drop | None) -> None:
        ...
    @property
    def granted(self) -> bool:
        """
        HELD or CONFIRMED: the units are the user's. Not true for REPEATED: see order.status.
        """
    @property
    def id(self) -> str | None:
        """
        Accounts, sessions: the id given or made.
        """
    @id.setter
    def id(self, arg1: str | None) -> None:
        ...
    @property
    def order(self) -> Order | None:
        """
        The order as its first answer said, or as a command on it left it.
        """
    @order.setter
    def order(self, arg1: Order | None) -> None:
        ...
    @property
    def product(self) -> Product | None:
        """
        The product after a command on it.
        """
    @product.setter
    def product(self, arg1: Product | None) -> None:
        ...
    @property
    def remaining(self) -> int:
        """
        SOLD_OUT, HELD_OUT: units in stock now.
        """
    @remaining.setter
    def remaining(self, arg1: int) -> None:
        ...
    @property
    def repeated(self) -> bool:
        """
        It is the answer of an earlier request; nothing was done now.
        """
    @repeated.setter
    def repeated(self, arg1: bool) -> None:
        ...
    @property
    def retry_at(self) -> datetime.datetime | None:
        """
        HELD_OUT: when the next hold ends. DROP_NOT_STARTED: when it starts.
        """
    @retry_at.setter
    def retry_at(self, arg1: datetime.datetime | int | None) -> None:
        ...
    @property
    def retry_at_ms(self) -> int | None:
        """
        The same in milliseconds since 1970.
        """
    @property
    def seq(self) -> int:
        """
        Log position of the change; 0 when nothing changed.
        """
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
    @property
    def since(self) -> datetime.datetime | None:
        """
        Follow: since when the user follows.
        """
    @since.setter
    def since(self, arg1: datetime.datetime | int | None) -> None:
        ...
    @property
    def since_ms(self) -> int | None:
        """
        The same in milliseconds since 1970.
        """
class FollowEntry:
    """
    That a user follows a creator.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('creator', 'user', 'since')
    creator: str
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def since(self) -> datetime.datetime:
        ...
    @since.setter
    def since(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def since_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
class FollowPage:
    """
    A page of follows, newest first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'next_cursor', 'total')
    next_cursor: str | None
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[FollowEntry]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[FollowEntry]) -> None:
        ...
    @property
    def total(self) -> int:
        """
        Of the whole list, exact.
        """
    @total.setter
    def total(self, arg1: int) -> None:
        ...
class OrderPage:
    """
    A page of a list. Without next_cursor it is the last one.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'next_cursor')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[Order]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[Order]) -> None:
        ...
    @property
    def next_cursor(self) -> str | None:
        """
        Opaque; good for this list only.
        """
    @next_cursor.setter
    def next_cursor(self, arg1: str | None) -> None:
        ...
class DropPage:
    """
    A page of a list. Without next_cursor it is the last one.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'next_cursor')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[Drop]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[Drop]) -> None:
        ...
    @property
    def next_cursor(self) -> str | None:
        """
        Opaque; good for this list only.
        """
    @next_cursor.setter
    def next_cursor(self, arg1: str | None) -> None:
        ...
class EventPage:
    """
    A page of a list. Without next_cursor it is the last one.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'next_cursor')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[Event]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[Event]) -> None:
        ...
    @property
    def next_cursor(self) -> str | None:
        """
        Opaque; good for this list only.
        """
    @next_cursor.setter
    def next_cursor(self, arg1: str | None) -> None:
        ...
class ProductPage:
    """
    A page of products, newest first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'total')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[Product]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[Product]) -> None:
        ...
    @property
    def total(self) -> int:
        """
        Of all pages.
        """
    @total.setter
    def total(self, arg1: int) -> None:
        ...
class Position:
    """
    A place in a channel.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('epoch', 'offset')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def epoch(self) -> str:
        """
        Changes when a database is restored.
        """
    @epoch.setter
    def epoch(self, arg1: str) -> None:
        ...
    @property
    def offset(self) -> int:
        ...
    @offset.setter
    def offset(self, arg1: int) -> None:
        ...
class ChannelPage:
    """
    What happened in a channel since a position.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('events', 'position', 'recovered')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def events(self) -> list[Event]:
        """
        Oldest first.
        """
    @events.setter
    def events(self, arg1: collections.abc.Sequence[Event]) -> None:
        ...
    @property
    def position(self) -> Position:
        """
        Read on from here.
        """
    @position.setter
    def position(self, arg1: Position) -> None:
        ...
    @property
    def recovered(self) -> bool:
        """
        True: nothing between was missed.
        """
    @recovered.setter
    def recovered(self, arg1: bool) -> None:
        ...
class Notification:
    """
    An event in a user's inbox.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'type', 'created_at', 'read', 'event')
    event: Event
    read: bool
    type: EventType
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def created_at(self) -> datetime.datetime:
        ...
    @created_at.setter
    def created_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def created_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def id(self) -> int:
        ...
    @id.setter
    def id(self, arg1: int) -> None:
        ...
class Inbox:
    """
    A page of a user's inbox, newest first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('data', 'next_cursor', 'unread')
    next_cursor: str | None
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def data(self) -> list[Notification]:
        ...
    @data.setter
    def data(self, arg1: collections.abc.Sequence[Notification]) -> None:
        ...
    @property
    def unread(self) -> int:
        ...
    @unread.setter
    def unread(self, arg1: int) -> None:
        ...
class Account:
    """
    Who signs in. None of it is in the log.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'role', 'name', 'email', 'password_hash', 'bio', 'birthday', 'disabled', 'erased', 'created_at')
    bio: str
    birthday: str
    disabled: bool
    email: str
    erased: bool
    id: str
    name: str
    password_hash: str
    role: Role
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def created_at(self) -> datetime.datetime:
        ...
    @created_at.setter
    def created_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def created_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
class Session:
    """
    A signed-in device.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'user', 'token_hash', 'previous_token_hash', 'rotated_at', 'expires_at', 'revoked')
    id: str
    previous_token_hash: str
    revoked: bool
    token_hash: str
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def expires_at(self) -> datetime.datetime:
        ...
    @expires_at.setter
    def expires_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def expires_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def rotated_at(self) -> datetime.datetime:
        ...
    @rotated_at.setter
    def rotated_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def rotated_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
class Stats:
    """
    Counters since the shop was opened.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('commits', 'rows_committed', 'requests', 'granted', 'refused', 'fenced', 'commit_failures', 'unknown_outcomes', 'queue_depth', 'queue_wait_us_sum', 'commit_us_sum')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def commit_failures(self) -> int:
        ...
    @commit_failures.setter
    def commit_failures(self, arg1: int) -> None:
        ...
    @property
    def commit_us_sum(self) -> int:
        ...
    @commit_us_sum.setter
    def commit_us_sum(self, arg1: int) -> None:
        ...
    @property
    def commits(self) -> int:
        ...
    @commits.setter
    def commits(self, arg1: int) -> None:
        ...
    @property
    def fenced(self) -> int:
        """
        Another process wrote meanwhile.
        """
    @fenced.setter
    def fenced(self, arg1: int) -> None:
        ...
    @property
    def granted(self) -> int:
        ...
    @granted.setter
    def granted(self, arg1: int) -> None:
        ...
    @property
    def queue_depth(self) -> int:
        ...
    @queue_depth.setter
    def queue_depth(self, arg1: int) -> None:
        ...
    @property
    def queue_wait_us_sum(self) -> int:
        ...
    @queue_wait_us_sum.setter
    def queue_wait_us_sum(self, arg1: int) -> None:
        ...
    @property
    def refused(self) -> int:
        ...
    @refused.setter
    def refused(self, arg1: int) -> None:
        ...
    @property
    def requests(self) -> int:
        ...
    @requests.setter
    def requests(self, arg1: int) -> None:
        ...
    @property
    def rows_committed(self) -> int:
        ...
    @rows_committed.setter
    def rows_committed(self, arg1: int) -> None:
        ...
    @property
    def unknown_outcomes(self) -> int:
        ...
    @unknown_outcomes.setter
    def unknown_outcomes(self, arg1: int) -> None:
        ...
class Head:
    """
    How far a log reaches.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('seq', 'hash')
    hash: bytes
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def seq(self) -> int:
        ...
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
class PlaceOrder:
    """
    An order for units of a drop.
    """
    def __init__(self, drop: str, user: str, key: str, quantity: int = 1, *, product: str | None = None, deadline: datetime.datetime | int | None = None, hold: bool | None = None, ttl_seconds: int | None = None, replace_hold: bool = False, actor: str | None = None) -> None:
        ...
    @property
    def drop(self) -> str:
        ...
    @property
    def key(self) -> str:
        ...
    @property
    def quantity(self) -> int:
        ...
    @property
    def user(self) -> str:
        ...
class ConfirmOrder:
    """
    The money was taken.
    """
    def __init__(self, order: str, quantity: int | None = None, *, actor: str | None = None, key: str | None = None) -> None:
        ...
class ExtendOrder:
    """
    Lets a hold live on.
    """
    def __init__(self, order: str, ttl_seconds: int = 600, *, actor: str | None = None, key: str | None = None) -> None:
        ...
class CancelOrder:
    """
    Returns units to the stock, once.
    """
    def __init__(self, order: str, quantity: int | None = None, *, actor: str | None = None, key: str | None = None, held_only: bool = False) -> None:
        ...
class CreateProduct:
    """
    A new product.
    """
    def __init__(self, creator: str, name: str, price: int, currency: str = 'USD', description: str = '', *, id: str | None = None, actor: str | None = None, key: str | None = None) -> None:
        ...
class UpdateProduct:
    """
    Changes what is given.
    """
    def __init__(self, id: str, *, name: str | None = None, description: str | None = None, price: int | None = None, currency: str | None = None, media_url: str | None = None, if_version: int | None = None, actor: str | None = None, key: str | None = None) -> None:
        ...
class DeleteProduct:
    """
    Hides a product.
    """
    def __init__(self, id: str, *, if_version: int | None = None, actor: str | None = None, key: str | None = None) -> None:
        ...
class CreateDrop:
    """
    A new drop.
    """
    def __init__(self, product: str, stock: int, end_time: datetime.datetime | int, *, start_time: datetime.datetime | int | None = None, low_stock: int = 0, max_per_order: int = 0, max_per_user: int = 0, confirmation: Confirmation = Confirmation.DIRECT, hold_seconds: int = 600, id: str | None = None, creator: str | None = None, actor: str | None = None, key: str | None = None) -> None:
        ...
class UpdateDrop:
    """
    Changes what is given.
    """
    def __init__(self, id: str, *, start_time: datetime.datetime | int | None = None, end_time: datetime.datetime | int | None = None, low_stock: int | None = None, max_per_order: int | None = None, max_per_user: int | None = None, price: int | None = None, if_version: int | None = None, actor: str | None = None, key: str | None = None) -> None:
        ...
class ChangeDrop:
    """
    Starts, pauses, resumes, ends or cancels a drop.
    """
    def __init__(self, id: str, action: DropAction, *, actor: str | None = None, key: str | None = None) -> None:
        ...
class Restock:
    """
    Adds units, or takes out up to current_stock of them.
    """
    def __init__(self, id: str, quantity: int, key: str, *, actor: str | None = None) -> None:
        ...
class FollowCreator:
    """
    Follows or unfollows.
    """
    def __init__(self, creator: str, user: str, follow: bool = True, *, actor: str | None = None) -> None:
        ...
class MarkRead:
    """
    Marks everything up to `up_to` as read.
    """
    def __init__(self, user: str, up_to: int) -> None:
        ...
class CreateAccount:
    """
    A new account.
    """
    def __init__(self, account: Account, *, actor: str | None = None) -> None:
        ...
class UpdateAccount:
    """
    Changes what is given.
    """
    def __init__(self, id: str, *, name: str | None = None, password_hash: str | None = None, bio: str | None = None, actor: str | None = None, expected_password_hash: str | None = None) -> None:
        ...
class ChangeAccount:
    """
    Disables, enables or erases an account.
    """
    def __init__(self, id: str, action: AccountAction, *, actor: str | None = None) -> None:
        ...
class OpenSession:
    """
    A new session.
    """
    def __init__(self, session: Session) -> None:
        ...
class RotateSession:
    """
    Replaces a session's token hash.
    """
    def __init__(self, id: str, expected_hash: str, new_hash: str, expires_at: datetime.datetime | int) -> None:
        ...
class RevokeSession:
    """
    Ends a session.
    """
    def __init__(self, id: str, *, actor: str | None = None) -> None:
        ...
class OrderRow:
    """
    The creation of an order, immutable.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('seq', 'drop_no', 'aggregate_seq', 'at', 'user', 'actor', 'key', 'quantity', 'amount', 'balance', 'ttl_seconds', 'order_id', 'hash')
    hash: bytes
    key: str
    order_id: bytes
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def actor(self) -> str:
        """
        Empty: the user.
        """
    @actor.setter
    def actor(self, arg1: str) -> None:
        ...
    @property
    def aggregate_seq(self) -> int:
        """
        Gapless in the drop.
        """
    @aggregate_seq.setter
    def aggregate_seq(self, arg1: int) -> None:
        ...
    @property
    def amount(self) -> int:
        ...
    @amount.setter
    def amount(self, arg1: int) -> None:
        ...
    @property
    def at(self) -> datetime.datetime:
        ...
    @at.setter
    def at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def balance(self) -> int:
        """
        Stock of the drop after it.
        """
    @balance.setter
    def balance(self, arg1: int) -> None:
        ...
    @property
    def drop_no(self) -> int:
        """
        The seq of the drop's DROP_SCHEDULED row.
        """
    @drop_no.setter
    def drop_no(self, arg1: int) -> None:
        ...
    @property
    def quantity(self) -> int:
        ...
    @quantity.setter
    def quantity(self, arg1: int) -> None:
        ...
    @property
    def seq(self) -> int:
        ...
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
    @property
    def ttl_seconds(self) -> int:
        """
        0: confirmed at once.
        """
    @ttl_seconds.setter
    def ttl_seconds(self, arg1: int) -> None:
        ...
class EventRow:
    """
    Any other state change, immutable.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('seq', 'type', 'aggregate', 'aggregate_seq', 'at', 'actor', 'subject', 'body', 'key', 'fingerprint', 'drop_no', 'order_seq', 'delta', 'balance', 'creator', 'user', 'hash')
    actor: str
    aggregate: str
    body: str
    hash: bytes
    subject: str
    type: EventType
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def aggregate_seq(self) -> int:
        ...
    @aggregate_seq.setter
    def aggregate_seq(self, arg1: int) -> None:
        ...
    @property
    def at(self) -> datetime.datetime:
        ...
    @at.setter
    def at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def balance(self) -> int:
        ...
    @balance.setter
    def balance(self, arg1: int) -> None:
        ...
    @property
    def creator(self) -> str:
        """
        Whose channel it goes to; may be empty.
        """
    @creator.setter
    def creator(self, arg1: str) -> None:
        ...
    @property
    def delta(self) -> int:
        ...
    @delta.setter
    def delta(self, arg1: int) -> None:
        ...
    @property
    def drop_no(self) -> int:
        """
        0: no drop concerned.
        """
    @drop_no.setter
    def drop_no(self, arg1: int) -> None:
        ...
    @property
    def fingerprint(self) -> int:
        ...
    @fingerprint.setter
    def fingerprint(self, arg1: int) -> None:
        ...
    @property
    def key(self) -> str:
        """
        The command's key with its scope; opaque.
        """
    @key.setter
    def key(self, arg1: str) -> None:
        ...
    @property
    def order_seq(self) -> int:
        """
        0: no order concerned.
        """
    @order_seq.setter
    def order_seq(self, arg1: int) -> None:
        ...
    @property
    def seq(self) -> int:
        ...
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
    @property
    def user(self) -> str:
        """
        Whose channel it goes to; empty for those of an order.
        """
    @user.setter
    def user(self, arg1: str) -> None:
        ...
class OrderChange:
    """
    The present state of an order.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('seq', 'status', 'quantity', 'expires_at')
    status: OrderStatus
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def expires_at(self) -> datetime.datetime:
        """
        Of a hold; else the epoch.
        """
    @expires_at.setter
    def expires_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def expires_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def quantity(self) -> int:
        ...
    @quantity.setter
    def quantity(self, arg1: int) -> None:
        ...
    @property
    def seq(self) -> int:
        ...
    @seq.setter
    def seq(self, arg1: int) -> None:
        ...
class DropRow:
    """
    The present state of a drop: insert or replace.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('drop_no', 'drop', 'started', 'paused', 'ended', 'cancelled', 'fingerprint', 'changed_at')
    cancelled: bool
    drop: Drop
    ended: bool
    paused: bool
    started: bool
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def changed_at(self) -> datetime.datetime:
        ...
    @changed_at.setter
    def changed_at(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def changed_at_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def drop_no(self) -> int:
        ...
    @drop_no.setter
    def drop_no(self, arg1: int) -> None:
        ...
    @property
    def fingerprint(self) -> int:
        ...
    @fingerprint.setter
    def fingerprint(self, arg1: int) -> None:
        ...
class ProductRow:
    """
    The present state of a product.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('product', 'deleted')
    deleted: bool
    product: Product
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
class FollowRow:
    """
    A follow; follow=False deletes the row.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('creator', 'user', 'since', 'follow')
    creator: str
    follow: bool
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def since(self) -> datetime.datetime:
        ...
    @since.setter
    def since(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def since_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
class CreatorRow:
    """
    Counters of a creator.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'followers', 'aggregate_seq')
    id: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def aggregate_seq(self) -> int:
        ...
    @aggregate_seq.setter
    def aggregate_seq(self, arg1: int) -> None:
        ...
    @property
    def followers(self) -> int:
        ...
    @followers.setter
    def followers(self, arg1: int) -> None:
        ...
class UserRow:
    """
    Counters of a user.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('id', 'following', 'aggregate_seq', 'read_up_to')
    id: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def aggregate_seq(self) -> int:
        ...
    @aggregate_seq.setter
    def aggregate_seq(self, arg1: int) -> None:
        ...
    @property
    def following(self) -> int:
        ...
    @following.setter
    def following(self, arg1: int) -> None:
        ...
    @property
    def read_up_to(self) -> int:
        ...
    @read_up_to.setter
    def read_up_to(self, arg1: int) -> None:
        ...
class ShopInfo:
    """
    Identity of a database, made at its creation.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('epoch', 'secret')
    epoch: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def secret(self) -> bytes:
        """
        32 random bytes.
        """
    @secret.setter
    def secret(self, arg1: bytes) -> None:
        ...
class CommitBatch:
    """
    Everything that must agree: one transaction. orders and events ascend by
    seq and together are contiguous after the expected head.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('orders', 'events', 'order_changes', 'drops', 'products', 'follows', 'creators', 'users', 'accounts', 'sessions', 'head')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def accounts(self) -> list[Account]:
        ...
    @accounts.setter
    def accounts(self, arg1: collections.abc.Sequence[Account]) -> None:
        ...
    @property
    def creators(self) -> list[CreatorRow]:
        ...
    @creators.setter
    def creators(self, arg1: collections.abc.Sequence[CreatorRow]) -> None:
        ...
    @property
    def drops(self) -> list[DropRow]:
        ...
    @drops.setter
    def drops(self, arg1: collections.abc.Sequence[DropRow]) -> None:
        ...
    @property
    def events(self) -> list[EventRow]:
        ...
    @events.setter
    def events(self, arg1: collections.abc.Sequence[EventRow]) -> None:
        ...
    @property
    def follows(self) -> list[FollowRow]:
        ...
    @follows.setter
    def follows(self, arg1: collections.abc.Sequence[FollowRow]) -> None:
        ...
    @property
    def head(self) -> Head:
        """
        The head after it.
        """
    @head.setter
    def head(self, arg1: Head) -> None:
        ...
    @property
    def order_changes(self) -> list[OrderChange]:
        ...
    @order_changes.setter
    def order_changes(self, arg1: collections.abc.Sequence[OrderChange]) -> None:
        ...
    @property
    def orders(self) -> list[OrderRow]:
        ...
    @orders.setter
    def orders(self, arg1: collections.abc.Sequence[OrderRow]) -> None:
        ...
    @property
    def products(self) -> list[ProductRow]:
        ...
    @products.setter
    def products(self, arg1: collections.abc.Sequence[ProductRow]) -> None:
        ...
    @property
    def sessions(self) -> list[Session]:
        ...
    @sessions.setter
    def sessions(self, arg1: collections.abc.Sequence[Session]) -> None:
        ...
    @property
    def users(self) -> list[UserRow]:
        ...
    @users.setter
    def users(self, arg1: collections.abc.Sequence[UserRow]) -> None:
        ...
class EventQuery:
    """
    Which rows of the log, newest first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('actor', 'action', 'subject', 'from_', 'to', 'before_seq', 'limit')
    action: EventType | None
    actor: str
    subject: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def before_seq(self) -> int:
        """
        Exclusive; 0: newest.
        """
    @before_seq.setter
    def before_seq(self, arg1: int) -> None:
        ...
    @property
    def from_(self) -> datetime.datetime | None:
        """
        Inclusive.
        """
    @from_.setter
    def from_(self, arg1: datetime.datetime | int | None) -> None:
        ...
    @property
    def from__ms(self) -> int | None:
        """
        The same in milliseconds since 1970.
        """
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
    @property
    def to(self) -> datetime.datetime | None:
        """
        Exclusive.
        """
    @to.setter
    def to(self, arg1: datetime.datetime | int | None) -> None:
        ...
    @property
    def to_ms(self) -> int | None:
        """
        The same in milliseconds since 1970.
        """
class DropQuery:
    """
    Which drops: newest first, ties by id.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('creator', 'product', 'after_created', 'after_id', 'limit')
    creator: str
    product: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def after_created(self) -> datetime.datetime:
        ...
    @after_created.setter
    def after_created(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def after_created_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def after_id(self) -> str:
        """
        Empty: from the start.
        """
    @after_id.setter
    def after_id(self, arg1: str) -> None:
        ...
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
class OrderQuery:
    """
    Orders of one user, newest first, or of one drop, oldest first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('user', 'drop', 'status', 'after_seq', 'limit')
    drop: str
    status: OrderStatus | None
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def after_seq(self) -> int:
        """
        Exclusive; 0: from the start.
        """
    @after_seq.setter
    def after_seq(self, arg1: int) -> None:
        ...
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
class FollowQuery:
    """
    Followers of a creator, or whom a user follows.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('creator', 'user', 'after_since', 'after_id', 'limit')
    creator: str
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def after_id(self) -> str:
        """
        Empty: from the start.
        """
    @after_id.setter
    def after_id(self, arg1: str) -> None:
        ...
    @property
    def after_since(self) -> datetime.datetime:
        ...
    @after_since.setter
    def after_since(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def after_since_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
class SessionQuery:
    """
    Sessions of a user that are not revoked: the first to expire first.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('user', 'expires_after', 'limit')
    user: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def expires_after(self) -> datetime.datetime:
        """
        Exclusive.
        """
    @expires_after.setter
    def expires_after(self, arg1: datetime.datetime | int) -> None:
        ...
    @property
    def expires_after_ms(self) -> int:
        """
        The same in milliseconds since 1970.
        """
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
class ChannelQuery:
    """
    Rows of the log that go to one channel.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('channel', 'after_seq', 'until_seq', 'limit', 'newest_first')
    newest_first: bool
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def after_seq(self) -> int:
        ...
    @after_seq.setter
    def after_seq(self, arg1: int) -> None:
        ...
    @property
    def channel(self) -> str:
        """
        drop:ID, creator:ID, user:ID; empty: every row.
        """
    @channel.setter
    def channel(self, arg1: str) -> None:
        ...
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
    @property
    def until_seq(self) -> int:
        """
        Inclusive; 0: no limit.
        """
    @until_seq.setter
    def until_seq(self, arg1: int) -> None:
        ...
class ProductFilter:
    """
    Which products, page by page.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('status', 'creator', 'page', 'limit')
    creator: str
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def limit(self) -> int:
        ...
    @limit.setter
    def limit(self, arg1: int) -> None:
        ...
    @property
    def page(self) -> int:
        """
        From 1.
        """
    @page.setter
    def page(self, arg1: int) -> None:
        ...
    @property
    def status(self) -> DropStatus | None:
        """
        A drop of the product has it.
        """
    @status.setter
    def status(self, arg1: DropStatus | None) -> None:
        ...
class OrderColumns:
    """
    Orders to place, by column.
    """
    def __init__(self, drops: typing.Any, users: typing.Any, keys: typing.Any, quantities: typing.Any = 1, *, product: str | None = None, deadline: datetime.datetime | int | None = None, hold: bool | None = None, ttl_seconds: int | None = None, replace_hold: bool = False, actor: str | None = None) -> None:
        ...
    def __len__(self) -> int:
        ...
class FollowColumns:
    """
    Follows to set, by column.
    """
    def __init__(self, creators: typing.Any, users: typing.Any, follow: bool = True, *, actor: str | None = None) -> None:
        ...
    def __len__(self) -> int:
        ...
class _Column:
    pass
class Replies:
    """
    The answers to a batch, in its order.

    replies[i] is a Reply, or raises the error of that row. A column is a
    memoryview without a copy: numpy.asarray(replies.outcome).
    """
    def __getitem__(self, row: int) -> Reply:
        ...
    def __init__(self, rows: int) -> None:
        ...
    def __len__(self) -> int:
        ...
    def count(self) -> dict[Outcome, int]:
        """
        How many rows had each outcome: {Outcome: number}.
        """
    @property
    def amount(self) -> memoryview:
        """
        Minor units.
        """
    @property
    def created_at_ms(self) -> memoryview:
        """
        Milliseconds since 1970.
        """
    @property
    def errors(self) -> dict[int, livedrops.errors.Error]:
        """
        The rows that failed: {row: livedrops.Error}.
        """
    @property
    def expires_at_ms(self) -> memoryview:
        """
        Of a hold, else 0.
        """
    @property
    def order_ids(self) -> list[str | None]:
        """
        str, or None where nothing was granted.
        """
    @property
    def outcome(self) -> memoryview:
        """
        Outcome, where status is 0.
        """
    @property
    def quantity(self) -> memoryview:
        """
        Units of the order; 0 when there is none.
        """
    @property
    def remaining(self) -> memoryview:
        """
        SOLD_OUT, HELD_OUT: units in stock.
        """
    @property
    def repeated(self) -> memoryview:
        """
        Whether an earlier answer was given again.
        """
    @property
    def seq(self) -> memoryview:
        """
        Log position; 0 when nothing changed.
        """
    @property
    def status(self) -> memoryview:
        """
        StatusCode; not 0: see errors.
        """
class NativeStorage:
    """
    A storage of the library, until a shop or engine takes it.
    """
    def __repr__(self) -> str:
        ...
class SimClock:
    """
    Stands still until it is told otherwise. It may be set back, as a
    system's clock may.
    """
    def __init__(self, now: datetime.datetime | int = ...) -> None:
        ...
    def advance(self, *, ms: int = 0, seconds: int = 0, minutes: int = 0) -> None:
        """
        Moves the time on.
        """
    def now(self) -> datetime.datetime:
        ...
    def now_ms(self) -> int:
        ...
    def set(self, now: datetime.datetime | int) -> None:
        ...
class SequentialIds:
    """
    UUIDv7s that count 1, 2, 3 after the time. Sources with different
    numbers never give the same id.
    """
    def __init__(self, source: int = 0) -> None:
        ...
    def new_id(self, now: datetime.datetime | int) -> str:
        ...
class EventBatch:
    """
    Some of the log's next events, without a gap.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('epoch', 'events')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def epoch(self) -> str:
        """
        Of the database. After a restore the same seq may mean another event.
        """
    @epoch.setter
    def epoch(self, arg1: str) -> None:
        ...
    @property
    def events(self) -> list[Event]:
        """
        At least one, in the log's order. A new list.
        """
    @events.setter
    def events(self, arg1: collections.abc.Sequence[Event]) -> None:
        ...
class NativeTransport:
    """
    A transport of the library, until a relay takes it.
    """
    def __repr__(self) -> str:
        ...
class PositionFile:
    """
    The position of a transport whose destination cannot keep it: a file
    of one line, replaced and synced at each write.
    """
    def __init__(self, path: str) -> None:
        ...
    def read(self) -> Position | None:
        """
        None: no position yet. Raises UnavailableError, CorruptError.
        """
    def write(self, position: Position) -> None:
        """
        Durable when it returns. Raises UnavailableError.
        """
class _Host:
    def channel(self, name: str, since: Position | None) -> ChannelPage:
        ...
    def close(self) -> None:
        """
        The second time it only waits until the first is done.
        """
    def execute(self, request: PlaceOrder | ConfirmOrder | ExtendOrder | CancelOrder | CreateProduct | UpdateProduct | DeleteProduct | CreateDrop | UpdateDrop | ChangeDrop | Restock | FollowCreator | MarkRead | CreateAccount | UpdateAccount | ChangeAccount | OpenSession | RotateSession | RevokeSession) -> Reply:
        """
        Blocks until the answer is durable.
        """
    def find_account(self, email: str) -> Account:
        ...
    def follow(self, columns: FollowColumns) -> Replies:
        ...
    def followers(self, creator: str, cursor: str, limit: int) -> FollowPage:
        ...
    def following(self, user: str, cursor: str, limit: int) -> FollowPage:
        ...
    def get_account(self, id: str) -> Account:
        ...
    def get_drop(self, id: str) -> Drop:
        ...
    def get_order(self, id: str) -> Order:
        ...
    def get_product(self, id: str) -> Product:
        ...
    def get_session(self, id: str) -> Session:
        ...
    def head(self) -> Head:
        ...
    def inbox(self, user: str, cursor: str, limit: int) -> Inbox:
        ...
    def is_following(self, creator: str, user: str) -> bool:
        ...
    def list_audit(self, actor: str, action: EventType | None, subject: str, since: datetime.datetime | int | None, until: datetime.datetime | int | None, cursor: str, limit: int) -> EventPage:
        ...
    def list_drops(self, status: DropStatus | None, creator: str | None, cursor: str, limit: int) -> DropPage:
        ...
    def list_products(self, status: DropStatus | None, creator: str | None, page: int, limit: int) -> ProductPage:
        ...
    def live_sessions(self, user: str, limit: int) -> list[Session]:
        ...
    def log(self, after_seq: int, limit: int) -> list[Event]:
        ...
    def orders_of_drop(self, drop: str, status: OrderStatus | None, cursor: str, limit: int) -> OrderPage:
        ...
    def orders_of_user(self, user: str, status: OrderStatus | None, cursor: str, limit: int) -> OrderPage:
        ...
    def place(self, columns: OrderColumns) -> Replies:
        ...
    @property
    def batch_rows(self) -> int:
        """
        Rows of a batch that are asked together.
        """
    @property
    def closed(self) -> bool:
        ...
class Shop(_Host):
    """
    livedrops::Service.
    """
    def __init__(self, storage: typing.Any, *, create: bool, late_confirm: LateConfirm, holds_at_end: HoldsAtEnd, live_holds_per_user_max: int, queue_max: int, orders_per_drop_and_commit_max: int, unknown_deadline_ms: int, clock: typing.Any, ids: typing.Any) -> None:
        ...
    def fileno(self) -> int:
        """
        Readable while poll has something to give.
        """
    def poll(self) -> list[tuple[int, Reply | Replies | livedrops.errors.Error]]:
        """
        [(number, answer or exception)]
        """
    def stats(self) -> Stats:
        ...
    def submit(self, request: PlaceOrder | ConfirmOrder | ExtendOrder | CancelOrder | CreateProduct | UpdateProduct | DeleteProduct | CreateDrop | UpdateDrop | ChangeDrop | Restock | FollowCreator | MarkRead | CreateAccount | UpdateAccount | ChangeAccount | OpenSession | RotateSession | RevokeSession) -> int:
        """
        The number that poll gives back.
        """
    def submit_follows(self, columns: FollowColumns, first: int, replies: Replies) -> int | None:
        ...
    def submit_orders(self, columns: OrderColumns, first: int, replies: Replies) -> int | None:
        ...
class Engine(_Host):
    """
    livedrops::Engine.
    """
    def __init__(self, storage: typing.Any, *, create: bool, late_confirm: LateConfirm, holds_at_end: HoldsAtEnd, live_holds_per_user_max: int, clock: typing.Any, ids: typing.Any) -> None:
        ...
    def advance(self) -> None:
        ...
    def next_due(self) -> datetime.datetime | None:
        ...
class RelayProgress:
    """
    How far a relay is.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('sent_seq', 'head_seq', 'events', 'batches', 'failures', 'error', 'running')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def batches(self) -> int:
        ...
    @batches.setter
    def batches(self, arg1: int) -> None:
        ...
    @property
    def error(self) -> str | None:
        """
        Why nothing goes on now; None while it works.
        """
    @error.setter
    def error(self, arg1: str | None) -> None:
        ...
    @property
    def events(self) -> int:
        """
        Handed over since the start, repeats included.
        """
    @events.setter
    def events(self, arg1: int) -> None:
        ...
    @property
    def failures(self) -> int:
        ...
    @failures.setter
    def failures(self, arg1: int) -> None:
        ...
    @property
    def head_seq(self) -> int:
        """
        The last one of the log, when last looked at.
        """
    @head_seq.setter
    def head_seq(self, arg1: int) -> None:
        ...
    @property
    def lag(self) -> int:
        """
        Events that wait in the log.
        """
    @property
    def running(self) -> bool:
        """
        False: stopped, or no retry helps.
        """
    @running.setter
    def running(self, arg1: bool) -> None:
        ...
    @property
    def sent_seq(self) -> int:
        """
        The last event the transport durably has.
        """
    @sent_seq.setter
    def sent_seq(self, arg1: int) -> None:
        ...
class Relay:
    """
    livedrops::Relay.
    """
    def __init__(self, source: typing.Any, transport: typing.Any, *, batch_events_max: int, poll_interval_ms: int, send_deadline_ms: int, backoff_first_ms: int, backoff_longest_ms: int) -> None:
        ...
    def head(self) -> int:
        ...
    def progress(self) -> RelayProgress:
        ...
    def stop(self) -> None:
        """
        The second time it only waits until the first is done.
        """
    def wait_for(self, seq: int, timeout_ms: int | None) -> None:
        ...
    @property
    def stopped(self) -> bool:
        ...
class FaultRates:
    """
    How often calls fail, in 1/1000.
    """
    __hash__: typing.ClassVar[None]  # type: ignore[assignment]
    _fields: typing.ClassVar[tuple[str, ...]] = ('commit_before_permille', 'commit_after_permille', 'commit_lost_permille', 'commit_late_permille', 'lock_permille', 'resolve_before_permille', 'resolve_after_permille', 'read_head_permille', 'read_log_permille', 'load_permille', 'read_permille', 'landing_permille')
    def __eq__(self, other: object) -> bool:
        ...
    def __init__(self, **kwargs: typing.Any) -> None:
        """
        Every field may be given by name; the others keep their defaults.
        """
    def __repr__(self) -> str:
        ...
    def to_dict(self) -> dict[str, typing.Any]:
        """
        The fields by name, in their order.
        """
    @property
    def commit_after_permille(self) -> int:
        ...
    @commit_after_permille.setter
    def commit_after_permille(self, arg1: int) -> None:
        ...
    @property
    def commit_before_permille(self) -> int:
        ...
    @commit_before_permille.setter
    def commit_before_permille(self, arg1: int) -> None:
        ...
    @property
    def commit_late_permille(self) -> int:
        ...
    @commit_late_permille.setter
    def commit_late_permille(self, arg1: int) -> None:
        ...
    @property
    def commit_lost_permille(self) -> int:
        ...
    @commit_lost_permille.setter
    def commit_lost_permille(self, arg1: int) -> None:
        ...
    @property
    def landing_permille(self) -> int:
        ...
    @landing_permille.setter
    def landing_permille(self, arg1: int) -> None:
        ...
    @property
    def load_permille(self) -> int:
        ...
    @load_permille.setter
    def load_permille(self, arg1: int) -> None:
        ...
    @property
    def lock_permille(self) -> int:
        ...
    @lock_permille.setter
    def lock_permille(self, arg1: int) -> None:
        ...
    @property
    def read_head_permille(self) -> int:
        ...
    @read_head_permille.setter
    def read_head_permille(self, arg1: int) -> None:
        ...
    @property
    def read_log_permille(self) -> int:
        ...
    @read_log_permille.setter
    def read_log_permille(self, arg1: int) -> None:
        ...
    @property
    def read_permille(self) -> int:
        ...
    @read_permille.setter
    def read_permille(self, arg1: int) -> None:
        ...
    @property
    def resolve_after_permille(self) -> int:
        ...
    @resolve_after_permille.setter
    def resolve_after_permille(self, arg1: int) -> None:
        ...
    @property
    def resolve_before_permille(self) -> int:
        ...
    @resolve_before_permille.setter
    def resolve_before_permille(self, arg1: int) -> None:
        ...
class FaultInjector:
    """
    Says which calls of a FaultyStorage fail. It counts, its plan can be changed, and it
    outlives a crashed engine.

    A plan is a function (call: StorageCall, nth: int) -> Fault, where nth counts the
    calls of this kind from 1. It must not use the injector.
    """
    @staticmethod
    def fail_first(call: StorageCall, fault: Fault, count: int) -> FaultInjector:
        """
        The first `count` calls of this kind fail.
        """
    @staticmethod
    def random(seed: int, rates: FaultRates) -> FaultInjector:
        """
        The same seed fails the same calls.
        """
    def __init__(self, plan: typing.Any = None) -> None:
        ...
    def calls(self, call: StorageCall) -> int:
        """
        Calls of this kind so far.
        """
    def faults(self, fault: Fault) -> int:
        """
        Faults so far.
        """
    def forget(self) -> None:
        """
        What was under way never comes.
        """
    def has_commit_under_way(self) -> bool:
        ...
    def set_plan(self, plan: typing.Any) -> None:
        """
        None: nothing fails.
        """
class MemoryTopic:
    """
    Where events arrive in a test. Any number of transports may write to it; any thread may
    look.
    """
    def __init__(self) -> None:
        ...
    def events(self) -> list[Event]:
        """
        What has arrived, in order, each event once.
        """
    def position(self) -> Position | None:
        ...
class TransportCall(livedrops._words.Word):
    """
    The calls that can fail.
    """
    READ_POSITION = 0
    SEND = 1
class TransportFault(livedrops._words.Word):
    """
    How a transport's call fails.
    """
    NONE = 0
    BEFORE = 1
    HALF = 2
    AFTER = 3
    REFUSED = 4
def check_batch(batch: EventBatch, position: Position | None) -> None:
    """
    Refuses what `send` must refuse: an empty batch, a gap, another epoch. `position` is what
    `read_position` answers.

    Raises InvalidArgumentError.
    """
def close_all() -> None:
    """
    Closes every shop, engine and relay, and waits for those that are being collected, and
    for threads that wait for an answer.
    """
def conformance_cases() -> list[str]:
    """
    The names of all cases, in the order in which they should be made to pass.
    """
def event_of(row: EventRow) -> Event:
    """
    Any other row. Whose user channel an order's event goes to, the storage must fill in.
    """
def event_of_order(row: OrderRow, drop: str) -> Event:
    """
    The creation of an order as readers of events see it; `drop` is the id of its drop.
    """
def explain(outcome: Outcome) -> str:
    """
    One sentence that explains an outcome to a person.
    """
def faulty_storage(inner: typing.Any, faults: FaultInjector) -> NativeStorage:
    """
    A storage that fails as `faults` says: hand it to a shop or engine.
    """
def faulty_transport(inner: typing.Any, plan: typing.Any) -> NativeTransport:
    """
    A transport that fails as `plan` says: a function (call: TransportCall, nth: int) ->
    TransportFault, where nth counts the calls of this kind from 1.
    """
def memory_transport(topic: MemoryTopic) -> NativeTransport:
    """
    A transport to a topic: hand it to a relay.
    """
def new_events(batch: EventBatch, position: Position | None) -> list[Event]:
    """
    The events of a batch that the position does not cover; refuses what check_batch refuses.
    """
def open_storage(url: str, *, create: bool = True, read_only: bool = False) -> NativeStorage:
    """
    Opens a database without a shop on it: to wrap it, or to hand it to a shop later.

    Raises InvalidArgumentError, UnsupportedError, UnavailableError, CorruptError.
    """
def open_transport(url: str) -> NativeTransport:
    """
    A transport without a relay: to wrap it, or to hand it to one later. file:PATH appends
    JSON lines.

    Raises InvalidArgumentError.
    """
def run_conformance_case(name: str, factory: typing.Any) -> None:
    """
    Runs one case on the storages of `factory`.

    factory.create() makes a new, empty database and opens it; factory.open() opens the
    same once more, as another process would. Raises an Error whose message says what
    was expected and what was found.
    """
def run_transport_conformance_case(name: str, factory: typing.Any) -> None:
    """
    Runs one case on the transports of `factory`.

    factory.create() makes a transport to a new destination; factory.open() opens one to
    the same; factory.received() gives the Position of every event that has arrived
    there, in order. Raises an Error whose message says what was expected and found.
    """
def status_at(row: DropRow, now: datetime.datetime | int) -> DropStatus:
    """
    A drop's status from its row at a time.
    """
def transport_conformance_cases() -> list[str]:
    """
    The names of all cases, in the order in which they should be made to pass.
    """
__version__: str
