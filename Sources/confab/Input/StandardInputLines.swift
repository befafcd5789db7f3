import ConfabClient
import Dispatch
import Foundation
import Glibc

/// Reads standard input line by line on a thread of its own, because reading blocks.
enum StandardInputLines {
  /// A longer line than any message may be is cut into what the server refuses anyway.
  private static let lineBytesMax = 1_048_576

  /// Waits while the queue is full, and finishes it at the end of the input.
  static func read<Element: Sendable>(
    into queue: BoundedQueue<Element>, _ element: @escaping @Sendable (String) -> Element
  ) {
    Thread.detachNewThread {
      var line: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        var lines: [String] = []
        for byte in chunk[..<count] {
          if byte == 10 {
            lines.append(text(line))
            line.removeAll(keepingCapacity: true)
          } else if line.count < lineBytesMax {
            line.append(byte)
          }
        }
        push(lines.map(element), into: queue)
      }
      if !line.isEmpty { push([element(text(line))], into: queue) }
      queue.finish()
    }
  }

  private static func text(_ line: [UInt8]) -> String {
    String(decoding: line.last == 13 ? line.dropLast() : line[...], as: UTF8.self)
  }

  private static func push<Element: Sendable>(
    _ elements: [Element], into queue: BoundedQueue<Element>
  ) {
    guard !elements.isEmpty else { return }
    let done = DispatchSemaphore(value: 0)
    Task {
      for element in elements { await queue.push(element) }
      done.signal()
    }
    done.wait()
  }
}
