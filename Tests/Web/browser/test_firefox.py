"""Firefox and Chromium in one meeting."""

import socket
import unittest

from firefox import Firefox
from meetings import MeetingCase
from support import expect

# Counts the frames of everybody else's pictures as they are shown.
COUNT = """
    for (const video of document.querySelectorAll('li.tile:not(.is-self) video')) {
        if (video.isCounted || !video.srcObject) continue;
        video.isCounted = true;
        const count = () => {
            document.body.dataset.frames = Number(document.body.dataset.frames ?? 0) + 1;
            video.requestVideoFrameCallback(count);
        };
        video.requestVideoFrameCallback(count);
    }
    return Number(document.body.dataset.frames ?? 0) > 30;"""


def own_address():
    """Of this machine in its network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


@unittest.skipIf(own_address() == "127.0.0.1", "Firefox sends no media over loopback")
class FirefoxTests(MeetingCase):
    own_address = own_address()

    def test_firefox_and_chromium_see_each_other(self):
        ann, ben = self.ann, self.ben
        self.enter(ann)
        self.server.sign_in("ben", self.server.invitation())
        link = self.server.run("ben", "meet", "#plans", "--link").split()[0]
        firefox = Firefox()
        self.addCleanup(firefox.close)
        firefox.open(link)
        firefox.click("Join the meeting")
        expect(ann.page.locator("li.tile")).to_have_count(2)
        self.sees(ann, 1)
        firefox.wait(COUNT)
        heard = ann.page.evaluate("""async () => (await mediaStats())
            .some((entry) => entry.type === 'inbound-rtp' && entry.kind === 'audio'
                && entry.packetsReceived > 0)""")
        self.assertTrue(heard)
        firefox.click("Leave")
        expect(ann.page.locator("li.tile")).to_have_count(1)


if __name__ == "__main__":
    unittest.main()
