import ConfabDomain
import Glibc

/// Reads passwords: never from arguments, which other people on the machine can see.
enum SecretInput {
  /// The first line of standard input, or what is typed at a prompt without echo.
  static func password(fromStandardInput: Bool, prompt: String) throws -> String {
    if fromStandardInput { return try standardInputLine() }
    try requireTerminal()
    return try typed(prompt)
  }

  /// As above; typed twice, because nobody sees what is typed.
  static func newPassword(fromStandardInput: Bool, prompt: String) throws -> String {
    if fromStandardInput { return try standardInputLine() }
    try requireTerminal()
    let first = try typed(prompt)
    guard try typed("The same again: ") == first else {
      throw UsageError("The two passwords differ. Nothing was changed.")
    }
    return first
  }

  private static func requireTerminal() throws {
    guard isatty(STDIN_FILENO) == 1 else {
      throw UsageError(
        "There is no terminal to ask for the password. Use --password-stdin and pipe it in.")
    }
  }

  private static func typed(_ prompt: String) throws -> String {
    Output.writeError(prompt)
    var before = termios()
    tcgetattr(STDIN_FILENO, &before)
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    TerminalRestore.set(before)
    defer {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
      TerminalRestore.clear()
      Output.writeError("\n")
    }
    return try standardInputLine()
  }

  /// Without buffering beyond the line, so that a second line stays for the next call.
  private static func standardInputLine() throws -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || byte == 10 { break }
      bytes.append(byte)
      guard bytes.count <= Limits.passwordBytesMax + 1 else {
        throw Rejection(
          .passwordUnfit,
          "A password has \(Limits.passwordBytesMin) to \(Limits.passwordBytesMax) bytes.")
      }
    }
    if bytes.last == 13 { bytes.removeLast() }
    guard !bytes.isEmpty else { throw UsageError("The password is missing.") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError("The password is not UTF-8.")
    }
    return text
  }
}
