extension ChatModel {
  mutating func pageUp() -> [ChatIntent] {
    guard let index = currentIndex else { return [] }
    let (window, height) = timelineWindow(of: channels[index])
    let (anchor, isAtTop) = window.scrolled(up: max(1, height - 1), height: height)
    channels[index].scroll = anchor
    return isAtTop ? loadOlder(count: ChatLimits.historyPageMessages) : []
  }

  mutating func pageDown() {
    guard let index = currentIndex else { return }
    let (window, height) = timelineWindow(of: channels[index])
    channels[index].scroll = window.scrolled(down: max(1, height - 1))
  }

  mutating func scrollToNewest() {
    guard let index = currentIndex else { return }
    channels[index].scroll = nil
  }

  mutating func loadOlder(count: Int) -> [ChatIntent] {
    guard let index = currentIndex, !channels[index].isLoadingOlder else { return [] }
    let timeline = channels[index].timeline
    guard timeline.hasOlder, let first = timeline.firstSequence, first > 1 else {
      hint = "This is the beginning "
      return []
    }
    let room = ChatLimits.entriesPerChannelMax - timeline.entries.count
    guard room > 0 else {
      hint = "No more fits on this screen "
      return []
    }
    channels[index].isLoadingOlder = true
    return [
      .loadOlder(
        channel: channels[index].summary.key, before: first, count: min(count, room))
    ]
  }

  private func timelineWindow(of channel: Channel) -> (TimelineWindow, height: Int) {
    let layout = ChatLayout(self, width: size.width, height: size.height)
    let window = TimelineWindow(
      channel, account: account, zone: zone, width: layout.messagesWidth)
    return (window, max(1, layout.bodyHeight))
  }
}
