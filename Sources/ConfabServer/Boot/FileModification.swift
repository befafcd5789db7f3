import Foundation

extension DataFolder {
  /// Changes when the file does, be it twice within a second; nil when there is none.
  static func modification(of path: String) -> [String]? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return nil
    }
    // A date's description ends at whole seconds.
    let time = (attributes[.modificationDate] as? Date)?.timeIntervalSinceReferenceDate ?? 0
    let keys: [FileAttributeKey] = [.size, .systemFileNumber]
    return ["\(time)"] + keys.map { key in attributes[key].map { "\($0)" } ?? "" }
  }
}
