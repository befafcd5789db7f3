import ConfabDomain
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension Connection {
  /// Says what failed in words that help; a refusal stays one.
  static func explained(_ error: any Error, _ destination: Destination) -> any Error {
    switch error {
    case is Rejection, is ConnectionError, is AddressError, is ProfileError:
      error
    case let error as NIOSSLError:
      explainedTLS(error, destination)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      ConnectionError.untrusted(
        "The certificate of \(destination) is for another name. Use the name that it is for, or "
          + "sign in with --pin.")
    case let error as NIOConnectionError:
      ConnectionError.unreachable(
        "\(destination) cannot be reached: \(reason(of: error)).")
    case let error as IOError:
      ConnectionError.unreachable(
        "\(destination) cannot be reached: \(String(cString: strerror(error.errnoCode))).")
    case is ChannelError:
      ConnectionError.unreachable("\(destination) cannot be reached: it did not answer in time.")
    default:
      ConnectionError.unreachable("\(destination) cannot be reached: \(error).")
    }
  }

  private static func explainedTLS(
    _ error: NIOSSLError, _ destination: Destination
  ) -> ConnectionError {
    guard case .handshakeFailed(let detail) = error,
      String(describing: detail).contains("CERTIFICATE_VERIFY_FAILED")
    else {
      let name = reason(of: error).map { " (\($0))" } ?? ""
      return .unreachable("\(destination) does not speak TLS 1.3 as Confab does\(name).")
    }
    if case .network(_, .some) = destination {
      return .untrusted(
        "\(destination) has another key than the one that was given. Somebody may be in between; "
          + "ask for a new link if the server was set up anew.")
    }
    return .untrusted(
      "No authority vouches for \(destination). Sign in with the link, or with --pin.")
  }

  /// BoringSSL's name for what went wrong, out of a text that holds places in its sources as well.
  private static func reason(of error: NIOSSLError) -> String? {
    let words = "\(error)".split(separator: "OPENSSL_internal:", maxSplits: 1)
    guard words.count == 2 else { return nil }
    return String(words[1].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
  }

  private static func reason(of error: NIOConnectionError) -> String {
    if let single = error.connectionErrors.first?.error {
      if let io = single as? IOError { return String(cString: strerror(io.errnoCode)) }
      if case ChannelError.connectTimeout = single { return "it did not answer in time" }
      return "\(single)"
    }
    return "there is no such host"
  }
}
