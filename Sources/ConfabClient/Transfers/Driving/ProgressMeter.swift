import ConfabTransfer
import Primitives

/// Makes of counts what people want to know: how fast it goes, and how long it still takes.
struct ProgressMeter {
  /// A progress bar looks alive with this and costs nothing.
  static let interval = Duration.milliseconds(200)
  /// The rate follows changes within some seconds: each second weighs half as much as the next.
  private static let halfLife = 1.0

  private(set) var progress = TransferProgress()
  private var latest: (bytes: UInt64, at: MonotonicTime)?
  private var rate: Double?
  private(set) var nextTick: MonotonicTime

  init(at now: MonotonicTime) {
    nextTick = now + Self.interval
  }

  mutating func tick(_ files: FileProgress, at now: MonotonicTime) -> TransferProgress {
    nextTick = now + Self.interval
    progress.bytesDone = files.bytesDone
    progress.bytesTotal = files.bytesTotal
    progress.bytesResumed = files.bytesResumed
    measure(files, at: now)
    progress.bytesPerSecond = rate.map { Int($0) }
    let left = Double(files.bytesTotal - min(files.bytesDone, files.bytesTotal))
    progress.secondsLeft = rate.flatMap { rate in
      rate >= 1 && left / rate < 1e9 ? Int((left / rate).rounded(.up)) : nil
    }
    return progress
  }

  mutating func setPath(_ path: PathKind) {
    progress.path = path
  }

  mutating func setPause(_ pause: TransferProgress.Pause?) {
    progress.pause = pause
  }

  private mutating func measure(_ files: FileProgress, at now: MonotonicTime) {
    // What is resumed was not transferred now, whenever it is found.
    let bytes = files.bytesDone - min(files.bytesResumed, files.bytesDone)
    guard let before = latest else {
      latest = (bytes, now)
      return
    }
    let seconds = Double(now.since(before.at).nanoseconds) / 1e9
    guard seconds > 0 else { return }
    let current = Double(bytes - min(before.bytes, bytes)) / seconds
    let weight = 1 - 1 / (1 + seconds / Self.halfLife)
    rate = rate.map { $0 + (current - $0) * weight } ?? current
    latest = (bytes, now)
  }
}
