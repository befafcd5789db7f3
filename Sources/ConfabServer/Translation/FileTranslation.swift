import ConfabDomain
import ConfabHub
import ConfabWire
import FoundationEssentials
import Primitives
import SwiftProtobuf

// Offers of files, between the wire and the hub. What two devices say to each other stays bytes.
extension RequestTranslation {
  func about(files body: WireClientFrame.OneOf_Body) throws(Rejection) -> Request? {
    switch body {
    case .offerFile(let wire):
      return .offerFile(
        FileOffering(
          id: try transfer(wire.transferID), to: try reference(wire.to), offer: Array(wire.offer),
          summary: FileSummary(
            name: wire.summary.name, files: wire.summary.files, bytes: wire.summary.bytes,
            isFolder: wire.summary.folder)))
    case .answerFile(let wire):
      return .answerFile(try transfer(wire.transferID), try answer(wire))
    case .withdrawFile(let wire):
      return .withdrawFile(
        try transfer(wire.transferID), recipient: wire.recipient, isComplete: wire.complete)
    case .sendFileCandidates(let wire):
      return .sendFileCandidates(
        try transfer(wire.transferID), PairingID(wire.pairing), Array(wire.candidates))
    case .readFileOffers(let wire):
      return .readFileOffers(
        wire.transferID.isEmpty ? nil : try transfer(wire.transferID),
        after: wire.after.isEmpty ? nil : try transfer(wire.after))
    default: return nil
    }
  }

  private func transfer(_ bytes: Data) throws(Rejection) -> TransferID {
    guard let id = TransferID(bytes: bytes) else {
      throw Rejection(.requestInvalid, "A transfer has an id of \(TransferID.byteCount) bytes.")
    }
    return id
  }

  private func answer(_ wire: WireAnswerFile) throws(Rejection) -> FileAnswer {
    switch wire.answer {
    case .accept(let bytes): .accept(Array(bytes))
    case .refuse(let reason): .refuse(reason: reason)
    case nil: throw Rejection(.requestInvalid, "An offer is accepted or refused.")
    }
  }
}

extension WireFileOfferStanding {
  init(_ view: FileStandingView) {
    self.init()
    recipients = view.recipients.map(WireFileRecipient.init)
    count = UInt32(clamping: view.count)
    relay = view.isRelayed
    expiresAt = view.expiresAt.millisecondsSinceEpoch
  }
}

extension WireFileRecipient {
  fileprivate init(_ view: FileRecipientView) {
    self.init()
    name = view.name
    active = view.isActive
    canReceive = view.canReceive
    state = WireFileOfferState(view.state)
  }
}

extension WireFileOffer {
  init(_ view: FileOfferView) {
    self.init()
    transferID = Data(view.id.bytes)
    from = view.from
    device = WireDevice(view.device)
    channel = view.channel?.rawValue ?? 0
    label = view.label
    offer = Data(view.offer)
    summary = .with {
      $0.name = view.summary.name
      $0.files = view.summary.files
      $0.bytes = view.summary.bytes
      $0.folder = view.summary.isFolder
    }
    state = WireFileOfferState(view.state)
    at = view.at.millisecondsSinceEpoch
    recipients = view.recipients.map(WireFileRecipient.init)
  }
}

extension WireFileAcceptance {
  init(_ view: FileAcceptanceView) {
    self.init()
    transferID = Data(view.id.bytes)
    pairing = view.pairing.rawValue
    relayToken = Data(view.relayToken)
    relayServer = view.relayServer ?? ""
  }
}

extension WireFileAnswered {
  init(_ view: FileAnsweredView) {
    self.init()
    transferID = Data(view.id.bytes)
    pairing = view.pairing?.rawValue ?? 0
    by = view.by
    if let keys = view.device { device = WireDevice(keys) }
    switch view.answer {
    case .accept(let bytes): accept = Data(bytes)
    case .refuse(let reason): refuse = reason
    }
    relayToken = Data(view.relayToken)
  }
}

extension WireFileOfferState {
  fileprivate init(_ state: FileOfferState) {
    switch state {
    case .waiting: self = .waiting
    case .accepted: self = .accepted
    case .taken: self = .taken
    case .refused: self = .refused
    case .complete: self = .complete
    }
  }
}

extension WireFileWithdrawal {
  init(_ reason: FileWithdrawal) {
    switch reason {
    case .takenElsewhere: self = .takenElsewhere
    case .refusedElsewhere: self = .refusedElsewhere
    case .cancelled: self = .cancelled
    case .senderLeft: self = .senderLeft
    case .expired: self = .expired
    case .complete: self = .complete
    }
  }
}
