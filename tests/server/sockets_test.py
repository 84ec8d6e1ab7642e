#!/usr/bin/env python3
"""Sockets of the whole program: what its log says of them, and what they hear of a restored shop.
The protocol itself: realtime/."""

import asyncio
import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

try:
    import websockets
except ImportError:
    # Debian's package, when another interpreter than Debian's runs this.
    sys.path.append("/usr/lib/python3/dist-packages")
    import websockets

from livedropsd import BIN, PROGRAM, SECONDS, Server, ServerTest

PATH = "/connection/websocket"
HANDSHAKE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, SECONDS))


def connect(server, **headers):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return websockets.connect(f"ws://{server.public}{PATH}", extra_headers=fields)


class Logged(ServerTest):

    def answer_to(self, handshake):
        """Status and head of what the server answers to these fields."""
        host, port = self.server.public.split(":")
        with socket.create_connection((host, int(port)), SECONDS) as client:
            fields = "".join(f"{name}: {value}\r\n" for name, value in handshake.items())
            client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: shop\r\n{fields}\r\n".encode())
            head = client.recv(4096).decode()
            return int(head.split(" ", 2)[1]), head

    def line(self, event, request):
        """The line that the log has of it, which must come soon."""
        deadline = time.monotonic() + SECONDS
        while True:
            for line in list(self.server.lines):
                if line["event"] == event and line["id"] == request:
                    return line
            self.assertLess(time.monotonic(), deadline, f"no {event} of {request}")
            time.sleep(0.01)

    def test_a_handshake_is_logged_as_it_was_answered(self):
        cases = {"right": ({}, 101), "no-upgrade": ({"Upgrade": "h2c"}, 426),
                 "version": ({"Sec-WebSocket-Version": "12"}, 426),
                 "key": ({"Sec-WebSocket-Key": "short"}, 400),
                 "origin": ({"Origin": "http://evil.example"}, 403),
                 "token": ({"Authorization": "Bearer forged"}, 401)}
        for name, (change, status) in cases.items():
            answered, head = self.answer_to({**HANDSHAKE, "X-Request-Id": name, **change})
            logged = self.line("request", name)["status"]
            self.assertEqual((answered, logged), (status, status), name)
            self.assertEqual(head.count(f"\r\nX-Request-Id: {name}\r\n"), 1, head)

    def test_a_stream_tells_the_id_of_its_request(self):
        drop = self.make_drop(self.sign_up("creator"))["dropId"]
        for channel, status in ((f"drop:{drop}", 200), ("user:ann", 401), ("drop:none", 404)):
            stream = http.client.HTTPConnection(self.server.public, timeout=SECONDS)
            self.addCleanup(stream.close)
            stream.request("GET", f"/events?channel={channel}", headers={"X-Request-Id": "s-1"})
            answer = stream.getresponse()
            self.assertEqual((answer.status, answer.headers.get_all("X-Request-Id")),
                             (status, ["s-1"]), channel)

    def test_the_end_of_a_socket_is_logged(self):
        ann = self.sign_up()

        async def leave():
            async with connect(self.server, X_Request_Id="left") as client:
                await client.send(json.dumps({"id": 1, "connect": {"token": ann.token}}))
                return len(await client.recv())

        async def misbehave(request, message):
            async with connect(self.server, X_Request_Id=request) as client:
                await client.send(message)
                await client.wait_closed()
        received = run(leave())
        line = self.line("socketClosed", "left")
        self.assertEqual((line["code"], line["reason"], line["subject"]),
                         (1000, "normal closure", ann.id))
        self.assertGreater(line["bytes"], received)  # With the head of the frame.
        self.assertGreaterEqual(line["ms"], 0)
        self.assertNotIn(ann.token, json.dumps(self.server.lines))
        for request, message, code in (("words", "hello", 3501), ("large", "x" * 70_000, 1009)):
            run(misbehave(request, message))
            line = self.line("socketClosed", request)
            self.assertEqual((line["code"], line["bytes"]), (code, 0), line)
            self.assertNotIn("subject", line)
        self.answer_to({**HANDSHAKE, "X-Request-Id": "cut"})
        self.assertEqual(self.line("socketClosed", "cut")["code"], 1006)


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class Restored(ServerTest):
    """A backup is put in the place of the database, as docs/guides/server.md says."""

    def flip(self, creator, drop):
        for action in ("pause", "resume"):
            changed = creator.post(f"/drops/{drop['dropId']}/{action}")
            self.assertEqual(changed.status, 200, changed)

    async def subscribe(self, drop, position=None):
        """What the subscription begins with."""
        async with connect(self.server) as client:
            await client.send(json.dumps({"id": 1, "connect": {}}))
            await client.recv()
            where = {"recover": True, **position} if position else {}
            await client.send(json.dumps(
                {"id": 2, "subscribe": {"channel": f"drop:{drop['dropId']}", **where}}))
            return json.loads(await client.recv())["subscribe"]

    def restart_with(self, backup):
        self.assertEqual(self.server.end(), 0)
        shop = Path(self.directory, "shop.db")
        for suffix in ("-wal", "-shm"):
            Path(f"{shop}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(backup, shop)  # The same file: nothing but new-epoch tells them apart.
        subprocess.run([BIN / "livedrops", "new-epoch", f"sqlite:{shop}"], check=True,
                       capture_output=True, timeout=SECONDS)
        type(self).server = Server(self.directory, *self.arguments)
        self.addClassCleanup(self.server.end)

    def test_positions_of_the_lost_history_are_worth_nothing(self):
        creator = self.sign_up("creator")
        drop = self.make_drop(creator)
        backup = Path(self.directory, "backup.db")
        made = self.command("backup", str(backup))
        self.assertEqual(made.returncode, 0, made.stderr)
        self.flip(creator, drop)
        before = run(self.subscribe(drop))
        position = {"epoch": before["epoch"], "offset": before["offset"]}
        self.assertTrue(run(self.subscribe(drop, position))["recovered"])
        self.restart_with(backup)
        creator.close()
        again = self.client(creator.token)
        # The log grows beyond the position, which now is that of another event.
        for _ in range(2):
            self.flip(again, drop)
        after = run(self.subscribe(drop, position))
        self.assertGreater(after["offset"], position["offset"])
        self.assertNotEqual(after["epoch"], position["epoch"])
        self.assertFalse(after["recovered"])
        self.assertNotIn("publications", after)
        present = {"epoch": after["epoch"], "offset": after["offset"] - 2}
        recovered = run(self.subscribe(drop, present))
        self.assertTrue(recovered["recovered"])
        self.assertEqual(len(recovered["publications"]), 2)


if __name__ == "__main__":
    unittest.main()
