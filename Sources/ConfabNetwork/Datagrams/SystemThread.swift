import CSystem
import Glibc

/// A thread of its own for work that must not wait behind others', or that waits itself.
package enum SystemThread {
  /// Runs `body` on a new thread, which ends with it.
  package static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let work = Unmanaged.passRetained(Work(name: name, body: body))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, { run($0) }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw SystemError("start a thread", code: code)
    }
    pthread_detach(thread)
  }

  private static func run(_ opaque: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let opaque else { return nil }
    let work = Unmanaged<Work>.fromOpaque(opaque).takeRetainedValue()
    csystem_name_thread(work.name)
    work.body()
    return nil
  }

  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
