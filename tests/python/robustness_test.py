"""Threads, fork, Ctrl-C, the end of Python, objects that outlive their shop, leaks: no crash."""

import ctypes
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
from livedrops import Outcome, spi
from livedrops.testing import MemoryTopic, MemoryTransport

CALLS = 100_000


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of its own: what it does to its interpreter, it does to itself."""
    tests = Path(__file__).parent
    paths = [str(tests), str(tests.parents[1] / "examples" / "python"), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run([sys.executable, "-X", "faulthandler", "-c", program, *arguments],
                          env=environment, capture_output=True, text=True, timeout=60, check=False)


def works(program: str, *arguments: str) -> str:
    done = run(program, *arguments)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Fatal" not in done.stderr and "Traceback" not in done.stderr, done.stderr
    return done.stdout.strip()


def in_child(do: Callable[[], None]) -> int:
    """The exit code of a forked process that does it: 0, or 1 when it raised."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --- fork ----------------------------------------------------------------------------------------


def test_a_forked_child_opens_the_shop_again(fast_path: Path) -> None:
    url = f"sqlite:{fast_path}/shop.db"
    with livedrops.open(url) as shop:
        sell_mugs(shop)

        def child() -> None:
            assert shop.closed
            for call in (lambda: shop.orders.place("mug-1", "bo", "k"),
                         lambda: shop.drops.get("mug-1"), shop.stats,
                         lambda: shop.orders.place_batch("mug-1", "bo", ["k"])):
                with pytest.raises(livedrops.ClosedError, match="before this process was forked"):
                    call()
            shop.close()
            with livedrops.open(url) as own:
                assert own.orders.place("mug-1", "child", "k").outcome == Outcome.CONFIRMED

        assert in_child(child) == 0
        assert shop.orders.place("mug-1", "parent", "k").outcome == Outcome.CONFIRMED
        assert {order.user for order in shop.orders.of_drop("mug-1")} == {"child", "parent"}


def test_a_forked_child_may_drop_the_shop_and_end(fast_path: Path) -> None:
    works("""
import os, sys, gc, livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
shops = [livedrops.open("sqlite:" + sys.argv[1] + "/shop.db"), livedrops.Engine("memory:"),
         livedrops.open(DictStorage(Database()))]
for shop in shops:
    sell_mugs(shop)
child = os.fork()
if child == 0:
    del shop
    shops.clear()
    gc.collect()
    sys.exit(0)  # A whole end of the interpreter, atexit and all.
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert shops[0].orders.place("mug-1", "bo", "k").granted
""", str(fast_path))


def test_multiprocessing_sells_together(fast_path: Path) -> None:
    sold = works("""
import multiprocessing, os, sys, livedrops
from conftest import sell_mugs

def sell(url, name):
    with livedrops.open(url) as shop:
        replies = shop.orders.place_batch("mug-1", name, [f"k{i}" for i in range(20)])
        confirmed = replies.count().get(livedrops.Outcome.CONFIRMED, 0)
        os.write(1, f"{confirmed} ".encode())  # In one piece: three processes write.

if __name__ == "__main__":
    url = "sqlite:" + sys.argv[1] + "/shop.db"
    with livedrops.open(url) as shop:
        sell_mugs(shop, stock=30)
    workers = [multiprocessing.get_context("fork").Process(target=sell, args=(url, f"u{i}"))
               for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
""", str(fast_path))
    assert sum(map(int, sold.split())) == 30, sold
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as shop:
        assert len(list(shop.orders.of_drop("mug-1"))) == 30


# --- Ctrl-C --------------------------------------------------------------------------------------


class Stuck(DictStorage):
    """A commit of an order waits until the test lets it go."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.committing, self.released = threading.Event(), threading.Event()

    def commit(self, batch: spi.CommitBatch, expected: spi.Head) -> None:
        if batch.orders:
            self.committing.set()
            assert self.released.wait(30)
        super().commit(batch, expected)


def test_ctrl_c_ends_the_wait_and_not_the_order() -> None:
    storage = Stuck(Database())
    shop = livedrops.open(storage)
    sell_mugs(shop)

    def interrupt() -> None:
        assert storage.committing.wait(30)
        signal.raise_signal(signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        shop.orders.place("mug-1", "bo", "k")
    other.join()
    storage.released.set()
    assert shop.orders.place("mug-1", "bo", "k").outcome == Outcome.REPEATED
    shop.close()


def test_ctrl_c_ends_a_long_batch_between_two_parts() -> None:
    storage = Stuck(Database())
    shop = livedrops.open(storage, queue_max=2_000)  # Parts of 1,000 rows.
    sell_mugs(shop, stock=5_000)

    def interrupt() -> None:
        assert storage.committing.wait(30)
        signal.raise_signal(signal.SIGINT)
        storage.released.set()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        shop.orders.place_batch("mug-1", "bo", [f"k{number}" for number in range(5_000)])
    other.join()
    assert shop.drops.get("mug-1").current_stock == 4_000
    shop.close()


def test_signal_handlers_run_while_a_call_waits() -> None:
    storage = Stuck(Database())
    shop = livedrops.open(storage)
    sell_mugs(shop)
    kept = signal.signal(signal.SIGUSR1, lambda number, frame: storage.released.set())

    def interrupt() -> None:
        assert storage.committing.wait(30)
        signal.raise_signal(signal.SIGUSR1)

    other = threading.Thread(target=interrupt)
    try:
        other.start()
        assert shop.orders.place("mug-1", "bo", "k").granted  # The handler let the commit go.
    finally:
        other.join()
        signal.signal(signal.SIGUSR1, kept)
        shop.close()


# --- lifetimes -----------------------------------------------------------------------------------


def test_parts_outlive_their_shop(fast_path: Path) -> None:
    def parts() -> tuple[object, ...]:
        shop = livedrops.open(f"sqlite:{fast_path}/shop.db")
        sell_mugs(shop)
        replies = shop.orders.place_batch("mug-1", "bo", ["k1", "k2"])
        return shop.orders, shop.orders.of_user("bo"), replies.outcome, replies[0], shop.stats

    orders, rows, outcome, reply, stats = parts()
    gc.collect()
    assert len(list(rows)) == 2  # type: ignore[call-overload]
    assert outcome.tolist() == [14, 14]  # type: ignore[attr-defined]
    assert orders.place("mug-1", "cy", "k").granted  # type: ignore[attr-defined]
    del orders, rows, stats
    gc.collect()
    assert reply.order.quantity == 1  # type: ignore[attr-defined]
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as again:  # It was closed, not leaked.
        assert again.drops.get("mug-1").current_stock == 7


def test_a_shop_in_a_cycle_with_its_storage_is_collected() -> None:
    assert works("""
import gc, livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
for _ in range(20):
    storage = DictStorage(Database())
    storage.shop = livedrops.open(storage)
    sell_mugs(storage.shop)
    del storage
    gc.collect()
print("done")
""") == "done"


def test_a_shop_may_be_collected_by_its_own_writer() -> None:
    assert works("""
import gc, threading, weakref, livedrops
gc.disable()
collected = threading.Event()
class Clock:
    armed = False
    def now(self):
        if Clock.armed:
            gc.collect()  # On the writer's thread: its timer asks for the time.
        return 1_800_000_000_000
clock = Clock()
weakref.finalize(clock, collected.set)  # Let go when the shop is closed.
shop = livedrops.open("memory:", clock=clock)
cycle = [shop]
cycle.append(cycle)
del shop, cycle, clock
Clock.armed = True
assert collected.wait(30)
print("done")
""") == "done"


def test_python_ends_while_a_writer_collects_its_own_shop() -> None:
    program = """
import atexit, gc, os, threading, livedrops
gc.disable()
collecting, ending = threading.Event(), threading.Event()
class Clock:
    armed = False
    def now(self):
        if Clock.armed:
            gc.collect()  # On the writer's thread: its timer asks for the time.
        return 1_800_000_000_000
class Slow:
    def __del__(self):
        # Nothing finds the shop any more, and it still runs: Python begins to end just now.
        collecting.set()
        ending.wait()
        for _ in range(1_000):
            os.sched_yield()  # Lets the main thread go on; without care it ends Python meanwhile.
shop = livedrops.open("memory:", clock=Clock())
cycle = [shop, Slow()]
cycle.append(cycle)
del shop, cycle
atexit.register(ending.set)  # The first to be called.
Clock.armed = True
assert collecting.wait(30)
print("done")
"""
    # Without the wait at the end of Python more than every second run was aborted.
    assert [works(program) for _ in range(4)] == ["done"] * 4


def test_python_ends_while_a_relay_sends(fast_path: Path) -> None:
    assert works("""
import atexit, sys, threading, livedrops
from conftest import sell_mugs
from livedrops import spi
sending, ending = threading.Event(), threading.Event()
class Slow(spi.Transport):
    def read_position(self):
        return None
    def send(self, batch, deadline_ms):
        sending.set()
        ending.wait()
        print("sent", len(batch.events) > 0)
    def close(self):
        print("closed")
shop = livedrops.open("sqlite:" + sys.argv[1] + "/shop.db")
sell_mugs(shop)
relay = livedrops.Relay(shop, Slow())
assert sending.wait(30)
atexit.register(ending.set)  # The first to be called.
""", str(fast_path)) == "sent True\nclosed"


def test_a_relay_may_be_collected_by_its_own_thread() -> None:
    assert works("""
import gc, threading, livedrops
from conftest import sell_mugs
from livedrops import spi
gc.disable()
armed, closed = threading.Event(), threading.Event()
class Collecting(spi.Transport):
    def read_position(self):
        armed.wait()
        gc.collect()
        return None
    def send(self, batch, deadline_ms):
        pass
    def close(self):
        closed.set()
shop = livedrops.open("memory:")
sell_mugs(shop)
cycle = [livedrops.Relay(shop, Collecting()), shop]  # The relay lets the shop go after itself.
cycle.append(cycle)
del shop, cycle
armed.set()
assert closed.wait(30)
print("done")
""") == "done"


def test_a_forked_child_starts_a_relay_of_its_own(fast_path: Path) -> None:
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as shop:
        sell_mugs(shop)
        with livedrops.Relay(shop, f"file:{fast_path}/parent.jsonl") as relay:
            def child() -> None:
                assert relay.stopped
                for call in (relay.progress, relay.flush, relay.stop):
                    with pytest.raises(livedrops.ClosedError, match="before this process was fork"):
                        call()
                url = f"sqlite:{fast_path}/shop.db"
                with livedrops.Relay(url, f"file:{fast_path}/child.jsonl") as own:
                    own.flush(30_000)

            assert in_child(child) == 0
            relay.flush(30_000)
    assert (fast_path / "child.jsonl").read_bytes() == (fast_path / "parent.jsonl").read_bytes()


def test_ctrl_c_ends_the_wait_for_a_relay() -> None:
    topic = MemoryTopic()
    with livedrops.open("memory:") as shop:
        with livedrops.Relay(shop, MemoryTransport(topic)) as relay:
            other = threading.Thread(target=lambda: signal.raise_signal(signal.SIGINT))
            with pytest.raises(KeyboardInterrupt):
                other.start()
                relay.wait_for(1)
            other.join()
            sell_mugs(shop)
            relay.flush(30_000)
    assert len(topic.events()) >= 2


def test_nothing_leaks_over_many_relays() -> None:
    class Nowhere(spi.Transport):
        def read_position(self) -> spi.Position | None:
            return None

        def send(self, batch: spi.EventBatch, deadline_ms: int) -> None:
            pass

        def close(self) -> None:
            pass

    with livedrops.open("memory:") as shop:
        sell_mugs(shop)

        def use() -> None:
            with livedrops.Relay(shop, Nowhere()) as relay:
                relay.flush(30_000)

        for _ in range(300):  # Allocators settle.
            use()
        before = in_use()
        for _ in range(1_000):
            use()
        more_bytes, more_blocks, more_references = grown(before)
    # One object at a relay would be 1,000 blocks.
    assert more_bytes < 200_000 and more_blocks < 500 and more_references < 500


def test_python_ends_with_open_shops(fast_path: Path) -> None:
    assert works("""
import sys, livedrops
from conftest import sell_mugs
from dict_storage import Database, DictStorage
class Clock:
    def now(self):
        return 1_800_000_000_000
a = livedrops.open("sqlite:" + sys.argv[1] + "/shop.db", clock=Clock())
b = livedrops.open(DictStorage(Database()))
c = livedrops.Engine(DictStorage(Database()), clock=Clock())
for shop in (a, b, c):
    sell_mugs(shop)
orders = a.orders
print(orders.place("mug-1", "bo", "k").outcome)
""", str(fast_path)) == "confirmed"


def test_python_ends_while_threads_order(fast_path: Path) -> None:
    assert works("""
import sys, threading, livedrops
from conftest import sell_mugs
shop = livedrops.open("sqlite:" + sys.argv[1] + "/shop.db")
sell_mugs(shop, stock=1_000_000)
started = threading.Barrier(5)
def order(name):
    started.wait()
    number = 0
    try:
        while True:
            number += 1
            shop.orders.place("mug-1", name, f"k{number}")
    except livedrops.ClosedError:
        pass
threads = [threading.Thread(target=order, args=(f"u{i}",)) for i in range(4)]
for thread in threads:
    thread.start()
started.wait()
shop.orders.place("mug-1", "main", "k")
shop.close()
for thread in threads:
    thread.join()
print("done")
""", str(fast_path)) == "done"


def test_python_ends_while_a_thread_closes() -> None:
    assert works("""
import atexit, os, threading, livedrops
from dict_storage import Database, DictStorage
closing, ending = threading.Event(), threading.Event()
class Slow(DictStorage):
    def close(self):
        closing.set()
        ending.wait()
        for _ in range(1_000):
            os.sched_yield()  # Lets the main thread go on; without care it ends Python meanwhile.
        super().close()
        print("closed")
shop = livedrops.open(Slow(Database()))
threading.Thread(target=shop.close, daemon=True).start()
assert closing.wait(30)
atexit.register(ending.set)  # The first to be called.
""") == "closed"


def test_python_ends_while_a_thread_stops_a_relay() -> None:
    assert works("""
import atexit, os, threading, livedrops
from livedrops import spi
closing, ending = threading.Event(), threading.Event()
class Slow(spi.Transport):
    def read_position(self):
        return None
    def send(self, batch, deadline_ms):
        pass
    def close(self):
        closing.set()
        ending.wait()
        for _ in range(1_000):
            os.sched_yield()
        print("closed")
shop = livedrops.open("memory:")
relay = livedrops.Relay(shop, Slow())
threading.Thread(target=relay.stop, daemon=True).start()
assert closing.wait(30)
atexit.register(ending.set)  # The first to be called.
""") == "closed"


def test_python_ends_while_daemon_threads_order() -> None:
    program = """
import threading, livedrops
from conftest import sell_mugs
shop = livedrops.open("memory:")
sell_mugs(shop, stock=1_000_000)
started = threading.Barrier(5)
def order(name):
    started.wait()
    number = 0
    while True:
        number += 1
        try:
            shop.orders.place("mug-1", name, f"k{number}")
        except livedrops.ClosedError:
            pass  # Tries for ever: it is still at it when Python ends.
for i in range(4):
    threading.Thread(target=order, args=(f"u{i}",), daemon=True).start()
started.wait()
shop.orders.place("mug-1", "main", "k")
print("done")
"""
    # Each run was aborted when the end of Python did not wait for the threads inside a call.
    assert [works(program) for _ in range(4)] == ["done"] * 4


def test_python_ends_while_daemon_threads_wait_for_a_relay() -> None:
    program = """
import threading, livedrops
from livedrops.testing import MemoryTopic, MemoryTransport
shop = livedrops.open("memory:")
relay = livedrops.Relay(shop, MemoryTransport(MemoryTopic()))
started = threading.Barrier(4)
def wait():
    started.wait()
    while True:
        try:
            relay.wait_for(1_000_000)
        except livedrops.ClosedError:
            pass  # Tries for ever: it is still at it when Python ends.
for _ in range(3):
    threading.Thread(target=wait, daemon=True).start()
started.wait()
print("done")
"""
    # The end never came when the errors of these threads were made by Python code.
    assert [works(program) for _ in range(4)] == ["done"] * 4


def test_closing_while_others_call_is_safe(fast_path: Path) -> None:
    for _ in range(20):
        shop = livedrops.open("memory:")
        sell_mugs(shop, stock=1_000_000)
        started = threading.Barrier(4)
        closed: list[bool] = []

        def call(name: str) -> None:
            started.wait()
            try:
                for number in range(1_000_000):
                    shop.orders.place_batch("mug-1", name, [f"k{number}", f"l{number}"])
                    shop.drops.get("mug-1")
            except livedrops.ClosedError:
                closed.append(True)

        threads = [threading.Thread(target=call, args=(f"u{i}",)) for i in range(3)]
        for thread in threads:
            thread.start()
        started.wait()
        shop.close()
        for thread in threads:
            thread.join()
        assert closed == [True] * 3


def test_an_engine_lets_threads_in_one_after_the_other() -> None:
    with livedrops.Engine() as shop:
        sell_mugs(shop, stock=400)
        counts: list[int] = []

        def place(name: str) -> None:
            granted = 0
            for number in range(200):
                granted += shop.orders.place("mug-1", name, f"k{number}").granted
            counts.append(granted)

        threads = [threading.Thread(target=place, args=(f"u{i}",)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(counts) == 400


# --- leaks ---------------------------------------------------------------------------------------


class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]


LIBC = ctypes.CDLL(None)
LIBC.mallinfo2.restype = Mallinfo
# Objects that are never freed: a reference too many to them is no memory, but a leak all the same.
LASTING = [None, True, Outcome.SOLD_OUT, Outcome, livedrops.Reply, livedrops.Order]


def in_use() -> tuple[int, int, int]:
    """Bytes that malloc gave away, blocks of Python's own allocator, references to LASTING."""
    gc.collect()
    info = LIBC.mallinfo2()
    return (info.uordblks + info.hblkhd, sys.getallocatedblocks(),
            sum(sys.getrefcount(lasting) for lasting in LASTING))


def grown(before: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(now - then for now, then in zip(in_use(), before))


def calls_of(shop: livedrops.Engine) -> list[Callable[[], object]]:
    """Calls that leave nothing behind in the shop: reads, refusals, repeats, errors."""
    def fails() -> None:
        with pytest.raises(livedrops.InvalidArgumentError):
            shop.orders.place("mug-1", "bad id", "k")

    order = shop.orders.place("mug-1", "bo", "k", 10).order
    assert order is not None
    return [
        lambda: shop.orders.place("mug-1", "cy", "k"), lambda: shop.orders.get(order.id).to_dict(),
        lambda: shop.orders.place("mug-1", "bo", "k", 10), lambda: repr(shop.drops.get("mug-1")),
        lambda: shop.orders.place_batch("mug-1", ["cy", "di", "bad id"], "k").errors,
        lambda: list(shop.orders.of_user("bo")), lambda: shop.products.page().data[0].price,
        lambda: list(shop.notifications.events()), fails, shop.audit.head,
        lambda: shop.orders.place_batch("mug-1", ["cy"], "k").outcome.tolist(),
        lambda: shop.notifications.channel("drop:mug-1").position,
    ]


@pytest.mark.parametrize("storage", ["native", "python"])
def test_nothing_leaks_over_many_calls(storage: str) -> None:
    count = CALLS if storage == "native" else CALLS // 5
    with livedrops.Engine("memory:" if storage == "native" else DictStorage(Database())) as shop:
        sell_mugs(shop)
        calls = calls_of(shop)
        rounds = count // len(calls)
        for _ in range(rounds // 10):
            for call in calls:
                call()
        before = in_use()
        for _ in range(rounds):
            for call in calls:
                call()
        more_bytes, more_blocks, more_references = grown(before)
    # One object at one of the calls would be `rounds` blocks; Python's free lists vary a little.
    assert more_bytes < count
    assert more_blocks < rounds / 2 and more_references < rounds / 2


def test_nothing_leaks_over_many_shops() -> None:
    def use() -> None:
        with livedrops.open("memory:") as shop:
            sell_mugs(shop)
            shop.orders.place("mug-1", "bo", "k")

    for _ in range(20):
        use()
    before, files = in_use(), len(os.listdir("/proc/self/fd"))
    for _ in range(100):
        use()
    assert len(os.listdir("/proc/self/fd")) == files
    more_bytes, more_blocks, more_references = grown(before)
    assert more_bytes < 100_000 and more_blocks < 100 and more_references < 100


def test_the_leak_test_sees_leaks() -> None:
    kept: list[object] = []
    with livedrops.Engine() as shop:
        sell_mugs(shop)
        before = in_use()
        for _ in range(1_000):
            kept.append(shop.drops.get("mug-1"))
            kept.append(Outcome.SOLD_OUT)
        more_bytes, more_blocks, more_references = grown(before)
    assert more_bytes > 1_000 and more_blocks > 900 and more_references > 900
