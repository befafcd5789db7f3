import ConfabDomain
import ConfabHub
import OrderedCollections
import Primitives
import Testing

@Suite("Owners and the operator")
struct AdministrationTests {
  private static let secret = Secret(Array("password".utf8))

  static let verbs: [Request] = [
    .addAccount(name: "eve", role: .member, password: secret, isImported: false),
    .listAccounts(after: ""), .listAllRooms(after: ChannelID(0)),
    .listAllSessions(after: SessionID(0)), .createInvitation(uses: 1, expiresIn: nil),
    .listInvitations(after: InvitationID(0)),
    .setAccount(name: "dan", .makeOwner), .setAccount(name: "dan", .makeMember),
    .setAccount(name: "dan", .disable), .setAccount(name: "dan", .enable),
    .setAccount(name: "dan", .unlock), .setAccount(name: "dan", .signOut),
    .resetPassword(name: "dan", secret),
    .readAudit(AuditQuery(since: nil, afterEntry: 0, limit: 0)), .verifyAudit, .readDiskUse,
    .openArchive(.backup), .readArchive(archive: 1, file: 0, offset: 0),
  ]

  @Test("members may do none of it, owners and the operator all of it")
  func rights() {
    let harness = HubHarness()
    let (ann, bob, admin) = (
      harness.signedIn("ann"), harness.signedIn("bob"),
      harness.connect(from: "local", isOperator: true)
    )
    let stranger = harness.connect()
    for verb in Self.verbs {
      #expect(harness.ask(verb, on: stranger).code == .requestOutOfOrder, "\(verb)")
      #expect(harness.ask(verb, on: bob).code == .ownerRequired, "\(verb)")
    }
    let again = Request.addAccount(
      name: "zoe", role: .owner, password: Self.secret, isImported: false)
    for (id, verbs) in [(ann, Self.verbs), (admin, [again] + Self.verbs.dropFirst())] {
      for verb in verbs {
        let answer = harness.ask(verb, on: id)
        #expect(answer.all.count == 1 && answer.code == nil, "\(verb): \(answer.all)")
      }
    }
    #expect(harness.store.state.account(named: HubHarness.name("zoe"))?.role == .owner)
  }

  @Test("an invitation that was taken back lets nobody in, and is listed no more")
  func revokesInvitations() throws {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.signedIn("bob"))
    harness.ask(.createInvitation(uses: 2, expiresIn: nil), on: ann)
    let open = harness.store.state.invitations.values.map(\.id)
    let listed = harness.ask(.listInvitations(after: InvitationID(0)), on: ann).invitations
    #expect(listed?.map(\.id) == open)
    #expect(listed?.first?.by == "ann")
    #expect(listed?.first?.usesLeft == 2)
    let id = try #require(open.first)
    #expect(harness.ask(.revokeInvitation(id), on: bob).code == .ownerRequired)
    #expect(harness.ask(.revokeInvitation(id), on: ann).isDone)
    #expect(harness.ask(.revokeInvitation(id), on: ann).code == .invitationInvalid)
    #expect(harness.store.state.invitations.isEmpty)
    #expect(harness.store.state.invitationsBySecret.isEmpty)
  }

  @Test("who asks who is active is there, whether anybody else hears of it or not")
  func asksWhoIsActive() {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.listening("bob"))
    #expect(harness.ask(.who(after: ""), on: ann).people?.map(\.name) == ["ann", "bob"])
    #expect(harness.ask(.who(after: ""), on: bob).people?.map(\.name) == ["bob"])
  }

  @Test("the operator is nobody: says nothing, reads nothing, needs no signing in")
  func operatorIsNobody() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.room("plans", "bob"), on: ann)
    let admin = harness.connect(from: "local", isOperator: true)
    #expect(harness.ask(HubHarness.send("#lobby", id: 1), on: admin).code == .requestInvalid)
    #expect(harness.ask(.subscribe(presence: true), on: admin).code == .requestInvalid)
    #expect(
      harness.ask(.readMessages(.label("#plans"), .newest, limit: 1), on: admin).code == .notAMember
    )
    #expect(
      harness.ask(.readMessages(.label("#lobby"), .newest, limit: 1), on: admin).code == .notAMember
    )
    #expect(harness.ask(.search(words: "x", in: nil, limit: 1), on: admin).code == .requestInvalid)
    #expect(harness.ask(HubHarness.attempt("ann"), on: admin).code == .requestOutOfOrder)
    #expect(harness.ask(.signOut, on: admin).code == .requestOutOfOrder)
    #expect(harness.ask(.listMembers(.label("#plans"), after: ""), on: admin).members?.count == 2)
    #expect(harness.active(asSeenBy: admin) == ["ann"])
    #expect(harness.ask(.closeRoom(.label("#plans")), on: admin).channel?.isClosed == true)
  }

  @Test("an owner who is no member manages a private room and does not read it")
  func ownerOutside() {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.listening("bob"))
    harness.ask(HubHarness.room("plans", "cat"), on: bob)
    #expect(
      harness.ask(.readMessages(.label("#plans"), .newest, limit: 1), on: ann).code == .notAMember)
    #expect(harness.ask(HubHarness.send("#plans", id: 1), on: ann).code == .notAMember)
    #expect(harness.ask(.removeMember(.label("#plans"), "cat"), on: ann).channel?.members == 1)
    #expect(
      harness.ask(.renameRoom(.label("#plans"), to: "ideas"), on: ann).channel?.label == "#ideas")
  }

  @Test("backups and exports stand in the audit before they are made")
  func archives() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    let request = harness.begin(.openArchive(.json), on: ann)
    #expect(harness.answer(to: request, on: ann).isMissing)
    harness.settle()
    #expect(harness.store.events.last?.event.body == .noted("export json"))
    #expect(harness.answer(to: request, on: ann).read != nil)
  }

  @Test("imported passwords may be short, others not")
  func imported() {
    let harness = HubHarness()
    let ann = harness.signedIn("ann")
    let short = Secret(Array("abc".utf8))
    func add(_ isImported: Bool) -> Request {
      .addAccount(name: "eve", role: .member, password: short, isImported: isImported)
    }
    #expect(harness.ask(add(false), on: ann).code == .passwordUnfit)
    #expect(harness.ask(add(true), on: ann).isDone)
    #expect(harness.trySignIn("eve", "abc").signedIn != nil)
  }

  @Test("the log says who did what, and holds no text and no secret")
  func logging() {
    let harness = HubHarness()
    let ann = harness.listening("ann")
    harness.ask(HubHarness.send("#lobby", "open sesame", id: 1), on: ann)
    harness.ask(.signOut, on: ann)
    let lines = harness.log.map { "\($0.who) \($0.what) \($0.detail)" }
    #expect(lines.contains("ann signed in session 1"))
    #expect(lines.contains("ann sent a message #lobby 1"))
    #expect(lines.contains { $0.hasPrefix("ann signed out") })
    #expect(!lines.contains { $0.contains("sesame") || $0.contains("password") })
  }
}

@Suite("Lists come in pages")
struct PagingTests {
  private static let people = (0..<450).map { number in
    "p" + String(repeating: "0", count: 3 - String(number).count) + String(number)
  }

  @Test("of accounts and members, by name")
  func names() {
    let harness = HubHarness(people: Self.people)
    let owner = harness.signedIn("p000")
    func pages(_ ask: (String) -> (names: [String]?, more: Bool)?) -> [[String]] {
      var pages: [[String]] = []
      while let page = ask(pages.last?.last ?? ""), let names = page.names {
        pages.append(names)
        if !page.more { break }
      }
      return pages
    }
    let accounts = pages { after in
      guard
        case .accounts(let views, let more)? =
          harness.ask(.listAccounts(after: after.uppercased()), on: owner).reply
      else { return nil }
      return (views.map(\.name), more)
    }
    let members = pages { after in
      guard
        case .members(let views, let more)? =
          harness.ask(.listMembers(.label("#lobby"), after: after), on: owner).reply
      else { return nil }
      return (views.map(\.name), more)
    }
    for pages in [accounts, members] {
      #expect(pages.map(\.count) == [200, 200, 50])
      #expect(pages.flatMap { $0 } == Self.people)
    }
  }

  @Test("of channels and sessions, by number")
  func numbers() {
    let harness = HubHarness()
    let (ann, bob) = (harness.signedIn("ann"), harness.signedIn("bob"))
    for number in 0..<410 {
      let isPublic = number % 2 == 0
      let request = HubHarness.room("room-no-\(number)", isPublic: isPublic)
      #expect(harness.ask(request, on: ann).channel != nil)
    }
    func counts(_ request: (ChannelID) -> Request, _ id: ConnectionID) -> [Int] {
      var counts: [Int] = []
      var last = ChannelID(0)
      while case .channels(let views, let more)? = harness.ask(request(last), on: id).reply {
        counts.append(views.count)
        #expect(views.map(\.id) == views.map(\.id).sorted())
        #expect(views.first.map { $0.id > last } != false)
        last = views.last?.id ?? last
        if !more { break }
      }
      return counts
    }
    #expect(counts({ .listChannels(notJoined: false, after: $0) }, ann) == [200, 200, 11])
    #expect(counts({ .listChannels(notJoined: true, after: $0) }, bob) == [200, 6])
    #expect(counts({ .listAllRooms(after: $0) }, ann) == [200, 200, 11])
    let sessions = harness.ask(.listAllSessions(after: SessionID(1)), on: ann).sessions
    #expect(sessions?.map(\.name) == ["bob"])
  }
}
