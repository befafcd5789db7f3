import ArgumentParser
import ConfabNetwork
import Foundation

struct BenchMeeting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meeting",
    abstract: "A meeting's media: some publish, many watch.",
    discussion: """
      Starts a server with a throw-away folder, unless --data or --janus names one that runs, and joins \
      its meeting with programs in the place of browsers: ICE, DTLS and SRTP are real, pictures and \
      sound are canned.

        confab bench meeting --viewers 200
        taskset -c 1 confab bench meeting --processor 0 --publishers 10 --viewers 10
        confab bench meeting --publishers 30 --viewers 30 --tiles 9 --sound
        taskset -c 1 confab bench meeting --janus /run/janus.socket --janus-address 192.0.2.7 --pid $(pidof janus)
      """)

  @Option(help: "How many publish a video.") var publishers = 1
  @Option(help: "How many watch.") var viewers = 50
  @Option(help: "How many videos each of them sees.") var tiles = 10
  @Flag(help: "All publish sound too, and four of them are heard.") var sound = false
  @Option(help: "How long, after everybody has joined.") var seconds = 10.0
  @Option(help: "Kilobits a second of each video.") var rate = 1_500
  @Option(help: "Pictures a second of each video.") var fps = 30
  @Option(help: "The only processor that our own server may use.") var processor: Int?
  @Option(help: "The data folder of a server that runs on this machine.") var data: String?
  @Option(help: "With --data: where that server listens.") var server = "127.0.0.1:4747"
  @Option(help: "The Unix socket of a Janus that runs on this machine (SOCK_SEQPACKET).")
  var janus: String?
  @Option(help: "With --janus: the address of this machine that it uses.")
  var janusAddress = "127.0.0.1"
  @Option(help: "With --data or --janus: the process id, to measure processor time and memory.")
  var pid: Int32?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard publishers > 0, viewers > 0, seconds > 0, rate > 0, (1...240).contains(fps),
      (1...10).contains(tiles)
    else {
      throw ValidationError(
        "Counts, rates and times must be positive, and tiles at most 10.")
    }
  }

  func run() async throws {
    var plan = MeetingLoadPlan()
    (plan.publishers, plan.viewers, plan.tiles) = (publishers, viewers, tiles)
    (plan.hasSound, plan.seconds) = (sound, seconds)
    (plan.kilobitsPerSecond, plan.framesPerSecond) = (rate, fps)
    let server = try await target()
    let report: MeetingLoadReport
    do {
      report = try await MeetingLoad(plan, server).run()
    } catch {
      await server.end()
      guard let trouble = error as? MeetingLoadTrouble else { throw error }
      throw UsageError("The load did not come about: \(trouble).")
    }
    await server.end()
    try report.write(asJSON: json)
    guard report.arrived > 0 else { throw ExitCode(1) }
  }

  private func target() async throws -> any MeetingServer {
    if let janus { return try JanusMeetingServer(socket: janus, address: janusAddress, pid: pid) }
    guard let data else {
      return try await ConfabMeetingServer(try await .launch(processor: processor))
    }
    guard let address = HostPort(server) else {
      throw UsageError("--server is HOST:PORT, for example 127.0.0.1:4747.")
    }
    return try await ConfabMeetingServer(.running(data: data, address: address, pid: pid))
  }
}
