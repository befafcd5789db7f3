import ConfabClient
import ConfabMedia
import ConfabNetwork
import ConfabWire
import Foundation
import SwiftProtobuf

/// Confab itself, over its own protocol: one connection for each participant.
final class ConfabMeetingServer: MeetingServer {
  /// The server limits how fast one person joins; a load of many devices is shared by a few.
  private static let accounts = 16
  private static let lobby = WireChannelRef.with { $0.name = "#lobby" }

  private let server: BenchServer
  private let sessions: BenchSessions
  private var connections: [Connection] = []
  /// The publishers' numbers in the meeting.
  private var publishers: [UInt32] = []

  var pid: Int32? { server.pid }
  let setupOffered = "actpass"

  init(_ server: BenchServer) async throws {
    self.server = server
    sessions = try await server.sessions(count: Self.accounts)
  }

  private func dial() async throws -> Connection {
    let token = sessions.tokens[connections.count % sessions.tokens.count]
    let connection = try await Dialer(
      to: .network(server.address, pin: sessions.pin),
      credentials: Credentials(.token(token), device: nil), device: nil, client: "confab bench"
    ).dial()
    connections.append(connection)
    return connection
  }

  func publish(_ offer: String, _ streams: [PeerStream]) async throws -> String {
    let connection = try await dial()
    let joined = try await connection.joinMeeting(
      Self.lobby, key: [], microphone: true, camera: true)
    publishers.append(joined.participant)
    return try await connection.publishMedia(
      offer, streams.map { ($0.mid, $0.kind == .video ? .camera : .microphone) },
      in: joined.info.meeting)
  }

  func watch(
    seen: [Int], heard: [Int], answer: (String) throws -> String
  ) async throws {
    let connection = try await dial()
    let joined = try await connection.joinMeeting(Self.lobby, key: [])
    let meeting = joined.info.meeting
    while true {
      for push in try await connection.pushes.next() {
        guard case .mediaOffer(let offer) = push else { continue }
        try await connection.answerMedia(
          try answer(offer.sdp), to: offer.number, in: meeting)
        return try await connection.wishMedia(
          seen.map { place in
            .with {
              ($0.participant, $0.source) = (publishers[place], .camera)
              ($0.width, $0.height) = (640, 360)
            }
          }, in: meeting)
      }
    }
  }

  /// It sees where checks come from.
  func announce(port: Int) async throws {}

  func keepAlive() async throws {}

  func end() async {
    for connection in connections { await connection.close() }
    server.end()
  }
}
