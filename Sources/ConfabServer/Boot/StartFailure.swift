/// Why the server cannot start: one line, what happened and what to do.
package struct StartFailure: Error, CustomStringConvertible {
  package let description: String
  /// It may go away by itself: whoever starts the server may try again.
  package var isPassing = false

  package init(_ description: String) {
    self.description = description
  }
}
