package import ConfabNetwork
import Glibc
import Synchronization

/// A thread that does one kind of work with files, one job after the other, so that the loop never
/// waits for a disk.
///
/// All transfers of a process share the few that there are: a disk is not faster for being asked by
/// more threads, and hashing has only so many processors.
package final class DiskThread: Sendable {
  /// Transfers bound what they ask for far below; this only keeps a fault from eating all memory.
  private static let jobsMax = 65_536

  private struct Queue {
    var jobs: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let queue = Mutex(Queue())
  /// Counts the times that the queue became non-empty.
  private let bell = Bell()

  package init(_ name: String) throws(SystemError) {
    try SystemThread.start(name) { [self] in run() }
  }

  /// - Returns: false when the thread was stopped: then the job is never done.
  @discardableResult
  package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
    let position: Int? = queue.withLock { queue in
      guard !queue.isClosed else { return nil }
      precondition(queue.jobs.count < Self.jobsMax, "the disk does not keep up")
      queue.jobs.append(job)
      return queue.jobs.count
    }
    if position == 1 { bell.ring() }
    return position != nil
  }

  /// Ends the thread after the jobs that are waiting.
  package func stop() {
    let isNew = queue.withLock { queue in
      defer { queue.isClosed = true }
      return !queue.isClosed
    }
    if isNew { bell.ring() }
  }

  private func run() {
    while true {
      bell.await()
      let (jobs, isClosed) = queue.withLock { queue in
        defer { queue.jobs.removeAll(keepingCapacity: true) }
        return (queue.jobs, queue.isClosed)
      }
      for job in jobs { job() }
      if isClosed && queue.withLock({ $0.jobs.isEmpty }) { return }
    }
  }
}

/// The threads that work with files, each for one kind of work.
package final class DiskThreads: Sendable {
  /// Reads and hashes what is presented.
  package let reading: DiskThread
  /// Writes what arrives.
  package let writing: DiskThread
  /// Reads back what is complete and hashes it.
  package let verifying: DiskThread
  /// Waits until things are durable, which may take seconds.
  package let syncing: DiskThread

  /// - Parameter name: what the threads' names begin with.
  package init(_ name: String = "file") throws(SystemError) {
    reading = try DiskThread(name + " reading")
    writing = try DiskThread(name + " writing")
    verifying = try DiskThread(name + " verifying")
    syncing = try DiskThread(name + " syncing")
  }

  package func stop() {
    for thread in [reading, writing, verifying, syncing] { thread.stop() }
  }
}

/// A semaphore.
///
/// Proof: POSIX made them for being used by several threads at once.
private final class Bell: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() {
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func ring() {
    sem_post(semaphore)
  }

  func await() {
    // Interrupted by signals, it is just asked again.
    while sem_wait(semaphore) != 0 {}
  }
}
