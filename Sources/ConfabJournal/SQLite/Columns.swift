import ConfabDomain
import Foundation
import GRDB
import Primitives

// Between the domain's values and SQLite's, whose numbers are signed.

extension UInt64 {
  /// Larger numbers than SQLite's come only from queries, where the largest serves as well.
  var column: Int64 { Int64(clamping: self) }
}

extension Identifier {
  var column: Int64 { rawValue.column }
}

/// A column holds what was never written there.
struct ColumnUnreadable: Error {}

// GRDB's own subscripts trap where damage has changed a column's type; these throw.
extension Row {
  func milliseconds(_ index: Int) throws -> Int64 {
    guard let value = Int64.fromDatabaseValue(self[index]) else { throw ColumnUnreadable() }
    return value
  }

  func number(_ index: Int) throws -> UInt64 {
    guard let value = UInt64(exactly: try milliseconds(index)) else { throw ColumnUnreadable() }
    return value
  }

  func numberIfAny(_ index: Int) throws -> UInt64? {
    try hasNull(atIndex: index) ? nil : number(index)
  }

  func bytes(_ index: Int) throws -> [UInt8] {
    guard let value = try bytesIfAny(index) else { throw ColumnUnreadable() }
    return value
  }

  func bytesIfAny(_ index: Int) throws -> [UInt8]? {
    try withUnsafeData(atIndex: index) { data in data.map { [UInt8]($0) } }
  }

  /// Nil for no text.
  func text(_ index: Int) throws -> String? {
    try withUnsafeData(atIndex: index) { data in data.map { String(decoding: $0, as: UTF8.self) } }
  }

  func string(_ index: Int) throws -> String {
    guard let value = String.fromDatabaseValue(self[index]) else { throw ColumnUnreadable() }
    return value
  }

  func timeIfAny(_ index: Int) throws -> WallTime? {
    try hasNull(atIndex: index) ? nil : WallTime(millisecondsSinceEpoch: milliseconds(index))
  }
}
