import ArgumentParser
import ConfabClient
import ConfabNetwork
import ConfabWire
import Primitives

/// `#room`, `@name`, or a room's name or number without its mark.
struct ChannelArgument: ExpressibleByArgument {
  let name: String
  /// It was typed with `#` or `@`, and so can be meant as nothing else.
  let hasMark: Bool

  init?(argument: String) {
    guard !argument.isEmpty, argument != "#", argument != "@" else { return nil }
    hasMark = argument.hasPrefix("#") || argument.hasPrefix("@")
    name = hasMark ? argument : "#" + argument
  }

  var reference: WireChannelRef { .named(name) }
}

/// A room, with or without `#`.
struct RoomArgument: ExpressibleByArgument {
  let name: String

  init?(argument: String) {
    let bare = argument.hasPrefix("#") ? String(argument.dropFirst()) : argument
    guard !bare.isEmpty, !bare.hasPrefix("@") else { return nil }
    name = "#" + bare
  }

  var reference: WireChannelRef { .named(name) }
  var bareName: String { String(name.dropFirst()) }
}

/// A person, with or without `@`.
struct PersonArgument: ExpressibleByArgument {
  let name: String

  init?(argument: String) {
    let bare = argument.hasPrefix("@") ? String(argument.dropFirst()) : argument
    guard !bare.isEmpty, !bare.hasPrefix("#") else { return nil }
    name = bare
  }
}

/// RFC 3339 or `1 Jun 2022 21:30:04`, in the zone of the machine where it names no other.
struct TimeArgument: ExpressibleByArgument {
  let time: WallTime

  init?(argument: String) {
    guard let time = TimeText.parse(argument, offsetSeconds: LocalTime.offsetSeconds(showing:))
    else { return nil }
    self.time = time
  }
}

/// From where to read: a time, or the number of a message.
enum SinceArgument {
  case time(WallTime)
  case sequence(UInt64)

  init(parsing text: String) throws {
    if let number = UInt64(text), text.first != "+" {
      self = .sequence(number)
    } else if let time = TimeArgument(argument: text) {
      self = .time(time.time)
    } else {
      throw ValidationError(
        "write a message's number, 2022-06-01T21:30:04Z, or '1 Jun 2022 21:30:04'.")
    }
  }
}

/// `30m`, `12h`, `7d`.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = argument.last.flatMap({ units[$0] }), argument.first?.isNumber == true,
      let count = Int64(argument.dropLast()), count > 0, count <= 1_000_000_000
    else { return nil }
    duration = .seconds(count * unit)
  }
}

/// `HOST` or `HOST:PORT`.
struct ServerArgument: ExpressibleByArgument {
  let address: HostPort

  init?(argument: String) {
    guard let address = try? HostPort(server: argument) else { return nil }
    self.address = address
  }
}
