"""People who meet in browsers, with cameras and microphones that Chromium makes up."""

import re
import unittest

from support import Browser, Server, complain, expect

# Keeps what the page connects with, so that a test can ask it for its statistics.
WATCH = """
    window.peers = [];
    const Original = RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
        constructor(...args) { super(...args); window.peers.push(this); }
    };
    window.mediaStats = async () => {
        const all = [];
        for (const peer of window.peers) {
            if (peer.connectionState === 'closed') continue;
            (await peer.getStats()).forEach((entry) => all.push(entry));
        }
        return all;
    };
"""

# Frames that were decoded of each picture that comes in.
DECODED = """async () => (await mediaStats())
    .filter((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video')
    .map((entry) => [entry.mid, entry.framesDecoded ?? 0])"""


class MeetingCase(unittest.TestCase):
    """ann owns the place and a room, where ben and cid are too."""

    # More options of `confab serve`.
    options = ()
    own_address = "127.0.0.1"

    def setUp(self):
        self.browser = Browser(
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            # Chromium gathers no address of this machine's own loopback otherwise.
            "--allow-loopback-in-peer-connection")
        self.addCleanup(self.browser.close)
        self.server = Server(*self.options, host=self.own_address)
        self.addCleanup(self.server.close)
        self.people = []
        self.ann = self.someone("ann", self.server.owner_link)
        link = self.server.invitation()
        self.ben = self.someone("ben", link)
        self.cid = self.someone("cid", link)
        self.ann.page.get_by_role("button", name="Make a room").click()
        dialog = self.ann.page.get_by_role("dialog", name="Make a room")
        dialog.get_by_label("Name").fill("plans")
        dialog.get_by_label("Members").fill("ben, cid")
        dialog.get_by_role("button", name="Make the room").click()
        for person in self.people:
            person.open("#plans")

    def tearDown(self):
        self.assertEqual(complain(*self.people), [])

    def newcomer(self):
        person = self.browser.person(self.server, permissions=["camera", "microphone"])
        person.page.add_init_script(WATCH)
        self.people.append(person)
        return person

    def someone(self, name, link):
        return self.newcomer().join(link, name)

    def enter(self, person):
        person.page.get_by_role("button", name=re.compile("^(Start a|Join the) meeting")).click()
        self.join(person)

    def join(self, person):
        person.page.get_by_role("button", name=re.compile("^(Start|Join) the meeting$")).click()
        expect(person.page.get_by_role("button", name="Leave", exact=True)).to_be_visible()

    def host(self, name):
        """Among the people of the meeting, which ann has open."""
        return self.ann.page.locator(".call-people").get_by_role("button", name=name)

    def sure(self, action):
        """What cannot be undone is asked for again."""
        dialog = self.ann.page.get_by_role("dialog", name="Are you sure?")
        dialog.get_by_role("button", name=action).click()

    def sees(self, person, count):
        """Waits until so many pictures of others move."""
        person.page.evaluate("() => { window.before = undefined; }")
        person.wait(
            f"""async () => {{
                const decoded = await ({DECODED})();
                window.before ??= new Map();
                let moving = 0;
                for (const [mid, frames] of decoded) {{
                    if (!window.before.has(mid)) window.before.set(mid, frames);
                    else if (frames >= window.before.get(mid) + 10) moving += 1;
                }}
                return moving >= {count};
            }}""", f"{count} pictures move")
