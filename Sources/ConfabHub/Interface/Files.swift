package import ConfabDomain
package import Primitives

/// Names an acceptance of an offer, and so the connection between two devices that follows from it.
package struct PairingID: Hashable, Sendable, Codable {
  package var rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

package struct FileOffering: Sendable {
  package var id: TransferID
  package var to: ChannelReference
  /// For the recipient's device; opaque here.
  package var offer: [UInt8]
  package var summary: FileSummary

  package init(id: TransferID, to: ChannelReference, offer: [UInt8], summary: FileSummary) {
    self.id = id
    self.to = to
    self.offer = offer
    self.summary = summary
  }
}

package enum FileAnswer: Sendable, Hashable {
  /// For the sender's device; opaque here.
  case accept([UInt8])
  case refuse(reason: String)
}

/// Why an offer cannot be answered any more.
package enum FileWithdrawal: Sendable, Hashable, Codable {
  /// Another connection of the recipient accepted.
  case takenElsewhere
  case refusedElsewhere
  /// The sender wants it no more, or may not offer it any more.
  case cancelled
  /// The sender's connection was lost and did not come back.
  case senderLeft
  case expired
  /// Everything has arrived.
  case complete
}

/// How somebody stands to an offer.
package enum FileOfferState: Sendable, Hashable {
  case waiting
  /// For a recipient: by this connection, or by one of this device that was lost.
  case accepted
  case taken
  case refused
  case complete
}

/// What the relay must know of a pairing: a secret for each end.
package struct RelayGrant: Sendable, Hashable {
  package var pairing: PairingID
  /// Who pays for what each end sends.
  package var sender: AccountID
  package var taker: AccountID
  package var presenter: [UInt8]
  package var recipient: [UInt8]

  /// 128 bits: nobody binds himself to what is not his.
  package static let tokenBytes = 16
}

package struct FileRecipientView: Sendable, Hashable {
  package var name: String
  package var isActive: Bool
  package var canReceive: Bool
  package var state: FileOfferState
}

package struct FileStandingView: Sendable, Hashable {
  /// The first of them.
  package var recipients: [FileRecipientView]
  package var count: Int
  package var isRelayed: Bool
  package var expiresAt: WallTime
}

/// An offer as one person sees it.
package struct FileOfferView: Sendable, Hashable {
  package var id: TransferID
  package var from: String
  package var device: DeviceKeys
  /// Nil when it is for one person.
  package var channel: ChannelID?
  package var label: String
  /// Empty where it is of no use, or too much.
  package var offer: [UInt8]
  package var summary: FileSummary
  package var state: FileOfferState
  package var at: WallTime
  /// Only in one's own.
  package var recipients: [FileRecipientView]
}

package struct FileAcceptanceView: Sendable, Hashable {
  package var id: TransferID
  package var pairing: PairingID
  /// Empty when there is no relay.
  package var relayToken: [UInt8]
  /// `HOST:PORT` of the server with the relay: nil for this one.
  package var relayServer: String?
}

package struct FileAnsweredView: Sendable, Hashable {
  package var id: TransferID
  /// Nil in a refusal of what was not accepted before.
  package var pairing: PairingID?
  package var by: String
  package var device: DeviceKeys?
  package var answer: FileAnswer
  package var relayToken: [UInt8]
}
