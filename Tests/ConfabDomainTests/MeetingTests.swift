import ConfabDomain
import OrderedCollections
import Primitives
import Testing

@Suite struct MeetingTests {
  @Test func membersStartAndAttendIt() throws {
    var story = Story(people: "ann", "bob", "cat")
    let plans = story.makeRoom("plans", [bob, ann])
    let start = StartMeeting(channel: .id(plans))
    #expect(story.refusal(start, by: .account(cat)) == .notAMember)
    #expect(story.refusal(AttendMeeting(channel: plans), by: .account(bob)) == .meetingUnknown)
    let before = story.channel(plans).position
    try story.perform(start, by: .account(bob))
    let twice = try story.perform(start, by: .account(ann))
    #expect(twice.isEmpty, "one at a time")
    try story.perform(AttendMeeting(channel: plans), by: .account(bob))
    story.wait(.seconds(60))
    try story.perform(AttendMeeting(channel: plans), by: .account(ann))
    let again = try story.perform(AttendMeeting(channel: plans), by: .account(ann))
    #expect(again.isEmpty)
    story.wait(.seconds(60))
    story.happen(.meetingLeft(plans, ann), by: ann)
    story.wait(.seconds(60))
    #expect(story.channel(plans).position == before + 1, "who comes and goes moves no position")
    let events = try story.perform(
      EndMeeting(channel: plans, reason: .empty), by: .operator)
    guard case .meetingEnded(plans, let end)? = events.first?.event.body else {
      Issue.record("it did not end")
      return
    }
    #expect(end.endedAt.since(end.startedAt) == .seconds(180))
    #expect(end.attendances.map(\.account) == [bob, ann])
    #expect(end.attendances[1].until.since(end.startedAt) == .seconds(120))
    #expect(story.channel(plans).meeting == nil)
    let ended = try story.perform(EndMeeting(channel: plans, reason: .empty), by: .operator)
    #expect(ended.isEmpty)
    try story.perform(start, by: .account(ann))
    #expect(story.channel(plans).meeting?.id == MeetingID(2))
  }

  @Test func hostsAreOwnersAndWhoStartedIt() throws {
    var story = Story(people: "ann", "bob", "cat", "dan")
    let plans = story.makeRoom("plans", [bob, cat, dan])
    try story.perform(StartMeeting(channel: .id(plans)), by: .account(cat))
    let channel = story.channel(plans)
    #expect(
      [ann, bob, cat, dan].map { story.state.isHost($0, of: channel) } == [
        false, true, true, false,
      ])
    let end = EndMeeting(channel: plans, reason: .ended)
    #expect(story.refusal(end, by: .account(ann)) == .meetingHostRequired)
    let removeOwner = RemoveFromMeeting(channel: plans, account: bob)
    #expect(story.refusal(removeOwner, by: .account(cat)) == .meetingHostRequired)
    try story.perform(RemoveFromMeeting(channel: plans, account: dan), by: .account(cat))
    #expect(story.refusal(AttendMeeting(channel: plans), by: .account(dan)) == .meetingRemoved)
    try story.perform(end, by: .account(bob))
  }

  @Test func guestsComeByALinkAndGoWithTheMeeting() throws {
    var story = Story(people: "ann", "bob")
    let plans = story.makeRoom("plans", [bob])
    story.say("before", in: plans, by: bob)
    let link = CreateGuestLink(
      channel: .id(plans), secretHash: [7], uses: 2, expiresIn: .seconds(60))
    try story.perform(link, by: .account(bob))
    let invitation = try #require(story.state.invitationsBySecret[[7]])
    let welcome = WelcomeGuest(invitation: invitation, name: "bea")
    try story.perform(welcome, by: .operator)
    try story.perform(welcome, by: .operator)
    #expect(story.refusal(welcome, by: .operator) == .invitationInvalid, "for two")
    let bea = AccountID(3)
    #expect(
      story.state.accounts.values.suffix(2).map(\.name.text) == ["bea-guest", "bea-guest-2"])
    let guest = try #require(story.state.accounts[bea])
    #expect(Array(guest.channels) == [plans])
    #expect(story.channel(.lobby).visibility(for: guest) == nil)
    #expect(story.channel(plans).visibility(for: guest)?.afterSequence == 1)
    let start = StartMeeting(channel: .id(plans))
    #expect(story.refusal(start, by: .account(bea)) == .meetingNotStarted)
    #expect(
      story.refusal(
        SendMessage(
          channel: .label("@bob"), id: MessageID(high: 0, low: 9), text: "hi", replyTo: nil),
        by: .account(bea)) == .guestsMayNot)
    let session = story.openSession(bea)
    try story.perform(start, by: .account(bob))
    try story.perform(EndMeeting(channel: plans, reason: .ended), by: .account(bob))
    #expect(Array(story.channel(plans).members.keys) == [bob])
    #expect(story.state.sessions[session] == nil)
    #expect(story.state.accounts[bea]?.isDisabled == true)
    #expect(story.state.account(named: Story.name("bea-guest")) == nil, "the name is free again")
    #expect(story.state.invitations.isEmpty)
    checkInvariants(of: story.state)
  }

  @Test func aLinkForGuestsMakesNoAccount() throws {
    var story = Story(people: "ann", "bob")
    let plans = story.makeRoom("plans", [bob])
    try story.perform(
      CreateGuestLink(channel: .id(plans), secretHash: [7], uses: 2, expiresIn: .seconds(60)),
      by: .account(ann))
    let invitation = try #require(story.state.invitationsBySecret[[7]])
    let account = AddAccount(
      name: "eve", password: Story.password, admission: .byInvitation(invitation))
    #expect(story.refusal(account, by: .operator) == .invitationInvalid)
    story.wait(.seconds(60))
    #expect(
      story.refusal(WelcomeGuest(invitation: invitation, name: "bea"), by: .operator)
        == .invitationInvalid)
  }

  @Test func onlyOwnersInviteGuests() throws {
    var story = Story(people: "ann", "bob", "cat")
    let plans = story.makeRoom("plans", [bob, cat])
    let link = { (channel: ChannelReference) in
      CreateGuestLink(channel: channel, secretHash: [7], uses: 2, expiresIn: .seconds(60))
    }
    #expect(story.refusal(link(.id(plans)), by: .account(cat)) == .roomOwnerRequired)
    #expect(story.refusal(link(.id(.lobby)), by: .account(bob)) == .ownerRequired)
    #expect(story.refusal(link(.id(.lobby)), by: .account(ann)) == nil)
    #expect(story.refusal(link(.label("@bob")), by: .account(ann)) == .notARoom)
  }

  @Test func namesOfGuestsAreNobodyElses() {
    let story = Story(people: "ann")
    for (name, isRefused) in [
      ("bea-guest", true), ("bea-GUEST-2", true), ("bea-guest2", true), ("guest", false),
      ("guest-house", false), ("bea-guests", false), ("7", false),
    ] {
      let account = AddAccount(
        name: name, password: Story.password, admission: .openRegistration)
      #expect((story.refusal(account, by: .operator) == .nameInvalid) == isRefused, "\(name)")
    }
  }

  @Test func roomsOutliveNeitherTheirMeetingNorTheirGuests() throws {
    var story = Story(people: "ann", "bob")
    let plans = story.makeRoom("plans", [bob])
    try story.perform(
      CreateGuestLink(channel: .id(plans), secretHash: [7], uses: 2, expiresIn: .seconds(60)),
      by: .account(bob))
    let invitation = try #require(story.state.invitationsBySecret[[7]])
    try story.perform(WelcomeGuest(invitation: invitation, name: "bea"), by: .operator)
    try story.perform(StartMeeting(channel: .id(plans)), by: .account(bob))
    // No guest inherits a room.
    let events = try story.perform(LeaveRoom(channel: .id(plans)), by: .account(bob))
    #expect(events.last?.event.body == .roomClosed(plans))
    #expect(story.channel(plans).meeting == nil)
    #expect(story.channel(plans).members.isEmpty)
    checkInvariants(of: story.state)
  }
}
