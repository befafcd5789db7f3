/// The program and its release, as Welcome and the log name it.
package enum ServerVersion {
  package static let number = "0.1.0"
  package static let name = "confab \(number)"
}
