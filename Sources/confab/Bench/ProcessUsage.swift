import Foundation

/// What a process of this machine has used so far, from `/proc`.
struct ProcessUsage: Sendable {
  var cpuSeconds: Double
  /// Resident, in KiB.
  var memoryKiB: Double

  /// Nil when there is no such process.
  init?(pid: Int32) {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      // The name in brackets may hold blanks; the fields behind it may not.
      let afterName = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[afterName...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      return nil
    }
    cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    memoryKiB = resident.flatMap { Double($0.filter(\.isNumber)) } ?? 0
  }
}

/// What threads of this process have used so far.
enum ThreadUsage {
  /// CPU time of those whose names begin so and that still live, in seconds.
  static func cpuSeconds(named prefix: String) -> Double {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.reduce(0) { sum, task in
      let path = "/proc/self/task/\(task)"
      guard let name = try? String(contentsOfFile: path + "/comm", encoding: .utf8),
        name.hasPrefix(prefix),
        // Its first field is the time on a processor in nanoseconds.
        let times = try? String(contentsOfFile: path + "/schedstat", encoding: .utf8),
        let nanoseconds = times.split(separator: " ").first.flatMap({ Double($0) })
      else { return sum }
      return sum + nanoseconds / 1e9
    }
  }
}

/// How long the disk below a folder takes to make a small write durable.
enum DiskSync {
  /// The median of many, in milliseconds; nil when the folder cannot be written.
  static func medianMilliseconds(in folder: String, count: Int = 200) -> Double? {
    let path = folder + "/sync-probe"
    let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard file >= 0 else { return nil }
    defer {
      close(file)
      unlink(path)
    }
    let page = [UInt8](repeating: 0x5a, count: 4096)
    var times: [UInt64] = []
    for _ in 0..<count {
      let before = SendTime.now
      guard write(file, page, page.count) == page.count, fdatasync(file) == 0 else { return nil }
      times.append(SendTime.now - before)
    }
    times.sort()
    return Double(times[times.count / 2]) / 1e6
  }
}
