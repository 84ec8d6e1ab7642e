"""What the real-time tests share: the server as a process, a proxy that can be cut, clients."""

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("LIVEDROPS_BINARY_DIR", ROOT / "build" / "dev"))
PROGRAM = BUILD / "tests" / "server_realtime"
CLIENTS = BUILD / "realtime-clients"
NPM_PACKAGES = ["centrifuge@5.7.4", "ws@8.18.0"]
PIP_PACKAGES = ["centrifuge-python==0.7.0", "websockets==17.*"]
SECONDS = 20


def wait_for(condition, what, seconds=SECONDS):
    """The first true value of condition()."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {what}")


def install(name, packages, command):
    """Runs the command once for these packages; a later run finds them. None when it fails."""
    target = CLIENTS / name
    done = target / "installed.txt"
    if done.exists() and done.read_text() == " ".join(packages):
        return target
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    result = subprocess.run(command(target), capture_output=True, text=True)
    if result.returncode != 0:
        sys.stderr.write(result.stderr[-2000:])
        return None
    done.write_text(" ".join(packages))
    return target


def install_javascript():
    """The directory with the npm packages, or None."""
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    return install("javascript", NPM_PACKAGES, lambda target: [
        "npm", "install", "--prefix", target, "--no-audit", "--no-fund", "--ignore-scripts",
        *NPM_PACKAGES])


def install_python():
    """The directory with the Python packages, or None; it is put on the path."""
    target = install("python", PIP_PACKAGES, lambda target: [
        sys.executable, "-m", "pip", "install", "--quiet", "--target", target, *PIP_PACKAGES])
    if target:
        sys.path.insert(0, str(target))
    return target


class Server:
    """server_realtime, as a process of this test."""

    def __init__(self, storage="memory:", **options):
        arguments = [f"{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen([PROGRAM, storage, *arguments], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def url(self, what, **query):
        return f"http://127.0.0.1:{self.port}/do/{what}?{urllib.parse.urlencode(query)}"

    def do(self, what, **query):
        request = urllib.request.Request(self.url(what, **query), method="POST")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def token(self, user, **query):
        return self.do("token", user=user, **query)["token"]

    def flip(self, drop="d1", times=1):
        """Pauses and resumes the drop: two publications each time."""
        self.do("flip", drop=drop, times=times)

    def stop(self):
        """Lets it stop by itself; its exit status."""
        self.process.stdin.close()
        status = self.process.wait(SECONDS)
        self.process.stdout.close()
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if not stream.closed:
                stream.close()


class Proxy:
    """Passes bytes on to a port, until it is cut."""

    def __init__(self, port):
        self.target = port
        self.up = True
        self.sockets = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if not self.up:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                self.sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()

    def cut(self):
        with self.lock:
            self.up = False
            for end in self.sockets:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.sockets.clear()

    def mend(self):
        with self.lock:
            self.up = True

    def end(self):
        self.cut()
        self.listener.close()


class JavaScript:
    """centrifuge_client.mjs, as a process of this test."""

    def __init__(self, modules, port, token_url=""):
        script = Path(__file__).with_name("centrifuge_client.mjs")
        url = f"ws://127.0.0.1:{port}/connection/websocket"
        self.process = subprocess.Popen(["node", script, modules, url, token_url], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.heard = []
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def do(self, what, **values):
        self.process.stdin.write(json.dumps({"do": what, **values}) + "\n")
        self.process.stdin.flush()

    def wait(self, event, **values):
        """The next event of that kind with these values; all before it are in `heard`."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                told = self.lines.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"no {event} {values}; heard {self.heard[-5:]}") from None
            self.heard.append(told)
            if told["event"] == event and values.items() <= told.items():
                return told

    def publications(self, channel):
        """Type and offset of the publications heard with an offset."""
        return [(told["data"]["type"], told["offset"]) for told in self.heard
                if told["event"] == "publication" and told["channel"] == channel
                and "offset" in told]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
