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
state machine for hypothesis: ``livedrops.testing.strategies``. For authors of storages:
``livedrops.testing.conformance``.
"""

from livedrops._core import (
    Fault, FaultInjector, FaultRates, NativeStorage, SequentialIds, SimClock, StorageCall)
from livedrops._core import faulty_storage as _faulty_storage
from livedrops._shop import AnyStorage

__all__ = ["Fault", "FaultInjector", "FaultRates", "FaultyStorage", "SequentialIds", "SimClock",
           "StorageCall"]


def FaultyStorage(inner: AnyStorage, faults: FaultInjector) -> NativeStorage:  # noqa: N802
    """A storage round another one that fails as ``faults`` says, before and after a step.

    Hand it to a shop or engine. Keep ``faults``: it counts, and its plan can be changed.
    """
    return _faulty_storage(inner, faults)
