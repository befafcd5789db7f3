import ArgumentParser
import Foundation

struct BenchTransfer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "Move files over this machine's loopback, from file to file.",
    discussion: """
      Presenter and recipient run in this process and share its processors. Everything is as between two \
      machines: encrypted, verified, and durable where the folder is on a disk.

        confab bench transfer                                      2 GiB in memory (/dev/shm)
        confab bench transfer --in /var/tmp                        the same on a disk
        confab bench transfer --bytes 40960000 --files 10000       many small files
      """)

  @Option(help: "Bytes in all.") var bytes: UInt64 = 2 << 30
  @Option(help: "Spread them over so many files.") var files = 1
  @Option(help: "How often; the run in the middle is the result.") var runs = 3
  @Option(name: .customLong("in"), help: "A folder with room for twice the bytes.")
  var folder = "/dev/shm"
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard bytes > 0, files > 0, runs > 0, bytes >= UInt64(files) else {
      throw ValidationError("Counts must be positive, and each file needs a byte.")
    }
  }

  func run() async throws {
    let report = try await TransferLoad(
      TransferLoadPlan(bytes: bytes, files: files, runs: runs, folder: folder)
    ).run()
    try report.write(asJSON: json)
  }
}
