import Glibc

/// A thread of its own for work that must not wait behind others', or that waits itself.
package enum SystemThread {
  /// What the kernel keeps of a name, without the closing zero (pthread_setname_np(3)).
  private static let nameBytesMax = 15

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
    pthread_setname_np(pthread_self(), String(work.name.prefix(nameBytesMax)))
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
