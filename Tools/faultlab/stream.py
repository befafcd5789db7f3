"""What a test asks JetStream for, in NATS's own text protocol."""
import json
import socket
import sys
import time


def ask(address, subject, body, seconds=5):
    """One request to a NATS server, and its answer."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        lines = connection.makefile("rb")
        lines.readline()
        words = json.dumps(body).encode() if body is not None else b""
        connection.sendall(
            b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB answer 1\r\n'
            + f"PUB {subject} answer {len(words)}\r\n".encode() + words + b"\r\n")
        while True:
            line = lines.readline()
            if not line:
                raise OSError("the server closed the connection")
            if line.startswith(b"PING"):
                connection.sendall(b"PONG\r\n")
            elif line.startswith(b"MSG"):
                return json.loads(lines.read(int(line.split()[-1])))
            elif line.startswith((b"HMSG", b"-ERR")):
                raise OSError(f"no answer: {line!r}")


def limit(address, stream, extra):
    """Lets a stream grow by so many bytes and no further; by None, without end."""
    config = call(address, f"$JS.API.STREAM.INFO.{stream}", None)
    bytes_max = -1 if extra is None else config["state"]["bytes"] + extra
    call(address, f"$JS.API.STREAM.UPDATE.{stream}", {**config["config"], "max_bytes": bytes_max})


def call(address, subject, body):
    answer = ask(address, subject, body)
    if "error" in answer:
        raise OSError(answer["error"]["description"])
    return answer


def main():
    """Run where the servers are found: `stream.py ADDRESS,… STREAM BYTES|none`."""
    addresses, stream, extra = sys.argv[1:]
    end = time.monotonic() + 60
    while True:
        for address in addresses.split(","):
            try:
                return limit(address, stream, None if extra == "none" else int(extra))
            except (OSError, ValueError) as error:
                trouble = error
        if time.monotonic() > end:
            sys.exit(f"the stream's limit cannot be set: {trouble}")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
