import ConfabDomain
import OrderedCollections
import Primitives
import Testing

@Suite("Lockouts in the state")
struct LockoutTests {
  private let base = Duration.seconds(10)

  private func failures(_ story: Story, _ device: DeviceID? = nil) throws -> SignInFailures {
    if let device { return try #require(story.state.devices[device]).failures }
    return try #require(story.state.accounts[ann]).failures
  }

  private func lock(_ story: inout Story) throws -> Duration {
    let length = try failures(story).nextLockout(base: base, at: story.now)
    story.happen(.accountLocked(ann, device: nil, until: story.now + length))
    return length
  }

  @Test("each one within an hour of the last is twice as long, to at most five minutes")
  func doubling() throws {
    var story = Story(people: "ann")
    var lengths: [Duration] = []
    for _ in 0..<7 {
      lengths.append(try lock(&story))
      story.wait(try #require(lengths.last) + .seconds(3599))
    }
    #expect(lengths == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
    story.wait(.seconds(1))
    #expect(try lock(&story) == base)
  }

  @Test("a base above five minutes stays what the operator chose")
  func longBase() {
    var failures = SignInFailures()
    let length = Duration.seconds(1000)
    failures.lock(from: Story.noon, until: Story.noon + length)
    #expect(failures.nextLockout(base: length, at: Story.noon + length) == length)
  }

  @Test("it ends by itself, and by a success, which also forgets how long the last one was")
  func ends() throws {
    var story = Story(people: "ann")
    _ = try lock(&story)
    #expect(try failures(story).lockoutLeft(at: story.now) == base)
    #expect(
      try failures(story).lockoutLeft(at: story.now + .milliseconds(9_999)) == .milliseconds(1))
    #expect(try failures(story).lockoutLeft(at: story.now + base) == nil)
    story.wait(base)
    story.openSession(ann)
    #expect(try failures(story) == SignInFailures())
    #expect(try lock(&story) == base)
  }

  @Test("a clock that is set back does not lock anybody for longer")
  func clockSetBack() throws {
    var story = Story(people: "ann")
    _ = try lock(&story)
    #expect(try failures(story).lockoutLeft(at: story.now - .seconds(5)) == .seconds(15))
    #expect(try failures(story).lockoutLeft(at: story.now - .seconds(3600)) == nil)
  }

  @Test("a device that signed in before counts for itself")
  func device() throws {
    var story = Story(people: "ann")
    let device = story.registerDevice(ann)
    story.fail(ann, device: device)
    #expect(try failures(story, device).inARow == 1)
    #expect(try failures(story).inARow == 0)
    story.happen(.accountLocked(ann, device: device, until: story.now + base))
    #expect(try failures(story, device).lockoutLeft(at: story.now) == base)
    #expect(try failures(story).lockoutLeft(at: story.now) == nil)

    story.fail(ann)
    story.openSession(ann, device: device)
    #expect(try failures(story, device) == SignInFailures())
    // The known device's success says nothing about the strangers.
    #expect(try failures(story).inARow == 1)
  }

  @Test("the first success of a new device ends the account's row of failures")
  func newDevice() throws {
    var story = Story(people: "ann")
    story.fail(ann)
    story.fail(ann)
    let device = story.registerDevice(ann)
    story.openSession(ann, device: device)
    #expect(try failures(story) == SignInFailures())
  }

  @Test("unlocking forgets the failures of the account and of its devices")
  func unlock() throws {
    var story = Story(people: "ann")
    let device = story.registerDevice(ann)
    _ = try lock(&story)
    story.fail(ann, device: device)
    story.happen(.accountUnlocked(ann))
    #expect(try failures(story) == SignInFailures())
    #expect(try failures(story, device) == SignInFailures())
  }
}
