"""Meetings over networks that lose, break and block."""

import sys
import time
import unittest

from lossy import LossyNetwork
from meetings import DECODED, MeetingCase
from support import expect

# Where media goes in these tests; the pages themselves come from the server's own address.
MEDIA_ADDRESS = "127.0.0.2"

# Watches each picture that comes in: the longest time, in milliseconds, in which no frame was decoded.
WATCH_FREEZES = """() => {
    window.freezes = new Map();
    window.freezeTimer = setInterval(async () => {
        for (const [mid, frames] of await (%s)()) {
            const now = performance.now();
            const seen = window.freezes.get(mid) ?? {frames, at: now, longest: 0};
            if (frames > seen.frames) [seen.frames, seen.at] = [frames, now];
            seen.longest = Math.max(seen.longest, now - seen.at);
            window.freezes.set(mid, seen);
        }
    }, 100);
}""" % DECODED

# For pictures that are shown at all.
FREEZES = """() => {
    clearInterval(window.freezeTimer);
    return [...window.freezes.values()].filter(({frames}) => frames > 0)
        .map(({longest}) => Math.round(longest));
}"""

SENT_AGAIN = """async () => (await mediaStats())
    .filter((entry) => entry.kind === 'video')
    .reduce((sum, entry) => sum + (entry.retransmittedPacketsReceived ?? 0)
        + (entry.retransmittedPacketsSent ?? 0), 0)"""

# The protocols of the ways that are in use.
PROTOCOLS = """async () => {
    const protocols = [];
    for (const peer of window.peers) {
        if (peer.connectionState !== 'connected') continue;
        const stats = await peer.getStats();
        for (const entry of stats.values()) {
            if (entry.type !== 'transport') continue;
            const pair = stats.get(entry.selectedCandidatePairId);
            protocols.push(stats.get(pair.remoteCandidateId).protocol);
        }
    }
    return protocols;
}"""


class NetworkCase(MeetingCase):
    options = ("--public-address", MEDIA_ADDRESS)
    carries_tcp = False

    def setUp(self):
        super().setUp()
        self.network = LossyNetwork(MEDIA_ADDRESS, self.server.address, self.carries_tcp)
        self.addCleanup(self.network.close)

    def say(self, text):
        print(f"{self.id()}: {text}", file=sys.stderr)


class LossTests(NetworkCase):
    def test_pictures_go_on_through_loss(self):
        self.network.loss = 0.05
        people = self.people
        for person in people:
            self.enter(person)
        for person in people:
            self.sees(person, 2)
        for person in people:
            person.page.evaluate(WATCH_FREEZES)
        time.sleep(15)
        for person in people:
            freezes = person.page.evaluate(FREEZES)
            self.say(f"longest times without a picture: {freezes} ms")
            self.assertEqual(len(freezes), 2)
            # The goal is a second; a machine that is busy otherwise takes longer to decode.
            self.assertLess(max(freezes), 5_000)
            self.sees(person, 2)
            self.assertGreater(person.page.evaluate(SENT_AGAIN), 0)
        self.assertGreater(self.network.lost, 100)

    def test_a_call_comes_back_when_the_network_does(self):
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            self.enter(person)
        for person in (ann, ben):
            self.sees(person, 1)
        self.network.is_cut = True
        trouble = ann.page.get_by_text("The network is in trouble", exact=False)
        expect(trouble).to_be_visible()
        before = ann.page.evaluate(DECODED)
        time.sleep(1)
        self.assertEqual(ann.page.evaluate(DECODED), before)
        self.network.is_cut = False
        for person in (ann, ben):
            self.sees(person, 1)
        expect(trouble).to_have_count(0)

    def test_media_that_the_server_gave_up_are_made_anew(self):
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            self.enter(person)
        for person in (ann, ben):
            self.sees(person, 1)
            self.assertEqual(person.page.evaluate("window.peers.length"), 2)
        self.network.is_cut = True
        # After 30 s of silence the server forgets keys and all, and says so over the connection that lives.
        for person in (ann, ben):
            person.wait("() => window.peers.length >= 4", "both connections are made anew")
            states = person.page.evaluate("window.peers.slice(0, 2).map((peer) => peer.connectionState)")
            self.assertEqual(states, ["closed", "closed"])
        self.network.is_cut = False
        for person in (ann, ben):
            self.sees(person, 1)
            expect(person.page.get_by_text("The network is in trouble", exact=False)).to_have_count(0)
            expect(person.page.locator("li.tile")).to_have_count(2)

    def test_who_comes_late_sees_a_picture_soon(self):
        ann, ben, cid = self.people
        for person in (ann, ben):
            self.enter(person)
            self.sees(person, 0)
        self.sees(ann, 1)
        # So that the last key frame is long past.
        time.sleep(3)
        cid.page.get_by_role("button", name="Join the meeting").first.click()
        join = cid.page.get_by_role("button", name="Join the meeting", exact=True)
        expect(join).to_be_visible()
        cid.page.evaluate("""() => {
            window.joinedAt = performance.now();
            window.firstFrames = [];
            const timer = setInterval(async () => {
                const decoded = (await (%s)()).filter(([, frames]) => frames > 0);
                while (window.firstFrames.length < decoded.length) {
                    window.firstFrames.push(Math.round(performance.now() - window.joinedAt));
                }
                if (window.firstFrames.length >= 2) clearInterval(timer);
            }, 20);
        }""" % DECODED)
        self.join(cid)
        cid.wait("() => window.firstFrames.length >= 2", "two first pictures")
        self.say(f"first pictures after {cid.page.evaluate('window.firstFrames')} ms")
        self.sees(cid, 2)


class BlockedTests(NetworkCase):
    carries_tcp = True

    def test_without_udp_media_goes_over_tcp(self):
        self.network.is_cut = True
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            self.enter(person)
        for person in (ann, ben):
            self.sees(person, 1)
            self.assertEqual(set(person.page.evaluate(PROTOCOLS)), {"tcp"})


if __name__ == "__main__":
    unittest.main()
