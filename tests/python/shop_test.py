"""The surface of the package: what a host writes, and what it gets back."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import livedrops
from conftest import sell_mugs
from livedrops import Confirmation, DropStatus, EventType, OrderStatus, Outcome, requests
from livedrops.testing import SimClock

END = datetime(2100, 1, 1, tzinfo=timezone.utc)


def test_a_shop_opens_in_three_lines(fast_path: Path) -> None:
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as shop:
        shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
        shop.drops.create(id="mug-1", product="mug", stock=1, end_time=END)
        assert shop.orders.place("mug-1", "bo", key="try-1").outcome == Outcome.CONFIRMED
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as shop:
        assert shop.orders.place("mug-1", "bo", key="try-1").outcome == Outcome.REPEATED


def test_an_order_is_a_value(mug_shop: livedrops.Shop) -> None:
    order = mug_shop.orders.place("mug-1", "bo", "k1", 2).order
    assert order is not None
    assert (order.user, order.drop, order.product, order.key) == ("bo", "mug-1", "mug", "k1")
    assert (order.quantity, order.amount, order.currency) == (2, 3998, "USD")
    assert order.status == OrderStatus.CONFIRMED and order.expires_at is None
    assert order.created_at.tzinfo is timezone.utc
    assert order.created_at == datetime.fromtimestamp(0, timezone.utc) + timedelta(
        milliseconds=order.created_at_ms)
    assert mug_shop.orders.get(order.id) == order
    assert order != mug_shop.orders.place("mug-1", "bo", "k2").order
    assert order.to_dict()["quantity"] == 2 and "quantity=2" in repr(order)
    with pytest.raises(TypeError):
        hash(order)


def test_results_can_be_made_by_field() -> None:
    assert livedrops.Position(epoch="e", offset=3).offset == 3
    with pytest.raises(TypeError, match="Position has no field 'ofset'"):
        livedrops.Position(ofset=3)


def test_enums_are_numbers_and_words() -> None:
    assert str(Outcome.SOLD_OUT) == f"{Outcome.SOLD_OUT}" == Outcome.SOLD_OUT.text == "sold_out"
    assert Outcome(11) is Outcome.SOLD_OUT and list(Outcome)[0] == Outcome.REPEATED
    assert str(EventType.ORDER_CONFIRMED) == "orderConfirmed"
    assert f"{DropStatus.LIVE:>6}" == "  live"
    assert livedrops.explain(Outcome.DROP_PAUSED) == "the drop is paused"


@pytest.mark.parametrize(("code", "error", "retryable"), [
    ("INVALID_ARGUMENT", livedrops.InvalidArgumentError, False),
    ("NOT_FOUND", livedrops.NotFoundError, False), ("CLOSED", livedrops.ClosedError, False),
    ("OVERLOADED", livedrops.OverloadedError, True),
    ("UNAVAILABLE", livedrops.UnavailableError, True),
    ("OUTCOME_UNKNOWN", livedrops.OutcomeUnknownError, True),
    ("CORRUPT", livedrops.CorruptError, False),
    ("UNSUPPORTED", livedrops.UnsupportedError, False),
    ("BROKEN_INVARIANT", livedrops.BrokenInvariantError, False),
    ("FENCED", livedrops.FencedError, True),
])
def test_every_status_is_an_exception(code: str, error: type[livedrops.Error],
                                      retryable: bool) -> None:
    assert livedrops.StatusCode[code] == error.code
    assert error.retryable is retryable
    assert livedrops.errors.BY_CODE[error.code] is error
    assert len(livedrops.StatusCode) == 11


def test_an_error_says_which_value_was_wrong(mug_shop: livedrops.Shop) -> None:
    with pytest.raises(livedrops.InvalidArgumentError, match='user "bad id" is no id') as caught:
        mug_shop.orders.place("mug-1", "bad id", "k1")
    assert isinstance(caught.value, ValueError) and not caught.value.retryable
    assert caught.value.message == str(caught.value)
    with pytest.raises(livedrops.InvalidArgumentError, match='order "17" is no order id'):
        mug_shop.orders.get("17")
    with pytest.raises(livedrops.NotFoundError) as missing:
        mug_shop.drops.get("nothing")
    assert isinstance(missing.value, LookupError)
    with pytest.raises(livedrops.InvalidArgumentError, match=r'currency "EURO"'):
        mug_shop.products.create(creator="ana", name="Cup", price=1, currency="EURO")
    with pytest.raises(livedrops.InvalidArgumentError, match="unknown storage"):
        livedrops.open("mysql:shop")
    with pytest.raises(livedrops.InvalidArgumentError, match=r"queue_max 0 is not in 1\.\."):
        livedrops.open("memory:", queue_max=0)
    with pytest.raises(livedrops.InvalidArgumentError, match=r"limit 101 is not in 1\.\.100"):
        mug_shop.drops.page(limit=101)


def test_text_that_utf8_cannot_write_is_named(mug_shop: livedrops.Shop) -> None:
    with pytest.raises(livedrops.InvalidArgumentError, match=r'user "bo\\ud800" is no id'):
        mug_shop.orders.place("mug-1", "bo\ud800", "k1")


@pytest.mark.parametrize("value", [1.5, "1", None, 2**63])
def test_quantities_are_whole_numbers(mug_shop: livedrops.Shop, value: object) -> None:
    with pytest.raises((TypeError, livedrops.InvalidArgumentError)):
        mug_shop.orders.place("mug-1", "bo", "k1", value)  # type: ignore[arg-type]


def test_times_are_datetimes_or_milliseconds(livedrops_shop: livedrops.Engine) -> None:
    livedrops_shop.products.create(id="mug", creator="ana", name="Mug", price=1)
    cet = timezone(timedelta(hours=1))
    ends: list[datetime | int] = [END, END.astimezone(cet), 4102444800000]
    for number, end in enumerate(ends):
        drop = livedrops_shop.drops.create(product="mug", stock=1, end_time=end).drop
        assert drop is not None and drop.end_time == END, number
        assert drop.end_time_ms == 4102444800000
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=timezone.utc)
    drop = livedrops_shop.drops.create(product="mug", stock=1, end_time=last).drop
    assert drop is not None and drop.end_time == last
    with pytest.raises(livedrops.InvalidArgumentError, match="has no time zone"):
        livedrops_shop.drops.create(product="mug", stock=1, end_time=datetime(2100, 1, 1))
    with pytest.raises(livedrops.InvalidArgumentError, match="no number of milliseconds"):
        livedrops_shop.drops.create(product="mug", stock=1, end_time=2**70)
    with pytest.raises(TypeError):
        livedrops_shop.drops.create(product="mug", stock=1, end_time=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        livedrops_shop.drops.create(product="mug", stock=1, end_time=True)


def test_a_hold_lives_its_life(livedrops_shop: livedrops.Engine,
                               livedrops_clock: SimClock) -> None:
    shop = livedrops_shop
    shop.products.create(id="mug", creator="ana", name="Mug", price=5)
    shop.drops.create(id="d", product="mug", stock=10, end_time=END,
                      confirmation=Confirmation.HOLD, hold_seconds=60)
    held = shop.orders.place("d", "bo", "k1", 3)
    assert held.outcome == Outcome.HELD and held.granted and held.order is not None
    assert held.order.expires_at == livedrops_clock.now() + timedelta(seconds=60)
    assert shop.next_due() == held.order.expires_at
    extended = shop.orders.extend(held.order.id, 120).order
    assert extended is not None and extended.expires_at is not None
    confirmed = shop.orders.confirm(held.order.id, 2)
    assert confirmed.order is not None and confirmed.order.quantity == 2
    assert shop.drops.get("d").current_stock == 8
    assert shop.orders.cancel(held.order.id, held_only=True).outcome == Outcome.ORDER_STATE
    assert shop.orders.cancel(held.order.id).outcome == Outcome.DONE
    assert shop.drops.get("d").current_stock == 10
    other = shop.orders.place("d", "cy", "k1", 10)
    refused = shop.orders.place("d", "di", "k1", 1)
    assert refused.outcome == Outcome.HELD_OUT and refused.remaining == 0
    assert other.order is not None and refused.retry_at == other.order.expires_at
    livedrops_clock.advance(seconds=60)
    shop.advance()
    assert shop.orders.get(other.order.id).status == OrderStatus.EXPIRED


def drop_of(reply: livedrops.Reply) -> livedrops.Drop:
    assert reply.drop is not None
    return reply.drop


def test_drops_are_changed(mug_shop: livedrops.Shop) -> None:
    drops = mug_shop.drops
    assert drop_of(drops.restock("mug-1", 5, key="more")).current_stock == 15
    assert drops.restock("mug-1", 5, key="more").repeated
    assert drop_of(drops.pause("mug-1")).status == DropStatus.PAUSED
    assert mug_shop.orders.place("mug-1", "bo", "k1").outcome == Outcome.DROP_PAUSED
    assert drops.resume("mug-1").outcome == Outcome.DONE
    version = drops.get("mug-1").version
    assert drops.update("mug-1", max_per_user=1, if_version=version).outcome == Outcome.DONE
    assert drops.update("mug-1", low_stock=1, if_version=version).outcome == (
        Outcome.PRECONDITION_FAILED)
    assert drop_of(drops.end("mug-1")).status == DropStatus.ENDED
    assert drops.cancel("mug-1").outcome == Outcome.DROP_STATE
    later = drops.create(product="mug", stock=1, start_time=END - timedelta(days=1),
                         end_time=END).drop
    assert later is not None and drops.start(later.id).outcome == Outcome.DONE


def test_products_are_changed(mug_shop: livedrops.Shop) -> None:
    products = mug_shop.products
    changed = products.update("mug", name="Big mug", price=2500, currency="EUR").product
    assert changed is not None and (changed.price, changed.currency) == (2500, "EUR")
    assert changed.media_url is None
    assert mug_shop.drops.get("mug-1").price == 1999
    with pytest.raises(livedrops.InvalidArgumentError, match="currency is given without price"):
        products.update("mug", currency="EUR")
    assert products.delete("mug").outcome == Outcome.DROP_STATE
    created = products.create(creator="ana", name="Cup", price=1, key="once")
    again = products.create(creator="ana", name="Cup", price=1, key="once")
    assert again.repeated and again.product == created.product
    assert {product.name for product in products.list(creator="ana")} == {"Big mug", "Cup"}
    assert products.page(1, 1).total == 2 and products.page(3, 1).data == []
    assert [product.id for product in products.list(status=DropStatus.LIVE)] == ["mug"]


def test_lists_are_read_page_by_page(livedrops_shop: livedrops.Engine) -> None:
    shop = livedrops_shop
    sell_mugs(shop, stock=1000)
    keys = [f"k{number}" for number in range(230)]
    shop.orders.place_batch("mug-1", "bo", keys)
    assert [order.key for order in shop.orders.of_user("bo")] == keys[::-1]
    assert [order.key for order in shop.orders.of_drop("mug-1")] == keys
    assert list(shop.orders.of_drop("mug-1", status=OrderStatus.HELD)) == []
    page = shop.orders.of_user_page("bo", limit=5)
    assert len(page.data) == 5 and page.next_cursor is not None
    assert shop.orders.of_user_page("bo", page.next_cursor, 5).data[0].key == "k224"
    with pytest.raises(livedrops.InvalidArgumentError, match="cursor"):
        shop.orders.of_user_page("bo", "forged")
    assert len(list(shop.notifications.events())) == 233
    assert [drop.id for drop in shop.drops.list(creator="ana")] == ["mug-1"]
    orders = shop.orders.of_drop("mug-1")
    shop.close()
    with pytest.raises(livedrops.ClosedError):
        next(orders)


def test_follows_and_inbox(mug_shop: livedrops.Shop) -> None:
    follows, notifications = mug_shop.follows, mug_shop.notifications
    first = follows.follow("ana", "bo")
    assert first.since is not None and follows.follow("ana", "bo").since == first.since
    assert follows.is_following("ana", "bo") and not follows.is_following("ana", "cy")
    replies = follows.set_batch("ana", ["bo", "cy", "di"])
    assert replies.repeated.tolist() == [True, False, False]
    assert {entry.user for entry in follows.followers("ana")} == {"bo", "cy", "di"}
    assert follows.followers_page("ana", limit=2).total == 3
    assert [entry.creator for entry in follows.following("bo")] == ["ana"]
    follows.unfollow("ana", "di")
    mug_shop.drops.create(id="mug-2", product="mug", stock=1, end_time=END)
    told = [str(note.type) for note in notifications.inbox("bo")]
    assert "dropScheduled" in told
    unread = notifications.inbox_page("bo")
    assert unread.unread == len(told) and unread.data[0].event.creator == "ana"
    notifications.mark_read("bo", unread.data[0].id)
    assert notifications.inbox_page("bo").unread == 0


def test_channels_have_positions(mug_shop: livedrops.Shop) -> None:
    here = mug_shop.notifications.channel("drop:mug-1").position
    mug_shop.drops.pause("mug-1")
    page = mug_shop.notifications.channel("drop:mug-1", here)
    assert [str(event.type) for event in page.events] == ["dropPaused"] and page.recovered
    lost = livedrops.Position(epoch="another", offset=here.offset)
    assert not mug_shop.notifications.channel("drop:mug-1", lost).recovered


def test_the_audit_is_the_log(mug_shop: livedrops.Shop) -> None:
    mug_shop.orders.place("mug-1", "bo", "k1", actor="desk")
    rows = list(mug_shop.audit.list(actor="desk"))
    assert [row.type for row in rows] == [EventType.ORDER_CONFIRMED]
    assert rows[0].user == "bo" and rows[0].balance == 9 and rows[0].creator is None
    head = mug_shop.audit.head()
    assert head.seq == rows[0].seq and head.hash == rows[0].hash and len(head.hash) == 32
    assert mug_shop.audit.page(action=EventType.DROP_START, subject="mug-1").next_cursor is None


def test_accounts_and_sessions(mug_shop: livedrops.Shop) -> None:
    accounts = mug_shop.accounts
    bo = livedrops.Account(id="bo", name="Bo", email="Bo@example.com", role=livedrops.Role.USER)
    assert accounts.create(bo).id == "bo"
    other = livedrops.Account(id="b2", name="B", email="bo@EXAMPLE.com")
    assert accounts.create(other).outcome == Outcome.EMAIL_TAKEN
    assert accounts.find_by_email("BO@example.com").name == "Bo"
    accounts.update("bo", name="Robert")
    accounts.disable("bo")
    assert accounts.get("bo").disabled
    accounts.enable("bo")
    opened = accounts.open_session(livedrops.Session(user="bo", token_hash="h1", expires_at=END))
    assert opened.id is not None
    assert accounts.rotate_session(opened.id, "h1", "h2", END).outcome == Outcome.DONE
    assert accounts.rotate_session(opened.id, "h1", "h3", END).outcome == Outcome.CONFLICT
    assert [session.id for session in accounts.live_sessions("bo")] == [opened.id]
    accounts.revoke_session(opened.id)
    assert accounts.get_session(opened.id).revoked
    assert accounts.live_sessions("bo") == []
    for expected, outcome in (("other", Outcome.CONFLICT), ("", Outcome.DONE)):
        reply = accounts.update("bo", password_hash="new", expected_password_hash=expected)
        assert reply.outcome == outcome
    accounts.erase("bo")
    assert accounts.get("bo").erased and accounts.get("bo").name == ""


def test_requests_can_be_kept(mug_shop: livedrops.Shop) -> None:
    order = requests.PlaceOrder("mug-1", "bo", "k1", quantity=2)
    assert (order.drop, order.user, order.key, order.quantity) == ("mug-1", "bo", "k1", 2)
    assert mug_shop.execute(order).outcome == Outcome.CONFIRMED
    assert mug_shop.execute(order).outcome == Outcome.REPEATED
    assert mug_shop.execute(requests.FollowCreator("ana", "bo")).outcome == Outcome.DONE


def test_a_deadline_that_passed_refuses(mug_shop: livedrops.Shop) -> None:
    reply = mug_shop.orders.place("mug-1", "bo", "k1", deadline=1)
    assert reply.outcome == Outcome.REQUEST_EXPIRED and reply.order is None
    mug_shop.orders.place("mug-1", "bo", "k1")
    assert mug_shop.orders.place("mug-1", "bo", "k1", 2).outcome == Outcome.REPEATED_DIFFERS


def test_stats_count(mug_shop: livedrops.Shop) -> None:
    mug_shop.orders.place("mug-1", "bo", "k1")
    mug_shop.orders.place("mug-1", "bo", "k2", 100)
    stats = mug_shop.stats()
    assert stats.granted >= 1 and stats.refused >= 1 and stats.commits >= 1


def test_a_closed_shop_says_so() -> None:
    shop = livedrops.open("memory:")
    assert not shop.closed
    shop.close()
    shop.close()
    assert shop.closed
    for call in (lambda: shop.orders.place("d", "u", "k"), lambda: shop.drops.get("d"),
                 shop.stats, lambda: shop.orders.place_batch("d", ["u"], ["k"])):
        with pytest.raises(livedrops.ClosedError, match="the shop is closed"):
            call()


def test_a_storage_is_given_away_once(fast_path: Path) -> None:
    storage = livedrops.open_storage(f"sqlite:{fast_path}/shop.db")
    assert repr(storage) == "<NativeStorage sqlite:>"
    with livedrops.open(storage):
        assert repr(storage) == "<NativeStorage sqlite: (taken)>"
        with pytest.raises(livedrops.ClosedError, match="belongs to another shop"):
            livedrops.open(storage)
    with pytest.raises(livedrops.Error):
        livedrops.open(f"sqlite:{fast_path}/missing.db", create=False)
    with pytest.raises(TypeError, match="neither a URL nor a livedrops.spi.Storage"):
        livedrops.open(17)  # type: ignore[arg-type]
