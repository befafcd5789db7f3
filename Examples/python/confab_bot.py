#!/usr/bin/python3
"""A small bot for Confab, made from Docs/Protocol.md and confab.proto alone.

It answers "!echo WORDS" with the words, and greets whoever mentions it. With --once TEXT it says TEXT,
waits until it hears itself, prints what it heard and ends: a check that a server works.

It needs Python 3.11, the packages python3-protobuf and protobuf-compiler, and nothing else.
"""

import argparse
import base64
import collections
import hashlib
import hmac
import importlib
import os
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

FRAME_BYTES_MAX = 65_536
VERSION = 1
DEFAULT_PORT = 4747
ANSWER_SECONDS_MAX = 30
# A server that is silent this long is asked whether it is still there.
SILENCE_SECONDS = 60
RECONNECT_SECONDS_MAX = 60
# Refusals after which coming back with the same token is of no use: sessionUnknown, accountDisabled.
SESSION_IS_OVER = (2004, 2005)
PROTO = pathlib.Path(__file__).resolve().parents[2] / "Sources/ConfabWire/confab.proto"

# The schema's Python, made by load_schema when the program starts.
wire = None


def message_id():
    """A UUIDv7 (RFC 9562): the time in milliseconds, then chance."""
    identifier = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    identifier[6] = 0x70 | identifier[6] & 0x0F
    identifier[8] = 0x80 | identifier[8] & 0x3F
    return bytes(identifier)


class Refused(Exception):
    """The server said no; trying the same again would not help."""

    def __init__(self, refusal):
        super().__init__(f"error {refusal.code}: {refusal.message}")
        self.code = refusal.code
        self.retry_after_ms = refusal.retry_after_ms


class Goodbye(Refused):
    """The server ended the connection, and said why."""


class UsageError(Exception):
    """The person typed something that cannot be."""


class Unreachable(Exception):
    """The server cannot be reached, or is not the one that the link names."""


def load_schema(proto):
    """Lets protoc write Python into a folder that is gone afterwards, and imports it."""
    global wire
    with tempfile.TemporaryDirectory() as folder:
        command = ["protoc", f"--proto_path={proto.parent}", f"--python_out={folder}", proto.name]
        subprocess.run(command, check=True)
        sys.path.insert(0, folder)
        try:
            wire = importlib.import_module(f"{proto.stem}_pb2")
        finally:
            sys.path.remove(folder)


# ---------------------------------------------------------------------------------------------------
# Where the server is, and how to know it


class Link:
    """confab://HOST:PORT/?pin=…&invite=…, or the same as https with a fragment."""

    def __init__(self, text):
        try:
            parts = urllib.parse.urlsplit(text)
            given = urllib.parse.parse_qs(parts.query) | urllib.parse.parse_qs(parts.fragment)
            self.host = parts.hostname
            self.port = parts.port or DEFAULT_PORT
            self.pin = given.get("pin", [None])[0]
            self.invitation = base64url(given.get("invite", [""])[0])
        except ValueError:
            parts = None
        if not parts or parts.scheme not in ("confab", "https") or not self.host:
            raise UsageError(f"{text!r} is no link: confab://HOST:PORT/?pin=PIN")


def base64url(text):
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def certificate_pin(der):
    """The base64url SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 5280, section 4.1)."""
    (certificate, _), _ = read_der(der, 0)
    (tbs, _), _ = read_der(certificate, 0)
    at = 0
    if tbs[0] == 0xA0:  # the version, which old certificates leave out
        _, at = read_der(tbs, at)
    for _ in ("serial number", "signature", "issuer", "validity", "subject"):
        _, at = read_der(tbs, at)
    (_, public_key), _ = read_der(tbs, at)
    digest = hashlib.sha256(public_key).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_der(der, at):
    """One DER element: its contents, the whole of it, and where the next begins."""
    start, length = at, der[at + 1]
    at += 2
    if length >= 0x80:  # the low bits say how many bytes the length has
        count = length & 0x7F
        length = int.from_bytes(der[at : at + count], "big")
        at += count
    end = at + length
    return (der[at:end], der[start:end]), end


def connect(link):
    """A TLS 1.3 connection to the server that the link names, and to no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["confab/1"])
    if link.pin:  # the pin says more than any authority could
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_default_certs()
    plain = socket.create_connection((link.host, link.port), timeout=ANSWER_SECONDS_MAX)
    tls = context.wrap_socket(plain, server_hostname=link.host)
    if link.pin:
        shown = certificate_pin(tls.getpeercert(binary_form=True))
        if not hmac.compare_digest(shown, link.pin):
            tls.close()
            raise Unreachable(f"this is not the server of the link: its pin is {shown}")
    if tls.selected_alpn_protocol() != "confab/1":
        tls.close()
        raise Unreachable("this server does not speak Confab's protocol")
    return tls


# ---------------------------------------------------------------------------------------------------
# Frames


def encode_frame(frame):
    payload = frame.SerializeToString()
    if len(payload) > FRAME_BYTES_MAX:
        raise UsageError(f"{len(payload)} bytes are too much for one frame")
    return struct.pack(">I", len(payload)) + payload


class FrameReader:
    """Puts frames together from bytes that come in any pieces."""

    def __init__(self):
        self.buffer = bytearray()

    def append(self, data):
        self.buffer += data

    def next(self):
        """The next payload, or None until more bytes have come."""
        if len(self.buffer) < 4:
            return None
        (length,) = struct.unpack_from(">I", self.buffer)
        if length > FRAME_BYTES_MAX:
            raise Unreachable(f"the server sent a frame of {length} bytes")
        if len(self.buffer) < 4 + length:
            return None
        payload = bytes(self.buffer[4 : 4 + length])
        del self.buffer[: 4 + length]
        return payload


# ---------------------------------------------------------------------------------------------------
# Requests and answers


class Client:
    """One connection: asks, and keeps the news that come meanwhile."""

    def __init__(self, stream):
        self.stream = stream
        self.reader = FrameReader()
        self.newest_request = 0
        self.news = collections.deque()

    def close(self):
        self.stream.close()

    def receive(self, seconds):
        """The next frame, or None when none comes in time."""
        deadline = time.monotonic() + seconds
        while True:
            payload = self.reader.next()
            if payload is not None:
                frame = wire.ServerFrame.FromString(payload)
                if frame.WhichOneof("body") == "goodbye":
                    raise Goodbye(frame.goodbye.reason)
                return frame
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.stream.settimeout(left)
            try:
                data = self.stream.recv(65_536)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionError("the server closed the connection")
            self.reader.append(data)

    def ask(self, **body):
        """Sends one request, given as the name and value of its body, and returns the answer's body."""
        self.newest_request += 1
        request = wire.ClientFrame(request=self.newest_request, **body)
        self.stream.settimeout(ANSWER_SECONDS_MAX)
        self.stream.sendall(encode_frame(request))
        while True:
            frame = self.receive(ANSWER_SECONDS_MAX)
            if frame is None:
                raise ConnectionError("the server does not answer")
            if frame.reply_to == 0:
                self.news.append(frame)
                continue
            if frame.reply_to != self.newest_request:
                raise ConnectionError(f"the server answered {frame.reply_to}, which nobody asked")
            kind = frame.WhichOneof("body")
            if kind == "refusal":
                raise Refused(frame.refusal)
            return getattr(frame, kind) if kind else None

    def next_news(self, seconds):
        if self.news:
            return self.news.popleft()
        return self.receive(seconds)

    def hello(self):
        hello = wire.Hello(version_min=VERSION, version_max=VERSION, client="confab_bot 1.0")
        return self.ask(hello=hello)


# ---------------------------------------------------------------------------------------------------
# Following channels without a gap


class Follower:
    """Takes each event in once and in order, whatever is lost on the way."""

    def __init__(self):
        self.cursors = {}  # the position taken in, by the channel's id
        self.labels = {}

    def begin(self, client):
        """Subscribes, and returns the events missed since the last connection."""
        client.ask(subscribe=wire.Subscribe())
        missed, after = [], 0
        while True:
            page = client.ask(list_channels=wire.ListChannels(after=after))
            for channel in page.channels:
                self.labels[channel.id] = channel.label
                cursor = self.cursors.setdefault(channel.id, channel.position)
                if channel.position > cursor:
                    missed += self.fetch(client, channel.id)
            if not page.more or not page.channels:
                return missed
            after = page.channels[-1].id

    def fetch(self, client, channel):
        """Everything in the channel after the cursor."""
        events = []
        while True:
            request = wire.ReadEvents(channel=channel, after_position=self.cursors[channel])
            page = client.ask(read_events=request)
            events += [event for event in page.events if self.take(event)]
            if not page.more or not page.events:
                return events

    def told(self, client, frame):
        """The events to take in because of some news."""
        kind = frame.WhichOneof("body")
        if kind == "lagging":
            return self.begin(client)
        if kind == "channel_changed":
            info = frame.channel_changed
            self.labels[info.id] = info.label
            if info.joined:  # a room that we were invited to: from our joining on
                begin = max(info.visible_after_position, self.cursors.get(info.id, 0))
                self.cursors[info.id] = begin
        if kind == "channel_gone":
            self.cursors.pop(frame.channel_gone.channel, None)
        if kind != "event" or frame.event.channel not in self.cursors:
            return []
        event = frame.event
        if event.position <= self.cursors[event.channel] + 1:
            return [event] if self.take(event) else []
        # Something before it is missing; what is fetched holds this event too.
        try:
            return self.fetch(client, event.channel)
        except Goodbye:
            raise
        except Refused:  # we are not in the room any more
            del self.cursors[event.channel]
            return []

    def take(self, event):
        """False for a duplicate; otherwise the cursor moves."""
        if event.position <= self.cursors[event.channel]:
            return False
        self.cursors[event.channel] = event.position
        return True


# ---------------------------------------------------------------------------------------------------
# The bot


class Bot:
    def __init__(self, link, name, password, joins, channel):
        self.link = link
        self.name = name
        self.password = password
        self.joins = joins
        self.channel = channel
        self.token = b""
        self.follower = Follower()
        self.events = collections.deque()  # taken in, not handled yet
        self.outbox = {}  # messages without an answer, by their id

    def sign_in(self, client):
        client.hello()
        if self.token:
            sign_in = wire.SignIn(token=wire.WithToken(token=self.token))
        elif self.joins:
            secret = self.link.invitation
            with_invitation = wire.WithInvitation(
                secret=secret, name=self.name, password=self.password
            )
            sign_in = wire.SignIn(invitation=with_invitation)
        else:
            with_password = wire.WithPassword(name=self.name, password=self.password)
            sign_in = wire.SignIn(password=with_password)
        signed_in = client.ask(sign_in=sign_in)
        self.token = signed_in.token or self.token
        self.name = signed_in.name

    def say(self, client, channel, text, reply_to=0):
        """Sends a message; if the connection breaks, the next one sends it again."""
        identifier = message_id()
        self.outbox[identifier] = wire.Send(
            channel=channel, id=identifier, text=text, reply_to=reply_to
        )
        self.flush(client)
        return identifier

    def flush(self, client):
        for identifier, message in list(self.outbox.items()):
            try:
                client.ask(send=message)
            except (OSError, Goodbye):
                message.retry = True  # it may be stored; under the same id it is stored once
                raise
            except Refused:
                del self.outbox[identifier]
                raise
            del self.outbox[identifier]

    def handle(self, client, event):
        if event.WhichOneof("body") != "posted" or event.by == self.name:
            return
        channel, message = wire.ChannelRef(id=event.channel), event.posted
        if message.reply_to:  # or two bots would answer each other for ever
            return
        if message.text.startswith("!echo "):
            answer = message.text[len("!echo ") :]
        elif self.name in message.mentions:
            answer = f"Hello @{event.by}!"
        else:
            return
        try:
            self.say(client, channel, answer, message.sequence)
        except Goodbye:
            raise
        except Refused as refused:  # a message that is not taken must not end the service
            print(f"not sent: {refused}", file=sys.stderr, flush=True)

    def connect(self):
        client = Client(connect(self.link))
        self.sign_in(client)
        self.events += self.follower.begin(client)
        return client

    def serve(self):
        """Answers until the connection breaks."""
        client = self.connect()
        print(f"signed in as {self.name}", flush=True)
        self.flush(client)
        while True:
            while self.events:
                self.handle(client, self.events.popleft())
            frame = client.next_news(SILENCE_SECONDS)
            if frame:
                self.events += self.follower.told(client, frame)
            else:
                client.ask(ping=wire.Ping())

    def run(self):
        """Serves for ever, over as many connections as it takes."""
        wait = 1
        while True:
            began = time.monotonic()
            try:
                self.serve()
            except (OSError, Refused) as problem:
                is_over = isinstance(problem, Refused) and problem.code in SESSION_IS_OVER
                if is_over or not self.token:
                    raise
                print(f"lost the connection: {problem}", file=sys.stderr, flush=True)
            lasted = time.monotonic() - began
            wait = 1 if lasted > wait else min(2 * wait, RECONNECT_SECONDS_MAX)
            time.sleep(wait)

    def once(self, text):
        """Says one thing and waits to hear it."""
        client = self.connect()
        identifier = self.say(client, wire.ChannelRef(name=self.channel), text)
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < deadline:
            while self.events:
                event = self.events.popleft()
                if event.posted.id == identifier:
                    label = self.follower.labels.get(event.channel, event.channel)
                    print(f"{label} {event.posted.sequence} {event.by}: {event.posted.text}")
                    return
            frame = client.next_news(deadline - time.monotonic())
            if frame:
                self.events += self.follower.told(client, frame)
        raise Unreachable("the server stored the message and never told it")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("link", help="confab://HOST:PORT/?pin=…, as the server printed it")
    parser.add_argument("--name", required=True, help="the account's name")
    parser.add_argument(
        "--password-stdin", action="store_true",
        help="read the password from standard input; otherwise from CONFAB_PASSWORD",
    )
    parser.add_argument(
        "--join", action="store_true", help="make the account, with the invitation in the link"
    )
    parser.add_argument("--once", metavar="TEXT", help="say TEXT, wait to hear it, and end")
    parser.add_argument("--channel", default="#lobby", help="where --once says it")
    parser.add_argument("--proto", type=pathlib.Path, default=PROTO, help="where confab.proto is")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", options.name):
        parser.error("a name has 1 to 32 letters, digits, '-', '_' and '.'")
    return options


def main(arguments):
    options = parse(arguments)
    try:
        load_schema(options.proto.resolve())
        password = (
            sys.stdin.readline().rstrip("\n")
            if options.password_stdin
            else os.environ.get("CONFAB_PASSWORD", "")
        )
        bot = Bot(Link(options.link), options.name, password, options.join, options.channel)
        if options.once is None:
            bot.run()
        else:
            bot.once(options.once)
    except UsageError as error:
        print(f"confab_bot: {error}", file=sys.stderr)
        return 2
    except Refused as error:
        print(f"confab_bot: {error}", file=sys.stderr)
        return 3
    except (OSError, Unreachable) as error:
        print(f"confab_bot: {error}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
