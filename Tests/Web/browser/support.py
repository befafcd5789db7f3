"""A server of its own for the tests, and people with a browser each."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONFAB = os.environ.get("CONFAB", str(ROOT / ".build" / "debug" / "confab"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURES = pathlib.Path(os.environ.get("CONFAB_PICTURES", ROOT / ".build-browser" / "pictures"))
PASSWORD = "correct horse battery"
# A slow machine makes a test late, never wrong: everything waits for what it expects.
PATIENCE_MS = 60_000
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 780}

expect.set_options(timeout=PATIENCE_MS)


class Server:
    """`confab serve` with a folder that goes away."""

    def __init__(self, *options, host="127.0.0.1", has_owner=False):
        self.options = options
        self.has_owner = has_owner
        self.folder = tempfile.mkdtemp(prefix="confab-web-")
        self.data = os.path.join(self.folder, "data")
        self.address = f"{host}:0"
        self.owner_link = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [CONFAB, "serve", "--data", self.data, "--listen", self.address, *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("listening "):
                self.address = line.split()[1]
                if self.owner_link or self.has_owner:
                    break
            if line.startswith("owner link: https://"):
                self.owner_link = self.here(line.split()[2])
                break
        self.url = f"https://{self.address}"

    def here(self, link):
        """A link of this server, whatever address it tells others."""
        return re.sub(r"^https://[^/]+", f"https://{self.address}", link)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _environment(self, person):
        return {**os.environ, "CONFAB_HOME": os.path.join(self.folder, f"home-{person}")}

    def run(self, person, *arguments, text=None):
        """The terminal client of a person, to its end."""
        done = subprocess.run(
            [CONFAB, *arguments], input=text or "", text=True, env=self._environment(person),
            capture_output=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"confab {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def begin(self, person, *arguments):
        """The terminal client of a person, which goes on beside the test."""
        return subprocess.Popen(
            [CONFAB, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=self._environment(person))

    def sign_in(self, person, link):
        """Somebody who has an account, at the terminal too. The link is any of this server."""
        pin = re.search("pin=([^&]+)", link).group(1)
        self.run(person, "sign-in", f"{person}@{self.address}", "--password-stdin", "--pin", pin,
                 text=PASSWORD + "\n")

    def invitation(self):
        """A link for a browser, good for everybody."""
        said = self.run("operator", "admin", "invite", "--uses", "50", "--data", self.data)
        return self.here(re.search(r"https://\S+", said).group(0))


class Person:
    """A page of somebody's browser. What the page complains about fails the test at its end."""

    def __init__(self, context, server):
        self.context = context
        self.server = server
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)

    def _said(self, message):
        # A lost connection is what some tests are about.
        if message.type == "error" and "WebSocket connection" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request):
        if not re.match(rf"(https|wss)://{re.escape(self.server.address)}/", request.url):
            self.complaints.append(f"asked for {request.url}")

    def join(self, link, name):
        self.page.goto(link)
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        self.page.get_by_label("Password again").fill(PASSWORD)
        self.page.get_by_role("button", name="Join", exact=True).click()
        expect(self.page.get_by_role("heading", name="#lobby", level=1)).to_be_visible()
        return self

    def write(self, text):
        self.page.get_by_role("textbox", name="Message to").fill(text)
        self.page.get_by_role("textbox", name="Message to").press("Enter")

    def message(self, text):
        return self.page.locator("li.message", has_text=text)

    def open(self, name):
        conversations = self.page.get_by_role("navigation", name="Conversations")
        conversations.get_by_role("button", name=re.compile(re.escape(name))).first.click()

    def wait(self, script, what):
        """Until the script is true. Playwright's own `wait_for_function` takes a promise for true."""
        end = time.monotonic() + PATIENCE_MS / 1_000
        while not self.page.evaluate(script):
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}")
            self.page.wait_for_timeout(200)

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(PICTURES / f"{name}.png"))


class Browser:
    """One Chromium for all tests."""

    def __init__(self, *more_arguments):
        self._playwright = sync_playwright().start()
        arguments = ["--headless=new", "--force-color-profile=srgb", *more_arguments]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        self._browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=arguments)

    def person(self, server, **options):
        settings = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "UTC",
                    "ignore_https_errors": True, **options}
        return Person(self._browser.new_context(**settings), server)

    def close(self):
        self._browser.close()
        self._playwright.stop()


def complain(*people):
    found = [complaint for person in people for complaint in person.complaints]
    if found:
        print("\n".join(found), file=sys.stderr)
    return found
