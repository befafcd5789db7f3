import CLinux
import Glibc

/// A thread of its own for work that must not wait behind others', or that waits itself.
package enum SystemThread {
  /// Runs `body` on a new thread, which ends with it.
  package static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let work = ThreadWork(name: name, body: body)
    let code = create(Unmanaged.passRetained(work).toOpaque())
    guard code != 0 else { return }
    Unmanaged.passUnretained(work).release()
    throw SystemError("start a thread", code: code)
  }

  private static func create(_ work: UnsafeMutableRawPointer) -> Int32 {
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, runThread, work)
    if code == 0 { pthread_detach(thread) }
    return code
  }
}

private final class ThreadWork: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func runThread(_ opaque: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let opaque else { return nil }
  let work = Unmanaged<ThreadWork>.fromOpaque(opaque).takeRetainedValue()
  clinux_name_thread(work.name)
  work.body()
  return nil
}
