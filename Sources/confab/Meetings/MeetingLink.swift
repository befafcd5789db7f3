import ConfabWire
import Foundation
import Primitives

/// The page where a browser holds a channel's meeting.
struct MeetingLink {
  /// For everybody who has an account: without anything secret.
  let shared: String
  /// For the browser of who asked: signs it in, once and within a minute.
  let personal: String

  /// - Parameter address: where the person's browser reaches the server, with `https://`.
  init(_ channel: WireChannelInfo, at address: String, _ code: WireSignInCode) {
    let path = "/room/\(Self.pathName(of: channel))/meeting"
    shared = code.webAddress + path
    let pin = code.pin.isEmpty ? "" : "pin=\(code.pin)&"
    personal = "\(address)\(path)#\(pin)code=\([UInt8](code.code).base64URL)"
  }

  /// The room's number; the lobby's and a person's name where there is none.
  private static func pathName(of channel: WireChannelInfo) -> String {
    guard channel.number == 0 else { return String(channel.number) }
    return channel.label.hasPrefix("#") ? String(channel.label.dropFirst()) : channel.label
  }
}

/// Shows a page to the person, on a desktop.
enum Browser {
  private static let launchers = ["xdg-open", "open"]

  /// - Returns: false when there is no desktop here, or nothing that opens pages.
  static func open(_ link: String) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    let hasDesktop = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].contains {
      !(environment[$0] ?? "").isEmpty
    }
    guard hasDesktop, let launcher = find(environment) else { return false }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: launcher)
    process.arguments = [link]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return (try? process.run()) != nil
  }

  private static func find(_ environment: [String: String]) -> String? {
    let named = environment["BROWSER"].map { [$0] } ?? []
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    for name in named + launchers {
      let places = name.hasPrefix("/") ? [name] : folders.map { "\($0)/\(name)" }
      if let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) {
        return found
      }
    }
    return nil
  }
}
