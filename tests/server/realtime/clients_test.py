#!/usr/bin/env python3
"""Other people's clients, unmodified: `centrifuge` from npm and `centrifuge-python` from PyPI."""

import asyncio
import unittest

from kit import PROGRAM, SECONDS, JavaScript, Proxy, Server, install_javascript, install_python

JAVASCRIPT = install_javascript()
PYTHON = install_python()
if PYTHON:
    import centrifuge


class ClientsTest(unittest.TestCase):

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.server.do("shop", drops=1)
        self.proxy = Proxy(self.server.port)
        self.addCleanup(self.proxy.end)

    def miss_something(self):
        """What happens while no client is connected."""
        self.server.flip(times=2)
        self.server.do("order", drop="d1", user="ada", key="missed")


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
@unittest.skipUnless(JAVASCRIPT, "node or npm is missing")
class JavaScriptTest(ClientsTest):

    def client(self, **token):
        url = self.server.url("token", **token) if token else ""
        client = JavaScript(JAVASCRIPT, self.proxy.port, url)
        self.addCleanup(client.end)
        client.do("connect")
        client.wait("connected")
        return client

    def test_reconnects_and_recovers(self):
        client = self.client(user="ada")
        client.wait("subscribed", channel="user:ada")
        client.do("subscribe", channel="drop:d1")
        begin = client.wait("subscribed", channel="drop:d1")
        self.assertEqual(begin["data"]["currentStock"], 1000)
        self.server.flip()
        last = client.wait("publication", channel="drop:d1")
        while last["data"]["type"] != "dropResumed":
            last = client.wait("publication", channel="drop:d1")
        self.proxy.cut()
        client.wait("connecting")
        self.miss_something()
        self.proxy.mend()
        client.wait("connected")
        self.server.flip()
        self.server.do("order", drop="d1", user="ada", key="seen")
        while len(client.publications("user:ada")) < 2 or len(client.publications("drop:d1")) < 8:
            client.wait("publication")
        again = [told for told in client.heard if told.get("wasRecovering")]
        self.assertEqual({told["channel"]: told["recovered"] for told in again},
                         {"user:ada": True, "drop:d1": True})
        self.assertEqual([kind for kind, _ in client.publications("drop:d1")],
                         ["dropPaused", "dropResumed"] * 4)
        self.assertEqual([kind for kind, _ in client.publications("user:ada")],
                         ["orderConfirmed"] * 2)

    def test_follows_show_on_an_open_socket(self):
        client = self.client(user="ada")
        self.server.do("follow", creator="c", user="ada")
        client.wait("subscribed", channel="creator:c")
        self.server.do("drop", drop="d1", action="end")
        self.assertEqual(client.wait("publication", channel="creator:c")["data"]["type"], "dropEnd")
        self.server.do("unfollow", creator="c", user="ada")
        client.wait("unsubscribed", channel="creator:c")

    def test_refreshes_its_token_and_stays(self):
        client = self.client(user="ada", seconds=2)
        client.wait("getToken")
        client.wait("getToken")
        self.server.do("order", drop="d1", user="ada", key="k")
        client.wait("publication", channel="user:ada")
        self.assertNotIn("disconnected", [told["event"] for told in client.heard])
        self.assertEqual([told["event"] for told in client.heard].count("connected"), 1)

    def test_sixth_connection_does_not_come_back(self):
        for _ in range(5):
            self.client(user="ada")
        sixth = JavaScript(JAVASCRIPT, self.proxy.port, self.server.url("token", user="ada"))
        self.addCleanup(sixth.end)
        sixth.do("connect")
        self.assertEqual(sixth.wait("disconnected")["code"], 3504)


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
@unittest.skipUnless(PYTHON, "the Python packages cannot be installed")
class PythonTest(ClientsTest):

    def test_reconnects_and_recovers(self):
        asyncio.run(asyncio.wait_for(self.reconnect_and_recover(), SECONDS))

    async def do(self, action, *arguments, **options):
        await asyncio.to_thread(action, *arguments, **options)

    async def reconnect_and_recover(self):
        told = asyncio.Queue()

        class ClientEvents(centrifuge.ClientEventHandler):
            async def on_connected(self, context):
                told.put_nowait(("connected", context.client))

            async def on_connecting(self, context):
                told.put_nowait(("connecting", context.code))

            async def on_publication(self, context):
                told.put_nowait((context.channel, context.pub.data["type"]))

            async def on_subscribed(self, context):
                told.put_nowait((context.channel, ("subscribed", context.recovered)))

        class SubscriptionEvents(centrifuge.SubscriptionEventHandler):
            async def on_subscribed(self, context):
                told.put_nowait(("drop:d1", ("subscribed", context.recovered)))

            async def on_publication(self, context):
                if context.pub.offset:
                    told.put_nowait(("drop:d1", context.pub.data["type"]))

        async def get_token(_=None):
            return await asyncio.to_thread(self.server.token, "ada")

        async def next_of(name):
            while True:
                channel, what = await told.get()
                if channel == name:
                    return what

        client = centrifuge.Client(
            f"ws://127.0.0.1:{self.proxy.port}/connection/websocket", events=ClientEvents(),
            get_token=get_token, min_reconnect_delay=0.02, max_reconnect_delay=0.2)
        subscription = client.new_subscription("drop:d1", events=SubscriptionEvents())
        await client.connect()
        await subscription.subscribe()
        self.assertEqual(await next_of("drop:d1"), ("subscribed", False))
        await self.do(self.proxy.cut)
        await next_of("connecting")
        await self.do(self.miss_something)
        await self.do(self.proxy.mend)
        heard = {"drop:d1": [], "user:ada": []}
        while len(heard["drop:d1"]) < 5 or len(heard["user:ada"]) < 2:
            channel, what = await told.get()
            if channel in heard:
                heard[channel].append(what)
        self.assertEqual(heard["drop:d1"],
                         [("subscribed", True)] + ["dropPaused", "dropResumed"] * 2)
        self.assertIn("orderConfirmed", heard["user:ada"])
        self.assertIn(("subscribed", True), heard["user:ada"])
        await client.disconnect()


if __name__ == "__main__":
    unittest.main()
