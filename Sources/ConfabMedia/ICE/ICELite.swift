package import Primitives
import STUN

/// The server's side of ICE: it has a public address, so it only answers the other side's checks
/// (RFC 8445 §2.5) and goes where the last of them that nominated came from.
///
/// A value. Bytes and time go in; answers come out.
package struct ICELite: Sendable {
  /// Addresses that one participant may prove; past it the one unheard for longest is forgotten.
  package static let tuplesMax = 8
  /// RFC 7675 §5.1: consent ends 30 s after the last check that proved it.
  package static let consentLifetime = Duration.seconds(30)

  /// An address that the other side proved to be reached at.
  private struct Proved {
    let tuple: TransportTuple
    var heardAt: MonotonicTime
  }

  package enum Outcome: Sendable {
    /// To be sent back to where the request came from.
    case answer([UInt8])
    /// Not a request to this side, or a broken one.
    case ignored
  }

  package private(set) var local: ICECredentials
  private var localKey: IntegrityKey
  /// The ones before the last restart, good until the new ones are used (RFC 8445 §9).
  package private(set) var previous: ICECredentials?
  private var previousKey: IntegrityKey?
  /// The other side's name. It stands behind ours in the user name of every check.
  package private(set) var remoteFragment: String?
  private var proved: [Proved] = []
  /// Where to send; nil until a check was answered.
  package private(set) var selected: TransportTuple?
  /// Whether the other side has chosen, at least once.
  private var isNominated = false
  /// When the other side proved last that it wants to hear from us; nil before the first time.
  private var consentedAt: MonotonicTime?
  private let startedAt: MonotonicTime

  package init(local: ICECredentials, remoteFragment: String? = nil, at now: MonotonicTime) {
    self.local = local
    self.remoteFragment = remoteFragment
    localKey = local.integrityKey
    startedAt = now
  }

  /// Once the other side's description is known. Checks may come before it.
  package mutating func setRemote(fragment: String) { remoteFragment = fragment }

  /// New credentials for both sides. Media goes on where it went until the new ones prove a way.
  package mutating func restart(local: ICECredentials, remoteFragment: String?) {
    (previous, previousKey) = (self.local, localKey)
    self.local = local
    localKey = local.integrityKey
    self.remoteFragment = remoteFragment
  }

  /// Something that only the other side can have made came from a proved address.
  package mutating func authenticated(from tuple: TransportTuple) {
    if !isNominated, selected != tuple, isProved(tuple) { selected = tuple }
  }

  package func isProved(_ tuple: TransportTuple) -> Bool {
    proved.contains { $0.tuple == tuple }
  }

  /// Which addresses the shell's table has to lead here.
  package var provedTuples: [TransportTuple] { proved.map(\.tuple) }

  /// When there will be no consent any more unless another check comes.
  package var consentDeadline: MonotonicTime { (consentedAt ?? startedAt) + Self.consentLifetime }

  package func hasConsent(at now: MonotonicTime) -> Bool { now < consentDeadline }

  /// Forgets what a connection that has ended proved.
  package mutating func forget(_ tuple: TransportTuple) {
    proved.removeAll { $0.tuple == tuple }
    if selected == tuple { selected = latestHeard }
  }

  /// Forgets addresses that have not been heard of for as long as consent lasts; the one in use stays, it
  /// ends with the consent.
  ///
  /// - Returns: whether there were any.
  package mutating func forgetSilent(at now: MonotonicTime) -> Bool {
    let before = proved.count
    proved.removeAll { $0.tuple != selected && $0.heardAt + Self.consentLifetime <= now }
    return proved.count < before
  }

  private var latestHeard: TransportTuple? {
    proved.max { $0.heardAt < $1.heardAt }?.tuple
  }
}

// MARK: - Checks

extension ICELite {
  private static let understood: Set<UInt16> = [
    AttributeType.username, AttributeType.messageIntegrity, AttributeType.priority,
    AttributeType.useCandidate,
  ]
  private static let unknownAttributesMax = 4

  /// - Parameter bytes: what came, whole.
  package mutating func receive(
    _ bytes: [UInt8], from tuple: TransportTuple, at now: MonotonicTime
  ) -> Outcome {
    guard let request = STUNMessage(bytes), request.method == STUNMessage.binding,
      request.value(of: AttributeType.fingerprint) != nil
    else { return .ignored }
    switch request.messageClass {
    case .request: return answer(request, bytes, from: tuple, at: now)
    // A keep-alive (RFC 8445 §11), which a NAT needs and we do not; and answers, to nothing we asked.
    case .indication, .success, .error: return .ignored
    }
  }

  /// In the order of RFC 8489 §9.1.3, then RFC 8445 §7.3.
  private mutating func answer(
    _ request: STUNMessage, _ bytes: [UInt8], from tuple: TransportTuple, at now: MonotonicTime
  ) -> Outcome {
    guard let name = request.value(of: AttributeType.username),
      request.value(of: AttributeType.messageIntegrity) != nil
    else { return Self.refusal(request, .badRequest) }
    guard let (key, isNewest) = key(for: name), key.authenticates(bytes) else {
      return Self.refusal(request, .unauthenticated)
    }
    let unknown = request.attributes.map(\.type).filter {
      $0 < 0x8000 && !Self.understood.contains($0)
    }
    guard unknown.isEmpty else {
      return Self.refusal(
        request, .unknownAttribute(Array(unknown.prefix(Self.unknownAttributesMax))), key)
    }
    // A lite side is the controlled one always (RFC 8445 §6.1.1): the other has to change.
    guard request.value(of: AttributeType.iceControlled) == nil else {
      return Self.refusal(request, .roleConflict, key)
    }
    guard let source = MappedAddress(address: tuple.remoteAddress, port: tuple.remotePort) else {
      return .ignored
    }
    heard(tuple, at: now)
    accept(request, from: tuple, isNewest: isNewest)
    let success = STUNMessage(
      .success, transaction: request.transaction,
      attributes: [
        .init(
          type: AttributeType.xorMappedAddress,
          value: source.xored(transaction: request.transaction))
      ])
    return .answer(success.encoded(integrity: key, fingerprint: true))
  }

  /// The user name is the receiver's fragment, a colon, and the sender's.
  private func key(for name: [UInt8]) -> (IntegrityKey, isNewest: Bool)? {
    let parts = name.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[0].elementsEqual(local.fragment.utf8) {
      guard remoteFragment.map({ parts[1].elementsEqual($0.utf8) }) ?? true else { return nil }
      return (localKey, true)
    }
    if let previous, let previousKey, parts[0].elementsEqual(previous.fragment.utf8) {
      return (previousKey, false)
    }
    return nil
  }

  private mutating func heard(_ tuple: TransportTuple, at now: MonotonicTime) {
    consentedAt = now
    if let index = proved.firstIndex(where: { $0.tuple == tuple }) {
      proved[index].heardAt = now
      return
    }
    if proved.count >= Self.tuplesMax {
      let oldest = proved.indices.filter { proved[$0].tuple != selected }
        .min { proved[$0].heardAt < proved[$1].heardAt }
      if let oldest { proved.remove(at: oldest) }
    }
    proved.append(Proved(tuple: tuple, heardAt: now))
  }

  /// The latest nomination counts, since some browsers nominate one address after the other. Until
  /// there is one, the first address that works serves, or where media comes from.
  private mutating func accept(
    _ request: STUNMessage, from tuple: TransportTuple, isNewest: Bool
  ) {
    if isNewest, request.value(of: AttributeType.useCandidate) != nil {
      (previous, previousKey) = (nil, nil)
      isNominated = true
      selected = tuple
    } else if selected == nil {
      selected = tuple
    }
  }
}

// MARK: - Refusals

extension ICELite {
  /// RFC 8489 §14.8 and RFC 8445 §7.3.1.1. Without words, so that an answer is never longer than what
  /// was asked.
  private enum Refusal {
    case badRequest, unauthenticated, roleConflict
    case unknownAttribute([UInt16])

    var code: (hundreds: UInt8, rest: UInt8) {
      switch self {
      case .badRequest: (4, 0)
      case .unauthenticated: (4, 1)
      case .unknownAttribute: (4, 20)
      case .roleConflict: (4, 87)
      }
    }
  }

  /// What a check gets whose user name belongs to nobody: 401, or nothing when it is no check.
  package static func answerToStranger(_ bytes: [UInt8]) -> [UInt8]? {
    guard let request = STUNMessage(bytes), request.messageClass == .request,
      request.method == STUNMessage.binding,
      case .answer(let answer) = refusal(request, .unauthenticated)
    else { return nil }
    return answer
  }

  /// - Parameter key: nil while nobody has proved to know it: then the refusal proves nothing either.
  private static func refusal(
    _ request: STUNMessage, _ refusal: Refusal, _ key: IntegrityKey? = nil
  ) -> Outcome {
    let (hundreds, rest) = refusal.code
    var attributes = [
      STUNMessage.Attribute(type: AttributeType.errorCode, value: [0, 0, hundreds, rest])
    ]
    if case .unknownAttribute(let types) = refusal {
      attributes.append(
        .init(
          type: AttributeType.unknownAttributes,
          value: types.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }))
    }
    let message = STUNMessage(
      .error, transaction: request.transaction, attributes: attributes)
    return .answer(message.encoded(integrity: key, fingerprint: true))
  }

  /// The fragment of ours that a check asks for, by which the shell finds whom it is for. Nil when the
  /// bytes are no binding request with a user name.
  package static func localFragment(of bytes: [UInt8]) -> String? {
    guard let message = STUNMessage(bytes), message.messageClass == .request,
      let name = message.value(of: AttributeType.username),
      let colon = name.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    return String(decoding: name[..<colon], as: UTF8.self)
  }
}
