import ConfabDomain
import ConfabHub
import ConfabMedia
import ConfabNetwork
import Primitives

/// The media of all meetings, on the port's thread: finds whom a datagram is from, opens it once, lets
/// the meeting's room decide, and seals for each viewer.
final class MediaEndpoint: PortMedia {
  /// Received packets kept for those who miss them: 96 MiB at most, taken as it is needed.
  private static let slotsMax = 65_536
  /// How often timers are looked at while somebody connects, and otherwise.
  private static let connectingTick = Duration.milliseconds(20)
  private static let quietTick = Duration.milliseconds(250)

  /// How often addresses are looked for that are not used any more.
  private static let expiryInterval = Duration.seconds(5)

  let setup: MediaSetup
  private let streams: PortStreams
  var random = SystemRandomNumberGenerator()
  var meetings: [MeetingID: LiveMeetingMedia] = [:]
  private var byFragment: [String: MediaConnection] = [:]
  private var byTuple: [TransportTuple: MediaConnection] = [:]
  private(set) var connections: [MediaConnection] = []
  var slab = PacketSlab(slotsMax: MediaEndpoint.slotsMax)
  var tally = MediaTally()
  private var nextTick: MonotonicTime
  private var nextExpiry: MonotonicTime
  private var connecting = 0
  /// Whoever counts has not heard yet that the last has left.
  private var isReportDue = false

  /// - Parameter streams: the TCP connections that the tuples name.
  init(setup: MediaSetup, streams: PortStreams, at now: MonotonicTime) {
    self.setup = setup
    self.streams = streams
    nextTick = now + Self.quietTick
    nextExpiry = now + Self.expiryInterval
  }

  // MARK: - Datagrams

  func receiveCheck(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) -> Bool {
    guard let fragment = ICELite.localFragment(of: Array(datagram)),
      let connection = byFragment[fragment]
    else { return false }
    _ = connection.transport.receive(datagram, from: tuple, at: now)
    register(tuple, of: connection)
    serve(connection, at: now, into: &outgoing)
    return true
  }

  /// The name in a check decides, also when the address was another's before: a browser may use the
  /// same port for its next connection.
  private func register(_ tuple: TransportTuple, of connection: MediaConnection) {
    guard case .lite(let ice) = connection.transport.ice, ice.isProved(tuple) else { return }
    let proved = ice.provedTuples
    if let before = byTuple[tuple], before !== connection {
      before.tuples.removeAll { $0 == tuple }
      before.transport.forget(tuple)
    }
    update(connection, proved)
  }

  /// The tables follow what a connection has proved.
  private func update(_ connection: MediaConnection, _ proved: [TransportTuple]) {
    for gone in connection.tuples where !proved.contains(gone) {
      byTuple[gone] = nil
      streams.hangUp(gone.connection)
    }
    for tuple in proved { byTuple[tuple] = connection }
    connection.tuples = proved
  }

  private func forgetSilentTuples(of connection: MediaConnection, at now: MonotonicTime) {
    guard connection.transport.forgetSilentTuples(at: now),
      case .lite(let ice) = connection.transport.ice
    else { return }
    update(connection, ice.provedTuples)
  }

  func receive(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple, at now: MonotonicTime,
    into outgoing: inout OutgoingDatagrams
  ) -> Bool {
    guard let connection = byTuple[tuple] else {
      tally.unproved += 1
      return false
    }
    let kind = MediaPacketKind(UnsafeRawBufferPointer(datagram))
    if kind == .rtp, connection.role == .publishing {
      receiveRTP(datagram, from: tuple, connection, at: now, into: &outgoing)
      return true
    }
    let arrival = connection.transport.receive(datagram, from: tuple, at: now)
    if case .rtcp(let count) = arrival {
      let opened = UnsafeRawBufferPointer(rebasing: datagram[..<count])
      let meeting = connection.member.meeting
      withSink(meeting, &outgoing) { sink in
        meeting.room.receiveRTCP(
          opened, from: connection.member.index, role: connection.role, slab: slab, sink: &sink,
          at: now.nanoseconds)
      }
      drain(meeting)
    }
    if kind == nil { serve(connection, at: now, into: &outgoing) }
    return true
  }

  private func receiveRTP(
    _ datagram: UnsafeMutableRawBufferPointer, from tuple: TransportTuple,
    _ connection: MediaConnection, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) {
    tally.received += 1
    guard datagram.count <= PacketSlab.slotBytes, let slot = slab.take() else {
      tally.dropped += 1
      return
    }
    let arrival = connection.transport.receive(
      datagram, from: tuple, at: now, openingRTPInto: slab.bytes(slot).baseAddress)
    guard case .rtp(let count) = arrival else {
      slab.giveBack(slot)
      return
    }
    let meeting = connection.member.meeting
    withSink(meeting, &outgoing) { sink in
      meeting.room.receiveRTP(
        slot, bytes: count, from: connection.member.index, slab: &slab, sink: &sink,
        at: now.nanoseconds)
    }
    drain(meeting)
  }

  private func withSink(
    _ meeting: LiveMeetingMedia, _ outgoing: inout OutgoingDatagrams,
    _ body: (inout SealingSink) -> Void
  ) {
    withUnsafeMutablePointer(to: &outgoing) { outgoing in
      var sink = SealingSink(meeting: meeting, outgoing: outgoing)
      body(&sink)
    }
  }

  func forget(_ tuple: TransportTuple) {
    guard let connection = byTuple.removeValue(forKey: tuple) else { return }
    connection.tuples.removeAll { $0 == tuple }
    connection.transport.forget(tuple)
  }

  // MARK: - Time

  var nextDeadline: MonotonicTime? {
    guard !connections.isEmpty || !meetings.isEmpty || isReportDue else { return nil }
    var earliest = nextTick
    for meeting in meetings.values {
      guard let due = meeting.room.nextDeadline else { continue }
      earliest = min(earliest, MonotonicTime(nanoseconds: due))
    }
    return earliest
  }

  func timeout(at now: MonotonicTime, into outgoing: inout OutgoingDatagrams) {
    for meeting in meetings.values {
      guard let due = meeting.room.nextDeadline, due <= now.nanoseconds else { continue }
      withSink(meeting, &outgoing) { sink in
        meeting.room.handleTimeout(slab: &slab, sink: &sink, at: now.nanoseconds)
      }
      drain(meeting)
    }
    guard now >= nextTick else { return }
    connecting = 0
    let isExpiryDue = now >= nextExpiry
    if isExpiryDue { nextExpiry = now + Self.expiryInterval }
    // Over a copy: one whose time is over leaves the list.
    for connection in connections {
      if !connection.transport.isConnected { connecting += 1 }
      tally.add(connection.transport.takeCounts())
      if isExpiryDue { forgetSilentTuples(of: connection, at: now) }
      guard let due = connection.transport.nextDeadline, due <= now else { continue }
      connection.transport.timeout(at: now, using: &random)
      serve(connection, at: now, into: &outgoing)
    }
    report()
    nextTick = now + (connecting > 0 ? Self.connectingTick : Self.quietTick)
  }

  private func report() {
    tally.connections = connections.count
    tally.meetings = meetings.count
    isReportDue = !connections.isEmpty || !meetings.isEmpty
    setup.count(tally)
    tally = MediaTally()
  }

  // MARK: - Connections

  func open(
    _ role: TransportRole, of member: MeetingMember, credentials: ICECredentials,
    at now: MonotonicTime
  ) -> MediaConnection {
    let connection = MediaConnection(
      role: role, member: member, credentials: credentials, dtls: setup.dtls, at: now)
    name(connection, credentials.fragment)
    connections.append(connection)
    member.set(connection, as: role)
    // So that its handshake is not kept waiting.
    nextTick = min(nextTick, now + Self.connectingTick)
    return connection
  }

  /// Checks with this name lead there from now on.
  func name(_ connection: MediaConnection, _ fragment: String) {
    byFragment[fragment] = connection
    connection.fragments.append(fragment)
    // The one before the last restart is still in use, older ones are not.
    while connection.fragments.count > 2 { byFragment[connection.fragments.removeFirst()] = nil }
  }

  /// Says goodbye and forgets it.
  func close(
    _ connection: MediaConnection, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) {
    connection.transport.close()
    while let datagram = connection.transport.nextDatagram() {
      outgoing.append(datagram.bytes, to: datagram.to)
    }
    // Over TCP it has to be on its way before the connection is closed.
    if connection.tuples.contains(where: { $0.connection != 0 }) { outgoing.flush() }
    forget(connection, at: now)
  }

  private func forget(_ connection: MediaConnection, at now: MonotonicTime) {
    for fragment in connection.fragments where byFragment[fragment] === connection {
      byFragment[fragment] = nil
    }
    for tuple in connection.tuples where byTuple[tuple] === connection {
      byTuple[tuple] = nil
      streams.hangUp(tuple.connection)
    }
    connections.removeAll { $0 === connection }
    let member = connection.member
    if member.connection(connection.role) === connection {
      member.set(nil, as: connection.role)
      if connection.role == .publishing { member.forgetDemand() }
      member.meeting.room.transportIsDown(member.index, role: connection.role, at: now.nanoseconds)
    }
  }

  /// Sends what a transport has to say, and hears what has become of it.
  func serve(
    _ connection: MediaConnection, at now: MonotonicTime, into outgoing: inout OutgoingDatagrams
  ) {
    while let datagram = connection.transport.nextDatagram() {
      outgoing.append(datagram.bytes, to: datagram.to)
    }
    while let event = connection.transport.nextEvent() {
      switch event {
      case .moved: break
      case .connected(let profile):
        tally.connected += 1
        if profile == .aes128GCM { tally.connectedGCM += 1 }
        let meeting = connection.member.meeting
        meeting.room.transportIsUp(
          connection.member.index, role: connection.role, at: now.nanoseconds)
        drain(meeting)
      case .ended(let reason):
        tally.lost += 1
        setup.log(connection.member.party, connection.role, reason)
        forget(connection, at: now)
        setup.report(
          .lost(
            connection.member.party, publishing: connection.role == .publishing,
            subscribing: connection.role == .subscribing))
      }
    }
  }
}
