"""For tests of code that uses livedrops: time that you move, faults that you choose.

>>> from livedrops.testing import SimClock
>>> clock = SimClock()
>>> shop = livedrops.Engine("memory:", clock=clock)
>>> reply = shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
>>> start = clock.now_ms()
>>> reply = shop.drops.create(id="mug-1", product="mug", stock=1, end_time=start + 60_000)
>>> clock.advance(minutes=1)
>>> str(shop.orders.place("mug-1", "bo", key="late").outcome)
'drop_ended'

With pytest the fixtures ``livedrops_clock`` and ``livedrops_shop`` are there. Strategies and a
state machine for hypothesis: ``livedrops.testing.strategies``. For authors of storages
and transports: ``livedrops.testing.conformance``.
"""

from collections.abc import Callable

from livedrops._core import (
    Fault, FaultInjector, FaultRates, MemoryTopic, NativeStorage, NativeTransport, SequentialIds,
    SimClock, StorageCall, TransportCall, TransportFault)
from livedrops._core import faulty_storage as _faulty_storage
from livedrops._core import faulty_transport as _faulty_transport
from livedrops._core import memory_transport as _memory_transport
from livedrops._relay import AnyTransport
from livedrops._shop import AnyStorage

__all__ = ["Fault", "FaultInjector", "FaultRates", "FaultyStorage", "FaultyTransport",
           "MemoryTopic", "MemoryTransport", "SequentialIds", "SimClock", "StorageCall",
           "TransportCall", "TransportFault"]


def FaultyStorage(inner: AnyStorage, faults: FaultInjector) -> NativeStorage:  # noqa: N802
    """A storage round another one that fails as ``faults`` says, before and after a step.

    Hand it to a shop or engine. Keep ``faults``: it counts, and its plan can be changed.
    """
    return _faulty_storage(inner, faults)


def MemoryTransport(topic: MemoryTopic) -> NativeTransport:  # noqa: N802
    """A transport to a topic in memory, for a relay; ``topic.events()`` shows what has arrived."""
    return _memory_transport(topic)


def FaultyTransport(inner: AnyTransport,  # noqa: N802
                    plan: Callable[[TransportCall, int], TransportFault]) -> NativeTransport:
    """A transport round another one that fails as ``plan(call, nth)`` says.

    ``nth`` counts the calls of this kind from 1. A plan that raises fails nothing.
    """
    return _faulty_transport(inner, plan)
