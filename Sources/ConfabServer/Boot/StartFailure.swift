/// Why the server cannot start: one line, what happened and what to do.
package struct StartFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
