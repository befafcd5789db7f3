package import ConfabDomain
import Primitives

extension WireChannelInfo {
  /// A channel as one person sees it.
  ///
  /// - Parameters:
  ///   - label: what the reader types for it, from `PlaceState.label`.
  ///   - owner: the owner's name; empty for a channel without one.
  ///   - members: how many there are.
  ///   - membership: the reader's; nil for who has not joined, and for the operator.
  package init(
    _ channel: Channel, label: String, owner: String, members: Int, membership: Membership?
  ) {
    self.init()
    id = channel.id.rawValue
    self.label = label
    kind = WireChannelKind(channel.kind)
    number = channel.number ?? 0
    self.owner = owner
    self.members = UInt32(clamping: members)
    sequence = channel.sequence
    position = channel.position
    closed = channel.isClosed
    at = channel.lastMessageAt.millisecondsSinceEpoch
    guard let membership else { return }
    joined = true
    visibleAfterPosition = membership.visibility.afterPosition
    readThrough = membership.readThrough
    unread = channel.unread(after: membership.readThrough)
    mentions = UInt64(membership.mentions.count)
  }
}
