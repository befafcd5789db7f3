"""Meetings between real browsers."""

import re
import sys
import time
import unittest

from meetings import MeetingCase
from support import expect


class HostTests(MeetingCase):
    def test_who_comes_in_and_what_hosts_do(self):
        ann, ben, cid = self.ann, self.ben, self.cid
        self.enter(ann)
        expect(ben.page.get_by_role("button", name="#plans, meeting with 1")).to_be_visible()
        self.enter(ben)
        expect(ann.page.locator("li.tile")).to_have_count(2)
        ann.page.get_by_role("button", name="People", exact=True).first.click()

        ben.page.get_by_role("button", name="Raise the hand").click()
        self.host("Lower the hand of ben").click()
        expect(ben.page.get_by_role("button", name="Raise the hand")).to_be_visible()
        self.host("Mute ben").click()
        expect(ben.page.locator(".toast")).to_contain_text("ann muted you")
        ben.page.get_by_role("button", name="Unmute the microphone").click()
        expect(self.host("Mute ben")).to_be_visible()

        ann.page.get_by_label("Before the meeting").select_option(label="Everybody waits")
        self.enter(cid)
        expect(cid.page.get_by_text("A host will let you in.")).to_be_visible()
        self.host("Let cid in").click()
        expect(cid.page.locator("li.tile")).to_have_count(3)

        ann.page.get_by_role("button", name="A link for guests").click()
        link = ann.page.locator(".call-people code").inner_text()
        guest = self.newcomer()
        guest.page.goto(link)
        guest.page.get_by_label("Name").fill("gil")
        guest.page.get_by_role("button", name="Go to the meeting").click()
        ann.write("Not for strangers")
        expect(cid.message("Not for strangers")).to_be_visible()
        # Guests hear how many are there, not who.
        expect(guest.page.get_by_text("3 people are there.")).to_be_visible()
        self.join(guest)
        expect(guest.page.get_by_text("A host will let you in.")).to_be_visible()
        knock = ann.page.locator(".toast")
        expect(knock).to_contain_text("gil-guest waits to be let in.")
        self.host("Let gil-guest in").click()
        expect(guest.page.locator("li.tile")).to_have_count(4)
        expect(knock).to_be_hidden()
        guest.write("Hello from outside")
        expect(ann.message("Hello from outside")).to_be_visible()
        expect(guest.message("Hello from outside")).to_be_visible()
        ann.write("Welcome, gil!")
        expect(guest.message("Welcome, gil!")).to_be_visible()

        self.host("Remove ben from the meeting").click()
        self.sure("Remove ben")
        expect(ben.page.get_by_text("You were removed from the meeting")).to_be_visible()
        # What is refused is not offered.
        expect(ben.page.get_by_role("button", name="Join the meeting", exact=True)).to_have_count(0)
        expect(ann.page.locator("li.tile")).to_have_count(3)
        ann.page.get_by_role("button", name="End for all").click()
        self.sure("End the meeting")
        expect(cid.page.get_by_text("The meeting has ended.")).to_be_visible()
        expect(guest.page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(ann.page.get_by_text(re.compile("The meeting ended after .*ann"))).to_be_visible()


class MediaTests(MeetingCase):
    def test_three_see_and_hear_each_other(self):
        for person in self.people:
            self.enter(person)
        others = "li.tile.has-picture:not(.is-self)"
        for person in self.people:
            self.sees(person, 2)
            expect(person.page.locator(others)).to_have_count(2)
        stats = self.ann.page.evaluate("mediaStats()")
        ciphers = {entry.get("srtpCipher") for entry in stats if entry["type"] == "transport"}
        self.assertEqual(ciphers, {"SRTP_AEAD_AES_128_GCM"})
        layers = {entry.get("rid") for entry in stats
                  if entry["type"] == "outbound-rtp" and entry["kind"] == "video"}
        self.assertTrue({"l", "m", "h"} <= layers, layers)
        heard = [entry for entry in stats
                 if entry["type"] == "inbound-rtp" and entry["kind"] == "audio"]
        self.assertTrue(any(entry["packetsReceived"] > 0 for entry in heard))
        self.ben.write("The beds are on the second picture.")
        self.ben.page.get_by_role("button", name="Raise the hand").click()
        expect(self.ann.page.get_by_role("button", name="ben, hand raised")).to_be_visible()
        # Who is shown large comes in a larger layer than who is not.
        self.ann.page.get_by_role("button", name="Show the speaker large").click()
        self.ann.wait(
            """async () => {
                const heights = (await mediaStats())
                    .filter((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video')
                    .map((entry) => entry.frameHeight ?? 0);
                return Math.max(...heights) > Math.min(...heights);
            }""", "one picture is larger than the other")
        self.ann.page.get_by_role("button", name="Show everybody alike").click()

        # The camera goes and comes.
        self.cid.page.get_by_role("button", name="Turn the camera off").click()
        expect(self.ann.page.locator(others)).to_have_count(1)
        self.cid.page.get_by_role("button", name="Turn the camera on").click()
        self.sees(self.ann, 2)
        # A page that is loaded again comes back.
        self.cid.page.on("dialog", lambda dialog: dialog.accept())
        self.cid.page.reload()
        self.sees(self.cid, 2)
        self.sees(self.ann, 2)
        self.cid.page.get_by_role("button", name="Leave", exact=True).click()
        expect(self.ann.page.locator("li.tile")).to_have_count(2)


# Frames that were encoded of the camera's largest layer.
LARGEST_ENCODED = """async () => (await mediaStats())
    .filter((entry) => entry.type === 'outbound-rtp' && entry.rid === 'h')
    .reduce((sum, entry) => sum + (entry.framesEncoded ?? 0), 0)"""


class DemandTests(MeetingCase):
    def goes_on(self, person):
        """Waits until the largest layer has ten more frames."""
        before = person.page.evaluate(LARGEST_ENCODED)
        person.wait(f"async () => (await ({LARGEST_ENCODED})()) >= {before + 10}", "the largest layer is encoded")

    def rests(self, person):
        """Waits until the largest layer has no more frames in a second."""
        person.wait(
            f"""async () => {{
                const before = await ({LARGEST_ENCODED})();
                await new Promise((resolve) => setTimeout(resolve, 1000));
                return await ({LARGEST_ENCODED})() === before;
            }}""", "the largest layer rests")

    def test_layers_that_nobody_sees_are_not_encoded(self):
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            self.enter(person)
        ann.page.get_by_role("button", name="Show the speaker large").click()
        self.sees(ann, 1)
        self.goes_on(ben)
        ann.page.get_by_role("button", name="Read other conversations").click()
        self.rests(ben)
        # The small picture goes on.
        self.sees(ann, 1)
        ann.page.get_by_role("button", name="Back to the meeting").last.click()
        began = time.monotonic()
        self.goes_on(ben)
        print(f"{self.id()}: the largest layer is back after {time.monotonic() - began:.1f} s", file=sys.stderr)
        ann.page.get_by_role("button", name="Leave", exact=True).click()
        self.rests(ben)


# In place of the camera: somebody, drawn, who moves a little.
DRAWN = """(() => {
    const [hue, hair, skin] = %s;
    const devices = navigator.mediaDevices;
    const original = devices.getUserMedia.bind(devices);
    const draw = (context, time) => {
        const { width, height } = context.canvas;
        const room = context.createLinearGradient(0, 0, width, height);
        room.addColorStop(0, `hsl(${hue} 42%% 74%%)`);
        room.addColorStop(1, `hsl(${hue + 40} 38%% 46%%)`);
        context.fillStyle = room;
        context.fillRect(0, 0, width, height);
        context.fillStyle = `hsl(${hue + 20} 50%% 88%% / 45%%)`;
        context.fillRect(width * 0.68, height * 0.1, width * 0.22, height * 0.42);
        const middle = width / 2 + Math.sin(time / 900) * 14;
        const blob = (style, x, y, across, up) => {
            context.fillStyle = style;
            context.beginPath();
            context.ellipse(x, y, across, up, 0, 0, 2 * Math.PI);
            context.fill();
        };
        blob(`hsl(${hue + 180} 36%% 38%%)`, middle, height * 1.12, 330, 330);
        blob(skin, middle, height * 0.72, 62, 90);
        blob(hair, middle, height * 0.41, 150, 176);
        blob(skin, middle, height * 0.46, 122, 152);
        blob(hair, middle, height * 0.29, 132, 74);
        for (const side of [-46, 46]) blob('#222', middle + side, height * 0.45, 11, 13);
        context.strokeStyle = '#7a3b33';
        context.lineWidth = 8;
        context.lineCap = 'round';
        context.beginPath();
        context.arc(middle, height * 0.52, 44, 0.25 * Math.PI, 0.75 * Math.PI);
        context.stroke();
    };
    devices.getUserMedia = async (wanted) => {
        if (!wanted.video) return original(wanted);
        const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
        const context = canvas.getContext('2d');
        draw(context, 0);
        setInterval(() => draw(context, performance.now()), 100);
        return canvas.captureStream(10);
    };
})()"""

# The hue of what they sit before, hair, skin.
FACES = ("[205, '#4a2f1d', '#f0c3a0']", "[32, '#1d1a1a', '#b9825b']", "[140, '#a8642c', '#f3d0b4']")


class LooksTests(MeetingCase):
    """A meeting as the README shows it."""

    def newcomer(self):
        face = FACES[len(self.people) % len(FACES)]
        person = super().newcomer()
        person.page.add_init_script(DRAWN % face)
        return person

    def test_a_meeting_with_its_conversation(self):
        for person in self.people:
            self.enter(person)
        for person in self.people:
            self.sees(person, 2)
        self.ben.write("The beds are on the second picture.")
        self.cid.write("Then **tomatoes** go next to the wall :seedling:")
        self.ben.page.get_by_role("button", name="Raise the hand").click()
        expect(self.ann.page.get_by_role("button", name="ben, hand raised")).to_be_visible()
        expect(self.ann.message("tomatoes")).to_be_visible()
        self.ann.page.get_by_role("button", name="Show the speaker large").click()
        self.sees(self.ann, 2)
        self.ann.page.mouse.move(0, 0)
        self.ann.picture("meeting")


if __name__ == "__main__":
    unittest.main()
