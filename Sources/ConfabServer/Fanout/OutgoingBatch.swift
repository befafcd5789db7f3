import ConfabDomain
import ConfabHub
import ConfabWire
import NIOCore
import OrderedCollections

/// What one turn of the hub has to say, sorted by event loop. Events of one channel are spelled once
/// and joined, whoever hears them.
struct OutgoingBatch {
  private var commands: [[FanoutCommand]]
  private var told: OrderedDictionary<ChannelID, Joined> = [:]
  private var presence = Joined()
  private var toldBytes = 0
  /// Whether a browser may hear what is told: JSON is made for somebody or not at all. Set before inputs
  /// are handled, so that it is right for everybody whom these inputs subscribe.
  var spellsForBrowsers = false

  init(loopCount: Int) {
    commands = Array(repeating: [], count: loopCount)
  }

  mutating func add(_ command: FanoutCommand) {
    guard let connection = command.connection else { return }
    // Who watches from now on has asked who is active already.
    if case .watchPresence = command { passOnPresence() }
    commands[connection.loopIndex].append(command)
  }

  mutating func notify(_ connections: [ConnectionID], _ notice: Notice) {
    for (index, some) in Dictionary(grouping: connections, by: \.loopIndex) {
      commands[index].append(.notifyAll(some, notice))
    }
  }

  // Who subscribes hears what comes after, and who leaves what came before: so what was told of the
  // channel goes first.
  mutating func subscribe(_ id: ConnectionID, _ channel: ChannelID) {
    passOn(channel)
    commands[id.loopIndex].append(.subscribe(id, channel))
  }

  mutating func unsubscribe(_ id: ConnectionID, _ channel: ChannelID) {
    passOn(channel)
    commands[id.loopIndex].append(.unsubscribe(id, channel))
  }

  mutating func tell(_ event: WireEvent, in channel: ChannelID) {
    let frame = WireServerFrame.push(.event(event))
    told[channel, default: Joined()].append(frame, alsoForBrowsers: spellsForBrowsers)
  }

  mutating func tellPresence(_ presence: WirePresence) {
    self.presence.append(.push(.presence(presence)), alsoForBrowsers: spellsForBrowsers)
  }

  /// Hands everything over and is empty.
  mutating func send(to fanouts: [LoopFanout], backlog: FanoutBacklog) {
    for (channel, joined) in told { append(joined, in: channel) }
    told.removeAll(keepingCapacity: true)
    passOnPresence()
    // Counted before it is handed over, so that the count never falls below zero.
    if toldBytes > 0 { backlog.add(bytes: toldBytes) }
    toldBytes = 0
    for (index, fanout) in fanouts.enumerated() where !commands[index].isEmpty {
      fanout.post(commands[index])
      commands[index].removeAll(keepingCapacity: true)
    }
  }

  private mutating func passOn(_ channel: ChannelID) {
    guard let joined = told.removeValue(forKey: channel) else { return }
    append(joined, in: channel)
  }

  /// Who came and went in one turn is told together: after a restart everybody comes back at once.
  private mutating func passOnPresence() {
    guard presence.events > 0 else { return }
    toldBytes += presence.bytes * commands.count
    for index in commands.indices { commands[index].append(.tellPresence(presence)) }
    presence = Joined()
  }

  private mutating func append(_ joined: Joined, in channel: ChannelID) {
    toldBytes += joined.bytes * commands.count
    for index in commands.indices { commands[index].append(.tell(channel, joined)) }
  }
}

/// Frames of events of one channel, one after another, spelled once for everybody who hears them.
struct Joined: Sendable {
  private var native = ByteBuffer()
  /// WebSocket messages; empty when no browser was there.
  private var web = ByteBuffer()
  private(set) var events = 0

  var bytes: Int { native.readableBytes + web.readableBytes }

  func buffer(for encoding: FrameEncoding) -> ByteBuffer {
    encoding == .web ? web : native
  }

  mutating func append(_ frame: WireServerFrame, alsoForBrowsers: Bool) {
    guard let bytes = try? FrameEncoder.encode(frame) else { return }
    native.writeBytes(bytes)
    if alsoForBrowsers, let text = try? FrameEncoder.encode(frame, as: .web) {
      web.writeBytes(text)
    }
    events += 1
  }

  mutating func append(_ other: Joined) {
    native.writeImmutableBuffer(other.native)
    web.writeImmutableBuffer(other.web)
    events += other.events
  }
}
