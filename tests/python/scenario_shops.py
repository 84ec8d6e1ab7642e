"""The scenario verbs through the Python API: virtual time, ids that count."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import livedrops
from livedrops import Confirmation, HoldsAtEnd, LateConfirm
from livedrops.testing import SequentialIds, SimClock
from scenario import START_MS, Answer, Step, time_of, time_text

UNKNOWN_ORDER = "01890a5d-ac96-774b-bcce-b302099a8057"


def offset(time: datetime) -> str:
    return time_text(round(time.timestamp() * 1000) - START_MS)


def drop_facts(drop: livedrops.Drop) -> dict[str, str]:
    return {"stock": str(drop.current_stock), "held": str(drop.held),
            "init": str(drop.init_stock), "adjust": str(drop.adjust), "status": str(drop.status),
            "start": offset(drop.start_time), "end": offset(drop.end_time),
            "price": str(drop.price), "version": str(drop.version)}


def order_facts(order: livedrops.Order) -> dict[str, str]:
    facts = {"quantity": str(order.quantity), "amount": str(order.amount),
             "status": str(order.status), "created": offset(order.created_at)}
    if order.expires_at is not None:
        facts["expires"] = offset(order.expires_at)
    return facts


def answer_of(reply: livedrops.Reply) -> Answer:
    answer = Answer([str(reply.outcome)], reply.repeated)
    if reply.drop is not None:
        answer.facts |= drop_facts(reply.drop)
    if reply.order is not None:
        answer.facts |= order_facts(reply.order)
    if reply.outcome in (livedrops.Outcome.SOLD_OUT, livedrops.Outcome.HELD_OUT):
        answer.facts["remaining"] = str(reply.remaining)
    if reply.retry_at is not None:
        answer.facts["retry"] = offset(reply.retry_at)
    if reply.product is not None:
        answer.facts |= {"price": str(reply.product.price), "version": str(reply.product.version)}
    if reply.since is not None:
        answer.facts["since"] = offset(reply.since)
    return answer


# Options of a verb: its name in the file → (its name in Python, how it is read).
TIMES = {"start": ("start_time", time_of), "end": ("end_time", time_of),
         "deadline": ("deadline", time_of)}
NUMBERS = {"stock": ("stock", int), "lowStock": ("low_stock", int), "price": ("price", int),
           "maxPerOrder": ("max_per_order", int), "maxPerUser": ("max_per_user", int),
           "holdSeconds": ("hold_seconds", int), "ifVersion": ("if_version", int),
           "ttl": ("ttl_seconds", int)}
TEXTS = {name: (name, str) for name in ("product", "creator", "key", "name", "actor")}
CHOICES = {"confirmation": ("confirmation", lambda word: Confirmation[word.upper()]),
           "hold": ("hold", lambda word: word == "yes"),
           "replaceHold": ("replace_hold", lambda word: word == "yes")}
OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {**TIMES, **NUMBERS, **TEXTS, **CHOICES}


def arguments(step: Step) -> dict[str, Any]:
    return {OPTIONS[name][0]: OPTIONS[name][1](value) for name, value in step.options.items()
            if name in OPTIONS}


class ScenarioShop:
    """Runs the verbs on an engine with virtual time. One object runs one scenario."""

    def __init__(self, open_storage: Callable[[], Any]) -> None:
        self.open_storage = open_storage
        self.clock = SimClock(START_MS)
        self.ids = SequentialIds()
        self.options: dict[str, Any] = {}
        self.orders: dict[str, str] = {}
        self.shop: Any = None

    def do(self, step: Step) -> Answer:
        if self.shop is None and step.verb != "options":
            self.open()
        try:
            verb: Callable[[Step], Answer] = getattr(self, "do_" + step.verb.replace("-", "_"))
            return verb(step)
        except livedrops.Error as error:
            return Answer([str(livedrops.StatusCode(error.code))], detail=error.message)

    def open(self) -> None:
        self.shop = livedrops.Engine(self.open_storage(), clock=self.clock, ids=self.ids,
                                     **self.options)
        try:
            self.shop.products.get("p1")
        except livedrops.NotFoundError:
            self.shop.products.create(id="p1", creator="c1", name="p1", price=1000)

    def close(self) -> None:
        if self.shop is not None:
            self.shop.close()

    def do_options(self, step: Step) -> Answer:
        late = step.options.get("lateConfirm", "refuse")
        at_end = step.options.get("holdsAtEnd", "confirm")
        self.options = {"late_confirm": LateConfirm[late.upper()],
                        "holds_at_end": HoldsAtEnd[at_end.upper()],
                        "live_holds_per_user_max": int(step.options.get("liveHoldsPerUser", 100))}
        return Answer(["done"])

    def do_at(self, step: Step) -> Answer:
        self.clock.set(time_of(step.words[1]))
        return Answer(["done"])

    def do_restart(self, step: Step) -> Answer:
        self.shop.close()
        self.open()
        return Answer(["done"])

    def do_product(self, step: Step) -> Answer:
        given = {"creator": "c1", "price": 1000, "name": step.words[1]} | arguments(step)
        return answer_of(self.shop.products.create(id=step.words[1], **given))

    def do_update_product(self, step: Step) -> Answer:
        return answer_of(self.shop.products.update(step.words[1], **arguments(step)))

    def do_delete_product(self, step: Step) -> Answer:
        return answer_of(self.shop.products.delete(step.words[1]))

    def do_drop(self, step: Step) -> Answer:
        given = {"product": "p1", "stock": 10, "end_time": START_MS + 3_600_000} | arguments(step)
        return answer_of(self.shop.drops.create(id=step.words[1], **given))

    def do_update(self, step: Step) -> Answer:
        return answer_of(self.shop.drops.update(step.words[1], **arguments(step)))

    def act(self, step: Step) -> Answer:
        action = getattr(self.shop.drops, step.verb.removesuffix("-drop"))
        return answer_of(action(step.words[1], **arguments(step)))

    do_start = do_pause = do_resume = do_end = do_cancel_drop = act

    def do_restock(self, step: Step) -> Answer:
        key = step.options.get("key", "")
        return answer_of(self.shop.drops.restock(step.words[1], int(step.words[2]), key=key))

    def do_order(self, step: Step) -> Answer:
        drop, user, key = step.words[1:4]
        quantity = int(step.words[4]) if len(step.words) > 4 else 1
        reply = self.shop.orders.place(drop, user, key, quantity, **arguments(step))
        name = f"{drop}/{user}/{key}"
        answer = answer_of(reply)
        if reply.granted:
            self.orders[name] = reply.order.id
        elif reply.outcome == livedrops.Outcome.REPEATED and name in self.orders:
            if self.orders[name] != reply.order.id:
                answer.words = ["repeated-with-another-id"]
        return answer

    def on_order(self, step: Step) -> Answer:
        action = getattr(self.shop.orders, step.verb)
        numbers = [int(word) for word in step.words[2:]]
        return answer_of(action(self.order_id(step), *numbers, **arguments(step)))

    do_confirm = do_cancel = do_extend = on_order

    def do_follow(self, step: Step) -> Answer:
        action = getattr(self.shop.follows, step.verb)
        return answer_of(action(step.words[1], step.words[2]))

    do_unfollow = do_follow

    def do_account(self, step: Step) -> Answer:
        account = livedrops.Account(id=step.words[1], name=step.words[1],
                                    email=step.options.get("email", ""))
        return answer_of(self.shop.accounts.create(account))

    def do_expect(self, step: Step) -> Answer:
        self.shop.advance()
        return Answer(["done"], facts=drop_facts(self.shop.drops.get(step.words[1])))

    def do_expect_order(self, step: Step) -> Answer:
        self.shop.advance()
        return Answer(["done"], facts=order_facts(self.shop.orders.get(self.order_id(step))))

    def do_expect_followers(self, step: Step) -> Answer:
        page = self.shop.follows.followers_page(step.words[1])
        return Answer(["done"], facts={"total": str(page.total)})

    def do_events(self, step: Step) -> Answer:
        self.shop.advance()
        own = [event for event in self.shop.notifications.events()
               if event.aggregate == f"drop:{step.words[1]}"]
        times = "times" in step.options
        return Answer([str(event.type) + (f"@{offset(event.at)}" if times else "")
                       for event in own])

    def order_id(self, step: Step) -> str:
        return self.orders.get(step.words[1], UNKNOWN_ORDER)
