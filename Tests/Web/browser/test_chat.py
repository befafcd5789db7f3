"""Real browsers at a real server: what people do, and how it looks."""

import re
import unittest

from support import PASSWORD, PHONE, Browser, Server, complain, expect

CODE = "```swift\nlet answer = 6 * 7\nprint(answer)\n```"


class ChatTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.people = []
        cls.ann = cls.someone("ann", cls.server.owner_link)
        cls.link = cls.server.invitation()
        cls.ben = cls.someone("ben", cls.link)

    @classmethod
    def someone(cls, name, link, **options):
        person = cls.browser.person(cls.server, **options).join(link, name)
        cls.people.append(person)
        return person

    def tearDown(self):
        self.assertEqual(complain(*self.people), [])

    def test_a_talk_and_what_can_be_done_to_messages(self):
        ann, ben = self.ann, self.ben
        ann.write("Good morning, @ben! The plan is at https://example.org/plan.")
        said = ben.message("Good morning")
        expect(said).to_be_visible()
        expect(said.get_by_role("link")).to_have_attribute("href", "https://example.org/plan")
        ben.write(f"Thanks. I tried it:\n{CODE}")
        expect(ann.message("Thanks").locator("pre code")).to_have_text(
            "let answer = 6 * 7\nprint(answer)")
        # What is typed is text, whatever it looks like.
        ben.write("<img src=x onerror=alert(1)> **bold** :tada:")
        hostile = ann.message("<img src=x onerror=alert(1)>")
        expect(hostile).to_contain_text("🎉")
        expect(hostile.locator("img")).to_have_count(0)
        expect(hostile.locator("strong")).to_have_text("bold")

        reacted = ann.message("Thanks")
        reacted.hover()
        reacted.get_by_role("button", name="React").click()
        ann.page.get_by_label("Search emoji").fill("rocket")
        ann.page.get_by_label("Search emoji").press("Enter")
        reaction = ben.message("Thanks").get_by_role("button", name=re.compile("rocket, 1: ann"))
        expect(reaction).to_be_visible()
        reaction.click()
        expect(ann.message("Thanks").get_by_role("button", name=re.compile("rocket, 2"))
               ).to_be_visible()

        reacted.hover()
        reacted.get_by_role("button", name="Reply").click()
        ann.write("It works here too")
        expect(ben.message("It works here too").get_by_role("button", name="In answer to")
               ).to_contain_text("ben: Thanks")

        box = ann.page.get_by_role("textbox", name="Message to")
        box.press("ArrowUp")
        expect(box).to_have_value("It works here too")
        box.fill("It works here as well")
        box.press("Enter")
        expect(ben.message("It works here as well")).to_contain_text("(edited)")
        mine = ann.message("It works here as well")
        mine.hover()
        mine.get_by_role("button", name="Delete").click()
        ann.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(ben.page.get_by_text("This message was deleted.")).to_be_visible()
        expect(ben.message("as well")).to_have_count(0)

    def test_rooms_direct_messages_unread_and_search(self):
        ann, ben = self.ann, self.ben
        ann.page.get_by_role("button", name="Make a room").click()
        dialog = ann.page.get_by_role("dialog", name="Make a room")
        dialog.get_by_label("Name").fill("plans")
        dialog.get_by_label("Members").fill("ben")
        dialog.get_by_role("button", name="Make the room").click()
        expect(ann.page.get_by_role("heading", name="#plans", level=1)).to_be_visible()
        self.assertRegex(ann.page.url, r"/room/\d+$")
        ann.write("Lunch at noon, @ben? There is pumpkin soup.")
        expect(ben.page.get_by_role("button", name="#plans, 1 unread, 1 mention you")
               ).to_be_visible()
        expect(ben.page).to_have_title(re.compile(r"^\(1\)"))
        ben.open("#plans")
        expect(ben.message("pumpkin soup")).to_be_visible()
        expect(ben.page.get_by_role("button", name="#plans", exact=True)).to_be_visible()
        expect(ben.page).to_have_title("Confab")

        ben.page.get_by_role("button", name="Write to somebody").click()
        ben.page.get_by_role("dialog").get_by_role("button", name="ann").click()
        ben.page.get_by_label("Your first message").fill("Between us: yes")
        ben.page.get_by_role("button", name="Send", exact=True).last.click()
        expect(ben.page.get_by_role("heading", name="@ann", level=1)).to_be_visible()
        ann.page.get_by_role("button", name="@ben, 1 unread, active").click()
        expect(ann.message("Between us: yes")).to_be_visible()

        search = ann.page.get_by_role("searchbox", name="Search messages")
        search.fill("pumpkin")
        search.press("Enter")
        ann.page.get_by_role("button", name=re.compile("#plans.*pumpkin")).click()
        expect(ann.page.get_by_role("heading", name="#plans", level=1)).to_be_visible()
        expect(ann.message("pumpkin soup")).to_be_focused()
        ann.page.get_by_role("button", name="Close").click()

        ann.page.get_by_role("button", name="Mute", exact=True).click()
        expect(ann.page.get_by_role("button", name="#plans, muted")).to_be_visible()
        ann.page.get_by_role("button", name="Unmute").click()
        ben.open("#plans")
        ben.page.get_by_role("button", name="About this room").click()
        ben.page.get_by_role("button", name="Leave the room").click()
        ben.page.get_by_role("button", name="Leave", exact=True).click()
        expect(ben.page.get_by_role("heading", name="#lobby", level=1)).to_be_visible()
        expect(ben.page.get_by_role("button", name=re.compile("^#plans"))).to_have_count(0)

    def test_old_history_comes_while_scrolling(self):
        cid = self.someone("cid", self.link)
        lines = "\n".join(f"line {number}" for number in range(1, 251))
        self.server.sign_in("ann", self.link)
        self.server.run("ann", "room", "create", "log", "@cid")
        self.server.run("ann", "send", "#log", "-", text=lines + "\n")
        # Loaded anew, the page knows nothing of what was told before.
        cid.page.reload()
        cid.page.get_by_role("button", name=re.compile("^#log, 250 unread")).click()
        expect(cid.message("line 250")).to_be_in_viewport()
        expect(cid.message(re.compile(r"line 1$"))).to_have_count(0)
        while cid.message(re.compile("line 1$")).count() == 0:
            first = cid.page.locator("li.message").first
            number = first.get_attribute("data-sequence")
            first.scroll_into_view_if_needed()
            expect(cid.page.locator("li.message").first).not_to_have_attribute(
                "data-sequence", number)
        numbers = cid.page.locator("li.message").evaluate_all(
            "items => items.map((item) => Number(item.dataset.sequence))")
        self.assertEqual(numbers, list(range(1, 251)))
        cid.page.get_by_role("button", name="Go to the newest message").click()
        expect(cid.message("line 250")).to_be_in_viewport()

    def test_what_is_written_offline_is_sent_when_the_server_is_back(self):
        ann, ben = self.ann, self.ben
        for person in (ann, ben):
            person.open("#lobby")
        self.server.stop()
        expect(ann.page.get_by_text("The connection was lost.")).to_be_visible()
        ann.write("written while the server was away")
        expect(ann.page.get_by_text("waits for the connection")).to_be_visible()
        self.server.start()
        expect(ben.message("written while the server was away")).to_have_count(1)
        expect(ann.page.get_by_text("waits for the connection")).to_have_count(0)
        ann.page.reload()
        expect(ann.message("written while the server was away")).to_have_count(1)

    def test_settings_owner_and_leaving(self):
        ann = self.ann
        ann.open("#lobby")
        ann.page.get_by_role("button", name="Invite somebody").click()
        dialog = ann.page.get_by_role("dialog", name="This place")
        expect(dialog.get_by_role("button", name="Make an invitation")).to_be_visible()
        ann.page.keyboard.press("Escape")
        ann.page.get_by_role("button", name="Look after this place").click()
        expect(dialog.get_by_text("ben", exact=True)).to_be_visible()
        dialog.get_by_role("tab", name="Invitations").click()
        dialog.get_by_role("button", name="Make an invitation").click()
        link = dialog.get_by_text(re.compile("^https://"))
        expect(link).to_be_visible()
        dan = self.someone("dan", link.inner_text())
        dialog.get_by_role("tab", name="Disk").click()
        expect(dialog.get_by_role("row", name=re.compile("Messages and all.* [KM]B$"))).to_be_visible()
        dialog.get_by_role("tab", name="Audit").click()
        dialog.get_by_role("button", name="Verify the chain").click()
        expect(dialog.get_by_text("The chain is intact")).to_be_visible()
        ann.picture("owner")
        dialog.get_by_role("tab", name="Sessions").click()
        dialog.get_by_role("button", name="End the session of dan").click()
        expect(dan.page.get_by_role("heading", name="Sign in")).to_be_visible()
        ann.page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

        dan.page.get_by_label("Name").fill("dan")
        dan.page.get_by_label("Password").fill("not the password")
        dan.page.get_by_role("button", name="Sign in").click()
        expect(dan.page.get_by_role("alert").last).to_contain_text("wrong")
        dan.page.get_by_label("Password").fill(PASSWORD)
        dan.page.get_by_role("button", name="Sign in").click()
        expect(dan.page.get_by_role("heading", name="#lobby", level=1)).to_be_visible()
        dan.page.get_by_role("button", name="Settings").click()
        dan.page.get_by_text("Night", exact=True).click()
        self.assertEqual(dan.page.evaluate("document.documentElement.dataset.theme"), "dark")
        dan.page.get_by_role("button", name="Sign out").click()
        expect(dan.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def test_an_address_without_https_leads_there(self):
        newcomer = self.browser.person(self.server)
        newcomer.page.goto(self.link.replace("https://", "http://", 1))
        expect(newcomer.page.get_by_role("heading", name="You are invited")).to_be_visible()
        self.assertTrue(newcomer.page.url.startswith("https://"))

    def test_by_keyboard_alone(self):
        eve = self.someone("eve", self.link)
        eve.write("first from eve")
        eve.write("second from eve")
        expect(eve.message("second from eve")).to_be_visible()
        box = eve.page.get_by_role("textbox", name="Message to")
        box.press("Alt+ArrowUp")
        expect(eve.message("second from eve")).to_be_focused()
        eve.page.keyboard.press("ArrowUp")
        expect(eve.message("first from eve")).to_be_focused()
        eve.page.keyboard.press("ArrowRight")
        eve.page.keyboard.press("ArrowRight")
        expect(eve.message("first from eve").get_by_role("button", name="Reply")).to_be_focused()
        eve.page.keyboard.press("Enter")
        expect(box).to_be_focused()
        eve.page.keyboard.type("an answer to @be")
        expect(eve.page.get_by_role("option", name="@ben")).to_be_visible()
        eve.page.keyboard.press("Tab")
        expect(box).to_have_value("an answer to @ben ")
        eve.page.keyboard.press("Enter")
        expect(eve.message("an answer to @ben")).to_be_visible()
        unnamed = eve.page.evaluate("""() => [...document.querySelectorAll('button, input, textarea')]
            .filter((element) => !(element.getAttribute('aria-label') || element.textContent.trim()
                || element.labels?.length)).map((element) => element.outerHTML)""")
        self.assertEqual(unnamed, [])


class LooksTests(unittest.TestCase):
    """A place with some life in it, by day, by night, and on a phone; the README shows it."""

    def setUp(self):
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        self.server = Server()
        self.addCleanup(self.server.close)

    def test_day_night_and_phone(self):
        ann = self.browser.person(self.server).join(self.server.owner_link, "ann")
        link = self.server.invitation()
        ben = self.browser.person(self.server, color_scheme="dark").join(link, "ben")
        cleo = self.browser.person(self.server, viewport=PHONE, has_touch=True).join(link, "cleo")
        for name, members in (("garden", "ben, cleo"), ("release", "ben")):
            ann.page.get_by_role("button", name="Make a room").click()
            dialog = ann.page.get_by_role("dialog", name="Make a room")
            dialog.get_by_label("Name").fill(name)
            dialog.get_by_label("Members").fill(members)
            dialog.get_by_role("button", name="Make the room").click()
            expect(ann.page.get_by_role("heading", name=f"#{name}", level=1)).to_be_visible()
        ann.write("Who can have a look at the new build before Friday, @ben?")
        expect(ben.page.get_by_role("button", name="#release, 1 unread, 1 mention you")
               ).to_be_visible()
        for person in (ann, ben):
            person.open("#garden")
        cleo.page.get_by_role("button", name="All conversations").click()
        cleo.open("#garden")
        ann.write("Good morning! The seeds have come: **tomatoes**, beans and three kinds of salad.")
        cleo.write("Lovely :tada: I can water on Tuesday and Thursday.")
        ben.write("The valve runs on its own now. This is all of it:\n"
                  "```python\nif soil.moisture() < 0.3:\n    valve.open(minutes=12)\n```")
        ben.write("The plan of the beds is at https://garden.example/beds")
        said = ann.message("The valve runs on its own")
        expect(said).to_be_visible()
        for person, emoji in ((ann, "rocket"), (cleo, "seedling"), (ann, "seedling")):
            message = person.message("The valve runs on its own")
            message.hover()
            message.get_by_role("button", name="React").click()
            person.page.get_by_label("Search emoji").fill(emoji)
            person.page.get_by_label("Search emoji").press("Enter")
            expect(ben.page.get_by_role("button", name=re.compile(f"{emoji}, .*{person_name(person)}"))
                   ).to_be_visible()
        said.hover()
        said.get_by_role("button", name="Reply").click()
        ann.write("That saves us an hour each week. @cleo, would you show me on Tuesday?")
        expect(cleo.message("That saves us an hour")).to_be_visible()
        ann.page.get_by_role("button", name="People").click()
        expect(ann.page.get_by_role("complementary")).to_contain_text("cleo")
        ann.picture("people")
        ann.page.get_by_role("button", name="Close").click()
        for person, name in ((ann, "day"), (ben, "night"), (cleo, "phone-conversation")):
            person.page.mouse.move(0, 0)
            person.picture(name)
        width = cleo.page.evaluate("document.documentElement.scrollWidth")
        self.assertEqual(width, PHONE["width"])
        cleo.page.get_by_role("button", name="All conversations").click()
        expect(cleo.page.get_by_role("searchbox")).to_be_visible()
        cleo.picture("phone-list")
        guest = self.browser.person(self.server)
        guest.page.goto(link)
        expect(guest.page.get_by_role("heading", name="You are invited")).to_be_visible()
        guest.picture("join")
        self.assertEqual(complain(ann, ben, cleo, guest), [])


def person_name(person):
    return person.page.locator(".me-name").inner_text()


if __name__ == "__main__":
    unittest.main()
