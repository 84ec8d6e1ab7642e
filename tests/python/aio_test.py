"""The shop for asyncio: commands are awaited on one file descriptor, without a thread for each."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import livedrops
from dict_storage import Database, DictStorage
from livedrops import Outcome, aio, requests, spi


async def sell_mugs(shop: aio.Shop, stock: int = 10) -> None:
    await shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
    await shop.drops.create(id="mug-1", product="mug", stock=stock, end_time=4102444800000)


@pytest.fixture
async def shop(fast_path: Path) -> AsyncIterator[aio.Shop]:
    async with await aio.open(f"sqlite:{fast_path}/shop.db") as opened:
        await sell_mugs(opened)
        yield opened


async def test_a_command_is_awaited(shop: aio.Shop) -> None:
    reply = await shop.orders.place("mug-1", "bo", "k1", 2)
    assert reply.outcome == Outcome.CONFIRMED and reply.order is not None
    assert shop.orders.get(reply.order.id).user == "bo"
    assert (await shop.execute(requests.FollowCreator("ana", "bo"))).since is not None
    assert [order.key for order in shop.orders.of_user("bo")] == ["k1"]
    assert shop.stats().granted >= 1


async def test_many_wait_at_once_without_threads(shop: aio.Shop) -> None:
    before = threading.active_count()
    waiting = [asyncio.ensure_future(shop.orders.place("mug-1", f"u{i}", "k")) for i in range(500)]
    await asyncio.sleep(0)  # All of them have submitted now.
    assert threading.active_count() == before
    replies = await asyncio.gather(*waiting)
    outcomes = [reply.outcome for reply in replies]
    assert outcomes.count(Outcome.CONFIRMED) == 10 and outcomes.count(Outcome.SOLD_OUT) == 490
    assert threading.active_count() == before


async def test_errors_are_raised_where_they_are_awaited(shop: aio.Shop) -> None:
    with pytest.raises(livedrops.InvalidArgumentError, match='user "bad id"'):
        await shop.orders.place("mug-1", "bad id", "k")


async def test_batches_are_awaited(shop: aio.Shop) -> None:
    replies = await shop.orders.place_batch("mug-1", [f"u{i}" for i in range(5_000)], "k")
    assert replies.count() == {Outcome.CONFIRMED: 10, Outcome.SOLD_OUT: 4_990}
    mixed = await shop.orders.place_batch("mug-1", ["bo", "bad id"], "k")
    assert list(mixed.errors) == [1]
    nothing = await shop.orders.place_batch("mug-1", ["bad id"], "k")
    assert list(nothing.errors) == [0]
    assert len(await shop.orders.place_batch("mug-1", [], [])) == 0
    assert len(await shop.follows.set_batch("ana", ["bo", "cy"])) == 2
    assert shop.follows.followers_page("ana").total == 2


async def test_a_full_queue_is_an_error_of_the_row() -> None:
    released = threading.Event()

    class Waiting(DictStorage):
        def commit(self, batch: spi.CommitBatch, expected: spi.Head) -> None:
            if batch.orders:
                assert released.wait(30)
            super().commit(batch, expected)

    async with await aio.open(Waiting(Database()), queue_max=4) as shop:
        await sell_mugs(shop, stock=100)
        waiting = [asyncio.ensure_future(shop.orders.place("mug-1", f"u{i}", "k"))
                   for i in range(20)]
        await asyncio.sleep(0)
        replies = await shop.orders.place_batch("mug-1", ["bo", "cy"], "k")
        released.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, livedrops.OverloadedError)]
    assert refused and all(error.retryable for error in refused)
    assert all(isinstance(error, livedrops.OverloadedError) for error in replies.errors.values())
    assert len(replies.errors) == 2


async def test_a_cancelled_wait_does_not_undo_the_order(shop: aio.Shop) -> None:
    waiting = asyncio.ensure_future(shop.orders.place("mug-1", "bo", "k1"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await shop.orders.place("mug-1", "bo", "k1")).outcome == Outcome.REPEATED


async def test_who_waits_is_answered_when_the_shop_closes(fast_path: Path) -> None:
    shop = await aio.open(f"sqlite:{fast_path}/shop.db")
    await sell_mugs(shop)
    waiting = [asyncio.ensure_future(shop.orders.place("mug-1", f"u{i}", "k")) for i in range(50)]
    await asyncio.sleep(0)
    await shop.aclose()
    await shop.aclose()
    replies = await asyncio.wait_for(asyncio.gather(*waiting), 30)
    assert sum(reply.granted for reply in replies) == 10
    with pytest.raises(livedrops.ClosedError):
        await shop.orders.place("mug-1", "bo", "k")


async def test_a_shop_that_was_closed_gives_its_reader_back(fast_path: Path) -> None:
    shop = await aio.open("memory:")
    shop.close()
    await shop.aclose()
    async with await aio.open("memory:") as again:  # Perhaps with the same descriptor.
        await sell_mugs(again)


async def test_opening_fails_as_the_blocking_shop_does(fast_path: Path) -> None:
    with pytest.raises(livedrops.InvalidArgumentError, match="unknown storage"):
        await aio.open("mysql:shop")


def test_two_loops_have_a_shop_each(fast_path: Path) -> None:
    async def sell(name: str) -> Outcome:
        async with await aio.open(f"sqlite:{fast_path}/{name}.db") as shop:
            await sell_mugs(shop)
            return (await shop.orders.place("mug-1", "bo", "k")).outcome

    found: list[Outcome] = []
    threads = [threading.Thread(target=lambda n=name: found.append(asyncio.run(sell(n))))
               for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Outcome.CONFIRMED, Outcome.CONFIRMED]
