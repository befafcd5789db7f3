package import ConfabDomain
import Primitives

/// What servers of one place say to each other, in messages that nobody stores and that may be lost.
///
/// Who tells something of its own numbers it, so that others notice what they have missed; who wants
/// something of another asks until it is answered, or gives up.
package struct NodeMessage: Hashable, Sendable, Codable {
  package var from: NodeID
  /// Nil is all others.
  package var to: NodeID?
  /// The newest entry of the journal that it builds on: who knows less reads it later.
  package var entry: UInt64
  package var body: Body

  package init(from: NodeID, to: NodeID?, entry: UInt64, body: Body) {
    self.from = from
    self.to = to
    self.entry = entry
    self.body = body
  }

  package enum Body: Hashable, Sendable, Codable {
    // Offers of files, told by the server that their senders are connected to.
    case offerChanged(revision: UInt64, OfferChange)
    /// All that there are, in so many pages.
    case offers(revision: UInt64, page: Int, pages: Int, [OfferCopy])
    case sendOffers

    // About one acceptance, to that server and from it.
    case taker(TransferID, AccountID, ConnectionID, isLost: Bool)
    case candidates(TransferID, PairingID, AccountID, ConnectionID, EncodedBytes, toSender: Bool)

    case meeting(MeetingCopy)

    case question(number: UInt64, NodeQuestion)
    case answer(number: UInt64, NodeAnswer)
  }
}

/// An offer of files as other servers know it: without what only the two devices understand.
package struct OfferCopy: Hashable, Sendable, Codable {
  package var id: TransferID
  package var from: AccountID
  package var recipient: NewFileOffer.Recipient
  package var channelPosition: UInt64
  /// Milliseconds since the epoch.
  package var at: Int64
  package var device: DeviceID
  package var summary: FileSummary
  package var entry: UInt64
  package var answers: [PersonAnswer]

  package struct PersonAnswer: Hashable, Sendable, Codable {
    package var account: AccountID
    package var answer: AnswerCopy
  }
}

package enum AnswerCopy: Hashable, Sendable, Codable {
  case accepted(NodeID, ConnectionID, DeviceID, PairingID, isLost: Bool)
  case refused(NodeID?, ConnectionID?)
  case complete
}

package enum OfferChange: Hashable, Sendable, Codable {
  /// Made, or begun anew.
  case made(OfferCopy)
  case answered(TransferID, AccountID, AnswerCopy)
  case over(TransferID, FileWithdrawal)
}

/// How a meeting stands, as its server tells the others.
package struct MeetingCopy: Hashable, Sendable, Codable {
  package var id: MeetingID
  package var channel: ChannelID
  /// The first of those in it.
  package var inside: [AccountID]
  package var count: Int
  package var isLocked: Bool
  package var waiting: Int

  package init(
    id: MeetingID, channel: ChannelID, inside: [AccountID], count: Int, isLocked: Bool,
    waiting: Int
  ) {
    self.id = id
    self.channel = channel
    self.inside = inside
    self.count = count
    self.isLocked = isLocked
    self.waiting = waiting
  }
}

/// What one server asks another on behalf of somebody who is connected to it. Asking twice is asking once.
package enum NodeQuestion: Hashable, Sendable, Codable {
  case accept(TransferID, AccountID, DeviceID?, ConnectionID, EncodedBytes)
  case refuse(TransferID, AccountID, DeviceID?, ConnectionID, reason: String)
  case withdraw(TransferID, AccountID, recipient: String, isComplete: Bool)
  case readOffer(TransferID, AccountID)
  /// Whoever holds the meeting lets this person's browser in with a code, of which this is the hash.
  case admit(MeetingID, AccountID, SessionID, codeHash: EncodedBytes)
}

package enum NodeAnswer: Hashable, Sendable, Codable {
  case done
  case refused(code: UInt32, message: String, retryAfterMilliseconds: Int64?)
  case accepted(PairingID, relayToken: EncodedBytes)
  case offer(EncodedBytes)
}

/// Bytes that are spelled as text, since numbers in a list would take four times the room.
package struct EncodedBytes: Hashable, Sendable, Codable {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let bytes = [UInt8](base64URL: text) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no base64url"))
    }
    self.bytes = bytes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes.base64URL)
  }
}
