"""Relay: carries a shop's events to a transport while the shop sells."""

from types import TracebackType
from typing import TypeAlias

from livedrops import _core, spi
from livedrops._shop import AnyStorage, Closable

AnyTransport: TypeAlias = str | _core.NativeTransport | spi.Transport
"""A URL (``file:PATH``), a transport of the library, or one written in Python."""


class Relay:
    """One thread that follows a log, whoever writes it, and drives one transport.

    Events arrive in the log's order, none is left out, and some arrive twice after a failure or a
    crash: at least once. The position is the transport's: a new relay goes on where the last one
    ended. It starts at once; use it in a ``with`` block, or call ``stop``.

    >>> from livedrops.testing import MemoryTopic, MemoryTransport
    >>> topic = MemoryTopic()
    >>> with livedrops.open("memory:") as shop, livedrops.Relay(shop, MemoryTransport(topic)) as r:
    ...     reply = shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
    ...     r.flush()
    >>> [str(event.type) for event in topic.events()]
    ['productCreated']

    :param source: a shop, blocking or of asyncio, an engine, or a database, opened for reading.
    :param transport: who takes the events. It is closed by ``stop``.
    :param batch_events_max: what one ``send`` carries, 1 to 10,000.
    :param poll_interval_ms: how often a log without news is looked at, 1 to 60,000.
    :param send_deadline_ms: of one ``send``; ``stop`` may have to wait for it. 1 to 600,000.
    :param backoff_first_ms: the wait after a first failure; it doubles. 1 to 600,000.
    :param backoff_longest_ms: up to this. 1 to 600,000.

    Raises InvalidArgumentError for an option out of range or a wrong URL, ClosedError for a shop
    that is closed, and what opening a database raises. What the transport raises is in
    ``progress()`` and ends waits.
    """

    def __init__(self, source: Closable | AnyStorage, transport: AnyTransport, *,
                 batch_events_max: int = 500, poll_interval_ms: int = 100,
                 send_deadline_ms: int = 10_000, backoff_first_ms: int = 100,
                 backoff_longest_ms: int = 30_000) -> None:
        self._relay = _core.Relay(
            source.core if isinstance(source, Closable) else source, transport,
            batch_events_max=batch_events_max, poll_interval_ms=poll_interval_ms,
            send_deadline_ms=send_deadline_ms, backoff_first_ms=backoff_first_ms,
            backoff_longest_ms=backoff_longest_ms)

    def progress(self) -> _core.RelayProgress:
        """How far it is, and why nothing goes on if so. Never waits for the transport."""
        return self._relay.progress()

    def wait_for(self, seq: int, timeout_ms: int | None = None) -> None:
        """Blocks until the transport durably has the event ``seq``. Ctrl-C ends the wait.

        Raises UnavailableError when that took longer than ``timeout_ms``, with what the relay waits
        for; what stopped the relay; ClosedError once ``stop`` was called.
        """
        self._relay.wait_for(seq, timeout_ms)

    def flush(self, timeout_ms: int | None = None) -> None:
        """Blocks until the transport durably has what is committed now. Raises as ``wait_for``."""
        self.wait_for(self._relay.head(), timeout_ms)

    @property
    def stopped(self) -> bool:
        """True after ``stop``, and in a process that was forked after the relay was started."""
        return self._relay.stopped

    def stop(self) -> None:
        """Waits for the ``send`` that is under way, sends nothing more, closes the transport.

        The second time it only waits until the first is done. Raises what had stopped the relay
        before.
        """
        self._relay.stop()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()
