package import ConfabNetwork
import ConfabTransfer
import Glibc

// What an earlier attempt left.
extension PartFiles {
  /// An earlier attempt may have given files and folders their modes, under which they cannot be gone on
  /// with.
  package func regainAccess() throws(SystemError) {
    for entry in unpublished {
      let needed = manifest.isFile(entry) ? Self.ownerBits : Self.folderBits
      guard UInt32(manifest[entry].mode) & needed != needed else { continue }
      let place = ReceivingFolder.place(of: entry, in: manifest)
      var status = stat()
      // What is not there was not begun.
      guard fstatat(folder.hidden.descriptor, place, &status, AT_SYMLINK_NOFOLLOW) == 0,
        UInt32(status.st_mode) & needed != needed, status.isFile || status.isFolder
      else { continue }
      guard fchmodat(folder.hidden.descriptor, place, status.st_mode & 0o777 | needed, 0) == 0
      else { throw SystemError(latest: "go on with a file") }
    }
  }

  /// Leaves that the journal speaks of and that are not there: a file of theirs was taken away or cut
  /// short, by a person or by a crash of the system.
  func leavesGone(
    of state: ResumeState, _ layout: LeafLayout
  ) throws(SystemError) -> ContentRanges {
    var gone = ContentRanges()
    for range in state.leaves.ranges {
      for piece in manifest.pieces(of: layout.range(of: range)) {
        guard !isPublished(piece.entry), try !isThere(piece.entry) else { continue }
        let leaves = layout.leaves(touching: manifest.content(of: piece.entry))
        for part in state.leaves.intersection(leaves) { gone.insert(part) }
      }
    }
    return gone
  }
}
