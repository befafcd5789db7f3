import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabWire
import Foundation
import Primitives
import Testing

@Suite struct OutboxTests {
  let folder: TemporaryFolder
  let profile: Profile
  let server = KnownServer(
    address: HostPort(host: "one", port: 4747), pin: nil, place: "00ff", account: "Ann", token: nil)

  init() throws {
    folder = try TemporaryFolder()
    profile = try Profile(named: nil, environment: ["CONFAB_HOME": folder.path])
  }

  private func draft(_ number: UInt64) -> Draft {
    Draft(
      id: MessageID(high: 0, low: number), channel: "#lobby",
      text: "message \(number)\nsecond line",
      at: WallTime(millisecondsSinceEpoch: Int64(number)))
  }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/outbox")) ?? [])
      .filter { $0 != "lock" }
  }

  @Test func keepsWhatIsUnsentForTheNextRun() throws {
    do {
      let outbox = try profile.outbox(of: server)
      for number in 1...3 { try outbox.add(draft(UInt64(number))) }
      try outbox.remove(draft(2).id)
    }
    let next = try profile.outbox(of: server)
    #expect(next.drafts == [draft(1), draft(3)])
    #expect(files.count == 1)
  }

  /// Names hold hyphens, as the files' do: `ann` must not send what `ann-lee` wrote.
  @Test func leavesTheMessagesOfALongerNameAlone() throws {
    var other = server
    other.account = "ann-lee"
    do { try profile.outbox(of: other).add(draft(1)) }
    #expect(try profile.outbox(of: server).drafts == [])
    #expect(try profile.outbox(of: other).drafts == [draft(1)])
  }

  @Test func keepsTheNumberOfTheChannel() throws {
    var numbered = draft(1)
    numbered.channelID = 12
    do { try profile.outbox(of: server).add(numbered) }
    let next = try profile.outbox(of: server)
    #expect(next.drafts == [numbered])
    guard case .send(let send) = numbered.request(retry: false) else { return }
    #expect(send.channel == .numbered(12))
  }

  /// Written before drafts knew the number.
  @Test func readsOlderFiles() throws {
    let file = folder.path + "/outbox/\(server.place)-ann-0011223344556677"
    try FileManager.default.createDirectory(
      atPath: folder.path + "/outbox", withIntermediateDirectories: true)
    do { try profile.outbox(of: server).add(draft(1)) }
    let name = try #require(files.first)
    let written = folder.path + "/outbox/\(name)"
    let text = try String(contentsOfFile: written, encoding: .utf8)
    #expect(!text.contains("channelID"))
    try FileManager.default.moveItem(atPath: written, toPath: file)
    let read = try profile.outbox(of: server).drafts
    #expect(read == [draft(1)])
    guard case .send(let send) = read[0].request(retry: true) else { return }
    #expect(send.channel == .named("#lobby"))
  }

  @Test func leavesNoFileWhenNothingIsUnsent() throws {
    do {
      let outbox = try profile.outbox(of: server)
      try outbox.add(draft(1))
      try outbox.remove(draft(1).id)
      #expect(outbox.drafts.isEmpty)
    }
    #expect(files.isEmpty)
  }

  /// The program ends while tasks still hold the outbox.
  @Test func leavesNoFileWhenItIsClosed() throws {
    let outbox = try profile.outbox(of: server)
    try outbox.add(draft(1))
    try outbox.remove(draft(1).id)
    outbox.close()
    #expect(files.isEmpty)
    #expect(throws: ProfileError.self) { try outbox.add(draft(2)) }

    let second = try profile.outbox(of: server)
    try second.add(draft(3))
    second.close()
    try second.remove(draft(3).id)
    #expect(try profile.outbox(of: server).drafts == [draft(3)])
  }

  @Test func leavesARunningProcessItsMessages() throws {
    let running = try profile.outbox(of: server)
    try running.add(draft(1))
    let second = try profile.outbox(of: server)
    #expect(second.drafts.isEmpty)
    #expect(running.drafts == [draft(1)])
  }

  @Test func otherAccountsHaveTheirOwn() throws {
    do { try profile.outbox(of: server).add(draft(1)) }
    var bob = server
    bob.account = "bob"
    #expect(try profile.outbox(of: bob).drafts.isEmpty)
    #expect(try profile.outbox(of: server).drafts == [draft(1)])
  }

  /// A crash in the middle of a write leaves any prefix of the file.
  @Test func everyPrefixOfTheFileGivesAPrefixOfTheMessages() throws {
    do {
      let outbox = try profile.outbox(of: server)
      for number in 1...3 { try outbox.add(draft(UInt64(number))) }
    }
    let name = try #require(files.first)
    let whole = try #require(FileManager.default.contents(atPath: folder.path + "/outbox/\(name)"))
    let all = (1...3).map { draft(UInt64($0)) }
    for length in stride(from: 0, through: whole.count, by: 7) + [whole.count] {
      for file in files {
        try FileManager.default.removeItem(atPath: folder.path + "/outbox/\(file)")
      }
      try whole.prefix(length).write(to: URL(fileURLWithPath: folder.path + "/outbox/\(name)"))
      let outbox = try profile.outbox(of: server)
      let drafts = outbox.drafts
      #expect(drafts == Array(all.prefix(drafts.count)))
      if length == whole.count { #expect(drafts == all) }
      // What is added after the torn line counts.
      try outbox.add(draft(9))
      #expect(outbox.drafts.last == draft(9))
    }
  }

  @Test func isBounded() throws {
    let outbox = try profile.outbox(of: server)
    for number in 0..<Outbox.draftsMax { try outbox.add(draft(UInt64(number))) }
    #expect(throws: ProfileError.self) { try outbox.add(draft(5_000)) }
  }

  @Test func theSameMessageTwiceIsOne() throws {
    let outbox = try profile.outbox(of: server)
    try outbox.add(draft(1))
    try outbox.add(draft(1))
    #expect(outbox.drafts == [draft(1)])
  }
}

private func + (a: StrideThrough<Int>, b: [Int]) -> [Int] { Array(a) + b }
