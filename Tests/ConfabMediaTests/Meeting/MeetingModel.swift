import ConfabMedia
import Primitives

/// A room, its people, and the network between them, by seed; a millisecond at a time.
struct MeetingModel: ~Copyable {
  struct Network {
    var delay: UInt64 = 20_000_000
    var jitter: UInt64 = 0
    var loss = 0.0
    var duplication = 0.0
    /// Towards each viewer; more waits in a queue of 300 ms, then is lost.
    var bitsPerSecond: Int?
  }

  private enum Address {
    case roomRTP(Int)
    case roomRTCP(Int, TransportRole)
    case viewer(Int)
    case publisher(Int)
  }

  struct Sink: MediaSink {
    var rtp: [(Int, [UInt8])] = []
    var rtcp: [(Int, TransportRole, [UInt8])] = []

    mutating func send(_ packet: OutgoingRTP, to viewer: ParticipantIndex) {
      rtp.append(
        (Int(viewer.value), Array(packet.header) + Array(packet.prefix) + Array(packet.payload)))
    }

    mutating func send(
      rtcp bytes: UnsafeRawBufferPointer, to participant: ParticipantIndex, role: TransportRole
    ) {
      rtcp.append((Int(participant.value), role, Array(bytes)))
    }
  }

  var room: MediaRoom
  var slab = PacketSlab(slotsMax: 8_192)
  var sink = Sink()
  var random: SeededRandom
  var now: UInt64 = 1_000_000_000
  var uplink = Network()
  var downlink = Network()
  var publishers: [PublisherModel] = []
  var viewers: [ViewerModel] = []
  var tracks: [[PublishedTrack]] = []
  var events: [RoomEvent] = []
  private var flying: [(due: UInt64, to: Address, bytes: [UInt8])] = []
  private var lineFreeAt: [UInt64] = []
  /// What the room sent to each viewer, whether it fit the line or not.
  var bytesSent: [Int] = []
  private var nextFrame: UInt64 = 0
  private var nextSound: UInt64 = 0
  private var nextFeedback: UInt64 = 0
  private var nextReport: UInt64 = 0
  private let offer: String
  private let answer: String

  init(seed: UInt64) throws {
    self.init(
      seed: seed, offer: try description("chromium-156-simulcast"),
      answer: try description("chromium-156-subscribe"))
  }

  private init(seed: UInt64, offer: String, answer: String) {
    var limits = MediaRoomLimits()
    limits.audioSlots = 1
    limits.videoSlots = 2
    room = MediaRoom(limits: limits, seed: seed)
    random = SeededRandom(seed: seed)
    self.offer = offer
    self.answer = answer
  }

  /// Somebody comes, publishes, and can watch.
  mutating func join(sound: TrackSource = .microphone) throws {
    let participant = try room.join(at: now)
    publishers.append(PublisherModel(seed: random.next()))
    let published = try room.publish(
      participant, offer: offer, local: localTransport, sources: [(mid: "0", source: sound)],
      slab: &slab, at: now)
    tracks.append(published.tracks)
    let subscribe = try SDPParser.parse(room.subscribeOffer(participant, local: localTransport))
    let pairs = subscribe.sections.flatMap(\.repairPairs).map { ($0.repair, $0.media) }
    viewers.append(ViewerModel(repairs: Dictionary(uniqueKeysWithValues: pairs)))
    lineFreeAt.append(0)
    bytesSent.append(0)
    _ = try room.subscribeAnswer(participant, answer: answer, at: now)
    room.transportIsUp(participant, role: .publishing, at: now)
    room.transportIsUp(participant, role: .subscribing, at: now)
  }

  mutating func watch(
    _ viewer: Int, _ wishes: [(publisher: Int, height: Int)], bitrateMax: Int = 0
  ) {
    room.wish(
      ParticipantIndex(of: viewer),
      videos: wishes.map {
        VideoWish(track: tracks[$0.publisher][1].id, heightPixels: $0.height)
      }, bitrateMax: bitrateMax, at: now)
  }

  mutating func run(milliseconds: Int) {
    for _ in 0..<milliseconds {
      now += 1_000_000
      publish()
      speak()
      deliver()
      if let deadline = room.nextDeadline, deadline <= now {
        room.handleTimeout(slab: &slab, sink: &sink, at: now)
      }
      carryOut()
    }
  }

  private mutating func publish() {
    if now >= nextFrame {
      nextFrame = now + 33_000_000
      for index in publishers.indices {
        for packet in publishers[index].frame(at: now) { send(packet, to: .roomRTP(index)) }
      }
    }
    if now >= nextSound {
      nextSound = now + 20_000_000
      for index in publishers.indices {
        send(publishers[index].sound(at: now), to: .roomRTP(index))
      }
    }
    if now >= nextReport {
      nextReport = now + 700_000_000
      for index in publishers.indices {
        for layer in 0..<3 {
          send(publishers[index].report(of: layer, at: now), to: .roomRTCP(index, .publishing))
        }
      }
    }
  }

  private mutating func speak() {
    guard now >= nextFeedback else { return }
    nextFeedback = now + 50_000_000
    for index in viewers.indices {
      if let feedback = viewers[index].feedback(at: now) {
        send(feedback, to: .roomRTCP(index, .subscribing))
      }
      for request in viewers[index].requests(at: now) {
        send(request, to: .roomRTCP(index, .subscribing))
      }
      for ssrc in viewers[index].received.keys.sorted() {
        send(viewers[index].report(ssrc), to: .roomRTCP(index, .subscribing))
      }
    }
  }

  private mutating func send(_ bytes: [UInt8], to address: Address) {
    let isDown: Bool
    switch address {
    case .viewer, .publisher: isDown = true
    case .roomRTP, .roomRTCP: isDown = false
    }
    let network = isDown ? downlink : uplink
    var due = now + network.delay
    if network.jitter > 0 { due += UInt64.random(in: 0...network.jitter, using: &random) }
    if case .viewer(let viewer) = address, let rate = network.bitsPerSecond {
      let begin = max(now, lineFreeAt[viewer])
      guard begin - now < 300_000_000 else { return }
      lineFreeAt[viewer] = begin + UInt64(bytes.count * 8) * 1_000_000_000 / UInt64(rate)
      due += lineFreeAt[viewer] - now
    }
    if random.chance(network.duplication) { flying.append((due + 3_000_000, address, bytes)) }
    guard !random.chance(network.loss) else { return }
    flying.append((due, address, bytes))
  }

  private mutating func deliver() {
    let arrived = flying.filter { $0.due <= now }.sorted { $0.due < $1.due }
    flying.removeAll { $0.due <= now }
    for (_, address, bytes) in arrived {
      switch address {
      case .roomRTP(let index): deliver(bytes, from: index)
      case .roomRTCP(let index, let role):
        bytes.withUnsafeBytes {
          room.receiveRTCP(
            $0, from: ParticipantIndex(of: index), role: role, slab: slab, sink: &sink, at: now)
        }
      case .viewer(let index): viewers[index].receive(bytes, at: now)
      case .publisher(let index):
        for packet in publishers[index].receive(bytes) { send(packet, to: .roomRTP(index)) }
      }
    }
  }

  mutating func deliver(_ bytes: [UInt8], from index: Int) {
    guard let slot = slab.take() else { return }
    slab.bytes(slot).copyBytes(from: bytes)
    room.receiveRTP(
      slot, bytes: bytes.count, from: ParticipantIndex(of: index), slab: &slab, sink: &sink, at: now
    )
  }

  private mutating func carryOut() {
    let (rtp, rtcp) = (sink.rtp, sink.rtcp)
    sink.rtp.removeAll(keepingCapacity: true)
    sink.rtcp.removeAll(keepingCapacity: true)
    for (viewer, bytes) in rtp {
      bytesSent[viewer] += bytes.count
      send(bytes, to: .viewer(viewer))
    }
    for (participant, role, bytes) in rtcp where role == .publishing {
      send(bytes, to: .publisher(participant))
    }
    while let event = room.nextEvent() {
      events.append(event)
      if case .demand(let track, let wanted) = event { obey(track, wanted) }
    }
  }

  private mutating func obey(_ track: TrackID, _ wanted: [Int]) {
    guard let index = tracks.firstIndex(where: { $0.contains { $0.id == track } }) else { return }
    for layer in publishers[index].layers.indices {
      publishers[index].layers[layer].isUnwanted = !wanted.contains(layer)
    }
  }

  /// What a viewer's decoders made of their pictures, section by section.
  func decoded(_ viewer: Int) -> [DecodedStream] {
    viewers[viewer].received.sorted { $0.key < $1.key }
      .filter { $0.value.values.contains { $0.descriptor != nil } }
      .map {
        DecodedStream(
          $0.value, isLossy: downlink.loss > 0 || downlink.bitsPerSecond != nil)
      }
  }
}

extension ParticipantIndex {
  /// Participants of a model are numbered as they come.
  init(of number: Int) { self.init(value: Int32(number)) }
}
