"""A network between pages and a server of the tests that loses what it is told to lose.

The server tells browsers a second address of this machine for media; there this network listens, on the
server's own port number, and passes on what comes.
"""

import random
import selectors
import socket
import threading

DATAGRAM_MAX = 2048
# What a browser's connection may leave standing before it is read.
BUFFER_BYTES = 1 << 20


class LossyNetwork:
    def __init__(self, address, server, carries_tcp=False):
        host, port = server.rsplit(":", 1)
        self.loss = 0.0
        self.is_cut = False
        # Of each way: datagrams that passed, and that did not.
        self.passed = 0
        self.lost = 0
        self._server = (host, int(port))
        self._random = random.Random(7)
        self._selector = selectors.DefaultSelector()
        self._ways = {}
        self._door = self._udp()
        self._door.bind((address, int(port)))
        self._selector.register(self._door, selectors.EVENT_READ, self._from_page)
        self._listener = None
        if carries_tcp:
            self._listener = socket.create_server((address, int(port)))
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._is_running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._is_running = False
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    @staticmethod
    def _udp():
        new = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        new.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        return new

    def _run(self):
        while self._is_running:
            for key, _ in self._selector.select(0.1):
                key.data(key.fileobj)

    def _passes(self):
        passes = not self.is_cut and self._random.random() >= self.loss
        self.passed += passes
        self.lost += not passes
        return passes

    def _from_page(self, door):
        data, page = door.recvfrom(DATAGRAM_MAX)
        if not self._passes():
            return
        if page not in self._ways:
            way = self._udp()
            way.connect(self._server)
            self._ways[page] = way
            self._selector.register(
                way, selectors.EVENT_READ, lambda way: self._from_server(way, page))
        try:
            self._ways[page].send(data)
        except ConnectionRefusedError:
            pass

    def _from_server(self, way, page):
        try:
            data = way.recv(DATAGRAM_MAX)
        except ConnectionRefusedError:
            return
        if self._passes():
            self._door.sendto(data, page)

    # TCP loses nothing.

    def _accept(self, listener):
        page, _ = listener.accept()
        way = socket.create_connection(self._server)
        for one, other in ((page, way), (way, page)):
            self._selector.register(
                one, selectors.EVENT_READ, lambda one, other=other: self._carry(one, other))

    def _carry(self, one, other):
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        if data:
            try:
                other.sendall(data)
                return
            except OSError:
                pass
        for end in (one, other):
            if end.fileno() >= 0:
                self._selector.unregister(end)
                end.close()
