package import ConfabTransfer

/// What a recipient wants.
package struct ReceptionOptions: Sendable {
  package enum Destination: Hashable, Sendable {
    /// An existing folder.
    case folder(String)
    /// One file, in order while it comes, to a descriptor that stays its owner's; what is not written
    /// out yet is kept in a scratch folder.
    case stream(descriptor: Int32, scratch: String)

    /// Where files grow.
    var path: String {
      switch self {
      case .folder(let path): path
      case .stream(_, let scratch): scratch
      }
    }
  }

  package var presenterName: String
  /// The presenter device's identity key.
  package var presenterKey: ContentHash
  /// What the signed offer said. Nothing else is taken.
  package var offered: TransferOffer.Summary?
  package var destination: Destination
  package var rechecksEverything = false
  /// Chooses which of the parts that an earlier attempt left are looked at again.
  package var seed: UInt64

  package init(
    presenterName: String, presenterKey: ContentHash, offered: TransferOffer.Summary? = nil,
    destination: Destination, rechecksEverything: Bool = false, seed: UInt64
  ) {
    self.presenterName = presenterName
    self.presenterKey = presenterKey
    self.offered = offered
    self.destination = destination
    self.rechecksEverything = rechecksEverything
    self.seed = seed
  }

  var machine: RecipientOptions {
    var isStream = false
    if case .stream = destination { isStream = true }
    return RecipientOptions(
      presenterName: presenterName, presenterKey: presenterKey, offered: offered,
      destination: isStream ? .stream : .folder, rechecksEverything: rechecksEverything, seed: seed)
  }
}
