import ConfabDomain
import NIOConcurrencyHelpers
import OrderedCollections

/// The names of people and channels, for the threads that spell answers while the hub goes on.
///
/// Names of people never change. A copy of the hub's state would serve too, but the hub would then
/// copy its tables at the next change.
final class Directory: Sendable {
  private struct Names {
    var people: [AccountID: String] = [:]
    var channels: [ChannelID: String] = [:]
  }

  private let names = NIOLockedValueBox(Names())

  init(_ state: PlaceState) { replace(with: state) }

  func replace(with state: PlaceState) {
    let people = Dictionary(
      uniqueKeysWithValues: state.accounts.values.map { ($0.id, $0.name.text) })
    let channels = Dictionary(
      uniqueKeysWithValues: state.channels.values.map { channel in
        (channel.id, Self.label(channel, people: people))
      })
    names.withLockedValue { $0 = Names(people: people, channels: channels) }
  }

  /// Takes in what an event says about names, as soon as it is decided.
  func note(_ event: Event) {
    switch event.body {
    case .accountCreated(let new):
      names.withLockedValue { $0.people[new.id] = new.name.text }
    case .channelCreated(let new):
      names.withLockedValue { names in
        names.channels[new.id] =
          new.name.map { "#\($0)" }
          ?? new.members.map { "@\(names.people[$0] ?? "")" }.joined(separator: "/")
      }
    case .roomRenamed(let channel, let name):
      names.withLockedValue { $0.channels[channel] = "#\(name)" }
    default: break
    }
  }

  func name(of account: AccountID) -> String {
    names.withLockedValue { $0.people[account] } ?? ""
  }

  /// The channel as nobody in particular types it: direct messages name both people.
  func label(of channel: ChannelID) -> String {
    names.withLockedValue { $0.channels[channel] } ?? "#\(channel)"
  }

  /// The channel as one of its people types it.
  func label(of channel: ChannelID, for reader: AccountID?) -> String {
    names.withLockedValue { names in
      let label = names.channels[channel] ?? "#\(channel)"
      guard label.hasPrefix("@"), let reader, let own = names.people[reader] else { return label }
      let others = label.split(separator: "/").filter { $0 != "@\(own)" }
      return others.first.map(String.init) ?? "@\(own)"
    }
  }

  private static func label(_ channel: Channel, people: [AccountID: String]) -> String {
    switch channel.kind {
    case .lobby: "#lobby"
    case .publicRoom, .privateRoom: "#\(channel.name?.text ?? "")"
    case .direct:
      channel.members.keys.map { "@\(people[$0] ?? "")" }.joined(separator: "/")
    }
  }
}
