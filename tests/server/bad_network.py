"""A network between client and server that is slow and loses connections, on loopback.

What it does is modelled on the toxics of Toxiproxy: latency with jitter, bandwidth, slicer, and
limit_data, which cuts a connection after a number of bytes. TCP hides lost packets; what clients
see of a bad network is delay, trickle and connections that end in the middle of a message.
"""

import dataclasses
import random
import re
import socket
import threading
import time

UPGRADE = re.compile(rb"^upgrade: *websocket", re.IGNORECASE | re.MULTILINE)


@dataclasses.dataclass
class Faults:
    """Of one network; all connections that begin later have them. Directions are alike."""

    latency: float = 0  # Seconds, before each piece.
    jitter: float = 0  # More of it, at most.
    bytes_per_second: int = 0  # 0: as fast as it goes.
    slice_bytes: int = 65536  # No piece is larger.
    # Cut after a number of bytes in this range, drawn for each connection and direction.
    cut_after: tuple = ()
    no_upgrades: bool = False  # A middlebox that does not know WebSockets.


class Network:
    """Listens on `address`; everything goes on to `target`, as the faults let it."""

    def __init__(self, target, faults=None, seed=1):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.faults = faults or Faults()
        self.random = random.Random(seed)
        self.cuts = 0
        self.lock = threading.Lock()
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            with self.lock:
                self.open |= {near, far}
                budgets = [self.random.randint(*self.faults.cut_after)
                           if self.faults.cut_after else None for _ in range(2)]
            for pair, budget in zip(((near, far), (far, near)), budgets):
                pair[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pump, args=(*pair, budget, self.faults),
                                 daemon=True).start()

    def pump(self, source, target, budget, faults):
        try:
            while data := source.recv(faults.slice_bytes):
                self.wait(len(data), faults)
                if faults.no_upgrades and UPGRADE.search(data):
                    break
                if budget is not None and len(data) >= budget:
                    target.sendall(data[:budget])
                    self.cuts += 1
                    break
                target.sendall(data)
                budget = None if budget is None else budget - len(data)
        except OSError:
            pass
        self.hang_up(source, target)
        source.close()  # The other direction's thread, which sends to it, gets an OSError.

    def wait(self, size, faults):
        delay = faults.latency
        if faults.jitter:
            with self.lock:
                delay += self.random.uniform(0, faults.jitter)
        if faults.bytes_per_second:
            delay += size / faults.bytes_per_second
        if delay:
            time.sleep(delay)

    def hang_up(self, *ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with self.lock:
            self.open.difference_update(ends)

    def connections(self):
        with self.lock:
            return len(self.open) // 2

    def cut_all(self):
        with self.lock:
            ends = list(self.open)
        self.cuts += len(ends) // 2
        self.hang_up(*ends)

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut_all()
