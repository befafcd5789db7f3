"""A recording that is presented from the terminal, as people in the meeting see and hear it."""

import base64
import os
import re
import signal
import unittest

from meetings import MeetingCase
from support import expect

# Four seconds of a moving picture and a tone, as a browser records them.
RECORD = """async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 180];
    const context = canvas.getContext('2d');
    let turn = 0;
    const timer = setInterval(() => {
        turn += 1;
        context.fillStyle = `hsl(${turn * 4 % 360} 80% 45%)`;
        context.fillRect(0, 0, 320, 180);
        context.fillStyle = 'white';
        context.fillRect(turn * 5 % 280, 60, 40, 60);
    }, 33);
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const out = sound.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    const stream = canvas.captureStream(30);
    stream.addTrack(out.stream.getAudioTracks()[0]);
    const recorder = new MediaRecorder(stream, {mimeType: 'video/webm;codecs=vp8,opus'});
    const parts = [];
    recorder.ondataavailable = ({data}) => parts.push(data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start(500);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    recorder.stop();
    await stopped;
    clearInterval(timer);
    await sound.close();
    const url = await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(new Blob(parts));
    });
    return url.slice(url.indexOf(',') + 1);
}"""

HEARD = """async () => (await mediaStats())
    .filter((entry) => entry.type === 'inbound-rtp' && entry.kind === 'audio')
    .reduce((sum, entry) => sum + (entry.totalAudioEnergy ?? 0), 0)"""


class RecordingTests(MeetingCase):
    def setUp(self):
        super().setUp()
        self.server.sign_in("ann", self.server.owner_link)
        self.file = os.path.join(self.server.folder, "talk.webm")
        with open(self.file, "wb") as file:
            file.write(base64.b64decode(self.ann.page.evaluate(RECORD)))

    def begin(self, *options):
        presenting = self.server.begin("ann", "meet", "#plans", "--play", self.file, *options)
        self.addCleanup(presenting.stdout.close)
        self.addCleanup(presenting.kill)
        return presenting

    def test_a_recording_is_seen_and_heard_and_by_who_comes_later_too(self):
        ben, cid = self.ben, self.cid
        self.enter(ben)
        presenting = self.begin("--loop")
        self.sees(ben, 1)
        expect(ben.page.locator("li.tile.has-picture:not(.is-self)")).to_have_count(1)
        # It was decoded as it was recorded: the size is the file's, and the tone is no silence.
        ben.wait(f"async () => (await ({HEARD})()) > 0.01", "the tone is heard")
        self.assertIn([320, 180], ben.page.evaluate("""async () => (await mediaStats())
            .filter((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video')
            .map((entry) => [entry.frameWidth, entry.frameHeight])"""))
        self.enter(cid)
        self.sees(cid, 2)
        ben.picture("recording")
        # Whoever presents leaves the meeting as others do.
        presenting.send_signal(signal.SIGINT)
        self.assertEqual(presenting.wait(timeout=60), 130)
        self.assertIn("Presenting talk.webm.", presenting.stdout.read())
        expect(ben.page.locator("li.tile")).to_have_count(2)

    def test_a_recording_ends_and_a_host_may_end_it(self):
        ben = self.ben
        self.enter(self.ann)
        presenting = self.begin()
        self.assertEqual(presenting.wait(timeout=120), 0)
        self.assertIn("talk.webm has ended.", presenting.stdout.read())
        expect(self.ann.page.locator("li.tile")).to_have_count(1)

        self.server.sign_in("ben", self.server.invitation())
        presenting = self.server.begin("ben", "meet", "#plans", "--play", self.file, "--loop")
        self.addCleanup(presenting.stdout.close)
        self.addCleanup(presenting.kill)
        self.sees(self.ann, 1)
        self.ann.page.get_by_role("button", name="People", exact=True).first.click()
        self.host(re.compile("^Stop.* ben")).click()
        self.assertEqual(presenting.wait(timeout=60), 3)
        expect(self.ann.page.locator("li.tile")).to_have_count(1)
        expect(ben.page.get_by_role("button", name="#plans, meeting with 1")).to_be_visible()

    def test_a_file_that_cannot_be_presented_is_refused_before_anybody_joins(self):
        with open(self.file, "wb") as file:
            file.write(b"no picture at all")
        presenting = self.begin()
        self.assertEqual(presenting.wait(timeout=60), 2)


if __name__ == "__main__":
    unittest.main()
