import ConfabTerminal
import ConfabWire
import SwiftProtobuf

// Meetings are held in the browser; the chat shows the way.
extension ChatSession {
  func meet(in key: String) async throws {
    let request = WireWatchMeeting.with { $0.channel = book.reference(key) }
    guard case .meetingStanding(let standing) = try await online.request(.watchMeeting(request)),
      case .signInCode(let code) = try await online.request(
        .createSignInCode(.with { $0.channel = book.reference(key) }))
    else { throw ChatError.wrongAnswer }
    _ = try await online.request(
      .watchMeeting(
        .with {
          $0.channel = book.reference(key)
          $0.stop = true
        }))
    guard let info = book.info(named: standing.info.label) else { throw ChatError.wrongAnswer }
    let page = MeetingLink(info, at: code.webAddress, code)
    let isOpen = Browser.open(page.personal)
    await answer([
      StyledLine(standing.info.words),
      StyledLine(
        isOpen
          ? "The meeting opens in your browser. Or go there yourself, once and within a minute:"
          : "Open this in your browser, once and within a minute:"),
      StyledLine(page.personal),
    ])
  }
}
