#!/usr/bin/env python3
"""The server behind a slow and lossy network: no order twice, no event missed."""

import asyncio
import http.client
import json
import random
import subprocess
import sys
import threading
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "realtime"))

from bad_network import Faults, Network  # noqa: E402  (the path above is kit's)
from kit import install_python, wait_for  # noqa: E402
from livedropsd import BIN, SECONDS, Client, ServerTest  # noqa: E402

PYTHON = install_python()
if PYTHON:
    import centrifuge

LOST = (http.client.HTTPException, OSError)
# Requests and answers of an order have 400 to 700 bytes: these cuts hit before, in and after both.
CUTS = (150, 2500)


class Stubborn:
    """A client that sends a request again, with the same key, until it has an answer."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.client = Client(address, token)
        self.tries = 0

    def order(self, drop, key):
        while True:
            self.tries += 1
            try:
                answer = self.client.post("/order", {"dropId": drop, "quantity": 1,
                                                     "idempotencyKey": key})
                # http.client takes a head that was cut off for a whole one.
                if answer.body and answer.headers.get("Content-Length") == str(len(answer.body)):
                    return answer
            except LOST:
                pass
            self.client.close()
            self.client = Client(self.address, self.token)


class Stream:
    """A reader of /events that comes back with Last-Event-ID when it is cut off. Like a browser's
    EventSource, but what it heard can be waited for."""

    def __init__(self, address, path, token=None):
        self.address, self.path, self.token = address, path, token
        self.heard, self.recovered, self.last = [], [], None
        self.ended = False
        self.began = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ended:
            try:
                self.read_once()
            except LOST:
                pass

    def read_once(self):
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS)
        headers = {"Last-Event-ID": self.last} if self.last else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            fields = {}
            while line := answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(":")
                if name or value:
                    fields[name] = value.strip()
                elif line == b"\n":
                    self.take(fields)
                    fields = {}
        finally:
            connection.close()

    def take(self, fields):
        """A whole event: one that was cut in the middle never gets here."""
        data = json.loads(fields.get("data", "{}"))
        if fields.get("event") == "subscribed":
            if self.last:
                self.recovered.append(data["recovered"])
            self.began.set()
        elif "id" in fields:
            self.heard.append((data["type"], int(fields["id"].rsplit(":", 1)[1])))
        self.last = fields.get("id", self.last)

    def end(self):
        self.ended = True


class BadNetwork(ServerTest):

    def network(self, faults, seed=1):
        network = Network(self.server.public, faults, seed)
        self.addCleanup(network.end)
        return network

    def stream(self, address, channel, token=None):
        stream = Stream(address, f"/events?channel={channel}", token)
        self.addCleanup(stream.end)
        return stream

    def make_noise(self, creator, drop, fan, network, listeners):
        """Events of the drop and of the fan. Again and again, when all are back, the network cuts
        them off, and more happens while they are away."""
        for turn in range(12):
            creator.post(f"/drops/{drop}/pause")
            creator.post(f"/drops/{drop}/resume")
            self.assertEqual(self.order(fan, {"dropId": drop}).status, 201)
            if turn % 3 == 1:
                wait_for(lambda: network.connections() >= listeners, "all are back")
                network.cut_all()

    def people(self):
        creator, fan = self.sign_up("creator"), self.sign_up()
        return creator, fan, self.make_drop(creator, stock=1000)["dropId"]

    def test_no_order_is_doubled_or_lost(self):
        stock, keys_each = 80, 10
        creator = self.sign_up("creator")
        drop = self.make_drop(creator, stock=stock)["dropId"]
        network = self.network(Faults(latency=0.001, jitter=0.005, cut_after=CUTS))
        buyers = [Stubborn(network.address, self.sign_up().token) for _ in range(12)]
        answers, lock = {}, threading.Lock()

        def buy(buyer, number):
            keys = [f"{number}-{i}" for i in range(keys_each)] * 2  # Each twice, in any order.
            random.Random(number).shuffle(keys)
            for key in keys:
                answer = buyer.order(drop, key)
                with lock:
                    answers.setdefault(key, []).append(answer)
            buyer.client.close()

        threads = [threading.Thread(target=buy, args=(buyer, number))
                   for number, buyer in enumerate(buyers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3 * SECONDS)
        self.assertEqual(len(answers), len(buyers) * keys_each, "somebody gave up")
        granted = {}
        for key, (first, second) in answers.items():
            self.assertIn(first.status, (201, 409), first)
            self.assertEqual(first.status, second.status, (key, first, second))
            if first.status == 201:
                self.assertEqual(first.body, second.body)
                granted[first.json["orderId"]] = key
            else:
                self.assertEqual(first.code, "sold-out")
        self.assertEqual(len(granted), stock, "one order for each unit")
        self.assertEqual(creator.get(f"/drops/{drop}").json["currentStock"], 0)
        self.assertEqual(self.orders_of(creator, drop), set(granted))
        tries = sum(buyer.tries for buyer in buyers)
        self.assertGreater(tries, 2 * len(answers), "nothing was tried again")
        self.assertGreater(network.cuts, 20)
        replayed = [answer for pair in answers.values() for answer in pair
                    if answer.headers["Idempotent-Replayed"]]
        # More than the second of each pair: also firsts whose own first answer was lost.
        self.assertGreater(len(replayed), stock)
        self.verify()

    def orders_of(self, creator, drop):
        found, cursor = set(), ""
        while cursor is not None:
            page = creator.get(f"/drops/{drop}/orders?limit=100{cursor}").json
            found |= {order["orderId"] for order in page["data"]}
            cursor = f"&cursor={page['nextCursor']}" if "nextCursor" in page else None
        return found

    def verify(self):
        done = subprocess.run([BIN / "livedrops", "verify", f"sqlite:{self.directory}/shop.db"],
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_stream_carries_what_a_socket_would(self):
        """Sockets do not pass; streams do, and miss nothing though they are cut and slow."""
        creator, fan, drop = self.people()
        network = self.network(Faults(latency=0.002, jitter=0.005, slice_bytes=200,
                                      no_upgrades=True))
        with self.assertRaises(LOST):
            Client(network.address).get("/connection/websocket", Upgrade="websocket",
                                        Connection="Upgrade", Sec_WebSocket_Version="13",
                                        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")
        channels = {f"drop:{drop}": None, f"user:{fan.id}": fan.token}
        near = {channel: self.stream(self.server.public, channel, token)
                for channel, token in channels.items()}
        far = {channel: self.stream(network.address, channel, token)
               for channel, token in channels.items()}
        for stream in (*near.values(), *far.values()):
            self.assertTrue(stream.began.wait(SECONDS))
        self.make_noise(creator, drop, fan, network, listeners=2)
        for channel, expected in ((f"drop:{drop}", 24), (f"user:{fan.id}", 12)):
            wait_for(lambda c=channel, n=expected: len(near[c].heard) >= n, f"all of {channel}")
            wait_for(lambda c=channel, n=expected: len(far[c].heard) >= n, f"the same of {channel}")
            self.assertEqual(far[channel].heard, near[channel].heard)
            self.assertEqual(len(near[channel].heard), expected)
            self.assertIn(True, far[channel].recovered)
            self.assertNotIn(False, far[channel].recovered)

    @unittest.skipUnless(PYTHON, "the Python packages cannot be installed")
    def test_a_socket_that_is_cut_misses_nothing(self):
        creator, fan, drop = self.people()
        network = self.network(Faults(latency=0.002, jitter=0.01, slice_bytes=200,
                                      cut_after=(3000, 9000)))
        near = {channel: self.stream(self.server.public, channel, token) for channel, token in
                ((f"drop:{drop}", None), (f"user:{fan.id}", fan.token))}
        for stream in near.values():
            self.assertTrue(stream.began.wait(SECONDS))
        heard = asyncio.run(asyncio.wait_for(
            self.listen(network, fan, drop,
                        lambda: self.make_noise(creator, drop, fan, network, 1)), 2 * SECONDS))
        for channel, stream in near.items():
            self.assertEqual(heard[channel], stream.heard)
        self.assertGreaterEqual(network.cuts, 4)

    async def listen(self, network, fan, drop, make_noise):
        """What the unmodified client tells, through everything; until it told all."""
        heard = {f"drop:{drop}": [], f"user:{fan.id}": []}
        again = []

        def note(channel, publication):
            if publication.offset:
                heard[channel].append((publication.data["type"], publication.offset))

        class ClientEvents(centrifuge.ClientEventHandler):
            async def on_publication(self, context):
                note(context.channel, context.pub)

        class SubscriptionEvents(centrifuge.SubscriptionEventHandler):
            async def on_subscribed(self, context):
                again.append(context.recovered)

            async def on_publication(self, context):
                note(f"drop:{drop}", context.pub)

        client = centrifuge.Client(
            f"ws://{network.address}/connection/websocket", events=ClientEvents(),
            token=fan.token, min_reconnect_delay=0.02, max_reconnect_delay=0.2, timeout=SECONDS)
        subscription = client.new_subscription(f"drop:{drop}", events=SubscriptionEvents())
        await client.connect()
        await subscription.subscribe()
        await client.ready()
        await subscription.ready()
        await asyncio.to_thread(make_noise)
        while len(heard[f"drop:{drop}"]) < 24 or len(heard[f"user:{fan.id}"]) < 12:
            await asyncio.sleep(0.01)
        await client.disconnect()
        self.assertIn(True, again)
        return heard

    def test_what_trickles_in_is_whole(self):
        creator, fan, drop = self.people()
        network = self.network(Faults(slice_bytes=7, bytes_per_second=20_000))
        for path in ("/products", f"/drops/{drop}/orders", "/openapi.json"):
            near, far = (Client(address, creator.token)
                         for address in (self.server.public, network.address))
            self.assertEqual(far.get(path).body, near.get(path).body)
            near.close()
            far.close()
        slow = Client(network.address, fan.token)
        self.addCleanup(slow.close)
        key = uuid.uuid4().hex
        answers = [slow.post("/order", {"dropId": drop, "quantity": 2, "idempotencyKey": key})
                   for _ in range(2)]
        self.assertEqual([answer.status for answer in answers], [201, 201])
        self.assertEqual(answers[0].body, answers[1].body)


if __name__ == "__main__":
    unittest.main()
