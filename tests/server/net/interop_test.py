#!/usr/bin/env python3
"""Other people's clients against the network layer: http.client, ssl, websockets."""

import asyncio
import http.client
import os
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

try:
    import websockets
except ImportError:
    # Debian's package, when another interpreter than Debian's runs this.
    sys.path.append("/usr/lib/python3/dist-packages")
    import websockets

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "dev"))
PROGRAM = BUILD / "tests" / "server_net_echo"
SECONDS = 20


def make_certificate(directory, name):
    """A certificate of its own for 127.0.0.1; the file names of certificate and key."""
    cert, key = Path(directory) / "cert.pem", Path(directory) / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key)


class Server:
    """The echo server, as a process of this test."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "127.0.0.1:0", *arguments],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def wait(self):
        return self.process.wait(SECONDS)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class PlainTest(unittest.TestCase):

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)
        self.url = f"ws://127.0.0.1:{self.server.port}/ws"

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        self.addCleanup(connection.close)
        return connection

    def test_http_client_keeps_its_connection(self):
        connection = self.connect()
        for size in (0, 1, 1000, 3_000_000):
            body = random.Random(size).randbytes(size)
            connection.request("POST", "/echo", body)
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, body))

    def test_http_client_sends_chunks_and_reads_a_stream(self):
        connection = self.connect()
        connection.request("POST", "/echo", iter([b"one ", b"two ", b"three"]),
                           encode_chunked=True)
        self.assertEqual(connection.getresponse().read(), b"one two three")
        connection.request("GET", "/events")
        self.assertEqual(connection.getresponse().read(), b"data: 1\n\ndata: 2\n\ndata: 3\n\n")

    def test_websockets_client(self):
        asyncio.run(asyncio.wait_for(self.talk(self.url), SECONDS))

    def test_websockets_client_without_deflate(self):
        asyncio.run(asyncio.wait_for(self.talk(self.url, compression=None), SECONDS))

    async def talk(self, url, **options):
        async with websockets.connect(url, max_size=2**21, **options) as client:
            for message in ("", "hello", "é" * 1000, b"\x00\xff" * 50, "x" * 70_000,
                            random.Random(1).randbytes(200_000)):
                await client.send(message)
                self.assertEqual(await client.recv(), message)
            await client.send(iter(["in ", "three ", "parts"]))
            self.assertEqual(await client.recv(), "in three parts")
            await (await client.ping())
            # Pings of the server are answered meanwhile, or it would cut us.
            await asyncio.sleep(0.7)
            await client.send("still here")
            self.assertEqual(await client.recv(), "still here")
            await client.close(code=3001, reason="bye")
            self.assertEqual(client.close_code, 3001)

    def test_a_message_above_the_limit_closes_with_1009(self):
        async def send():
            async with websockets.connect(self.url) as client:
                await client.send("x" * (2**20 + 1))
                with self.assertRaises(websockets.ConnectionClosed):
                    await client.recv()
                return client.close_code
        self.assertEqual(asyncio.run(asyncio.wait_for(send(), SECONDS)), 1009)

    def test_stop_tells_a_websocket_to_reconnect(self):
        async def wait_for_stop():
            async with websockets.connect(self.url) as client:
                connection = self.connect()
                connection.request("GET", "/stop")
                self.assertEqual(connection.getresponse().read(), b"stopping\n")
                with self.assertRaises(websockets.ConnectionClosed):
                    await client.recv()
                return client.close_code
        self.assertEqual(asyncio.run(asyncio.wait_for(wait_for_stop(), SECONDS)), 1012)
        self.assertEqual(self.server.wait(), 0)


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class TlsTest(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.cert, self.key = make_certificate(self.directory, "first")
        self.server = Server(self.cert, self.key)
        self.addCleanup(self.server.end)

    def context(self):
        return ssl.create_default_context(cafile=self.cert)

    def connect(self, context=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=SECONDS,
                                                 context=context or self.context())
        self.addCleanup(connection.close)
        return connection

    def test_bodies_are_whole_both_ways(self):
        connection = self.connect()
        for size in (0, 1, 16384, 16385, 5_000_000):
            body = random.Random(size).randbytes(size)
            connection.request("POST", "/echo", body)
            self.assertEqual(connection.getresponse().read(), body)

    def test_versions_1_2_and_1_3_and_no_older_one(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            connection = self.connect(context)
            connection.request("POST", "/echo", b"hello")
            self.assertEqual(connection.getresponse().read(), b"hello")
        old = self.context()
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError):
            self.connect(old).connect()

    def test_only_http_1_1_is_agreed_upon(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        connection = self.connect(context)
        connection.connect()
        self.assertEqual(connection.sock.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(OSError):
            self.connect(context).connect()

    def test_websockets_client(self):
        async def talk():
            url = f"wss://127.0.0.1:{self.server.port}/ws"
            async with websockets.connect(url, ssl=self.context(), max_size=2**21) as client:
                for message in ("hello", "x" * 500_000, random.Random(2).randbytes(300_000)):
                    await client.send(message)
                    self.assertEqual(await client.recv(), message)
        asyncio.run(asyncio.wait_for(talk(), SECONDS))

    def test_clear_text_is_no_handshake(self):
        with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = client.recv(1000)
            self.assertNotIn(b"HTTP/1.1", answer)
        connection = self.connect()
        connection.request("POST", "/echo", b"others go on")
        self.assertEqual(connection.getresponse().read(), b"others go on")

    def test_a_reloaded_certificate_serves_new_connections(self):
        before = self.connect()
        before.request("POST", "/echo", b"1")
        self.assertEqual(before.getresponse().read(), b"1")
        first = before.sock.getpeercert(binary_form=True)
        # A key that is another's is refused, and nothing changes.
        good = Path(self.key).read_bytes()
        with tempfile.TemporaryDirectory() as other:
            Path(self.key).write_bytes(Path(make_certificate(other, "other")[1]).read_bytes())
        before.request("GET", "/reload")
        answer = before.getresponse()
        self.assertEqual(answer.status, 500)
        self.assertIn(b"invalid_argument: cannot use the key", answer.read())
        Path(self.key).write_bytes(good)

        make_certificate(self.directory, "second")
        before.request("GET", "/reload")
        self.assertEqual(before.getresponse().read(), b"ok\n")
        after = self.connect()
        after.request("POST", "/echo", b"2")
        self.assertEqual(after.getresponse().read(), b"2")
        self.assertNotEqual(after.sock.getpeercert(binary_form=True), first)
        before.request("POST", "/echo", b"3")
        self.assertEqual(before.getresponse().read(), b"3")

    def test_a_wrong_certificate_is_told_at_the_start(self):
        done = subprocess.run([PROGRAM, "127.0.0.1:0", self.key, self.key], text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("invalid_argument: cannot use the certificate", done.stderr)


if __name__ == "__main__":
    unittest.main()
