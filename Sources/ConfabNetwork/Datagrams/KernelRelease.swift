import Glibc

/// The release of the running kernel, for faults that no call reports.
package struct KernelRelease: Hashable, Comparable, Sendable {
  package let major: Int
  package let minor: Int
  package let patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads `6.18.44-generic`; nil when it does not begin with two numbers.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let major = Int(parts[0]),
      let minor = Int(parts[1].prefix { $0.isNumber })
    else { return nil }
    let patch = parts.count > 2 ? Int(parts[2].prefix { $0.isNumber }) ?? 0 : 0
    self.init(major, minor, patch)
  }

  package static let running: KernelRelease? = {
    var names = utsname()
    guard uname(&names) == 0 else { return nil }
    let text = withUnsafeBytes(of: names.release) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return KernelRelease(text)
  }()

  package static func < (a: KernelRelease, b: KernelRelease) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }

  /// Linux 7.0 to 7.1.4 damage trains whose datagrams are all of the same size; with a shorter last
  /// one they are whole.
  package var corruptsEqualTrains: Bool {
    self >= KernelRelease(7, 0, 0) && self <= KernelRelease(7, 1, 4)
  }
}
