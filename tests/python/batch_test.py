"""Batches: lists or NumPy arrays in, columns out, the GIL given up while the library works."""

import threading

import numpy
import pytest

import livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
from livedrops import Outcome, spi


def test_columns_come_out_without_a_copy(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch("mug-1", ["bo", "cy", "di", "ed"], ["k"] * 4,
                                          [4, 4, 4, 2])
    assert len(replies) == 4
    outcomes = numpy.asarray(replies.outcome)
    assert outcomes.tolist() == [Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.SOLD_OUT,
                                 Outcome.CONFIRMED]
    assert outcomes.base is not None and not outcomes.flags.writeable
    assert replies.quantity.tolist() == [4, 4, 0, 2]
    assert replies.amount.tolist() == [7996, 7996, 0, 3998]
    assert replies.remaining.tolist()[2] == 2
    assert replies.count() == {Outcome.CONFIRMED: 3, Outcome.SOLD_OUT: 1}
    assert replies.order_ids[2] is None and replies.order_ids[0] is not None
    assert mug_shop.orders.get(replies.order_ids[0]).user == "bo"
    assert replies.expires_at_ms.tolist() == [0, 0, 0, 0]
    assert list(replies.seq) == sorted(replies.seq) or replies.seq[2] == 0


def test_columns_outlive_their_batch(mug_shop: livedrops.Shop) -> None:
    quantity = mug_shop.orders.place_batch("mug-1", ["bo"], ["k"], 3).quantity
    assert quantity.tolist() == [3]


def test_a_row_is_a_reply(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch("mug-1", ["bo", "bad id"], "k", 2)
    order = replies[0].order
    assert order is not None
    assert (order.drop, order.product, order.quantity, order.amount) == ("mug-1", "mug", 2, 3998)
    assert order.id == replies.order_ids[0] and replies[-2].order == order
    with pytest.raises(livedrops.InvalidArgumentError, match='user "bad id"'):
        replies[1]
    with pytest.raises(IndexError):
        replies[2]
    assert list(replies.errors) == [1]
    assert replies.status[1] == livedrops.StatusCode.INVALID_ARGUMENT
    assert isinstance(replies.errors[1], livedrops.InvalidArgumentError)


@pytest.mark.parametrize("texts", [
    ["bo", "cy"], ("bo", "cy"), [b"bo", b"cy"], numpy.array(["bo", "cy"]),
    numpy.array([b"bo", b"cy"]), numpy.array(["bo", "cy"], dtype=object), iter(["bo", "cy"]),
    dict.fromkeys(["bo", "cy"]),
])
@pytest.mark.parametrize("numbers", [
    [2, 3], (2, 3), numpy.array([2, 3]), numpy.array([2, 3], dtype=numpy.uint8),
    numpy.array([2, 3], dtype=">i4"), [numpy.int64(2), numpy.int8(3)],
])
def test_columns_are_lists_or_arrays(mug_shop: livedrops.Shop, texts: object,
                                     numbers: object) -> None:
    if not isinstance(texts, (list, tuple, dict, numpy.ndarray)):
        texts = ["bo", "cy"]  # The iterator of an earlier parameter set is used up.
    replies = mug_shop.orders.place_batch("mug-1", texts, "k", numbers)  # type: ignore[arg-type]
    assert replies.quantity.tolist() == [2, 3]
    assert [order.user for order in mug_shop.orders.of_drop("mug-1")] == ["bo", "cy"]


def test_a_numpy_number_is_one_value(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch(
        numpy.str_("mug-1"), ["bo", "cy"], "k", numpy.int64(2))
    assert replies.quantity.tolist() == [2, 2]
    assert mug_shop.orders.place("mug-1", "di", "k", numpy.int64(3)).granted


def test_an_iterator_is_a_column(mug_shop: livedrops.Shop) -> None:
    users = (name for name in ["bo", "cy"])
    assert len(mug_shop.orders.place_batch("mug-1", users, "k")) == 2  # type: ignore[arg-type]


def test_wrong_columns_are_named(mug_shop: livedrops.Shop) -> None:
    place = mug_shop.orders.place_batch
    with pytest.raises(livedrops.InvalidArgumentError, match="keys has 1 rows, users has 2"):
        place("mug-1", ["bo", "cy"], ["k"])
    with pytest.raises(TypeError, match=r"users\[1\] is 7, not a str"):
        place("mug-1", ["bo", 7], "k")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"quantities\[1\] is 1.5, not an int"):
        place("mug-1", ["bo", "cy"], "k", [1, 1.5])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"quantities\[0\] is .*, not an int of 64 bits"):
        place("mug-1", ["bo"], "k", [2**64])
    with pytest.raises(TypeError, match="users is 'int': neither one value nor a sequence"):
        place("mug-1", 7, "k")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"users\[0\] .* UTF-8"):
        place("mug-1", ["\ud800"], "k")


def test_an_empty_batch_is_one(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch("mug-1", [], [])
    assert len(replies) == 0 and replies.outcome.tolist() == [] and replies.count() == {}


def test_a_batch_longer_than_the_queue_is_placed_in_parts() -> None:
    with livedrops.open("memory:", queue_max=100) as shop:
        shop.products.create(id="mug", creator="ana", name="Mug", price=1)
        shop.drops.create(id="mug-1", product="mug", stock=9_000, end_time=4102444800000)
        keys = [f"k{number}" for number in range(10_000)]
        replies = shop.orders.place_batch("mug-1", "bo", keys)
        assert replies.count() == {Outcome.SOLD_OUT: 1_000, Outcome.CONFIRMED: 9_000}
        assert replies.errors == {}


def test_common_options_hold_for_all_rows(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch("mug-1", ["bo", "cy"], "k", hold=True, ttl_seconds=60)
    assert replies.count() == {Outcome.HELD: 2}
    assert replies.expires_at_ms[0] == replies.created_at_ms[0] + 60_000


def test_other_threads_run_while_a_batch_is_decided() -> None:
    committing, released = threading.Event(), threading.Event()

    class Waiting(DictStorage):
        def commit(self, batch: spi.CommitBatch, expected: spi.Head) -> None:
            if batch.orders:
                committing.set()
                assert released.wait(30)
            super().commit(batch, expected)

    def release() -> None:
        assert committing.wait(30)  # The batch is being decided: its caller waits without the GIL.
        released.set()

    other = threading.Thread(target=release)
    other.start()
    with livedrops.open(Waiting(Database())) as shop:
        sell_mugs(shop)
        replies = shop.orders.place_batch("mug-1", ["bo", "cy"], "k")
    other.join()
    assert replies.count() == {Outcome.CONFIRMED: 2}


def test_many_threads_never_oversell(mug_shop: livedrops.Shop) -> None:
    counts: list[int] = []

    def place(name: str) -> None:
        replies = mug_shop.orders.place_batch("mug-1", name, [f"k{i}" for i in range(10)])
        counts.append(replies.count().get(Outcome.CONFIRMED, 0))

    threads = [threading.Thread(target=place, args=(f"user-{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 10 and mug_shop.drops.get("mug-1").current_stock == 0
