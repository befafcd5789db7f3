"""Firefox, driven over its own Marionette protocol: a length, a colon, and JSON."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

FIREFOX = os.environ.get("FIREFOX", "/usr/bin/firefox-esr")
PATIENCE_S = 60

SETTINGS = {
    # A camera and a microphone that Firefox makes up, without a question.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.server": "",
}


class Firefox:
    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="confab-firefox-")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with open(os.path.join(self._profile, "user.js"), "w") as file:
            for name, value in {**SETTINGS, "marionette.port": port}.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        self._process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--marionette", "--profile", self._profile],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._number = 0
        self._socket = self._reader = None
        try:
            self._socket = self._connect(port)
            self._reader = self._socket.makefile("rb")
            self._read()
            self._ask("WebDriver:NewSession", acceptInsecureCerts=True)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _connect(port):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _read(self):
        length = b""
        while (digit := self._reader.read(1)) != b":":
            length += digit
        return json.loads(self._reader.read(int(length)))

    def _ask(self, command, **values):
        self._number += 1
        text = json.dumps([0, self._number, command, values]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, answer = self._read()
        if error:
            raise AssertionError(f"Firefox: {error['error']}: {error['message']}")
        return answer

    def open(self, link):
        self._ask("WebDriver:Navigate", url=link)

    def run(self, script, *arguments):
        """What the script returns; it may wait with `return new Promise(…)`."""
        return self._ask("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def wait(self, script, *arguments):
        """Until the script returns something true."""
        end = time.monotonic() + PATIENCE_S
        while not self.run(script, *arguments):
            if time.monotonic() > end:
                shown = self.run("return document.body.innerText")
                raise AssertionError(f"Firefox never had: {script}\nIt shows: {shown}")
            time.sleep(0.2)

    def click(self, name):
        self.wait("""
            const button = [...document.querySelectorAll('button')].find((one) =>
                (one.getAttribute('aria-label') ?? one.textContent).trim() === arguments[0]);
            button?.click();
            return Boolean(button);""", name)

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=30)
        for end in (self._reader, self._socket):
            if end:
                end.close()
        shutil.rmtree(self._profile, ignore_errors=True)
