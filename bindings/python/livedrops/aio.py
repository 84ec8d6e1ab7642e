"""The shop for asyncio: commands are awaited, and no thread waits for them.

Answers come through one file descriptor that the event loop watches; one wake-up takes all that are
there. Reads are plain calls: they never wait for the writer and take some ten microseconds.

    async with await livedrops.aio.open("sqlite:shop.db") as shop:
        reply = await shop.orders.place("mug-1", "bo", key="try-1")
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeAlias, TypeVar

from livedrops import _core, spi
from livedrops._core import HoldsAtEnd, LateConfirm
from livedrops._families import Request
from livedrops._shop import AnyStorage, Closable, Families

Answer: TypeAlias = _core.Reply | _core.Replies
ColumnsT = TypeVar("ColumnsT", _core.OrderColumns, _core.FollowColumns)
Submit: TypeAlias = Callable[[ColumnsT, int, _core.Replies], int | None]


class _AsyncPort:
    """Submits requests and gives the answers of the file descriptor to those who wait."""

    def __init__(self, core: _core.Shop) -> None:
        self.core = core
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._fd = core.fileno()
        self._loop.add_reader(self._fd, self.take_answers)

    async def execute(self, request: Request) -> _core.Reply:
        reply = await self._answer(self.core.submit(request))
        assert isinstance(reply, _core.Reply)
        return reply

    async def place(self, columns: _core.OrderColumns) -> _core.Replies:
        return await self._in_parts(columns, self.core.submit_orders)

    async def follow(self, columns: _core.FollowColumns) -> _core.Replies:
        return await self._in_parts(columns, self.core.submit_follows)

    def take_answers(self) -> None:
        for number, answer in self.core.poll():
            waiting = self._waiting.pop(number, None)
            if waiting is None or waiting.done():
                continue  # Whoever waited was cancelled; the request was decided all the same.
            if isinstance(answer, BaseException):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def stop(self) -> None:
        self._loop.remove_reader(self._fd)
        self.take_answers()

    async def _answer(self, number: int) -> Answer:
        waiting: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[number] = waiting
        return await waiting

    async def _in_parts(self, columns: ColumnsT, submit: Submit[ColumnsT]) -> _core.Replies:
        replies = _core.Replies(len(columns))
        for first in range(0, len(columns), self.core.batch_rows):
            number = submit(columns, first, replies)
            if number is not None:
                await self._answer(number)
        return replies


class Shop(Closable, Families[Awaitable[_core.Reply], Awaitable[_core.Replies]]):
    """A shop of one event loop; made by :func:`open`, closed by ``await shop.aclose()``.

    A cancelled ``await`` ends the wait, not the request: it is decided all the same, and the same
    key gives its answer. Two differences to the blocking shop: rows of an order do not repeat its
    user and key, and ``since`` of a repeated follow is absent.
    """

    def __init__(self, core: _core.Shop) -> None:
        super().__init__(core)
        self._shop = core
        self._port = _AsyncPort(core)
        self._set_families(self._port)

    async def execute(self, request: Request) -> _core.Reply:
        """Does what a request object asks (``livedrops.requests``)."""
        return await self._port.execute(request)

    def stats(self) -> _core.Stats:
        """Counters since the shop was opened."""
        return self._shop.stats()

    async def aclose(self) -> None:
        """Decides and commits what is queued, answers everybody who waits, closes the storage."""
        if not self.closed:
            # Closing waits for commits: one thread, once in the life of a shop.
            await asyncio.to_thread(self.close)
        self._port.stop()

    async def __aenter__(self) -> "Shop":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.aclose()


async def open(storage: AnyStorage, *, create: bool = True,
               late_confirm: LateConfirm = LateConfirm.REFUSE,
               holds_at_end: HoldsAtEnd = HoldsAtEnd.CONFIRM, live_holds_per_user_max: int = 100,
               queue_max: int = 65_536, orders_per_drop_and_commit_max: int = 256,
               unknown_deadline_ms: int = 5_000, clock: spi.AnyClock | None = None,
               ids: spi.AnyIdSource | None = None) -> Shop:
    """Opens a shop for the running event loop. Parameters and errors: :class:`livedrops.Shop`."""
    def load() -> _core.Shop:
        return _core.Shop(
            storage, create=create, late_confirm=late_confirm, holds_at_end=holds_at_end,
            live_holds_per_user_max=live_holds_per_user_max, queue_max=queue_max,
            orders_per_drop_and_commit_max=orders_per_drop_and_commit_max,
            unknown_deadline_ms=unknown_deadline_ms, clock=clock, ids=ids)

    # Loading a big shop takes up to a second: not on the loop's thread.
    return Shop(await asyncio.to_thread(load))
