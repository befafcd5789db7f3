import Foundation
import Synchronization

/// The real program as a process, with its output gathered line by line.
final class RunningProgram: Sendable {
  private struct State {
    var output = Data()
    var errors = Data()
    var openStreams = 2
    var status: Int32?
  }

  /// Generous: a slow machine makes a test late, never wrong.
  static let patience: Duration = .seconds(120)
  private static let pollInterval: Duration = .milliseconds(20)

  private let state: Mutex<State>
  private let pid: pid_t
  private let inputHandle: FileHandle

  /// - Parameters:
  ///   - input: nil leaves standard input open for `type`.
  ///   - space: the network namespace that it runs in.
  init(
    program: URL = confab, _ arguments: [String], home: String, input: String? = "",
    environment: [String: String] = [:], in space: String? = nil
  ) throws {
    let process = Process()
    if let space {
      // `ip` becomes the program, so that its process is the program's.
      process.executableURL = URL(fileURLWithPath: TestNetwork.ip)
      process.arguments = ["netns", "exec", space, program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    var variables = ["CONFAB_HOME": home, "TZ": "UTC", "PATH": "/usr/bin:/bin", "HOME": home]
    variables.merge(environment) { $1 }
    process.environment = variables
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    state = Mutex(State())
    inputHandle = standardInput.fileHandleForWriting
    signal(SIGPIPE, SIG_IGN)
    try process.run()
    pid = process.processIdentifier
    process.terminationHandler = { [weak self] process in
      let isSignal = process.terminationReason == .uncaughtSignal
      self?.state.withLock { $0.status = (isSignal ? 128 : 0) + process.terminationStatus }
    }
    gather(output.fileHandleForReading, \.output)
    gather(errors.fileHandleForReading, \.errors)
    if let input {
      let handle = inputHandle
      // On a thread: a pipe takes only so much before it is read.
      Thread.detachNewThread {
        try? handle.write(contentsOf: Data(input.utf8))
        try? handle.close()
      }
    }
  }

  /// Empty at the end. `FileHandle.availableData` ends the process when a signal interrupts it.
  private static func readSome(_ descriptor: Int32) -> Data {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      return Data(buffer.prefix(max(count, 0)))
    }
  }

  private func gather(
    _ handle: FileHandle, _ stream: any WritableKeyPath<State, Data> & Sendable
  ) {
    Thread.detachNewThread { [self] in
      while true {
        let data = Self.readSome(handle.fileDescriptor)
        state.withLock { state in
          if data.isEmpty { state.openStreams -= 1 } else { state[keyPath: stream].append(data) }
        }
        if data.isEmpty { return }
      }
    }
  }

  /// `confab` stands beside the tests.
  static let confab: URL = {
    let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let folder =
      tests?.deletingLastPathComponent()
      ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return folder.appendingPathComponent("confab")
  }()

  // MARK: What it said

  var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
  var errors: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }

  /// Whole lines only.
  var lines: [String] {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.removeLast()
    return lines
  }

  /// Waits for a line; throws when the program ends without it, or never says it.
  @discardableResult
  func line(where isWanted: (String) -> Bool) async throws -> String {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      let isOver = state.withLock { $0.status != nil && $0.openStreams == 0 }
      if let line = lines.first(where: isWanted) { return line }
      if isOver { break }
      try await Task.sleep(for: Self.pollInterval)
    }
    throw Unexpected("the line did not come; there is: \(output) \(errors)")
  }

  /// Waits for words on standard error.
  func error(where isWanted: (String) -> Bool) async throws {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      if isWanted(errors) { return }
      try await Task.sleep(for: Self.pollInterval)
    }
    throw Unexpected("the words did not come; there is: \(output) \(errors)")
  }

  @discardableResult
  func lines(count: Int, where isWanted: (String) -> Bool = { _ in true }) async throws -> [String]
  {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      let wanted = lines.filter(isWanted)
      if wanted.count >= count { return wanted }
      if state.withLock({ $0.status != nil && $0.openStreams == 0 }) { break }
      try await Task.sleep(for: Self.pollInterval)
    }
    throw Unexpected("\(count) lines did not come; there is: \(output) \(errors)")
  }

  // MARK: What is done to it

  func type(_ line: String) throws {
    try inputHandle.write(contentsOf: Data((line + "\n").utf8))
  }

  func endInput() {
    try? inputHandle.close()
  }

  func kill(_ signal: CInt) {
    if state.withLock({ $0.status == nil }) { Foundation.kill(pid, signal) }
  }

  func exitStatus() async throws -> Int32 {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      if let status = state.withLock({ $0.openStreams == 0 ? $0.status : nil }) { return status }
      try await Task.sleep(for: Self.pollInterval)
    }
    throw Unexpected("the program does not end; it said: \(output) \(errors)")
  }

  func outcome() async throws -> Outcome {
    let status = try await exitStatus()
    return Outcome(status: status, output: output, errors: errors)
  }

  deinit {
    kill(SIGKILL)
  }
}
