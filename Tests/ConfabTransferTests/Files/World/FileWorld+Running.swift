import ConfabTransfer
import Primitives

// Steps by chance, until the files are there or somebody says why not.
extension FileWorld {
  static let stepsMax = 200_000

  /// How it ended for good: success, or a failure that trying again does not mend.
  func run() throws -> Ending {
    performPresenter()
    try performRecipient()
    for _ in 0..<Self.stepsMax {
      try step()
      if let ending = try settled() { return ending }
    }
    throw BrokenPromise("no end: \(recipient.progress) \(recipient.stageText)")
  }

  private func step() throws {
    now = now + .milliseconds(Int.random(in: 0...40, using: &random))
    switch Int.random(in: 0..<12, using: &random) {
    case 0...1: try stepControl()
    case 2...4: link.transmit(using: &random)
    case 5...6: try stepArrival()
    case 7:
      if let range = link.nextAcknowledgement(using: &random), presenterEnd == nil {
        tell(.contentAcknowledged(range))
      }
    case 8: stepHashing()
    case 9...10: try stepDisk()
    default:
      if let deadline = recipient.nextDeadline, deadline <= now { try tell(.timeout) }
      try misfortune()
    }
  }

  private func misfortune() throws {
    if happens(faults.editedSource, 0.003) { editSource() }
    if happens(faults.crashes, 0.01) {
      try crash()
    } else if happens(faults.powerCuts, 0.01) {
      disk.cutPower(using: &random)
      try crash()
    }
  }

  /// One side or both end at once; the next connection begins.
  private func crash() throws {
    if recipientEnd == .identical { try checkFiles() }
    if !isStream {
      let wrong = disk.wrongClaims(identity, layout, afterPowerCut: false)
      try promise(wrong.isEmpty, "after a crash the journal claims leaves \(wrong)")
    }
    if disk.named.values.allSatisfy({ $0 < 0 }), !files.content.isEmpty {
      // While nothing runs and nothing has its name, somebody may touch the files.
      let offset = Int.random(in: 0..<files.content.count, using: &random)
      let isZero = files.holes.contains { $0.contains(UInt64(offset)) }
      if happens(faults.secretEdits, 0.5), !isZero {
        files.content[offset] ^= 0x55
      } else if happens(faults.tampering, 0.5), offset < disk.content.count {
        disk.tamper(at: offset)
      }
    }
    reconnect()
    performPresenter()
    try performRecipient()
  }

  private func settled() throws -> Ending? {
    if recipientEnd == .identical, presenterEnd == .identical {
      try checkFiles()
      return .identical
    }
    if let presenterEnd, presenterEnd == .failed(.sourceChanged) { return presenterEnd }
    let ends = [presenterEnd, recipientEnd].compactMap { $0 }
    guard ends.contains(where: { $0 != .identical }) else { return nil }
    // A side that knows its end tells the other; then the connection ends.
    try stepControl()
    guard toRecipient.isEmpty, toPresenter.isEmpty else { return nil }
    if recipientEnd == .identical { try checkFiles() }
    guard !isCalm else { return ends.first { $0 != .identical } }
    try crash()
    return nil
  }

  /// Success was claimed: every byte must be right, under a name that was free.
  private func checkFiles() throws {
    if isStream { return try promise(streamed == files.content, "the stream is not identical") }
    try promise(isSourceChanged || disk.content == files.content, "the files are not identical")
    for top in files.manifest.tops {
      let names = disk.named.filter { $0.value == top }.map(\.key)
      try promise(
        names.count == 1 || isNameForgotten,
        "\(files.manifest.name(of: top)) has the names \(names)")
      let isNamed = !names.isEmpty && names.allSatisfy { $0.hasPrefix("ann_") }
      try promise(isNamed, "\(names) do not say who sent them")
    }
    for entry in 0..<files.manifest.count where files.manifest.size(of: entry) > 0 {
      try promise(digests[entry] != nil, "no digest for entry \(entry)")
    }
  }
}
