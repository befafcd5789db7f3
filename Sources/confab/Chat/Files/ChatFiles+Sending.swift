import ConfabClient
import ConfabDomain
import ConfabTerminal
import ConfabTransfer
import ConfabWire
import Foundation

// Offering files, and serving who takes them.
extension ChatFiles {
  /// What comes of one `/send-file`.
  struct Outgoing: Sendable {
    /// Nil while the files are looked at.
    var sender: FileSender?
    var transfer: TransferID?
    /// What the server says, in order; a queue, so that the chat waits for none of it.
    let happenings: BoundedQueue<Follower.Happening>
    let isClassic: Bool
    /// Who has not answered yet.
    var waiting: [String] = []
    var hasBeenOffered = false
  }

  /// Answers of a whole room, and some connections.
  private static let happeningsMax = 1_024

  func send(_ paths: [String], to key: String, isClassic: Bool) {
    searches += 1
    Task {
      do {
        let found = try await look(for: paths)
        searches -= 1
        await offer(found.tree, called: found.name, to: key, isClassic: isClassic)
      } catch {
        searches -= 1
        await answer(.error, Failure.plainWords(error))
      }
      await showLines()
    }
  }

  private func offer(
    _ tree: SourceTree, called name: String, to key: String, isClassic: Bool
  ) async {
    for skipped in tree.skipped {
      await answer(.error, "\(skipped.path) is not sent. \(skipped.reason)")
    }
    guard let channel = ChannelArgument(argument: key) else { return }
    let transfer = FileSender.transferID(of: tree, to: channel, from: parties)
    if let known = outgoing.first(where: { $0.value.transfer == transfer }) {
      return await answer(.error, "\(name) is offered to \(key) already, as \(known.key).")
    }
    let number = book.add(
      name, bytes: tree.manifest.contentBytes, .sending, key, .preparing)
    let happenings = BoundedQueue<Follower.Happening>(countMax: Self.happeningsMax)
    outgoing[number] = Outgoing(
      transfer: transfer, happenings: happenings, isClassic: isClassic)
    if let connection { happenings.offer(.connected(connection, channels: [])) }
    await showLines()
    do {
      let sender = try await FileSender(
        tree, to: channel, rateLimit: nil, parties: parties,
        engine: try startedEngine(), over: connection
      ) { [weak self] in await self?.took($0, of: number) }
      guard outgoing[number] != nil else { return await sender.cancel() }
      outgoing[number]?.sender = sender
      do {
        try await serve(sender, happenings)
      } catch {
        await sender.stop()
        throw error
      }
      await sender.stop()
    } catch {
      await answer(.error, "\(name) is not offered: \(Failure.plainWords(error))")
    }
    await remove(number)
  }

  private func look(for paths: [String]) async throws -> (tree: SourceTree, name: String) {
    let paths = paths.map { NSString(string: $0).expandingTildeInPath }
    let tree = try await offThread {
      // Who does not know of quotes types a name with blanks as it is.
      let whole = paths.joined(separator: " ")
      let isOne =
        paths.count > 1 && !FileManager.default.fileExists(atPath: paths[0])
        && FileManager.default.fileExists(atPath: whole)
      return try SourceWalk.find(isOne ? [whole] : paths)
    }
    guard (1...Int(OfferLimits.filesMax)).contains(tree.manifest.fileCount) else {
      throw UsageError(
        tree.manifest.fileCount == 0
          ? "There is no file in what you named." : "These are more files than one offer holds.")
    }
    let others = tree.manifest.tops.count - 1
    return (
      tree,
      TransferOffer.Summary(of: tree.manifest).name + (others > 0 ? " and \(others) more" : "")
    )
  }

  /// Until everybody has answered, or the sending was stopped.
  private func serve(
    _ sender: FileSender, _ happenings: BoundedQueue<Follower.Happening>
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while let happening = await happenings.next() {
          await sender.handle(happening)
          guard case .connected(let connection, _) = happening else { continue }
          // The next connection offers anew.
          do { try await sender.offer(over: connection) } catch is ConnectionError {}
        }
      }
      group.addTask { for await _ in sender.end { return } }
      try await group.next()
      group.cancelAll()
    }
  }

  func tellSenders(_ happening: Follower.Happening) {
    for sending in outgoing.values { sending.happenings.offer(happening) }
  }

  // MARK: News

  private func took(_ news: FileSender.News, of number: Int) async {
    guard let item = book[number] else { return }
    switch news {
    case .offered(let standing): await offered(standing, item)
    case .progress(let progress, let person):
      book.progressed(number, with: person, progress)
      outgoing[number]?.waiting.removeAll { $0 == person }
    case .done(let report, let person):
      ended(number, with: person)
      await remark(words(for: item, arrivedAt: person, report))
    case .refused(let refusal):
      ended(number, with: refusal.person)
      let reason = refusal.reason.isEmpty ? "." : ": \(refusal.reason)"
      await remark("\(refusal.person) does not want \(item.name)\(reason)")
    case .failed(let error, let person):
      ended(number, with: person)
      await remark(
        "\(item.name) did not arrive at \(person): \(Failure.plainWords(error))", .error)
    case .interrupted(let interruption, let person):
      outgoing[number]?.waiting.append(person)
      book.ended(number, with: person, waiting: outgoing[number]?.waiting ?? [])
      await remark(
        "\(item.name) to \(person) stopped: \(interruption.words). It goes on when they take it "
          + "again.")
    }
    await showLines()
  }

  private func ended(_ number: Int, with person: String) {
    outgoing[number]?.waiting.removeAll { $0 == person }
    book.ended(number, with: person, waiting: outgoing[number]?.waiting ?? [])
  }

  private func words(
    for item: TransferBook.Item, arrivedAt person: String, _ report: TransferReport
  ) -> String {
    if outgoing[item.number]?.isClassic ?? false { return "\(item.name) has been uploaded" }
    return "\(item.name) has arrived at \(person)."
  }

  private func offered(_ standing: WireFileOfferStanding, _ item: TransferBook.Item) async {
    let open = standing.recipients.filter { $0.state == .waiting || $0.state == .unspecified }
    outgoing[item.number]?.waiting = open.map(\.name)
    if case .running = item.stage {
    } else {
      book.set(.waiting(for: open.map(\.name)), of: item.number)
    }
    guard outgoing[item.number]?.hasBeenOffered == false else { return }
    outgoing[item.number]?.hasBeenOffered = true
    let size = TransferText.size(item.bytes)
    let absent = open.filter { !$0.canReceive }
    var words = "\(item.name), \(size), is offered to \(item.other)."
    if item.other.hasPrefix("#") {
      words += " \(open.count - absent.count) of \(standing.count) can take it now."
    } else if let recipient = absent.first {
      words +=
        recipient.active
        ? " \(recipient.name) is active where files cannot be received; it waits for a terminal."
        : " \(recipient.name) is not active; it waits for as long as this chat is open."
    }
    await remark(words)
  }
}
