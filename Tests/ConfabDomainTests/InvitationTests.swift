import ConfabDomain
import OrderedCollections
import Primitives
import Testing

@Suite("Invitations")
struct InvitationTests {
  private let secret = [UInt8](repeating: 5, count: 32)

  private func invite(
    _ story: inout Story, uses: UInt32 = 1, role: Role = .member,
    for duration: Duration? = .seconds(60)
  ) -> InvitationID {
    let id = story.state.nextInvitation
    story.happen(
      .invitationCreated(
        NewInvitation(
          id: id, secretHash: secret, role: role, uses: uses,
          expiresAt: duration.map { story.now + $0 })))
    return id
  }

  private func join(_ name: String, by id: InvitationID) -> AddAccount {
    AddAccount(name: name, password: Story.password, admission: .byInvitation(id))
  }

  @Test("one is good for as many people as it says")
  func uses() throws {
    var story = Story(people: "ann")
    let id = invite(&story, uses: 2)
    try story.perform(join("bob", by: id), by: .operator)
    #expect(story.state.invitations[id]?.usesLeft == 1)
    try story.perform(join("cat", by: id), by: .operator)
    #expect(story.state.invitationsBySecret[secret] == nil)
    #expect(story.refusal(join("dan", by: id), by: .operator) == .invitationInvalid)
    #expect(story.state.account(named: Story.name("cat"))?.role == .member)
    checkInvariants(of: story.state)
  }

  @Test("it is good until its time is over")
  func expiry() {
    var story = Story(people: "ann")
    let id = invite(&story)
    story.wait(.milliseconds(59_999))
    #expect(story.refusal(join("bob", by: id), by: .operator) == nil)
    story.wait(.milliseconds(1))
    #expect(story.refusal(join("bob", by: id), by: .operator) == .invitationInvalid)
  }

  @Test("a refused name does not use it up")
  func refusedName() {
    var story = Story(people: "ann")
    let id = invite(&story)
    #expect(story.refusal(join("ANN", by: id), by: .operator) == .nameTaken)
    #expect(story.refusal(join("a b", by: id), by: .operator) == .nameInvalid)
    #expect(story.refusal(join("bob", by: id), by: .operator) == nil)
  }

  @Test("the owner's link stays good until there is an owner, however that one was made")
  func ownersLink() throws {
    var story = Story()
    let id = invite(&story, uses: 1, role: .owner, for: nil)
    story.wait(.seconds(10 * 365 * 24 * 3600))
    #expect(story.refusal(join("ann", by: id), by: .operator) == nil)
    var other = story
    try story.perform(join("ann", by: id), by: .operator)
    #expect(story.state.account(named: Story.name("ann"))?.role == .owner)
    #expect(story.refusal(join("bob", by: id), by: .operator) == .invitationInvalid)

    try other.perform(
      AddAccount(name: "zoe", password: Story.password, admission: .byAdministrator(.owner)),
      by: .operator)
    #expect(other.refusal(join("bob", by: id), by: .operator) == .invitationInvalid)
  }

  @Test("members make none; uses and time are bounded")
  func making() {
    let story = Story(people: "ann", "bob")
    func make(
      _ uses: UInt32, _ duration: Duration, by actor: Actor = .account(ann)
    ) -> Rejection.Code? {
      story.refusal(
        CreateInvitation(secretHash: secret, uses: uses, expiresIn: duration), by: actor)
    }
    #expect(make(1, .seconds(1)) == nil)
    #expect(make(1, .seconds(1), by: .operator) == nil)
    #expect(make(1, .seconds(1), by: .account(bob)) == .ownerRequired)
    #expect(make(0, .seconds(1)) == .requestInvalid)
    #expect(make(Limits.invitationUsesMax + 1, .seconds(1)) == .requestInvalid)
    #expect(make(1, .zero) == .requestInvalid)
    #expect(make(1, .seconds(Int64.max / 1000)) == .requestInvalid)
    #expect(make(1, Periods.invitationMax) == nil)
  }

  @Test("those out of date make place for new ones")
  func full() throws {
    var story = Story(people: "ann")
    func make(_ number: Int) -> CreateInvitation {
      CreateInvitation(
        secretHash: withUnsafeBytes(of: number) { Array($0) }, uses: 1, expiresIn: .seconds(60))
    }
    for number in 1...Limits.invitationsMax {
      story.happen(
        .invitationCreated(
          NewInvitation(
            id: story.state.nextInvitation, secretHash: make(number).secretHash, role: .member,
            uses: 1, expiresAt: story.now + .seconds(60))))
    }
    #expect(story.refusal(make(0), by: .operator) == .placeFull)
    story.wait(.seconds(60))
    try story.perform(make(0), by: .operator)
    #expect(story.state.invitations.count == 1)
    checkInvariants(of: story.state)
  }
}
