import ConfabJournal
import ConfabWire
import Foundation
import SwiftProtobuf

extension WireDiskUse {
  /// What is in the server's folder, and what is left of the disk below it.
  init(of folder: DataFolder) {
    self.init()
    let files = FileManager.default.enumerator(atPath: folder.path)
    while let name = files?.nextObject() as? String {
      guard let size = files?.fileAttributes?[.size] as? NSNumber,
        files?.fileAttributes?[.type] as? FileAttributeType == .typeRegular
      else { continue }
      // With its log of what was not yet written into it.
      if name.hasPrefix(JournalFiles.databaseName) {
        journalBytes += size.uint64Value
      } else {
        otherBytes += size.uint64Value
      }
    }
    var disk = statvfs()
    guard statvfs(folder.path, &disk) == 0 else { return }
    freeBytes = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
    diskBytes = UInt64(disk.f_blocks) * UInt64(disk.f_frsize)
  }
}
