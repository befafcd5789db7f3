import ArgumentParser
import ConfabClient
import ConfabWire
import Primitives

struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show everything that happens to you, as it happens.",
    discussion: """
      Messages in all your rooms, who comes and goes, rooms that you are let into. Ends with Ctrl-C;
      a lost connection comes back by itself, and what was missed is shown.

      Example:
        confab watch --json | while read -r line; do …; done
      """)

  @OptionGroup var output: JSONOption
  @OptionGroup var client: ClientOptions

  func run() async throws {
    let current = try client.currentServer()
    var follower = Follower(current.dialer, presence: true)
    var people: [String: Bool] = [:]
    try await follower.run { happening in
      switch happening {
      case .connected: Output.note("Connected to \(current.server.address).")
      case .caughtUp: break
      case .lost(let reason, _): Output.note("\(reason) Trying again…")
      case .event(let event, let channel): show(event, in: channel.label)
      case .channelChanged(let channel, nil):
        if channel.joined { show(channel.json(event: "room"), "* you are in \(channel.label)") }
      case .channelChanged: break
      case .channelGone(let gone):
        var object = JSONObject(event: "room-gone")
        object.add("channel", gone.label)
        show(object, "* you are no longer in \(gone.label)")
      case .presence(let person):
        // A reconnect tells again what is known.
        guard people.updateValue(person.active, forKey: person.name) != person.active else {
          return
        }
        show(
          person.json(event: person.active ? "active" : "inactive", me: current.server.account),
          "* \(person.name) is \(person.active ? "active" : "no longer active")")
      case .device(let notice):
        var object = JSONObject(event: "device")
        object.add("device", notice.device.name)
        object.add("address", notice.address)
        show(
          object,
          "* a new device signed in as you: \(notice.device.name) from \(notice.address)")
      case .file(let news): show(news)
      // That meetings begin and end is in the channel's events; who comes and goes is for confab meet.
      case .meeting: break
      }
    }
  }

  private func show(_ news: Follower.FileNews) {
    switch news {
    case .offered(let offer): show(offer.json(event: "file-offered"), "* \(offer.words)")
    case .withdrawn(let end):
      var object = JSONObject(event: "file-withdrawn")
      object.add("transfer", end.transferID.hex)
      object.add("reason", end.reason.name)
      show(object, "* files that were offered to you: \(end.reason.words)")
    // For whoever offers.
    case .answered, .candidates: break
    }
  }

  private func show(_ event: WireEvent, in channel: String) {
    if output.json {
      if let object = event.json(channel: channel) { Output.line(object) }
    } else if let line = event.line {
      Output.line("\(Output.strong(channel.escapedLine)) \(line)")
    }
  }

  private func show(_ object: JSONObject, _ words: String) {
    if output.json { Output.line(object) } else { Output.line(words.escapedLine) }
  }
}
