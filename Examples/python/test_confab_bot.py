#!/usr/bin/python3
"""Tests of the bot: its bytes against Vectors/, and a conversation with a server of a few lines.

    /usr/bin/python3 Examples/python/test_confab_bot.py

They need the `openssl` program to make a certificate.
"""

import io
import json
import pathlib
import random
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import redirect_stderr, redirect_stdout

import confab_bot as bot
from google.protobuf import json_format

ROOT = pathlib.Path(__file__).resolve().parents[2]
bot.load_schema(bot.PROTO)
wire = bot.wire


class Vectors(unittest.TestCase):
    def test_frames(self):
        vectors = json.loads((ROOT / "Vectors/frames.json").read_text())
        for side, message in (("client", wire.ClientFrame), ("server", wire.ServerFrame)):
            for vector in vectors[side]:
                with self.subTest(side=side, name=vector["name"]):
                    data = bytes.fromhex(vector["hex"])
                    reader = bot.FrameReader()
                    reader.append(data)
                    frame = message.FromString(reader.next())
                    self.assertEqual(frame, json_format.ParseDict(vector["json"], message()))
                    self.assertEqual(bot.encode_frame(frame), data)

    def test_frames_in_pieces(self):
        vectors = json.loads((ROOT / "Vectors/frames.json").read_text())
        stream = b"".join(bytes.fromhex(vector["hex"]) for vector in vectors["server"])
        chance, reader, frames = random.Random(7), bot.FrameReader(), 0
        while stream:
            count = chance.randrange(1, 50)
            reader.append(stream[:count])
            stream = stream[count:]
            while reader.next() is not None:
                frames += 1
        self.assertEqual(frames, len(vectors["server"]))

    def test_a_long_length_is_refused(self):
        reader = bot.FrameReader()
        reader.append(struct.pack(">I", 65_537))
        with self.assertRaises(bot.Unreachable):
            reader.next()


class Links(unittest.TestCase):
    def test_forms(self):
        for text in (
            "confab://[::1]:4748/?pin=cGlu&invite=c2VjcmV0",
            "https://[::1]:4748/#pin=cGlu&invite=c2VjcmV0&newer=1",
        ):
            link = bot.Link(text)
            self.assertEqual((link.host, link.port), ("::1", 4748))
            self.assertEqual((link.pin, link.invitation), ("cGlu", b"secret"))

    def test_without_pin_and_port(self):
        link = bot.Link("confab://example.org")
        self.assertEqual((link.port, link.pin, link.invitation), (4747, None, b""))

    def test_not_a_link(self):
        for text in ("", "example.org", "http://example.org/", "confab://", "confab://a:b/"):
            with self.assertRaises(bot.UsageError):
                bot.Link(text)


class Server:
    """The least that the bot can talk to: one account, the lobby, and the bot's own words told."""

    def __init__(self, folder, tells=lambda position, event: [event]):
        self.key, self.certificate = folder / "key.pem", folder / "certificate.pem"
        make_certificate(self.key, self.certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, self.key)
        self.context.set_alpn_protocols(["confab/1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.events = []
        self.tells = tells
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def link(self):
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        return f"confab://127.0.0.1:{self.port}/?pin={bot.certificate_pin(der)}&invite=c2VjcmV0"

    def serve(self):
        plain, _ = self.listener.accept()
        self.listener.close()
        try:
            with self.context.wrap_socket(plain, server_side=True) as stream:
                self.answer(stream)
        except OSError:
            pass

    def answer(self, stream):
        reader = bot.FrameReader()
        while data := stream.recv(65_536):
            reader.append(data)
            while (payload := reader.next()) is not None:
                for frame in self.frames(wire.ClientFrame.FromString(payload)):
                    stream.sendall(bot.encode_frame(frame))

    def frames(self, request):
        reply = wire.ServerFrame(reply_to=request.request)
        news = []
        kind = request.WhichOneof("body")
        if kind == "hello":
            reply.welcome.version = 1
        elif kind == "sign_in" and self.accepts(request.sign_in):
            reply.signed_in.name = "bot"
            reply.signed_in.token = bytes(32)
        elif kind == "sign_in":
            reply.refusal.code = 2001
            reply.refusal.message = "Name or password are wrong."
        elif kind == "list_channels":
            reply.channel_list.channels.add(id=1, label="#lobby", position=len(self.events))
        elif kind == "send":
            news = self.post(request.send, reply)
        elif kind == "read_events":
            reply.event_list.events.extend(self.events[request.read_events.after_position :])
        else:
            reply.done.SetInParent()
        return [reply] + [wire.ServerFrame(event=event) for event in news]

    def accepts(self, sign_in):
        if sign_in.WhichOneof("method") == "invitation":
            return sign_in.invitation.secret == b"secret"
        return sign_in.password.password == "correct horse"

    def post(self, send, reply):
        position = len(self.events) + 1
        event = wire.Event(channel=1, position=position, by="bot")
        event.posted.sequence, event.posted.id, event.posted.text = position, send.id, send.text
        self.events.append(event)
        reply.sent.sequence = position
        return self.tells(position, event)


def make_certificate(key, certificate):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-subj", "/CN=confab", "-days", "2", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )


class Conversations(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_bot(self, *arguments, password="correct horse"):
        out, err = io.StringIO(), io.StringIO()
        stdin, sys.stdin = sys.stdin, io.StringIO(password + "\n")
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = bot.main([*arguments, "--name", "bot", "--password-stdin"])
        finally:
            sys.stdin = stdin
        return status, out.getvalue(), err.getvalue()

    def test_the_pin_is_that_of_the_public_key(self):
        server = Server(self.folder)
        public = ["openssl", "x509", "-in", server.certificate, "-pubkey", "-noout"]
        pem = subprocess.run(public, check=True, capture_output=True).stdout
        to_der = ["openssl", "pkey", "-pubin", "-outform", "DER"]
        der = subprocess.run(to_der, input=pem, check=True, capture_output=True).stdout
        expected = bot.base64.urlsafe_b64encode(bot.hashlib.sha256(der).digest())
        self.assertIn(f"pin={expected.decode().rstrip('=')}&", server.link)

    def test_once(self):
        status, out, err = self.run_bot(Server(self.folder).link, "--once", "hi")
        self.assertEqual((status, out), (0, "#lobby 1 bot: hi\n"), err)

    def test_joining(self):
        status, out, err = self.run_bot(Server(self.folder).link, "--join", "--once", "hi")
        self.assertEqual((status, out), (0, "#lobby 1 bot: hi\n"), err)

    def test_what_was_not_told_is_fetched(self):
        def tells(position, event):
            later = wire.Event(channel=1, position=position + 1, by="eve")
            server.events.append(later)
            return [later, later]

        server = Server(self.folder, tells)
        status, out, err = self.run_bot(server.link, "--once", "hi")
        self.assertEqual((status, out), (0, "#lobby 1 bot: hi\n"), err)

    def test_a_wrong_password(self):
        link = Server(self.folder).link
        status, _, err = self.run_bot(link, "--once", "hi", password="wrong")
        self.assertEqual(status, 3)
        self.assertIn("error 2001: Name or password are wrong.", err)

    def test_another_server(self):
        link = Server(self.folder).link
        wrong = link.replace("pin=", "pin=A")
        status, _, err = self.run_bot(wrong, "--once", "hi")
        self.assertEqual(status, 4)
        self.assertIn("not the server of the link", err)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        status, _, _ = self.run_bot(f"confab://127.0.0.1:{port}/", "--once", "hi")
        self.assertEqual(status, 4)


if __name__ == "__main__":
    unittest.main()
