"""What a meeting's page owes to who cannot see it, to who slips, and to who is reached through a link."""

import re
import unittest

from meetings import MeetingCase
from support import expect

# A code for another browser of the same person, as the page of any account can ask for it.
CODE = """async () => {
    const { Connection } = await import('/protocol/connection.js');
    const connection = new Connection(
        `wss://${location.host}/socket`, { onPush: () => {}, onEnd: () => {} });
    await connection.open();
    await connection.request('signIn', { token: { token: localStorage.getItem('confab.token') } });
    const { code } = (await connection.request('createSignInCode')).value;
    connection.close();
    return code.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}"""


class CareTests(MeetingCase):
    def focus(self, person):
        return person.page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName")

    def button(self, person, name):
        return person.page.get_by_role("button", name=name, exact=True)

    def test_a_muted_microphone_stays_so_whatever_else_is_chosen(self):
        sent = []
        self.ann.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
        self.ann.page.reload()
        self.ann.open("#plans")
        self.enter(self.ann)
        self.ann.page.locator(".tiles").click()
        self.ann.page.keyboard.press("m")
        muted = self.button(self.ann, "Unmute the microphone")
        expect(muted).to_be_visible()
        self.assertIsNone(muted.get_attribute("aria-pressed"))
        before = len(sent)
        for label in ["Speakers", "Camera", "Microphone"]:
            self.button(self.ann, "Choose devices").click()
            dialog = self.ann.page.get_by_role("dialog", name="Devices")
            choice = dialog.get_by_label(label)
            expect(choice).to_be_visible()
            values = choice.locator("option").evaluate_all("all => all.map(({ value }) => value)")
            track = self.ann.page.evaluate("window.peers[0].getSenders()[0].track.id")
            choice.select_option(values[-1])
            choice.dispatch_event("change")
            self.ann.page.keyboard.press("Escape")
        # The last of them is in use.
        self.ann.page.wait_for_function(
            "track => window.peers[0].getSenders()[0].track.id !== track", arg=track)
        expect(muted).to_be_visible()
        self.assertFalse(self.ann.page.evaluate("window.peers[0].getSenders()[0].track.enabled"))
        said = [frame for frame in sent[before:] if "articipation" in str(frame)]
        self.assertEqual([frame for frame in said if '"microphone":true' in str(frame)], [])

    def test_the_focus_stays_and_a_knock_is_heard(self):
        ann, ben, cid = self.ann, self.ben, self.cid
        self.enter(ann)
        self.enter(ben)
        self.button(ann, "People").first.click()
        self.assertEqual(self.focus(ann), "H2")
        before = ann.page.get_by_label("Before the meeting")
        before.select_option(label="Everybody waits")
        self.host("Remove ben from the meeting").focus()
        self.button(ben, "Raise the hand").click()
        expect(self.host("Lower the hand of ben")).to_be_visible()
        self.assertEqual(self.focus(ann), "Remove ben from the meeting")
        before.focus()
        self.enter(cid)
        toast = ann.page.locator(".toast")
        expect(toast).to_contain_text("cid waits to be let in.")
        self.assertEqual(self.focus(ann), "SELECT")
        # Who waits can turn off what the others will hear and see.
        self.button(cid, "Mute the microphone").click()
        expect(self.button(cid, "Unmute the microphone")).to_be_visible()
        toast.get_by_role("button", name="Let in").click()
        expect(cid.page.locator("li.tile")).to_have_count(3)
        expect(ann.page.get_by_role("button", name="cid, muted")).to_be_visible()
        before.press("Escape")
        expect(ann.page.locator(".call-people")).to_be_hidden()

    def test_a_meeting_goes_on_in_the_corner_while_something_else_is_read(self):
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            self.enter(person)
        self.sees(ann, 1)
        corner = ann.page.locator(".meeting.is-small")
        self.button(ann, "Read other conversations").click()
        expect(corner).to_be_visible()
        self.assertEqual(self.focus(ann), "Back to the meeting")
        ann.open("#lobby")
        expect(ann.page.get_by_role("heading", name="#lobby", level=1)).to_be_visible()
        self.assertNotIn("/meeting", ann.page.url)
        # One picture, somebody else's, and it moves.
        expect(corner.locator("li.tile:visible")).to_have_count(1)
        expect(corner.get_by_role("button", name="ben", exact=True)).to_be_visible()
        self.sees(ann, 1)
        ann.write("Read while we talk")
        expect(ann.message("Read while we talk")).to_be_visible()
        corner.get_by_role("button", name="Mute the microphone").click()
        expect(ben.page.get_by_role("button", name="ann, muted")).to_be_visible()
        # Loaded again, the page goes on as it was.
        ann.page.on("dialog", lambda dialog: dialog.accept())
        ann.page.reload()
        expect(ann.page.get_by_role("heading", name="#lobby", level=1)).to_be_visible()
        expect(corner.get_by_role("button", name="Unmute the microphone")).to_be_visible()
        self.sees(ann, 1)
        ann.picture("corner")
        # Another meeting is not joined by a slip.
        self.button(ann, "Start a meeting").click()
        dialog = ann.page.get_by_role("dialog", name="Are you sure?")
        expect(dialog).to_contain_text("You are in another meeting")
        ann.page.keyboard.press("Escape")
        corner.get_by_role("button", name="Back to the meeting").click()
        expect(corner).to_have_count(0)
        expect(ann.page.locator("li.tile:visible")).to_have_count(2)
        self.assertTrue(ann.page.url.endswith("/meeting"))
        # Nobody leaves by going back.
        ann.page.go_back()
        expect(corner).to_be_visible()
        self.assertFalse(ann.page.url.endswith("/meeting"))
        corner.get_by_role("button", name="Leave").click()
        expect(ben.page.locator("li.tile")).to_have_count(1)
        expect(ann.page.locator(".meeting")).to_have_count(0)

    def test_a_guest_who_loads_the_page_again_goes_on(self):
        ann = self.ann
        self.enter(ann)
        self.button(ann, "People").first.click()
        ann.page.get_by_label("Before the meeting").select_option(label="Nobody waits")
        ann.page.get_by_role("button", name="A link for guests").click()
        guest = self.newcomer()
        guest.page.goto(ann.page.locator(".call-people code").inner_text())
        guest.page.get_by_label("Name").fill("gil")
        guest.page.get_by_role("button", name="Go to the meeting").click()
        self.join(guest)
        self.button(guest, "Mute the microphone").click()
        expect(ann.page.get_by_role("button", name="gil-guest, muted")).to_be_visible()
        guest.page.on("dialog", lambda dialog: dialog.accept())
        guest.page.reload()
        expect(guest.page.locator("li.tile")).to_have_count(2)
        expect(self.button(guest, "Unmute the microphone")).to_be_visible()
        self.button(guest, "Leave").click()
        expect(ann.page.locator("li.tile")).to_have_count(1)

    def test_a_link_makes_nobody_somebody_else_by_itself(self):
        ann, ben = self.ann, self.ben
        meeting = f"{self.server.url}/room/lobby/meeting"
        code = ben.page.evaluate(CODE)
        ann.page.goto("about:blank")
        ann.page.goto(f"{meeting}#code={code}")
        dialog = ann.page.get_by_role("dialog", name=re.compile("^Somebody else"))
        expect(dialog).to_contain_text("You are ann here. The link that you followed is for ben.")
        dialog.get_by_role("button", name="Stay ann").click()
        code = ann.page.evaluate(CODE)
        ann.page.goto("about:blank")
        ann.page.goto(f"{meeting}#code={code}")
        expect(self.button(ann, "Start the meeting")).to_be_visible()
        expect(ann.page.locator(".preview .avatar")).to_have_text("an")
        expect(ann.page.get_by_role("dialog")).to_have_count(0)


if __name__ == "__main__":
    unittest.main()
