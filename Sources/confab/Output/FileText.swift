import ConfabWire
import FoundationEssentials
import Primitives

// Offers of files, as people and scripts read them.
extension WireFileOffer {
  func json(event: String) -> JSONObject {
    var object = JSONObject(event: event)
    object.add("transfer", transferID.hex)
    object.add("channel", label)
    object.add("from", from)
    object.add("device", device.name)
    object.add("name", summary.name)
    object.add("files", summary.files)
    object.add("bytes", summary.bytes)
    if summary.folder { object.add("folder", true) }
    object.add("state", state.name)
    object.add("at", at.rfc3339)
    return object
  }

  /// "ann offers you talk.mp4, 12.3 MB: …".
  var words: String {
    let whom = channel == 0 ? "you" : label
    let more = summary.files > 1 && !summary.folder ? " and \(summary.files - 1) more" : ""
    return "\(from) offers \(whom) \(summary.name)\(more), \(TransferText.size(summary.bytes)): "
      + "confab file receive --from @\(from)"
  }
}

extension WireFileOfferState {
  var name: String {
    switch self {
    case .waiting: "waiting"
    case .accepted: "accepted"
    case .taken: "taken"
    case .refused: "refused"
    case .complete: "complete"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }
}

extension WireFileWithdrawal {
  /// Stable, for scripts.
  var name: String {
    switch self {
    case .takenElsewhere: "taken-elsewhere"
    case .refusedElsewhere: "refused-elsewhere"
    case .cancelled: "cancelled"
    case .senderLeft: "sender-left"
    case .expired: "expired"
    case .complete: "complete"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }

  var words: String {
    switch self {
    case .takenElsewhere: "another device of yours takes them"
    case .refusedElsewhere: "you refused them on another device"
    case .cancelled: "they are not offered any more"
    case .senderLeft: "the sender is not connected any more"
    case .expired: "the offer waited too long and ended"
    case .complete: "everything has arrived"
    case .unspecified, .UNRECOGNIZED: "the offer ended"
    }
  }
}
