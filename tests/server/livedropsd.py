"""A livedropsd of its own for each test class, and a small client of it. Standard library only."""

import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("LIVEDROPS_BIN_DIR", ROOT / "build" / "dev" / "bin"))
PROGRAM = BIN / "livedropsd"
SECONDS = 20

# Hashes that cost next to nothing, so that a hundred sign-ins do not take a minute.
CHEAP_PASSWORDS = ("--auth-argon2-memory-kib", "64", "--auth-argon2-passes", "1")
NO_LIMITS = ("--limits-orders-per-second", "0", "--limits-writes-per-second", "0",
             "--limits-reads-per-second", "0", "--limits-address-per-second", "0",
             "--limits-sign-in-per-account-and-minute", "0",
             "--limits-sign-in-per-address-and-minute", "0")
END = "2999-01-01T00:00:00Z"


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """The real program, started on free ports and a database in `directory`."""

    def __init__(self, directory, *arguments):
        self.directory = Path(directory)
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0",
             "--storage", f"sqlite:{self.directory}/shop.db", "--media", f"{self.directory}/media",
             "--log", "json", *CHEAP_PASSWORDS, *arguments],
            cwd=directory, stdout=subprocess.PIPE, text=True)
        self.first_line = self.process.stdout.readline()
        listening = json.loads(self.first_line)
        self.public, self.internal = listening["public"], listening["internal"]
        self.lines = []
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, number=signal.SIGTERM):
        """Ends it and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self.reader.join(SECONDS)
        self.process.stdout.close()
        return code


class Client:
    """One connection, with or without a token."""

    def __init__(self, address, token=None):
        self.connection = http.client.HTTPConnection(address, timeout=SECONDS)
        self.token = token

    def request(self, method, path, body=None, token="", **headers):
        """`token=None`: without one. A dict is sent as JSON, bytes as they are."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        used = self.token if token == "" else token
        if used:
            fields.setdefault("Authorization", f"Bearer {used}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body, fields)
        except BrokenPipeError:
            pass  # It was refused before all of it was sent: the answer is there.
        return Answer(self.connection.getresponse())

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.request("POST", path, {} if body is None else body, **headers)

    def close(self):
        self.connection.close()


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class ServerTest(unittest.TestCase):
    """A class has one server; each test makes the people and drops that it needs."""

    arguments = NO_LIMITS

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = directory.name
        cls.server = Server(cls.directory, *cls.arguments)
        cls.addClassCleanup(cls.server.end)

    def client(self, token=None):
        client = Client(self.server.public, token)
        self.addCleanup(client.close)
        return client

    def operator(self):
        client = Client(self.server.internal)
        self.addCleanup(client.close)
        return client

    def sign_up(self, role="user"):
        """A client of somebody new; `id` tells who."""
        client = self.client()
        email = f"{uuid.uuid4().hex}@example.com"
        made = client.post("/register", {"name": "Ann", "email": email, "password": "secret-word",
                                         "role": role, "birthday": "1990-12-31"})
        self.assertEqual(made.status, 201, made)
        tokens = client.post("/login", {"email": email, "password": "secret-word"})
        self.assertEqual(tokens.status, 200, tokens)
        client.token = tokens.json["accessToken"]
        client.refresh = tokens.json["refreshToken"]
        client.email = email
        client.id = made.json["creatorId" if role == "creator" else "userId"]
        return client

    @classmethod
    def command(cls, *arguments):
        return subprocess.run(
            [PROGRAM, *arguments, "--storage", f"sqlite:{cls.directory}/shop.db"],
            cwd=cls.directory, capture_output=True, text=True, timeout=SECONDS, check=False)

    def service(self):
        made = self.command("create-token", "--role", "service")
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.client(made.stdout.strip())

    def admin(self):
        made = self.command("create-token", "--role", "admin", "--subject", "root")
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.client(made.stdout.strip())

    def make_drop(self, creator, stock=10, **more):
        product = creator.post("/createProd", {"name": "Lamp", "desc": "A lamp", "price": 1999})
        self.assertEqual(product.status, 201, product)
        drop = creator.post("/createDrop", {"prodId": product.json["prodId"], "endTime": END,
                                            "currentStock": stock, **more})
        self.assertEqual(drop.status, 201, drop)
        return drop.json

    def order(self, client, drop, key=None, **more):
        return client.post("/order", {"dropId": drop["dropId"], "quantity": 1,
                                      "idempotencyKey": key or uuid.uuid4().hex, **more})
