#!/usr/bin/env python3
"""Real-time notifications from outside: the protocol word by word, streams, limits, endings."""

import http.client
import json
import os
import socket
import tempfile
import threading
import unittest

from kit import PROGRAM, SECONDS, Server, install_python, wait_for

PACKAGES = install_python()
if PACKAGES:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect


class Raw:
    """A WebSocket that says and hears exactly what the test does."""

    def __init__(self, server, **options):
        self.socket = connect(f"ws://127.0.0.1:{server.port}/connection/websocket",
                              open_timeout=SECONDS, ping_interval=None, legacy=True, **options)
        self.heard = []

    def say(self, **command):
        self.socket.send(json.dumps(command))

    def hear(self):
        """The next message that is no ping; pings are answered."""
        while True:
            for line in self.socket.recv(timeout=SECONDS).split("\n"):
                if line == "{}":
                    self.socket.send("{}")
                else:
                    self.heard.append(json.loads(line))
            if self.heard:
                return self.heard.pop(0)

    def ask(self, method, number=1, **body):
        """The reply to a command; pushes before it are put behind."""
        self.say(id=number, **{method: body})
        pushes = []
        while True:
            message = self.hear()
            if message.get("id") == number:
                self.heard = pushes + self.heard
                return message
            pushes.append(message)

    def hear_offset(self):
        """The next publication that has an offset."""
        while True:
            pub = self.hear().get("push", {}).get("pub", {})
            if "offset" in pub:
                return pub

    def close_code(self):
        """With what the server closes."""
        try:
            while True:
                self.socket.recv(timeout=SECONDS)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def close(self):
        self.socket.close()


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
@unittest.skipUnless(PACKAGES, "the Python packages cannot be installed")
class RealtimeTest(unittest.TestCase):

    def start(self, storage="memory:", drops=1, **options):
        server = Server(storage, **options)
        self.addCleanup(server.end)
        server.do("shop", drops=drops)
        return server

    def raw(self, server, user=None, **options):
        client = Raw(server, **options)
        self.addCleanup(client.close)
        token = {"token": server.token(user)} if user else {}
        self.connected = client.ask("connect", **token)["connect"]
        return client

    def test_subscribes_to_a_drop_and_hears_of_it(self):
        server = self.start()
        client = self.raw(server)
        self.assertEqual(self.connected["ping"], 25)
        self.assertNotIn("subs", self.connected)
        reply = client.ask("subscribe", 2, channel="drop:d1", flag=1)["subscribe"]
        self.assertEqual(reply["data"]["currentStock"], 1000)
        server.flip()
        heard = [client.hear_offset() for _ in range(2)]
        self.assertEqual([pub["data"]["type"] for pub in heard], ["dropPaused", "dropResumed"])
        self.assertLess(reply["offset"], heard[0]["offset"])
        self.assertLess(heard[0]["offset"], heard[1]["offset"])

    def test_tells_the_latest_stock_without_offset(self):
        server = self.start()
        client = self.raw(server)
        client.ask("subscribe", 2, channel="drop:d1")
        for number in range(30):
            server.do("order", drop="d1", user=f"u{number}", key="k")
        told = []
        while not told or told[-1]["data"]["currentStock"] != 970:
            told.append(client.hear()["push"]["pub"])
            self.assertNotIn("offset", told[-1])
            self.assertEqual(told[-1]["data"]["type"], "stockChanged")
        stocks = [pub["data"]["currentStock"] for pub in told]
        self.assertEqual(stocks, sorted(stocks, reverse=True))

    def test_recovers_exactly_what_was_missed(self):
        server = self.start()
        client = self.raw(server)
        begin = client.ask("subscribe", 2, channel="drop:d1")["subscribe"]
        client.close()
        server.flip(times=3)
        client = self.raw(server)
        again = client.ask("subscribe", 2, channel="drop:d1", recover=True,
                           epoch=begin["epoch"], offset=begin["offset"])["subscribe"]
        self.assertTrue(again["was_recovering"])
        self.assertTrue(again["recovered"])
        self.assertEqual([pub["data"]["type"] for pub in again["publications"]],
                         ["dropPaused", "dropResumed"] * 3)
        for epoch, offset in (("other", begin["offset"]), (begin["epoch"], 10**9)):
            client = self.raw(server)
            lost = client.ask("subscribe", 2, channel="drop:d1", recover=True, epoch=epoch,
                              offset=offset)["subscribe"]
            self.assertFalse(lost["recovered"])
            self.assertNotIn("publications", lost)

    def test_a_position_that_is_too_old_is_not_recovered(self):
        server = self.start()
        client = self.raw(server)
        old = client.ask("subscribe", 2, channel="drop:d1")["subscribe"]
        server.flip(times=2500)  # More text than one reply may carry.
        between = self.raw(server).ask("subscribe", 2, channel="drop:d1")["subscribe"]
        server.flip(times=450)

        def subscribe(position):
            return self.raw(server).ask("subscribe", 2, channel="drop:d1", recover=True,
                                        epoch=position["epoch"],
                                        offset=position["offset"])["subscribe"]
        lost, found = subscribe(old), subscribe(between)
        self.assertEqual((lost["was_recovering"], lost["recovered"]), (True, False))
        self.assertNotIn("publications", lost)
        self.assertEqual(lost["data"]["dropId"], "d1")
        # It goes on from the present, with nothing that was missed.
        self.assertEqual(lost["offset"], found["offset"])
        self.assertTrue(found["recovered"])
        self.assertEqual(len(found["publications"]), 900)

    def test_no_gap_and_no_double_beside_commits(self):
        server = self.start()
        first = self.raw(server)
        begin = first.ask("subscribe", 2, channel="drop:d1")["subscribe"]
        stop = threading.Event()

        def commit():
            while not stop.is_set():
                server.flip()

        writer = threading.Thread(target=commit)
        writer.start()
        seen, position = [], begin["offset"]
        try:
            client = self.raw(server)
            for turn in range(30):
                reply = client.ask("subscribe", 2 * turn + 2, channel="drop:d1", recover=True,
                                   epoch=begin["epoch"], offset=position)["subscribe"]
                self.assertTrue(reply["recovered"])
                got = [pub["offset"] for pub in reply.get("publications", [])]
                position = reply["offset"]
                for _ in range(turn % 4):
                    got.append(client.hear_offset()["offset"])
                    position = got[-1]
                client.ask("unsubscribe", 2 * turn + 3, channel="drop:d1")
                client.heard.clear()  # What came live after the last one is recovered again.
                seen += got
        finally:
            stop.set()
            writer.join()
        self.assertEqual(seen, sorted(set(seen)), "a double, or out of order")
        self.assertGreater(len(seen), 30)
        expected = []
        while not expected or expected[-1] < seen[-1]:
            expected.append(first.hear_offset()["offset"])
        self.assertEqual(seen, [offset for offset in expected if offset <= seen[-1]])

    def test_user_channel_and_follows_come_by_themselves(self):
        server = self.start()
        server.do("follow", creator="c", user="ada")
        client = self.raw(server, user="ada")
        self.assertEqual(sorted(self.connected["subs"]), ["creator:c", "user:ada"])
        self.assertTrue(self.connected["expires"])
        server.do("follow", creator="c2", user="ada")
        push = client.hear()["push"]
        self.assertEqual(push["channel"], "creator:c2")
        self.assertIn("subscribe", push)
        server.do("unfollow", creator="c", user="ada")
        push = client.hear()["push"]
        self.assertEqual((push["channel"], push["unsubscribe"]["code"]), ("creator:c", 2000))
        server.do("order", drop="d1", user="ada", key="k")
        pub = client.hear_offset()
        self.assertEqual((pub["data"]["type"], pub["data"]["userId"]), ("orderConfirmed", "ada"))

    def test_private_channels_stay_private(self):
        server = self.start()
        client = self.raw(server, user="ada")
        self.assertEqual(client.ask("subscribe", 2, channel="user:eve")["error"]["code"], 103)
        self.assertIn("subscribe", client.ask("subscribe", 3, channel="user:ada"))
        self.assertIn("subscribe", client.ask("subscribe", 4, channel="creator:nobody"))
        self.assertEqual(client.ask("subscribe", 5, channel="drop:none")["error"]["code"], 102)
        anonymous = self.raw(server)
        self.assertEqual(anonymous.ask("subscribe", 2, channel="creator:c")["error"]["code"], 103)

    def test_closes_with_the_protocol_s_codes(self):
        server = self.start(connect=300, ping=300, pong=300)
        silent = Raw(server)
        self.assertEqual(silent.close_code(), 3502)
        broken = Raw(server)
        broken.socket.send("no json")
        self.assertEqual(broken.close_code(), 3501)
        forged = Raw(server)
        forged.say(id=1, connect={"token": server.token("ada") + "x"})
        self.assertEqual(forged.close_code(), 3500)
        deaf = Raw(server)
        deaf.ask("connect")
        self.assertEqual(deaf.close_code(), 3012)
        large = Raw(server)
        large.socket.send("x" * 65537)
        self.assertEqual(large.close_code(), 1009)

    def test_sixth_connection_of_a_user_is_closed(self):
        server = self.start()
        five = [self.raw(server, user="ada") for _ in range(5)]
        sixth = Raw(server)
        sixth.say(id=1, connect={"token": server.token("ada")})
        self.assertEqual(sixth.close_code(), 3504)
        self.raw(server, user="eve")
        five[0].close()
        wait_for(lambda: server.do("stats")["sockets"] == 5, "the place is free")
        self.raw(server, user="ada")

    def test_disabled_account_is_closed(self):
        server = self.start()
        server.do("account", user="ada")
        client = self.raw(server, user="ada")
        other = self.raw(server, user="eve")
        server.do("disable", user="ada")
        self.assertEqual(client.close_code(), 3500)
        late = Raw(server)
        late.say(id=1, connect={"token": server.token("ada")})
        self.assertEqual(late.close_code(), 3500)
        self.assertIn("ping", other.ask("ping", 9))

    def test_expired_token(self):
        server = self.start()
        client = Raw(server)
        token = server.token("ada", seconds=2)
        client.ask("connect", token=token)
        self.assertEqual(client.close_code(), 3005)
        late = Raw(server)
        late.say(id=1, connect={"token": token})
        self.assertEqual(late.hear()["error"]["code"], 109)

    def test_slow_consumer_is_closed(self):
        server = self.start(queue=16384)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", server.port))
        client = self.raw(server, sock=slow, max_queue=1)
        client.ask("subscribe", 2, channel="drop:d1")
        wait_for(lambda: server.flip(times=20) or server.do("stats")["closedSlow"] == 1,
                 "closed as slow", 60)

    def test_origins_are_checked_exactly(self):
        server = self.start()
        for origin in ("http://shop.example", f"http://127.0.0.1:{server.port}"):
            self.raw(server, origin=origin)
        for origin in ("http://shop.example.evil", "https://shop.example", "http://shop.example:80",
                       "null"):
            with self.assertRaises(InvalidStatus) as refused:
                self.raw(server, origin=origin)
            self.assertEqual(refused.exception.response.status_code, 403)

    def test_positions_outlive_the_server(self):
        with tempfile.TemporaryDirectory() as directory:
            storage = "sqlite:" + os.path.join(directory, "shop.db")
            server = self.start(storage)
            client = self.raw(server)
            begin = client.ask("subscribe", 2, channel="drop:d1")["subscribe"]
            server.flip()
            missed = [client.hear_offset()["offset"] for _ in range(2)]
            threading.Thread(target=server.stop).start()
            self.assertEqual(client.close_code(), 3001)
            server.process.wait(SECONDS)
            server = self.start(storage)
            client = self.raw(server)
            again = client.ask("subscribe", 2, channel="drop:d1", recover=True,
                               epoch=begin["epoch"], offset=begin["offset"])["subscribe"]
            self.assertTrue(again["recovered"])
            self.assertEqual([pub["offset"] for pub in again["publications"]], missed)


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class StreamTest(unittest.TestCase):

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.server.do("shop", drops=1)

    def open(self, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        self.connection = connection
        self.addCleanup(connection.close)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers=fields)
        return connection.getresponse()

    @staticmethod
    def event(response):
        """The next event: its fields."""
        fields = {}
        while line := response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        if "data" in fields:
            fields["data"] = json.loads(fields["data"])
        return fields

    def next_with_id(self, response):
        while "id" not in (event := self.event(response)):
            pass
        return event

    def test_carries_a_channel(self):
        response = self.open("/events?channel=drop:d1")
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"], "text/event-stream")
        begin = self.event(response)
        self.assertEqual(begin["event"], "subscribed")
        self.assertEqual(begin["data"]["data"]["dropId"], "d1")
        self.server.flip()
        self.assertEqual(self.next_with_id(response)["data"]["type"], "dropPaused")
        self.server.do("order", drop="d1", user="ada", key="k")
        self.assertEqual(self.next_with_id(response)["data"]["type"], "dropResumed")
        stock = self.event(response)
        self.assertEqual(stock["data"]["type"], "stockChanged")
        self.assertNotIn("id", stock)
        response.close()
        # Where it stopped, it goes on.
        self.server.flip()
        response = self.open("/events?channel=drop:d1", Last_Event_ID=begin["id"])
        self.assertTrue(self.event(response)["data"]["recovered"])
        types = [self.next_with_id(response)["data"]["type"] for _ in range(4)]
        self.assertEqual(types, ["dropPaused", "dropResumed"] * 2)
        lost = self.open("/events?channel=drop:d1", Last_Event_ID="other:1")
        self.assertFalse(self.event(lost)["data"]["recovered"])

    def test_takes_a_token_or_a_ticket_once(self):
        channel = "/events?channel=user:ada"
        self.assertEqual(self.open(channel).status, 401)
        self.assertEqual(self.open(channel, Authorization="Bearer x").status, 401)
        bearer = "Bearer " + self.server.token("ada")
        self.assertEqual(self.open(channel, Authorization=bearer).status, 200)
        foreign = "Bearer " + self.server.token("eve")
        self.assertEqual(self.open(channel, Authorization=foreign).status, 403)
        ticket = self.server.do("ticket", user="ada")["ticket"]
        response = self.open(channel + "&ticket=" + ticket)
        self.assertEqual(response.status, 200)
        self.event(response)
        self.server.do("order", drop="d1", user="ada", key="k")
        self.assertEqual(self.next_with_id(response)["data"]["type"], "orderConfirmed")
        self.assertEqual(self.open(channel + "&ticket=" + ticket).status, 401)

    def test_refuses_what_is_no_channel(self):
        for path, status in (("/events", 400), ("/events?channel=x", 404),
                             ("/events?channel=drop:none", 404)):
            response = self.open(path)
            self.assertEqual(response.status, status, path)
            self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertEqual(
            self.open("/events?channel=drop:d1", Origin="http://evil.example").status, 403)
        allowed = self.open("/events?channel=drop:d1", Origin="http://shop.example")
        self.assertEqual(allowed.headers["Access-Control-Allow-Origin"], "http://shop.example")

    def test_leaves_nothing_behind(self):
        response = self.open("/events?channel=drop:d1")
        self.event(response)
        self.assertEqual(self.server.do("stats")["streams"], 1)
        response.close()
        self.connection.close()
        wait_for(lambda: self.server.flip() or self.server.do("stats")["streams"] == 0,
                 "the stream is gone")
        self.assertEqual(self.server.do("stats")["subscriptions"], 0)


if __name__ == "__main__":
    unittest.main()
