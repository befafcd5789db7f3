import ArgumentParser
import Foundation

struct BenchMeeting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meeting",
    abstract: "A meeting's media: some publish a video, many watch.",
    discussion: """
      Serves a meeting on a port of this process, on a thread of its own, as a server does, and joins \
      with programs in the place of browsers: ICE, DTLS and SRTP are real, pictures are canned.

        confab bench meeting --viewers 200
        confab bench meeting --publishers 9 --viewers 10
      """)

  @Option(help: "How many publish a video.") var publishers = 1
  @Option(help: "How many watch all of them.") var viewers = 50
  @Option(help: "How long, after everybody has joined.") var seconds = 10.0
  @Option(help: "Kilobits a second of each video.") var rate = 1_500
  @Option(help: "Pictures a second of each video.") var fps = 30
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard publishers > 0, viewers > 0, seconds > 0, rate > 0, (1...240).contains(fps) else {
      throw ValidationError("Counts, rates and times must be positive.")
    }
  }

  func run() async throws {
    var plan = MeetingLoadPlan()
    plan.publishers = publishers
    plan.viewers = viewers
    plan.seconds = seconds
    plan.kilobitsPerSecond = rate
    plan.framesPerSecond = fps
    let report = try await MeetingLoad(plan).run()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      print(report.text)
    }
    guard report.arrived > 0 else { throw ExitCode(1) }
  }
}
