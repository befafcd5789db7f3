"""Two servers of one place behind one name: a browser that loses one comes to the other by itself."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support import ROOT, Browser, Server, complain, expect


def free_address():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


class JetStream:
    """One NATS server, whose journal goes away with it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="confab-nats-")
        self.address = free_address()
        host, port = self.address.split(":")
        program = subprocess.check_output([ROOT / "Tools" / "nats-server"], text=True).strip()
        self.process = subprocess.Popen(
            [program, "--jetstream", "--store_dir", self.folder, "--addr", host, "--port", port],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class OneName:
    """What a balancer of TCP connections does: whoever connects gets the first server that is there."""

    def __init__(self, servers):
        self.servers = servers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client):
        for server in self.servers:
            host, port = server.address.split(":")
            try:
                there = socket.create_connection((host, int(port)), timeout=5)
            except OSError:
                continue
            there.settimeout(None)
            back = threading.Thread(target=self._pass_on, args=(there, client), daemon=True)
            back.start()
            self._pass_on(client, there)
            back.join()
            there.close()
            break
        client.close()

    @staticmethod
    def _pass_on(source, target):
        try:
            while received := source.recv(65_536):
                target.sendall(received)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class NodesTests(unittest.TestCase):
    def test_a_page_goes_on_at_the_other_server(self):
        stream = JetStream()
        self.addCleanup(stream.close)
        journal = f"nats://{stream.address}/browsers"
        first = Server("--journal", journal)
        self.addCleanup(first.close)
        second = Server("--journal", journal, has_owner=True)
        self.addCleanup(second.close)
        name = OneName([first, second])
        self.addCleanup(name.close)
        browser = Browser()
        self.addCleanup(browser.close)
        ann = browser.person(name).join(first.owner_link.replace(first.address, name.address), "ann")
        ann.write("heard by both")
        expect(ann.message("heard by both")).to_have_count(1)

        first.process.kill()
        ann.write("after the first was gone")
        expect(ann.message("after the first was gone")).to_have_count(1)
        expect(ann.page.get_by_text("waits for the connection")).to_have_count(0)
        expect(ann.message("heard by both")).to_have_count(1)
        said = second.run("operator", "admin", "audit", "--data", second.data)
        self.assertEqual(said.count("message-posted"), 2, said)
        self.assertEqual(complain(ann), [])
