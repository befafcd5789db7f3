import ConfabDomain
import Foundation
import Synchronization

/// What a server made of the journal, and what the others say that they did. Digests after the same entry are
/// compared; who is wrong shows when the state is made again from the entries, for which the audit chain
/// vouches.
final class StateComparison: Sendable {
  private struct Known {
    /// The newest last.
    var own: [StateDigest] = []
    var others: [UInt64: DigestReport] = [:]
    /// Runs of other servers of which it is known that they differ.
    var judged: Set<UInt64> = []
  }

  private let known = Mutex(Known())
  let node = UInt64.random(in: 1 ... .max)
  let name: String
  let version: String
  let times: ComparisonTimes
  let found: @Sendable (StateVerdict) -> Void

  private static let digestsKept = 16
  private static let othersMax = 64
  private static let judgedMax = 1_024
  /// In one report.
  private static let digestsTold = 4

  init(
    as name: String, version: String, _ times: ComparisonTimes,
    _ found: @escaping @Sendable (StateVerdict) -> Void
  ) {
    self.name = name
    self.version = version
    self.times = times
    self.found = found
  }

  var report: DigestReport? {
    let digests = known.withLock { $0.own.suffix(Self.digestsTold) }
    guard !digests.isEmpty else { return nil }
    return DigestReport(node: node, name: name, version: version, digests: Array(digests))
  }

  func note(_ digest: StateDigest) {
    known.withLock { known in
      known.own.append(digest)
      if known.own.count > Self.digestsKept { known.own.removeFirst() }
    }
  }

  func hear(_ bytes: [UInt8]) {
    guard let report = try? JSONDecoder().decode(DigestReport.self, from: Data(bytes)),
      // Another version may keep more of the same events.
      report.node != node, report.version == version
    else { return }
    known.withLock { known in
      guard known.others[report.node] != nil || known.others.count < Self.othersMax else { return }
      known.others[report.node] = report
    }
  }

  /// - Returns: what can be compared now: whose digest, and what it and this server's are. Of each run of
  ///   a server that differs only the first, since finding out who is wrong takes long.
  func takePairs() -> [(name: String, theirs: StateDigest, ours: StateDigest)] {
    known.withLock { known in
      var pairs: [(String, StateDigest, StateDigest)] = []
      for report in known.others.values {
        for theirs in report.digests {
          guard let ours = known.own.last(where: { $0.entry == theirs.entry }) else { continue }
          if theirs != ours {
            guard known.judged.count < Self.judgedMax, known.judged.insert(report.node).inserted
            else { continue }
          }
          pairs.append((report.name, theirs, ours))
        }
      }
      known.others = [:]
      return pairs
    }
  }
}

extension JetStreamJournal {
  private static let lookSeconds: TimeInterval = 0.2
  /// At rest, a digest of a large place is made no more often than so many times what it takes.
  private static let restPerDigest = 50.0

  package func compare(
    as name: String, version: String, times: ComparisonTimes,
    _ found: @escaping @Sendable (StateVerdict) -> Void
  ) {
    let comparison = StateComparison(as: name, version: version, times, found)
    tail.withLock { $0.isComparing = true }
    threads.start("digests") { self.keepComparing(comparison) }
    threads.start("digests of others") {
      self.readAnnouncements(on: self.stream.digests) { comparison.hear($0) }
    }
  }

  private func keepComparing(_ comparison: StateComparison) {
    var rest = RestingState()
    var tellAt = Date()
    var readAt = Date().addingTimeInterval(comparison.times.readingSeconds)
    while !isClosed.load(ordering: .relaxed) {
      Thread.sleep(forTimeInterval: Self.lookSeconds)
      if let state = dueState(&rest, comparison.times.restSeconds) {
        let began = Date()
        if let digest = try? StateDigest(of: state) { comparison.note(digest) }
        rest.notBefore = Date().addingTimeInterval(
          Date().timeIntervalSince(began) * Self.restPerDigest)
      }
      if Date() >= tellAt {
        tellAt = Date().addingTimeInterval(comparison.times.tellingSeconds)
        if let report = comparison.report, let bytes = try? JSONEncoder().encode(report) {
          stream.announce(Array(bytes), on: stream.digests)
        }
        for pair in comparison.takePairs() { comparison.found(judge(pair)) }
      }
      if Date() >= readAt {
        readAt = Date().addingTimeInterval(comparison.times.readingSeconds)
        if let entry = (try? view.verifyAudit())?.brokenAt {
          comparison.found(.wrongHere(entry))
        }
      }
    }
  }

  private struct RestingState {
    var entry: UInt64 = 0
    var since = Date()
    var notBefore = Date.distantPast
    /// A digest was made of it.
    var isDone = false
  }

  /// A state to make a digest of: after a batch at which every server makes one, or what there is when
  /// nothing happens.
  private func dueState(_ rest: inout RestingState, _ restSeconds: TimeInterval) -> PlaceState? {
    let (due, entry) = tail.withLock { tail in
      defer { tail.digestState = nil }
      return (tail.digestState, tail.state.entry)
    }
    if let due { return due }
    if entry != rest.entry {
      rest.entry = entry
      rest.since = Date()
      rest.isDone = false
    }
    let now = Date()
    guard !rest.isDone, entry > 0, now >= rest.notBefore,
      now.timeIntervalSince(rest.since) >= restSeconds
    else { return nil }
    let state = tail.withLock { $0.state }
    guard state.entry == entry else { return nil }
    rest.isDone = true
    return state
  }

  /// Makes the state again from the entries, and so finds whose is wrong.
  private func judge(
    _ pair: (name: String, theirs: StateDigest, ours: StateDigest)
  ) -> StateVerdict {
    let entry = pair.ours.entry
    if pair.ours == pair.theirs { return .agree(entry) }
    let made = (try? view.replayed(through: entry)).flatMap { try? StateDigest(of: $0) }
    return made == pair.ours ? .wrongThere(pair.name, entry) : .wrongHere(entry)
  }
}
