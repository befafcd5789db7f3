import ConfabDomain
import ConfabHub
import ConfabWire
import FoundationEssentials
import OrderedCollections
import Primitives
import SwiftProtobuf

// What clients do when something happens to them.
extension Universe {
  func dial(_ index: Int) throws {
    guard clients[index].link == nil else { return }
    guard server != nil else { return plan(.dials(client: index), after: redialDelay()) }
    let id = network.open(by: index)
    clients[index].link = id
    clients[index].connection = ClientConnection(
      client: "simulated", credentials: clients[index].credentials)
    server?.sessions[id] = Server.Session(
      connection: ServerConnection(
        server: "simulated", place: truth.state.place,
        challenge: [UInt8](repeating: 1, count: WireLimits.challengeBytes), authority: .network),
      socket: Server.Socket(high: faults.unsentBytesHigh, low: faults.unsentBytesHigh / 4),
      outbound: OutboundQueue(bytesMax: faults.outboundBytesMax))
    try feed(.connected(id, Peer(address: "192.0.2.\(index)")))
    try perform(clients[index].connection.connected(), of: index)
  }

  private func redialDelay() -> Duration { .milliseconds(20) + chance(upTo: .milliseconds(300)) }

  func loseConnection(_ index: Int, _ id: ConnectionID) {
    guard clients[index].link == id else { return }
    clients[index].forgetConnection()
    plan(.dials(client: index), after: redialDelay())
  }

  func hangUp(_ index: Int) throws {
    guard let id = clients[index].link else { return }
    network.close(id)
    try dropSession(id)
    loseConnection(index, id)
  }

  func arriveAtClient(_ id: ConnectionID) throws {
    guard let index = network.links[id]?.client else { return }
    guard clients[index].slowUntil <= now.monotonic else {
      return schedule.add(.arrivesAtClient(id), at: clients[index].slowUntil)
    }
    guard let bytes = network.receive(on: id, \.toClient) else { return }
    try clientTook(bytes.count, on: id)
    guard clients[index].link == id else { return }
    clients[index].decoder.append(bytes)
    while clients[index].link == id, let payload = try clients[index].decoder.next() {
      try perform(clients[index].connection.receive(payload), of: index)
    }
  }

  private func perform(_ actions: [ClientConnection.Action], of index: Int) throws {
    for action in actions {
      switch action {
      case .send(let frame): try transmit(frame, of: index)
      case .welcomed: break
      case .sign: throw Violation("a client without a device is asked for its signature")
      case .signedIn(let signedIn):
        if !signedIn.token.isEmpty { clients[index].token = Array(signedIn.token) }
        try ask(.subscribe(.with { $0.presence = true }), .subscribe, index)
        try flushOutbox(index)
      case .signInRefused(let rejection):
        if rejection.code == .sessionUnknown { clients[index].token = [] }
        try hangUp(index)
      case .reply(let request, let body): try answered(request, body, index)
      case .refused(let request, let rejection): try refused(request, rejection, index)
      case .push(let body): try told(body, index)
      case .closed:
        if let id = clients[index].link {
          network.close(id)
          try dropSession(id)
          loseConnection(index, id)
        }
      }
    }
  }

  private func transmit(_ frame: WireClientFrame, of index: Int) throws {
    guard let id = clients[index].link else { return }
    transmit(try FrameEncoder.encode(frame), on: id, \.toServer, .arrivesAtServer(id))
  }

  func ask(
    _ body: WireClientFrame.OneOf_Body, _ purpose: Client.Purpose, _ index: Int
  ) throws {
    guard clients[index].isReady else { return }
    let (request, frame) = try clients[index].connection.request(body)
    clients[index].asked[request] = purpose
    trace.add("\(index) asks \(request): \(purpose)", UInt64(index), request)
    try transmit(frame, of: index)
  }
}

// Following.
extension Universe {
  private func told(_ body: WireServerFrame.OneOf_Body, _ index: Int) throws {
    switch body {
    case .event(let event):
      try checkFetched([event], by: clients[index].account)
      try follow(clients[index].cursors.received(event), index)
    case .channelChanged(let info): try learn(info, index)
    case .channelGone(let gone):
      clients[index].known[ChannelID(gone.channel)] = nil
      clients[index].cursors.end(ChannelID(gone.channel))
    case .lagging: try ask(.subscribe(.with { $0.presence = true }), .subscribe, index)
    default: break
    }
  }

  private func learn(_ info: WireChannelInfo, _ index: Int) throws {
    let channel = ChannelID(info.id)
    try checkKnown(info, by: clients[index].account)
    guard info.joined else { return }
    clients[index].known[channel] = info
    let start = max(info.visibleAfterPosition, clients[index].lastHeard(in: channel))
    try follow(clients[index].cursors.begin(channel, at: start), index)
    try follow(clients[index].cursors.behind(channel, head: info.position), index)
  }

  private func follow(_ steps: [ChannelCursors.Step], _ index: Int) throws {
    for step in steps {
      switch step {
      case .deliver(let event): try hear(event, index)
      case .fetch(let channel, let position): try fetch(channel, after: position, index)
      }
    }
  }

  private func fetch(_ channel: ChannelID, after position: UInt64, _ index: Int) throws {
    let limit = UInt32.random(in: 1...20, using: &random)
    let read = WireReadEvents.with {
      ($0.channel, $0.afterPosition, $0.limit) = (channel.rawValue, position, limit)
    }
    try ask(.readEvents(read), .fetch(channel), index)
  }

  private func hear(_ event: WireEvent, _ index: Int) throws {
    try checkHeard(event, by: clients[index])
    let channel = ChannelID(event.channel)
    trace.add(
      "\(index) hears \(channel) \(event.position)", UInt64(index), channel.rawValue,
      event.position)
    clients[index].heard[channel, default: []].append(event)
  }
}

// Answers.
extension Universe {
  private func answered(
    _ request: UInt64, _ body: WireServerFrame.OneOf_Body, _ index: Int
  ) throws {
    guard let purpose = clients[index].asked.removeValue(forKey: request) else { return }
    try checkAnswer(purpose, body, clients[index])
    switch (purpose, body) {
    case (.subscribe, _):
      clients[index].known = [:]
      try ask(.listChannels(.init()), .list, index)
    case (.list, .channelList(let list)):
      for info in list.channels { try learn(info, index) }
      guard list.more, let last = list.channels.last else { return }
      try ask(.listChannels(.with { $0.after = last.id }), .list, index)
    case (.fetch(let channel), .eventList(let list)):
      try checkFetched(list.events, by: clients[index].account)
      try follow(
        clients[index].cursors.fetched(channel, list.events, more: list.more), index)
    case (.send(let id), _):
      clients[index].outbox.removeAll { $0.id == id }
      try flushOutbox(index)
    default: break
    }
  }

  private func refused(_ request: UInt64, _ rejection: Rejection, _ index: Int) throws {
    guard let purpose = clients[index].asked.removeValue(forKey: request) else { return }
    let isPassing = rejection.retryAfter != nil
    switch purpose {
    // Without these the client would hear nothing: it begins again.
    case .subscribe, .list: try hangUp(index)
    case .fetch(let channel):
      clients[index].cursors.fetchFailed(channel)
      if isPassing { return try hangUp(index) }
      // Put out, and perhaps back in already: what is known then is asked for again.
      guard let info = clients[index].known[channel] else { return }
      try follow(clients[index].cursors.behind(channel, head: info.position), index)
    case .send(let id):
      if isPassing {
        for place in clients[index].outbox.indices where clients[index].outbox[place].id == id {
          clients[index].outbox[place].isUnderWay = false
        }
        plan(.goesOn(client: index), after: rejection.retryAfter ?? .seconds(1))
      } else {
        clients[index].outbox.removeAll { $0.id == id }
        try flushOutbox(index)
      }
    default: break
    }
  }

  /// A few at once, in order; each stays until it is acknowledged or refused for good.
  func flushOutbox(_ index: Int) throws {
    guard clients[index].isReady else { return }
    for position in clients[index].outbox.indices.prefix(Self.sendsUnderWayMax) {
      let draft = clients[index].outbox[position]
      guard !draft.isUnderWay else { continue }
      clients[index].outbox[position].isUnderWay = true
      clients[index].outbox[position].wasTried = true
      let send = WireSend.with {
        $0.channel.name = draft.channel
        $0.id = Data(draft.id.bytes)
        $0.text = draft.text
        $0.retry = draft.wasTried
      }
      try ask(.send(send), .send(draft.id), index)
    }
  }

  private static let sendsUnderWayMax = 4
}
