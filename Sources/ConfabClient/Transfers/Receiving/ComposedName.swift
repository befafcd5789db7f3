import ConfabTransfer
import Foundation

/// Names as other programs on this system expect them: with composed letters (Unicode's
/// normalization form C), whatever the sender's file system made of them.
enum ComposedName {
  static func of(_ name: String) -> String {
    FileName.isSurelyComposed(name) ? name : name.precomposedStringWithCanonicalMapping
  }
}
