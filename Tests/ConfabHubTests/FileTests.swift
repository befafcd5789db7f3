import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Offers of files")
struct FileOfferTests {
  @Test("an offer reaches every device of the person that listens, with its bytes where they serve")
  func offering() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    let bob = harness.receiving("bob", device: 2)
    let watching = harness.receiving("bob", device: 3, false)
    let silent = harness.withDevice("bob", 4)
    let cat = harness.receiving("cat", device: 5)
    let standing = harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing
    #expect(standing?.recipients.map(\.name) == ["bob"])
    #expect(standing?.recipients.map(\.isActive) == [true])
    #expect(standing?.recipients.map(\.canReceive) == [true])
    #expect(standing?.recipients.map(\.state) == [.waiting])
    #expect(standing?.isRelayed == true)
    let offer = harness.offered(bob).first
    #expect(offer?.from == "ann")
    #expect(offer?.device == HubHarness.keys(1))
    #expect(offer?.label == "@ann")
    #expect(offer?.channel == nil)
    #expect(offer?.offer == [1, 2, 3])
    #expect(offer?.summary.name == "talk.mp4")
    #expect(harness.offered(watching).map(\.offer) == [[]])
    #expect(harness.offered(silent).isEmpty)
    #expect(harness.offered(cat).isEmpty)
    let known = harness.store.events.last?.event
    #expect(
      known?.body
        == .fileOffered(
          NewFileOffer(
            id: HubHarness.transfer(1), device: DeviceID(1), recipient: .person(AccountID(2)),
            files: 1, bytes: 1_000, isFolder: false)))
  }

  @Test("nothing is told before it is durable")
  func durability() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    let offered = harness.begin(HubHarness.offer(1, to: "@bob"), on: ann)
    #expect(harness.offered(bob).isEmpty)
    #expect(harness.answer(to: offered, on: ann).isMissing)
    harness.settle()
    #expect(harness.offered(bob).count == 1)
    let accepted = harness.begin(HubHarness.accept(1), on: bob)
    #expect(harness.relays.isEmpty)
    #expect(harness.answered(ann).isEmpty)
    harness.settle()
    #expect(harness.answer(to: accepted, on: bob).acceptance != nil)
    #expect(harness.answered(ann).count == 1)
  }

  @Test("what a full disk swallowed was never offered, and never accepted")
  func failure() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    let lost = harness.begin(HubHarness.offer(1, to: "@bob"), on: ann)
    harness.failAppend()
    harness.settle()
    #expect(harness.answer(to: lost, on: ann).code == .journalUnavailable)
    #expect(harness.offered(bob).isEmpty)
    #expect(harness.hub.sizes.fileOffers == 0)
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing != nil)
    let accepted = harness.begin(HubHarness.accept(1), on: bob)
    harness.failAppend()
    harness.settle()
    #expect(harness.answer(to: accepted, on: bob).code == .journalUnavailable)
    #expect(harness.hub.sizes.fileAcceptances == 0)
    #expect(harness.relays.isEmpty)
    harness.wait(HubLimits.journalPause)
    #expect(harness.ask(HubHarness.accept(1), on: bob).acceptance != nil)
  }

  @Test("who comes later is told, and who cannot receive is not counted for it")
  func lateComers() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    let standing = harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing
    #expect(standing?.recipients.first?.isActive == false)
    let watching = harness.receiving("bob", device: 2, false)
    #expect(harness.offered(watching).map(\.offer) == [[]])
    let again = harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing
    #expect(again?.recipients.map(\.isActive) == [true])
    #expect(again?.recipients.map(\.canReceive) == [false])
    let bob = harness.receiving("bob", device: 3)
    #expect(harness.offered(bob).map(\.offer) == [[1, 2, 3]])
    #expect(harness.offers(bob).map(\.state) == [.waiting])
    let one = harness.ask(.readFileOffers(HubHarness.transfer(1), after: nil), on: bob).offers
    #expect(one?.map(\.offer) == [[1, 2, 3]])
    // Nothing was offered twice: the second time nothing was new.
    #expect(harness.offered(watching).count == 1)
  }

  @Test("only from a device, only to people and rooms that there are, only what makes sense")
  func refusals() {
    let harness = HubHarness()
    let bare = harness.listening("ann")
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: bare).code == .deviceRequired)
    let ann = harness.withDevice("ann", 1)
    #expect(harness.ask(HubHarness.offer(1, to: "@eve"), on: ann).code == .accountUnknown)
    #expect(harness.ask(HubHarness.offer(1, to: "#plans"), on: ann).code == .channelUnknown)
    harness.ask(HubHarness.room("plans"), on: harness.withDevice("bob", 2))
    #expect(harness.ask(HubHarness.offer(1, to: "#plans"), on: ann).code == .notAMember)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob", []), on: ann).code == .fileOfferUnfit)
    let long = [UInt8](repeating: 0, count: Limits.fileOfferBytesMax + 1)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob", long), on: ann).code == .fileOfferUnfit)
    for name in ["", ".", "..", "a/b", "a\u{7}", String(repeating: "ä", count: 128)] {
      let unfit = HubHarness.offer(1, to: "@bob", name: name)
      #expect(harness.ask(unfit, on: ann).code == .fileOfferUnfit, "\(name)")
    }
    #expect(harness.hub.sizes.fileOffers == 0)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing != nil)
    let cat = harness.withDevice("cat", 3)
    #expect(harness.ask(HubHarness.offer(1, to: "@ann"), on: cat).code == .transferIDTaken)
    #expect(harness.ask(HubHarness.offer(1, to: "@cat"), on: ann).code == .fileOfferUnfit)
  }

  @Test("an account has so many offers and no more, and so many in a while")
  func limits() {
    var harness = HubHarness()
    var ann = harness.withDevice("ann", 1)
    for number in 0..<UInt64(HubLimits.fileOffersPerAccountMax) {
      #expect(harness.ask(HubHarness.offer(number, to: "@bob"), on: ann).standing != nil)
    }
    #expect(harness.ask(HubHarness.offer(999, to: "@bob"), on: ann).code == .placeFull)
    harness.ask(HubHarness.withdraw(0), on: ann)
    #expect(harness.ask(HubHarness.offer(999, to: "@bob"), on: ann).standing != nil)

    harness = HubHarness()
    ann = harness.withDevice("ann", 1)
    for _ in 0..<HubLimits.fileAnswerBurst {
      #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing != nil)
      #expect(harness.ask(HubHarness.withdraw(1), on: ann).isDone)
    }
    let refused = harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).rejection
    #expect(refused?.code == .rateLimited)
    harness.wait(refused?.retryAfter ?? .zero)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing != nil)
  }

  @Test("nobody's many offers hide another's from who comes later")
  func manyOffers() {
    let harness = HubHarness()
    let (ann, cat) = (harness.withDevice("ann", 1), harness.withDevice("cat", 3))
    for number in 0..<UInt64(HubLimits.fileOffersPerAccountMax) {
      #expect(harness.ask(HubHarness.offer(number, to: "@bob"), on: ann).standing != nil)
    }
    #expect(harness.ask(HubHarness.offer(999, to: "@bob"), on: cat).standing != nil)
    let bob = harness.receiving("bob", device: 2)
    let told = harness.offered(bob).map(\.from)
    #expect(told.count { $0 == "ann" } == HubLimits.fileOffersToldPerAccountMax)
    #expect(told.last == "cat")
    #expect(harness.offers(bob).count == HubLimits.fileOffersPerPageMax)
  }

  @Test("each end of a pairing pays for what it sends through the relay")
  func whoPays() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let pairing = harness.ask(HubHarness.accept(1), on: bob).acceptance?.pairing
    let grant = pairing.flatMap { harness.relays[$0] }
    #expect(grant?.sender == AccountID(1))
    #expect(grant?.taker == AccountID(2))
  }

  @Test("a sender who is lost may come back within the grace, and then the offer goes on")
  func grace() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    harness.disconnect(ann)
    harness.wait(.seconds(9))
    #expect(harness.withdrawn(bob).isEmpty)
    let taken = harness.ask(HubHarness.accept(1), on: bob).acceptance
    #expect(taken != nil)
    let back = harness.withDevice("ann", 1)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: back).standing != nil)
    #expect(harness.answered(back).map(\.pairing) == [taken?.pairing])
    #expect(harness.offered(bob).count == 1)
    harness.wait(.seconds(60))
    #expect(harness.withdrawn(bob).isEmpty)
    harness.disconnect(back)
    harness.wait(HubLimits.fileOfferGrace)
    #expect(harness.withdrawn(bob) == [.senderLeft])
    let late = harness.ask(HubHarness.accept(1), on: bob).rejection
    #expect(late?.code == .fileOfferGone)
    #expect(late?.message.contains("not connected") == true)
    // What the two exchange already goes on through the relay.
    #expect(harness.relays.count == 1)
    #expect(harness.offers(bob).isEmpty)
  }

  @Test("signing out withdraws at once")
  func signOut() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    harness.ask(.signOut, on: ann)
    #expect(harness.withdrawn(bob) == [.senderLeft])
    #expect(harness.hub.sizes.fileOffers == 0)
  }

  @Test("an offer that nobody answers ends after a week")
  func expiry() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    harness.wait(Periods.fileOffer - .seconds(1))
    #expect(harness.withdrawn(bob).isEmpty)
    harness.wait(.seconds(1))
    #expect(harness.withdrawn(bob) == [.expired])
    #expect(harness.withdrawn(ann) == [.expired])
    #expect(harness.ask(HubHarness.accept(1), on: bob).code == .fileOfferExpired)
    #expect(harness.hub.nextDeadline == nil)
  }

  @Test("presence says who can receive, and when that changes")
  func presence() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    let browser = harness.receiving("bob", device: 2, false)
    #expect(harness.presences(ann).last?.canReceiveFiles == false)
    let terminal = harness.receiving("bob", device: 3)
    #expect(harness.presences(ann).last?.canReceiveFiles == true)
    let told = harness.presences(ann).count
    harness.disconnect(browser)
    #expect(harness.presences(ann).count == told)
    let again = harness.receiving("bob", device: 2, false)
    harness.disconnect(terminal)
    #expect(harness.presences(ann).last?.canReceiveFiles == false)
    #expect(harness.presences(ann).last?.isActive == true)
    harness.ask(.subscribe(presence: false, canReceiveFiles: true), on: again)
    #expect(harness.presences(ann).last?.canReceiveFiles == true)
    #expect(harness.ask(.who(after: ""), on: ann).people?.last?.canReceiveFiles == true)
    // Without keys nothing can be received, whatever is said.
    let cat = harness.signedIn("cat")
    harness.ask(.subscribe(presence: false, canReceiveFiles: true), on: cat)
    #expect(harness.presences(ann).last?.canReceiveFiles == false)
  }
}

@Suite("Answers to offers of files")
struct FileAnswerTests {
  @Test("accepting introduces two devices and gives each its end of the relay")
  func accepting() throws {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let acceptance = try #require(harness.ask(HubHarness.accept(1), on: bob).acceptance)
    let answered = try #require(harness.answered(ann).first)
    #expect(answered.pairing == acceptance.pairing)
    #expect(answered.by == "bob")
    #expect(answered.device == HubHarness.keys(2))
    #expect(answered.answer == .accept([7]))
    let grant = try #require(harness.relays[acceptance.pairing])
    #expect(grant.recipient == acceptance.relayToken)
    #expect(grant.presenter == answered.relayToken)
    #expect(grant.presenter.count == RelayGrant.tokenBytes)
    #expect(grant.presenter != grant.recipient)
    #expect(
      harness.store.events.last?.event.body
        == .fileAccepted(HubHarness.transfer(1), from: AccountID(1), device: DeviceID(2)))
    // Done: nothing is left of it.
    #expect(harness.ask(HubHarness.withdraw(1, complete: true), on: ann).isDone)
    #expect(harness.withdrawn(bob) == [.complete])
    #expect(harness.relays.isEmpty)
    #expect(harness.ask(HubHarness.accept(1), on: bob).code == .fileOfferGone)
  }

  @Test("the first device takes the offer, and the others are told")
  func firstTakesIt() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    let (one, two) = (harness.receiving("bob", device: 2), harness.receiving("bob", device: 3))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let first = harness.begin(HubHarness.accept(1), on: two)
    let second = harness.begin(HubHarness.accept(1), on: one)
    harness.settle()
    #expect(harness.answer(to: first, on: two).acceptance != nil)
    #expect(harness.answer(to: second, on: one).code == .fileOfferTaken)
    #expect(harness.withdrawn(one) == [.takenElsewhere])
    #expect(harness.withdrawn(two).isEmpty)
    #expect(harness.answered(ann).count == 1)
    #expect(harness.offers(one).map(\.state) == [.taken])
    #expect(harness.offers(two).map(\.state) == [.accepted])
    #expect(harness.offers(ann).first?.recipients.map(\.state) == [.accepted])
    // A device that is lost for good leaves it to another.
    harness.disconnect(two)
    #expect(harness.ask(HubHarness.accept(1), on: one).code == .fileOfferTaken)
    harness.wait(HubLimits.fileOfferGrace)
    #expect(harness.ask(HubHarness.accept(1), on: one).acceptance != nil)
    #expect(harness.relays.count == 1)
  }

  @Test("a device that was killed takes up again at once what it accepted")
  func resuming() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let first = harness.ask(HubHarness.accept(1), on: bob).acceptance
    harness.disconnect(bob)
    let back = harness.receiving("bob", device: 2)
    #expect(harness.offered(back).map(\.state) == [.accepted])
    let second = harness.ask(HubHarness.accept(1, [8]), on: back).acceptance
    #expect(second != nil)
    #expect(second?.pairing != first?.pairing)
    #expect(harness.answered(ann).map(\.answer) == [.accept([7]), .accept([8])])
    #expect(Array(harness.relays.keys) == [second?.pairing].compactMap(\.self))
  }

  @Test("another offer under the same id asks everybody anew")
  func replacing() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    harness.ask(HubHarness.accept(1), on: bob)
    #expect(harness.ask(HubHarness.offer(1, to: "@bob", [9]), on: ann).standing != nil)
    #expect(harness.offered(bob).map(\.offer) == [[1, 2, 3], [9]])
    #expect(harness.offered(bob).last?.state == .waiting)
    #expect(harness.relays.isEmpty)
    #expect(harness.hub.sizes.fileAcceptances == 0)
    #expect(harness.ask(HubHarness.accept(1), on: bob).acceptance != nil)
  }

  @Test("a refusal tells the sender why, and the other devices that it is over")
  func refusing() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    // A browser may refuse, though it cannot receive.
    let (browser, bob) = (harness.listening("bob"), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    #expect(harness.ask(HubHarness.accept(1), on: browser).code == .deviceRequired)
    let long = HubHarness.refuse(1, String(repeating: "x", count: 257))
    #expect(harness.ask(long, on: browser).code == .fileOfferUnfit)
    #expect(harness.ask(HubHarness.refuse(1), on: browser).isDone)
    #expect(harness.answered(ann).map(\.answer) == [.refuse(reason: "no room")])
    #expect(harness.answered(ann).map(\.pairing) == [nil])
    #expect(harness.withdrawn(bob) == [.refusedElsewhere])
    #expect(harness.ask(HubHarness.refuse(1), on: bob).isDone)
    #expect(harness.answered(ann).count == 1)
    #expect(harness.ask(HubHarness.accept(1), on: bob).code == .fileOfferGone)
    #expect(
      harness.store.events.last?.event.body
        == .fileRefused(HubHarness.transfer(1), from: AccountID(1)))
  }

  @Test("giving up after accepting closes the relay and names the pairing")
  func givingUp() {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let pairing = harness.ask(HubHarness.accept(1), on: bob).acceptance?.pairing
    #expect(harness.ask(HubHarness.refuse(1, ""), on: bob).isDone)
    #expect(harness.answered(ann).last?.pairing == pairing)
    #expect(harness.relays.isEmpty)
  }

  @Test("strangers learn nothing of an offer, and cannot touch it")
  func strangers() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    let cat = harness.receiving("cat", device: 3)
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let unknown = harness.ask(HubHarness.accept(2), on: cat).rejection
    #expect(unknown?.code == .fileOfferGone)
    #expect(harness.ask(HubHarness.accept(1), on: cat).rejection == unknown)
    #expect(harness.ask(HubHarness.refuse(1), on: cat).rejection == unknown)
    #expect(harness.ask(HubHarness.withdraw(1), on: cat).isDone)
    #expect(harness.hub.sizes.fileOffers == 1)
    #expect(harness.offers(cat).isEmpty)
    let asked = Request.readFileOffers(HubHarness.transfer(1), after: nil)
    #expect(harness.ask(asked, on: cat).offers == [])
    let operators = harness.connect(isOperator: true)
    #expect(harness.ask(HubHarness.offer(3, to: "@bob"), on: operators).code == .requestInvalid)
  }

  @Test("candidates go from end to end of a pairing, and to nobody else")
  func candidates() throws {
    let harness = HubHarness()
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    let cat = harness.receiving("cat", device: 3)
    harness.ask(HubHarness.offer(1, to: "@bob"), on: ann)
    let pairing = try #require(harness.ask(HubHarness.accept(1), on: bob).acceptance?.pairing)
    func send(_ bytes: [UInt8], _ id: ConnectionID, _ pairing: PairingID) -> Answer {
      harness.ask(.sendFileCandidates(HubHarness.transfer(1), pairing, bytes), on: id)
    }
    #expect(send([1], ann, pairing).isDone)
    #expect(send([2], bob, pairing).isDone)
    #expect(harness.candidates(bob) == [[1]])
    #expect(harness.candidates(ann) == [[2]])
    #expect(send([3], cat, pairing).code == .fileOfferGone)
    #expect(send([3], ann, PairingID(99)).code == .fileOfferGone)
    #expect(send([], ann, pairing).code == .fileOfferUnfit)
    let long = [UInt8](repeating: 0, count: Limits.fileCandidatesBytesMax + 1)
    #expect(send(long, ann, pairing).code == .fileOfferUnfit)
    for _ in 2..<HubLimits.fileCandidatesPerPairingMax {
      #expect(send([4], ann, pairing).isDone)
    }
    #expect(send([4], bob, pairing).code == .rateLimited)
  }

  @Test("without a relay there are no tokens")
  func withoutRelay() {
    var options = HubOptions()
    options.relaysFiles = false
    let harness = HubHarness(options: options)
    let (ann, bob) = (harness.withDevice("ann", 1), harness.receiving("bob", device: 2))
    #expect(harness.ask(HubHarness.offer(1, to: "@bob"), on: ann).standing?.isRelayed == false)
    #expect(harness.ask(HubHarness.accept(1), on: bob).acceptance?.relayToken == [])
    #expect(harness.answered(ann).map(\.relayToken) == [[]])
    #expect(harness.relays.isEmpty)
  }
}

@Suite("Files for rooms, and for oneself")
struct FileRoomTests {
  @Test("each member may accept, each acceptance is a pairing of its own")
  func members() {
    let harness = HubHarness()
    let ann = harness.receiving("ann", device: 1)
    let (bob, cat) = (harness.receiving("bob", device: 2), harness.receiving("cat", device: 3))
    let dan = harness.receiving("dan", device: 4)
    harness.ask(HubHarness.room("plans", "bob", "cat"), on: ann)
    let standing = harness.ask(HubHarness.offer(1, to: "#plans"), on: ann).standing
    #expect(standing?.recipients.map(\.name) == ["bob", "cat"])
    #expect(standing?.count == 2)
    #expect(harness.offered(bob).map(\.label) == ["#plans"])
    #expect(harness.offered(bob).map(\.channel) == [ChannelID(2)])
    #expect(harness.offered(ann).isEmpty)
    #expect(harness.offered(dan).isEmpty)
    harness.ask(HubHarness.accept(1), on: bob)
    #expect(harness.withdrawn(cat).isEmpty)
    harness.ask(HubHarness.accept(1), on: cat)
    #expect(Set(harness.answered(ann).map(\.pairing)).count == 2)
    #expect(harness.relays.count == 2)
    #expect(harness.ask(HubHarness.accept(1), on: dan).code == .fileOfferGone)

    // One has everything, the other goes on.
    #expect(harness.ask(HubHarness.withdraw(1, from: "bob"), on: ann).code == .requestInvalid)
    harness.ask(HubHarness.withdraw(1, complete: true, from: "bob"), on: ann)
    #expect(harness.withdrawn(bob) == [.complete])
    #expect(harness.relays.count == 1)
    #expect(harness.ask(HubHarness.accept(1), on: bob).code == .fileOfferGone)
    #expect(harness.offers(cat).map(\.state) == [.accepted])
  }

  @Test("who joins later is not asked, and who leaves is not any more")
  func comingAndGoing() {
    let harness = HubHarness()
    let ann = harness.receiving("ann", device: 1)
    let (bob, cat) = (harness.receiving("bob", device: 2), harness.receiving("cat", device: 3))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    harness.ask(HubHarness.offer(1, to: "#plans"), on: ann)
    harness.ask(.inviteMembers(.label("#plans"), ["cat"]), on: ann)
    #expect(harness.offers(cat).isEmpty)
    #expect(harness.ask(HubHarness.accept(1), on: cat).code == .fileOfferGone)
    harness.ask(.removeMember(.label("#plans"), "bob"), on: ann)
    #expect(harness.withdrawn(bob) == [.cancelled])
    #expect(harness.ask(HubHarness.accept(1), on: bob).code == .fileOfferGone)
    harness.ask(HubHarness.offer(2, to: "#plans"), on: ann)
    #expect(harness.offered(cat).count == 1)
    harness.ask(.leaveRoom(.label("#plans")), on: ann)
    #expect(harness.withdrawn(cat) == [.cancelled])
    #expect(harness.hub.sizes.fileOffers == 0)
    #expect(harness.ask(HubHarness.offer(2, to: "#plans"), on: ann).code == .notAMember)
  }

  @Test("a closed room offers nothing")
  func closing() {
    let harness = HubHarness()
    let (ann, bob) = (harness.receiving("ann", device: 1), harness.receiving("bob", device: 2))
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    harness.ask(HubHarness.offer(1, to: "#plans"), on: ann)
    harness.ask(.closeRoom(.label("#plans")), on: ann)
    #expect(harness.withdrawn(bob) == [.cancelled])
    #expect(harness.withdrawn(ann) == [.cancelled])
    #expect(harness.ask(HubHarness.offer(1, to: "#1"), on: ann).code == .channelClosed)
  }

  @Test("everybody of the lobby may accept")
  func lobby() {
    let harness = HubHarness()
    let (ann, bob) = (harness.receiving("ann", device: 1), harness.receiving("bob", device: 2))
    #expect(harness.ask(HubHarness.offer(1, to: "#lobby"), on: ann).standing?.count == 3)
    #expect(harness.ask(HubHarness.accept(1), on: bob).acceptance != nil)
  }

  @Test("of many who listen the first get the offer itself, the others ask for it")
  func copies() {
    let harness = HubHarness()
    let ann = harness.withDevice("ann", 1)
    let many = (0...HubLimits.fileOfferCopiesMax).map { _ in harness.receiving("bob", device: 2) }
    harness.ask(HubHarness.offer(1, to: "#lobby"), on: ann)
    let told = many.map { harness.offered($0).map(\.offer) }
    #expect(told.dropLast().allSatisfy { $0 == [[1, 2, 3]] })
    #expect(told.last == [[]])
  }

  @Test("files go to one's own other devices, and not to the one that sends")
  func toOneself() {
    let harness = HubHarness()
    let (laptop, phone) = (harness.receiving("ann", device: 1), harness.receiving("ann", device: 2))
    #expect(harness.ask(HubHarness.offer(1, to: "@ann"), on: laptop).standing?.count == 1)
    #expect(harness.offered(laptop).isEmpty)
    #expect(harness.offered(phone).map(\.offer) == [[1, 2, 3]])
    #expect(harness.ask(HubHarness.accept(1), on: laptop).code == .requestInvalid)
    #expect(harness.ask(HubHarness.accept(1), on: phone).acceptance != nil)
    #expect(harness.answered(laptop).count == 1)
  }
}
