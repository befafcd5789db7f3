import OrderedCollections
package import Primitives

/// Offers files to a person, or to the members of a channel that one is in oneself.
package struct OfferFile: Command {
  package var id: TransferID
  package var to: ChannelReference
  package var device: DeviceID
  package var summary: FileSummary

  package init(id: TransferID, to: ChannelReference, device: DeviceID, summary: FileSummary) {
    self.id = id
    self.to = to
    self.device = device
    self.summary = summary
  }

  package func decide(
    in state: PlaceState, by actor: Actor, at time: WallTime
  ) throws(Rejection) -> [Event.Body] {
    let sender = try state.person(actor)
    try summary.check()
    guard state.devices[device]?.account == sender.id else {
      throw Rejection(.deviceRequired, "Files are offered from a device of one's own.")
    }
    return [
      .fileOffered(
        NewFileOffer(
          id: id, device: device, recipient: try recipient(in: state, sender),
          files: summary.files, bytes: summary.bytes, isFolder: summary.isFolder))
    ]
  }

  private func recipient(
    in state: PlaceState, _ sender: Account
  ) throws(Rejection) -> NewFileOffer.Recipient {
    let actor = Actor.account(sender.id)
    switch try state.target(to, for: actor) {
    case .newDirect(let other): return .person(other)
    case .channel(let found):
      let channel = try state.requireWritable(found, to, by: actor)
      guard channel.kind == .direct else { return .channel(channel.id) }
      // Notes to oneself have one member: one's other devices are offered the files.
      return .person(channel.members.keys.first { $0 != sender.id } ?? sender.id)
    }
  }
}

/// What is offered, in words for people. The manifest that counts goes from device to device.
package struct FileSummary: Hashable, Sendable, Codable {
  /// Without a path.
  package var name: String
  package var files: UInt64
  package var bytes: UInt64
  package var isFolder: Bool

  package init(name: String, files: UInt64, bytes: UInt64, isFolder: Bool) {
    self.name = name
    self.files = files
    self.bytes = bytes
    self.isFolder = isFolder
  }

  package func check() throws(Rejection) {
    guard (1...Limits.fileNameBytesMax).contains(name.utf8.count), name != ".", name != "..",
      !name.unicodeScalars.contains(where: Self.isUnfit)
    else {
      throw Rejection(
        .fileOfferUnfit,
        "A file is offered under a name of 1 to \(Limits.fileNameBytesMax) bytes, without a path "
          + "and without control characters.")
    }
    guard (1...Limits.filesPerOfferMax).contains(files), bytes <= Limits.fileBytesMax else {
      throw Rejection(
        .fileOfferUnfit,
        "One offer has 1 to \(Limits.filesPerOfferMax) files of at most \(Limits.fileBytesMax) "
          + "bytes together.")
    }
  }

  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "/" || scalar.properties.generalCategory == .control
  }
}
