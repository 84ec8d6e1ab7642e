"""The everyday mix against livedropsd, in an open loop: requests are sent when their time has come,
whether or not earlier ones were answered, and a latency counts from that time. A server that stands
still for a second so shows a second in hundreds of requests, not in one."""

import asyncio
import datetime
import json
import random
import statistics
import sys
import time

try:
    import websockets
except ImportError:
    # Debian's package, when another interpreter than Debian's runs this.
    sys.path.append("/usr/lib/python3/dist-packages")
    import websockets

READS_PER_SECOND = 500
ORDERS_PER_SECOND = 150
LISTENERS = 100  # Followers with a socket; every tenth order is one of theirs.
OTHERS = 5000
DROP_EVERY = 5  # Seconds; a drop starts then, and every follower is told.
PATIENCE = 30  # Seconds until a request counts as an error.


def percentiles(seconds):
    """In milliseconds; what was never measured is absent."""
    if len(seconds) < 2:
        return {"count": len(seconds)}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"count": len(seconds), "p50": round(cuts[49] * 1e3, 2), "p95": round(cuts[94] * 1e3, 2),
            "p99": round(cuts[98] * 1e3, 2), "max": round(max(seconds) * 1e3, 2)}


class Pool:
    """Keep-alive connections; a request takes a free one, or opens one."""

    def __init__(self, address):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.free = []

    def take_free(self):
        """The connection that was used last; those that the server closed as idle are put away."""
        while self.free:
            reader, writer = self.free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def ask(self, request):
        """The answer's status."""
        reader, writer = self.take_free() or await asyncio.open_connection(self.host, self.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        self.free.append((reader, writer))
        return int(head[9:12])

    async def close(self):
        for _, writer in self.free:
            writer.close()


def request(method, path, token=None, body=None):
    text = "" if body is None else json.dumps(body)
    fields = [f"{method} {path} HTTP/1.1", "Host: h", f"Content-Length: {len(text)}"]
    if token:
        fields.append(f"Authorization: Bearer {token}")
    if body is not None:
        fields.append("Content-Type: application/json")
    return ("\r\n".join(fields) + "\r\n\r\n" + text).encode()


class Mix:
    """One run; `shop` is a ServerTest with a server, whose people it signs up."""

    def __init__(self, shop, seconds):
        self.address, self.seconds = shop.server.public, seconds
        self.random = random.Random(1)
        self.creator, self.service = shop.sign_up("creator"), shop.service().token
        self.drop = shop.make_drop(self.creator, stock=2_000_000_000)
        self.listeners = [shop.sign_up() for _ in range(LISTENERS)]
        for listener in self.listeners:
            listener.post("/follow", {"creatorId": self.creator.id})
        drop, product = self.drop["dropId"], self.drop["prodId"]
        followers = request("GET", f"/followers/{self.creator.id}", self.creator.token)
        self.reads = [request("GET", path) for path in (
            f"/drops/{drop}", f"/drops/{drop}", f"/drops/{drop}", "/products", "/products",
            f"/products/{product}", "/drops", f"/creators/{self.creator.id}")] + [followers]
        self.latencies = {"reads": [], "orders": [], "starts": []}
        self.delays, self.errors = [], []

    def read(self, _):
        return self.random.choice(self.reads), 200

    def order(self, number):
        user = (self.random.choice(self.listeners).id if number % 10 == 0
                else f"u{self.random.randrange(OTHERS)}")
        body = {"dropId": self.drop["dropId"], "userId": user, "quantity": 1,
                "idempotencyKey": f"mix-{number}"}
        return request("POST", "/order", self.service, body), 201

    def start_drop(self, _):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        body = {"prodId": self.drop["prodId"], "currentStock": 1, "endTime": "2999-01-01T00:00:00Z",
                "startTime": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        return request("POST", "/createDrop", self.creator.token, body), 201

    async def fire(self, pool, kind, due, message, expected):
        try:
            status = await asyncio.wait_for(pool.ask(message), PATIENCE)
            if status != expected:
                self.errors.append(f"{kind}: {status}")
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            self.errors.append(f"{kind}: {error!r}")
        self.latencies[kind].append(time.perf_counter() - due)

    async def send(self, pool, kind, per_second, make, begin):
        """Every request at its time; none waits for another."""
        running = set()
        for number in range(int(self.seconds * per_second)):
            due = begin + number / per_second
            await asyncio.sleep(max(0, due - time.perf_counter()))
            task = asyncio.create_task(self.fire(pool, kind, due, *make(number)))
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)

    async def listen(self, listener, ready):
        """Counts how old each notification with an offset is when it comes."""
        url = f"ws://{self.address}/connection/websocket"
        async with websockets.connect(url, ping_interval=None) as socket:
            await socket.send(json.dumps({"id": 1, "connect": {"token": listener.token}}))
            await socket.recv()
            ready.release()
            async for message in socket:
                now = time.time()
                for line in message.split("\n"):
                    if line == "{}":
                        await socket.send("{}")
                        continue
                    publication = json.loads(line).get("push", {}).get("pub", {})
                    if "offset" in publication:
                        at = datetime.datetime.fromisoformat(
                            publication["data"]["at"].replace("Z", "+00:00")).timestamp()
                        self.delays.append(now - at)

    async def run(self):
        ready = asyncio.Semaphore(0)
        listening = [asyncio.create_task(self.listen(listener, ready))
                     for listener in self.listeners]
        for _ in listening:
            await asyncio.wait_for(ready.acquire(), PATIENCE)
        pool = Pool(self.address)
        begin = time.perf_counter() + 0.1
        await asyncio.gather(
            self.send(pool, "reads", READS_PER_SECOND, self.read, begin),
            self.send(pool, "orders", ORDERS_PER_SECOND, self.order, begin),
            self.send(pool, "starts", 1 / DROP_EVERY, self.start_drop, begin))
        await asyncio.sleep(3)  # The last drop starts, and its notifications come.
        for task in listening:
            if task.done():
                self.errors.append(f"a socket ended: {task.exception()!r}")
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await pool.close()
        return {"seconds": self.seconds, "reads": percentiles(self.latencies["reads"]),
                "orders": percentiles(self.latencies["orders"]),
                "notifications": percentiles(self.delays), "errors": len(self.errors),
                "first_errors": self.errors[:5]}


def measure(shop, seconds):
    return asyncio.run(Mix(shop, seconds).run())
