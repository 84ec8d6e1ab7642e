"""livedrops sells exactly N units, not one more and not one fewer, from inside your process.

>>> import livedrops
>>> shop = livedrops.open("memory:")
>>> reply = shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
>>> reply = shop.drops.create(id="mug-1", product="mug", stock=100, end_time=4102444800000)
>>> shop.orders.place("mug-1", "bo", key="try-1").outcome
<Outcome.CONFIRMED: 14>
>>> shop.close()

What was decided is an :class:`Outcome` and a value; a call that could not do its job raises an
:class:`Error`. Times are aware datetimes, or int milliseconds where they are given; money is int
minor units with an ISO 4217 currency.
"""

from livedrops._core import (
    Account, AccountAction, ChannelPage, Confirmation, Drop, DropAction, DropPage, DropStatus,
    Event, EventPage, EventType, FollowEntry, FollowPage, Head, HoldsAtEnd, Inbox, LateConfirm,
    NativeStorage, NativeTransport, Notification, Order, OrderPage, OrderStatus, Outcome, Position,
    Product, ProductPage, RelayProgress, Replies, Reply, Role, Session, Stats, StatusCode,
    __version__, explain, open_storage, open_transport)
from livedrops._relay import AnyTransport, Relay
from livedrops._shop import AnyStorage, Engine, Shop
from livedrops.errors import (
    BrokenInvariantError, ClosedError, CorruptError, Error, FencedError, InvalidArgumentError,
    NotFoundError, OutcomeUnknownError, OverloadedError, UnavailableError, UnsupportedError)

open = Shop
"""Opens a shop: ``with livedrops.open("sqlite:shop.db") as shop: ...``"""

__all__ = [
    "Account", "AccountAction", "AnyStorage", "AnyTransport", "BrokenInvariantError", "ChannelPage",
    "ClosedError", "Confirmation", "CorruptError", "Drop", "DropAction", "DropPage", "DropStatus",
    "Engine", "Error", "Event", "EventPage", "EventType", "FencedError", "FollowEntry",
    "FollowPage", "Head", "HoldsAtEnd", "Inbox", "InvalidArgumentError", "LateConfirm",
    "NativeStorage", "NativeTransport", "NotFoundError", "Notification", "Order", "OrderPage",
    "OrderStatus", "Outcome", "OutcomeUnknownError", "OverloadedError", "Position", "Product",
    "ProductPage", "Relay", "RelayProgress", "Replies", "Reply", "Role", "Session", "Shop", "Stats",
    "StatusCode", "UnavailableError", "UnsupportedError", "__version__", "explain", "open",
    "open_storage", "open_transport",
]
