#!/usr/bin/env python3
"""A flash sale on a real livedropsd: a creator, products of a real shop, impatient users.

usage: flash_sale.py TRACE.csv.gz DIRECTORY [--bin DIRECTORY] [--users N] [--stock N]
Starts the server on free ports and a new database in DIRECTORY, sells one drop to users who tap
twice and lose answers, listens on their sockets, proves that exactly the stock was sold, and stops
everything. `./dev demo` calls it. Exit 1 when one unit too many or too few was sold.
"""

import argparse
import asyncio
import collections
import concurrent.futures
import csv
import datetime
import gzip
import http.client
import json
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

try:
    import websockets
except ImportError:
    # Debian's package, when another interpreter than Debian's runs this.
    sys.path.append("/usr/lib/python3/dist-packages")
    import websockets

PATIENCE = 20  # Seconds for any one step.
PRODUCTS = 5
TRACE_LINES = 3000


def most_sold(trace):
    """Description and price in cents of what the real shop sold most often."""
    sold, prices = collections.Counter(), {}
    with gzip.open(trace, "rt", encoding="utf-8", errors="replace") as file:
        for _, row in zip(range(TRACE_LINES), csv.DictReader(file)):
            if not row["InvoiceNo"].startswith("C") and float(row["UnitPrice"]) > 0:
                sold[row["Description"].strip().title()] += 1
                prices[row["Description"].strip().title()] = round(float(row["UnitPrice"]) * 100)
    return [(name, prices[name]) for name, _ in sold.most_common(PRODUCTS)]


class Server:
    """livedropsd, as somebody would run it; this machine's address is free of rate limits."""

    def __init__(self, program, directory):
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0",
             "--storage", f"sqlite:{directory}/shop.db", "--media", f"{directory}/media",
             "--log", "json", "--log-level", "error", "--limits-exempt-cidrs", "127.0.0.0/8"],
            stdout=subprocess.PIPE, text=True)
        listening = json.loads(self.process.stdout.readline())
        self.public, self.internal = listening["public"], listening["internal"]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


class Person:
    """Somebody with an account, a token and a connection of his own."""

    def __init__(self, address, role, name):
        self.address, self.token = address, None
        self.connection = http.client.HTTPConnection(address, timeout=PATIENCE)
        account = {"email": f"{name}@example.com", "password": "a long secret"}
        made = self.ask("POST", "/register", {"name": name, "role": role, **account})
        self.id = made["creatorId" if role == "creator" else "userId"]
        self.token = self.ask("POST", "/login", account)["accessToken"]

    def send(self, method, path, body):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)

    def answer(self):
        answer = self.connection.getresponse()
        return answer, json.loads(answer.read())

    def ask(self, method, path, body):
        """What must succeed: the answer's body."""
        self.send(method, path, body)
        answer, told = self.answer()
        assert answer.status in (200, 201), (path, told)
        return told

    def close(self):
        self.connection.close()


class Sale:
    """What the users did and were answered. Threading: every user has a thread."""

    def __init__(self, drop, pause):
        self.drop, self.pause = drop, pause
        self.lock = threading.Lock()
        self.answers = collections.Counter()  # By status and code.
        self.orders = {}  # Key to order id: what was acknowledged.
        self.lost = 0
        self.contradictions = []

    def note(self, key, answer, told):
        with self.lock:
            if answer.status != 201:
                self.answers[f"{answer.status} {told['code']}"] += 1
                return told["code"] != "sold-out"
            again = " replayed" if answer.headers["Idempotent-Replayed"] else ""
            self.answers[f"201{again}"] += 1
            if self.orders.setdefault(key, told["orderId"]) != told["orderId"]:
                self.contradictions.append(key)
            return True

    def run_user(self, user, number):
        """Orders until the drop is sold out: with double taps, and with answers that get lost."""
        chance = random.Random(number)
        for turn in range(1000):
            body = {"dropId": self.drop, "quantity": 1, "idempotencyKey": f"{number}-{turn}"}
            luck = chance.random()
            if luck < 0.15:  # The phone loses the network before the answer comes.
                user.send("POST", "/order", body)
                user.close()
                with self.lock:
                    self.lost += 1
            for _ in range(2 if luck > 0.75 else 1):  # A double tap: the same order twice.
                user.send("POST", "/order", body)
                more = self.note(body["idempotencyKey"], *user.answer())
            if not more:
                return
            time.sleep(chance.random() * self.pause)


class Listeners:
    """The users' sockets: the channels they get by themselves, and the drop's."""

    def __init__(self, address, users, drop):
        self.url = f"ws://{address}/connection/websocket"
        self.drop, self.users = drop, users
        self.heard = collections.Counter()
        self.stock = None
        self.slowest = 0.0
        self.connected = threading.Semaphore(0)
        self.started = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        for _ in users:
            assert self.connected.acquire(timeout=PATIENCE), "a socket did not connect"

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.tasks = [self.loop.create_task(self.listen(user)) for user in self.users]
        self.loop.run_until_complete(asyncio.gather(*self.tasks, return_exceptions=True))
        self.loop.close()

    async def listen(self, user):
        async with websockets.connect(self.url, ping_interval=None) as socket:
            await socket.send(json.dumps({"id": 1, "connect": {"token": user.token}}) + "\n" +
                              json.dumps({"id": 2, "subscribe": {"channel": f"drop:{self.drop}"}}))
            async for message in socket:
                for line in message.split("\n"):
                    await self.take(socket, line)

    async def take(self, socket, line):
        if line == "{}":
            return await socket.send("{}")
        told = json.loads(line)
        if told.get("id") == 2:
            self.connected.release()
        push = told.get("push", {})
        event = push.get("pub", {}).get("data")
        if not event or event.get("dropId") != self.drop:
            return None
        if event["type"] == "dropStart":
            self.started.set()
        if event["type"] == "stockChanged":
            self.stock = event["currentStock"]
        else:  # The stock is told at most ten times a second: its age says nothing.
            at = datetime.datetime.fromisoformat(event["at"].replace("Z", "+00:00"))
            self.slowest = max(self.slowest, time.time() - at.timestamp())
        self.heard[f"{event['type']} ({push['channel'].split(':')[0]})"] += 1
        return None

    def end(self):
        self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in self.tasks])
        self.thread.join(PATIENCE)


def say(text=""):
    print(text, flush=True)


def instant(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def open_shop(address, trace):
    """The creator, and the products of the real shop; the first is the one to be dropped."""
    creator = Person(address, "creator", "gift-shop")
    products = [creator.ask("POST", "/createProd",
                            {"name": name, "desc": "From a real shop.", "price": price})
                for name, price in most_sold(trace)]
    say(f"A creator offers {len(products)} products: "
        + ", ".join(product["name"] for product in products) + ".")
    return creator, products[0]


def sign_up(address, count, creator):
    """Users who follow the creator; hashing their passwords takes most of the time."""
    def one(number):
        user = Person(address, "user", f"user-{number}")
        user.ask("POST", "/follow", {"creatorId": creator.id})
        return user
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


def run_sale(sale, users, listeners, stock):
    """Sells and shows how far it is: a moving line on a terminal, a line a second elsewhere."""
    moving = sys.stdout.isatty()
    with concurrent.futures.ThreadPoolExecutor(len(users)) as pool:
        running = [pool.submit(sale.run_user, user, number) for number, user in enumerate(users)]
        shown = 0.0
        while not all(done.done() for done in running):
            time.sleep(0.1)
            if moving or time.monotonic() - shown >= 1:
                shown = time.monotonic()
                left = stock if listeners.stock is None else listeners.stock
                bar = "#" * (30 * (stock - left) // stock)
                print(f"{chr(13) if moving else ''}  sold {stock - left:5} of {stock}  "
                      f"[{bar:<30}]", end="" if moving else "\n", flush=True)
        for done in running:
            done.result()
    if moving:
        say()


def show(title, counts):
    say(f"\n{title}")
    for name, count in sorted(counts.items()):
        say(f"  {count:8,}  {name}")


def judge(creator, sale, drop, stock, program, directory):
    """Everything that must be true now; the list of what is not."""
    wrong = list(sale.contradictions)
    shown = creator.ask("GET", f"/drops/{drop}", None)
    ids = set(sale.orders.values())
    if (len(ids), len(sale.orders)) != (stock, stock):
        wrong.append(f"{len(sale.orders)} orders with {len(ids)} ids acknowledged, stock {stock}")
    if (shown["currentStock"], shown["status"]) != (0, "sold_out"):
        wrong.append(f"the drop says {shown['currentStock']} left, {shown['status']}")
    verified = subprocess.run([program, "verify", f"sqlite:{directory}/shop.db"], text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
    if verified.returncode != 0:
        wrong.append(verified.stdout + verified.stderr)
    say(f"\n{stock} units, {len(ids)} orders acknowledged, {shown['currentStock']} left. "
        f"livedrops verify: {'every invariant holds' if verified.returncode == 0 else 'FAILED'}.")
    return wrong


def sell(server, arguments):
    say(f"livedropsd runs meanwhile: http://{server.public}/docs   "
        f"http://{server.internal}/metrics")
    creator, product = open_shop(server.public, arguments.trace)
    users = sign_up(server.public, arguments.users, creator)
    drop = creator.ask("POST", "/createDrop", {
        "prodId": product["prodId"], "currentStock": arguments.stock,
        "startTime": instant(1.5), "endTime": instant(3600)})["dropId"]
    listeners = Listeners(server.public, users, drop)
    try:
        say(f"{len(users)} users follow it and listen on sockets. A drop of {arguments.stock} × "
            f"{product['name']} starts…")
        assert listeners.started.wait(PATIENCE), "no socket heard that the drop started"
        sale = Sale(drop, arguments.pause)
        begin = time.monotonic()
        run_sale(sale, users, listeners, arguments.stock)
        took = time.monotonic() - begin
        deadline = time.monotonic() + PATIENCE
        while (listeners.heard["orderConfirmed (user)"] < arguments.stock
               and time.monotonic() < deadline):
            time.sleep(0.01)
    finally:
        listeners.end()
    say(f"  sold out after {took:.1f} s")
    show(f"Answers ({sale.lost} more were lost on the way and asked for again)", sale.answers)
    show(f"Heard on {len(users)} sockets; the slowest message took "
         f"{listeners.slowest * 1000:.0f} ms", listeners.heard)
    wrong = judge(creator, sale, drop, arguments.stock, arguments.bin / "livedrops",
                  arguments.directory)
    if listeners.heard["orderConfirmed (user)"] != arguments.stock:
        wrong.append(f"{listeners.heard['orderConfirmed (user)']} confirmations heard")
    for person in (creator, *users):
        person.close()
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--stock", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=0.15, metavar="SECONDS",
                        help="a user waits so long at most before the next order")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True)
    server = Server(arguments.bin / "livedropsd", arguments.directory)
    try:
        wrong = sell(server, arguments)
    finally:
        code = server.end()
    if code != 0:
        wrong.append(f"livedropsd ended with {code}")
    for line in wrong:
        say(f"WRONG: {line}")
    if wrong:
        return 1
    say(f"Exactly {arguments.stock} sold. The server has stopped; to look around:\n"
        f"  {arguments.bin}/livedropsd serve --storage sqlite:{arguments.directory}/shop.db\n"
        "  then http://127.0.0.1:8080/docs and http://127.0.0.1:9090/metrics")
    return 0


if __name__ == "__main__":
    sys.exit(main())
