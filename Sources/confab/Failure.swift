import ArgumentParser
import ConfabClient
import ConfabDomain
import ConfabServer
import ConfabTransfer
import Foundation
import Glibc

/// What the exit status of the program means.
enum ExitStatus: CInt {
  case usage = 2
  case refused = 3
  case unreachable = 4
  case incomplete = 5
  case interrupted = 130
}

/// A mistake in how the program was called, in words for the person.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// An error as the person sees it.
struct Failure {
  var status: ExitStatus
  /// Nil when there is nothing to say, or the argument parser says it.
  var words: String?
  /// The argument parser's own: it knows the words, and that asking for help is no error.
  var isParsing: Bool

  init(_ error: any Error) {
    switch error {
    case let rejection as Rejection:
      self.init(rejection)
    case ConnectionError.ended(let rejection):
      self.init(rejection)
    case let error as ConnectionError:
      self.init(status: .unreachable, words: error.description)
    case let failure as FileFailure:
      self.init(status: .incomplete, words: failure.text)
    case let refused as FilesRefused:
      self.init(status: .refused, words: refused.description)
    case let over as PresentationOver:
      self.init(status: .refused, words: over.description)
    case is TransferInterrupted, is FilesMissed:
      self.init(status: .incomplete, words: "\(error)")
    case let failure as StartFailure:
      self.init(status: failure.isPassing ? .unreachable : .usage, words: failure.description)
    case is UsageError, is AddressError, is ProfileError, is RelayMissing:
      self.init(status: .usage, words: "\(error)")
    case is CancellationError:
      self.init(status: .interrupted)
    default:
      // The parser's errors have no public type.
      self.init(status: .usage, isParsing: true)
    }
  }

  /// What went wrong as one sentence, without numbers, for who chats.
  static func plainWords(_ error: any Error) -> String {
    switch error {
    case let rejection as Rejection: rejection.message
    case let failure as FileFailure: failure.text
    default: "\(error)"
    }
  }

  private init(status: ExitStatus, words: String? = nil, isParsing: Bool = false) {
    self.status = status
    self.words = words
    self.isParsing = isParsing
  }

  private init(_ rejection: Rejection) {
    self.init(
      status: .refused, words: "refused (\(rejection.code.rawValue)): \(rejection.message)")
  }
}

/// What the argument parser says, as one line that names the help to read, and the usage for who looks.
struct ParsingTrouble {
  var line: String
  var usage: String

  /// - Parameter full: the message, the usage of the command that was meant, and where its help is.
  init(message: String, full: String) {
    let usage = full.range(of: "Usage:").map { String(full[$0.lowerBound...]) } ?? ""
    self.usage = usage
    line = message.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    // The parser's own words end without a stop and only say what is wrong; ours say what to do as well.
    guard !line.hasSuffix("."), let see = usage.range(of: "See '"),
      let end = usage[see.upperBound...].firstIndex(of: "'")
    else { return }
    line += ". See \(usage[see.upperBound..<end])."
  }
}
