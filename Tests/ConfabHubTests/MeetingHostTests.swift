import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Hosts of meetings")
struct MeetingHostTests {
  private func setDoor(
    _ harness: HubHarness, _ id: ConnectionID, locked: Bool? = nil, _ room: WaitingRoom? = nil
  ) -> Answer {
    harness.ask(.meeting(.setDoor(.label("#plans"), isLocked: locked, room)), on: id)
  }

  @Test("with a waiting room for everybody only hosts come in by themselves")
  func waiting() {
    let (harness, bob, cat) = HubHarness.withRoom()
    #expect(setDoor(harness, cat, .everybody).code == .meetingHostRequired)
    #expect(setDoor(harness, bob, .everybody).isDone)
    harness.joins(bob)
    let dan = harness.listening("dan")
    #expect(harness.joins(dan)?.isWaiting == true)
    let view = harness.joins(cat)
    #expect(view?.isWaiting == true)
    #expect(view?.participants.isEmpty == true)
    #expect(harness.changes(bob).last?.isWaiting == true)
    #expect(harness.changes(dan).isEmpty, "who waits is shown to hosts only")
    #expect(harness.roster(asSeenBy: bob) == ["bob", "dan?", "cat?"])
    #expect(
      harness.ask(.meeting(.publish(HubHarness.meeting, sdp: "v=0", [])), on: cat).code
        == .meetingWaiting)
    #expect(harness.media.count == 2)
    #expect(harness.joins(harness.listening("ann"))?.isWaiting == false)
    let admit = Request.meeting(
      .answerKnock(HubHarness.meeting, ParticipantID(3), admit: true))
    #expect(harness.ask(admit, on: cat).code == .meetingHostRequired)
    #expect(harness.ask(admit, on: bob).isDone)
    #expect(harness.media.contains(.join(harness.party(3))))
    #expect(
      harness.notices(cat).contains { if case .meetingAdmitted = $0 { true } else { false } })
    harness.leaves(cat)
    #expect(harness.joins(cat)?.isWaiting == false, "asked once for each meeting")
    harness.ask(.meeting(.answerKnock(HubHarness.meeting, nil, admit: false)), on: bob)
    #expect(harness.gone(dan) == [.refused])
    #expect(harness.ask(admit, on: bob).code == .participantUnknown)
    harness.ask(.meeting(.end(HubHarness.meeting)), on: bob)
    #expect(harness.end?.reason == .ended)
    #expect(harness.namesAtEnd == ["bob", "ann", "cat"], "who only waited was not there")
  }

  @Test("who waits goes when the meeting ends")
  func waitingInVain() {
    let (harness, bob, cat) = HubHarness.withRoom()
    #expect(setDoor(harness, bob, .everybody).isDone)
    harness.joins(bob)
    harness.joins(cat)
    harness.leaves(bob)
    #expect(harness.gone(cat) == [.ended])
    #expect(harness.hub.sizes.participants == 0)
  }

  @Test("a lock keeps all but hosts out, and ends with the meeting")
  func locking() {
    let (harness, bob, cat) = HubHarness.withRoom()
    #expect(setDoor(harness, bob, locked: true).code == .meetingUnknown)
    harness.joins(bob)
    #expect(setDoor(harness, bob, locked: true).isDone)
    harness.wait(.seconds(2))
    #expect(harness.news(cat).last?.isLocked == true)
    #expect(harness.ask(HubHarness.join(), on: cat).code == .meetingLocked)
    let ann = harness.listening("ann")
    #expect(harness.joins(ann) != nil, "the place's owner gets in")
    harness.leaves(ann)
    harness.leaves(bob)
    #expect(harness.joins(cat) != nil)
  }

  @Test("who is removed is out with all devices, and stays out")
  func removing() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.joins(cat)
    let other = harness.listening("cat")
    let key = harness.joins(other)?.key ?? []
    let remove = Request.meeting(.remove(HubHarness.meeting, ParticipantID(2)))
    #expect(harness.ask(remove, on: cat).code == .meetingHostRequired)
    #expect(harness.ask(remove, on: bob).isDone)
    #expect(harness.gone(cat) == [.removed])
    #expect(harness.gone(other) == [.removed])
    #expect(harness.ask(HubHarness.join(), on: cat).code == .meetingRemoved)
    let back = harness.listening("cat")
    #expect(harness.ask(HubHarness.join(key: key), on: back).code == .meetingRemoved)
    harness.leaves(bob)
    #expect(harness.joins(cat) != nil, "the next meeting is another one")
  }

  @Test("owners are not removed, and nobody removes themselves")
  func owners() {
    let (harness, bob, cat) = HubHarness.withRoom()
    // Who starts a meeting is its host, but no owner.
    harness.joins(cat)
    harness.joins(bob)
    let removal = { (participant: UInt32) in
      Request.meeting(.remove(HubHarness.meeting, ParticipantID(participant)))
    }
    #expect(harness.ask(removal(2), on: cat).code == .meetingHostRequired)
    #expect(harness.ask(removal(1), on: cat).code == .requestInvalid)
    #expect(harness.ask(removal(1), on: bob).isDone)
    #expect(harness.ask(removal(9), on: bob).code == .participantUnknown)
    #expect(
      harness.ask(.meeting(.end(HubHarness.meeting)), on: harness.listening("dan")).code
        == .meetingHostRequired)
  }

  @Test("a host's mute stops what is forwarded, until the person unmutes")
  func muting() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.ask(HubHarness.join(microphone: true, camera: true), on: cat)
    #expect(
      Set(harness.media.suffix(2)) == [
        .forward(harness.party(2), .microphone, true), .forward(harness.party(2), .camera, true),
      ])
    let mute = Request.meeting(.mute(HubHarness.meeting, ParticipantID(2), .microphone))
    #expect(harness.ask(mute, on: cat).code == .meetingHostRequired)
    #expect(harness.ask(mute, on: bob).isDone)
    #expect(harness.media.last == .forward(harness.party(2), .microphone, false))
    guard case .participantChanged(_, let view, let by)? = harness.notices(cat).last else {
      Issue.record("cat is not told")
      return
    }
    #expect(by == "bob")
    #expect(!view.microphone && view.camera)
    let unmute = Participation(microphone: true, hand: true)
    harness.ask(.meeting(.setParticipation(HubHarness.meeting, unmute)), on: cat)
    #expect(harness.media.last == .forward(harness.party(2), .microphone, true))
    #expect(harness.changes(bob).last?.handRaisedAt == harness.now.wall)
    harness.ask(.meeting(.lowerHand(HubHarness.meeting, ParticipantID(2))), on: bob)
    #expect(harness.changes(cat).last?.handRaisedAt == nil)
    harness.ask(
      .meeting(.setParticipation(HubHarness.meeting, Participation(screen: true))), on: cat)
    #expect(harness.media.last == .forward(harness.party(2), .screenAudio, true))
    harness.ask(.meeting(.mute(HubHarness.meeting, ParticipantID(2), .screen)), on: bob)
    #expect(harness.media.last == .forward(harness.party(2), .screenAudio, false))
  }
}

@Suite("Media of meetings")
struct MeetingMediaTests {
  private func ticket(_ harness: HubHarness) -> Ticket? {
    switch harness.media.last {
    case .publish(_, let ticket, _, _)?, .answer(_, let ticket, _, _)?: ticket
    default: nil
    }
  }

  @Test("an offer is answered by the media side, or refused with its words")
  func publishing() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    harness.joins(bob)
    let tracks = [PublishedTrack(mid: "0", source: .microphone)]
    let publish = Request.meeting(.publish(HubHarness.meeting, sdp: "v=0", tracks))
    let first = harness.begin(publish, on: bob)
    harness.settle()
    #expect(harness.answer(to: first, on: bob).isMissing)
    harness.feed(.media(.published(try #require(ticket(harness)), sdp: "answer")))
    guard case .mediaAnswer(sdp: "answer")? = harness.answer(to: first, on: bob).reply else {
      Issue.record("no answer")
      return
    }
    let second = harness.begin(publish, on: bob)
    let asked = try #require(ticket(harness))
    harness.feed(.media(.refused(asked, reason: "There is no codec that both know.")))
    #expect(harness.answer(to: second, on: bob).code == .mediaUnfit)
    harness.feed(.media(.published(asked, sdp: "twice")))
    #expect(harness.answer(to: second, on: bob).all.count == 1)
  }

  @Test("the newest offer is answered, and an answer to an older one is let pass")
  func subscribing() throws {
    let (harness, bob, _) = HubHarness.withRoom()
    harness.joins(bob)
    for number: UInt32 in 1...2 {
      harness.feed(.media(.offer(harness.party(1), number: number, sdp: "offer")))
    }
    #expect(
      harness.notices(bob).filter { if case .mediaOffer = $0 { true } else { false } }.count == 2)
    let late = Request.meeting(.answer(HubHarness.meeting, number: 1, sdp: "late"))
    let orders = harness.media.count
    #expect(harness.ask(late, on: bob).isDone)
    #expect(harness.media.count == orders)
    let answer = harness.begin(
      .meeting(.answer(HubHarness.meeting, number: 2, sdp: "answer")), on: bob)
    harness.feed(.media(.answered(try #require(ticket(harness)))))
    #expect(harness.answer(to: answer, on: bob).isDone)
  }

  @Test("what makes no sense does not reach the media side")
  func nonsense() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    let orders = harness.media.count
    let long = String(repeating: "a", count: Limits.sdpBytesMax + 1)
    let twice = [
      PublishedTrack(mid: "0", source: .microphone), PublishedTrack(mid: "0", source: .camera),
    ]
    let wishes = Array(
      repeating: MediaWish(participant: ParticipantID(1), source: .camera, width: 1, height: 1),
      count: HubLimits.mediaWishesMax + 1)
    for (request, code) in [
      (.publish(HubHarness.meeting, sdp: "", []), .mediaUnfit),
      (.publish(HubHarness.meeting, sdp: long, []), .mediaUnfit),
      (.publish(HubHarness.meeting, sdp: "v=0", twice), .mediaUnfit),
      (.wish(HubHarness.meeting, wishes, videoKbpsMax: 0), .requestInvalid),
      (.restart(MeetingID(9)), .meetingUnknown),
    ] as [(MeetingRequest, Rejection.Code)] {
      #expect(harness.ask(.meeting(request), on: bob).code == code)
    }
    #expect(harness.ask(.meeting(.restart(HubHarness.meeting)), on: cat).code == .meetingUnknown)
    #expect(harness.media.count == orders)
  }

  @Test("wishes, restarts, slots and trouble go to whom they concern")
  func passing() {
    let (harness, bob, cat) = HubHarness.withRoom()
    harness.joins(bob)
    harness.joins(cat)
    let wish = MediaWish(
      participant: ParticipantID(1), source: .camera, width: 640, height: 360)
    harness.ask(.meeting(.wish(HubHarness.meeting, [wish], videoKbpsMax: 500)), on: cat)
    #expect(harness.media.last == .wish(harness.party(2), [wish], videoKbpsMax: 500))
    harness.ask(.meeting(.restart(HubHarness.meeting)), on: cat)
    #expect(harness.media.last == .restart(harness.party(2)))
    let (atBob, atCat) = (harness.notices(bob).count, harness.notices(cat).count)
    let slot = MediaSlot(mid: "v0", participant: ParticipantID(1), source: .camera)
    harness.feed(.media(.slots(harness.party(2), [slot])))
    harness.feed(.media(.lost(harness.party(2), publishing: true, subscribing: false)))
    let demand = TrackDemand(mid: "1", isWanted: true, rids: ["l"])
    harness.feed(.media(.demand(harness.party(2), [demand])))
    #expect(harness.notices(cat).count == atCat + 3)
    #expect(harness.notices(bob).count == atBob)
    // The media side may still speak of who has left.
    harness.leaves(cat)
    harness.feed(.media(.slots(harness.party(2), [slot])))
    harness.feed(.media(.offer(harness.party(9), number: 1, sdp: "v=0")))
    harness.feed(.media(.speaking(MeetingID(9), [])))
    #expect(
      harness.notices(bob).filter { if case .mediaSlots = $0 { true } else { false } }.isEmpty)
  }
}
