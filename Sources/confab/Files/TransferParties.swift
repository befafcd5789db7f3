import ConfabClient
import ConfabDomain
import ConfabNetwork
import ConfabTransfer
import ConfabWire
import Dispatch
import NIOCore
import Primitives

/// What both ends of a transfer need to know of this device and this server.
struct TransferParties: Sendable {
  let profile: Profile
  let device: DeviceIdentity
  let server: HostPort

  init(_ current: CurrentServer) throws {
    profile = current.profile
    device = try current.profile.device()
    server = current.server.address
  }

  var transferDevice: TransferDevice {
    TransferDevice(
      identity: device.publicKeys.identity, agreement: device.publicKeys.agreement)
  }

  /// Where the rendezvous and relay of a connection's server listen for datagrams: another one than at
  /// first when that one is gone.
  func datagrams(of connection: Connection?) async -> PathAddress? {
    if case .network(let address, _)? = connection?.destination {
      return await datagrams(of: address)
    }
    return await datagrams(of: server)
  }

  /// Nil when its name has no address.
  func datagrams(of server: HostPort) async -> PathAddress? {
    let resolved = try? await offThread {
      try SocketAddress.makeAddressResolvingHost(server.host, port: server.port)
    }
    guard case .some(let address) = resolved, let bytes = IPAddressText.bytes(of: address) else {
      return nil
    }
    return PathAddress(bytes: bytes, port: UInt16(server.port))
  }

  /// Relies on the other device from now on, or stops where its key has changed.
  func pin(
    _ device: TransferDevice, named name: String, of person: String, _ connection: Connection
  )
    async throws -> DeviceStanding
  {
    let place = connection.welcome.place.hex
    let keys = DeviceKeys(identity: device.identity, agreement: device.agreement, name: name)
    var listed: [DeviceKeys] = []
    if try profile.needsList(toPin: keys, of: person, in: place) {
      listed = try await connection.devices(of: person).devices.compactMap { DeviceKeys($0.device) }
    }
    return try profile.pin(keys, of: person, in: place, listed: listed)
  }

  func relay(_ token: [UInt8], at address: PathAddress?) -> RelayPlace? {
    guard let address, let token = TransferToken(token) else { return nil }
    return RelayPlace(address: address, token: token)
  }
}

/// Something that blocks, away from the tasks' threads.
func offThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
  }
}

extension BlobVerdict {
  /// What was signed as it says, whoever signed it: the device behind it is judged by its pin.
  var signed: Content? {
    switch self {
    case .genuine(let content), .unknownKey(let content), .changedKey(let content): content
    case .badSignature, .otherVersion, .otherOffer, .malformed: nil
    }
  }
}
