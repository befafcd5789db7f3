import ConfabDomain
import ConfabHub
import ConfabNetwork
import ConfabWire
import FoundationEssentials
import Primitives
import SwiftProtobuf

/// From what the hub answers to what a client reads.
struct ReplyTranslation {
  let links: LateLinks

  func body(_ reply: Reply) -> WireServerFrame.OneOf_Body {
    switch reply {
    case .done: return .done(WireDone())
    case .signedIn(let view): return .signedIn(WireSignedIn(view))
    case .sessions(let views):
      return .sessionList(.with { $0.sessions = views.map(WireSession.init) })
    case .channels(let views, let more):
      return .channelList(
        .with { ($0.channels, $0.more) = (views.map(WireChannelInfo.init), more) })
    case .channel(let view): return .channelInfo(WireChannelInfo(view))
    case .members(let views, let more):
      return .memberList(.with { ($0.members, $0.more) = (views.map(WireMember.init), more) })
    case .people(let views, let more):
      return .presenceList(.with { ($0.people, $0.more) = (views.map(WirePresence.init), more) })
    case .sent(let view):
      return .sent(
        WireSent(
          channel: view.channel, label: view.label, sequence: view.sequence,
          position: view.position, at: view.at))
    case .devices(let name, let devices):
      return .deviceList(
        .with { ($0.name, $0.devices) = (name, devices.map(WireDeviceInfo.init)) })
    case .accounts(let views, let more):
      return .accountList(.with { ($0.accounts, $0.more) = (views.map(WireAccount.init), more) })
    case .invitations(let views, let more):
      return .invitationList(
        .with { ($0.invitations, $0.more) = (views.map(WireOpenInvitation.init), more) })
    case .invitation(let secret, let expiresAt):
      let link = links.link(invitation: secret.bytes)
      return .invitation(
        .with {
          $0.link = link.native
          $0.webLink = link.web
          $0.expiresAt = expiresAt?.millisecondsSinceEpoch ?? 0
        })
    case .fileStanding(let view): return .fileOfferStanding(WireFileOfferStanding(view))
    case .fileAcceptance(let view): return .fileAcceptance(WireFileAcceptance(view))
    case .fileOffers(let views, let more):
      return .fileOfferList(
        .with { ($0.offers, $0.more) = (views.map(WireFileOffer.init), more) })
    case .meetingJoined, .meetingElsewhere, .meetingStanding, .mediaAnswer, .guestLink, .signInCode:
      return meetingBody(reply)
    }
  }

  private func meetingBody(_ reply: Reply) -> WireServerFrame.OneOf_Body {
    switch reply {
    case .meetingJoined(let view): return .meetingJoined(WireMeetingJoined(view))
    case .meetingElsewhere(let view, let code, let expiresAt, let node):
      return .meetingElsewhere(
        .with {
          $0.info = WireMeetingInfo(view)
          $0.code = signInCode(code, expiresAt, at: node)
        })
    case .meetingStanding(let view): return .meetingStanding(WireMeetingStanding(view))
    case .mediaAnswer(let sdp): return .mediaAnswer(.with { $0.sdp = sdp })
    case .guestLink(let secret, let path, let expiresAt):
      return .invitation(
        .with {
          $0.webLink = links.link(guest: secret.bytes, path: path)
          $0.expiresAt = expiresAt?.millisecondsSinceEpoch ?? 0
        })
    case .signInCode(let code, let expiresAt, let node):
      return .signInCode(signInCode(code, expiresAt, at: node))
    default: return .done(WireDone())
    }
  }

  /// - Parameter node: nil for this server.
  private func signInCode(
    _ code: Secret, _ expiresAt: WallTime, at node: NodeAddress?
  ) -> WireSignInCode {
    .with {
      ($0.code, $0.expiresAt) = (Data(code.bytes), expiresAt.millisecondsSinceEpoch)
      guard let node else {
        ($0.webAddress, $0.pin) = (links.webAddress, links.pinText)
        return
      }
      ($0.webAddress, $0.pin) = ("https://\(node.address)", node.pin ?? "")
      $0.server = WireServerAddress(node)
    }
  }

  func body(_ notice: Notice) -> WireServerFrame.OneOf_Body {
    switch notice {
    case .channelChanged(let view): .channelChanged(WireChannelInfo(view))
    case .channelGone(let channel, let label):
      .channelGone(.with { ($0.channel, $0.label) = (channel.rawValue, label) })
    case .deviceSeen(let keys, let address):
      .deviceNotice(.with { ($0.device, $0.address) = (WireDevice(keys), address) })
    case .fileOffered(let view): .fileOffered(WireFileOffer(view))
    case .fileAnswered(let view): .fileAnswered(WireFileAnswered(view))
    case .fileWithdrawn(let id, let reason):
      .fileWithdrawn(
        .with { ($0.transferID, $0.reason) = (Data(id.bytes), WireFileWithdrawal(reason)) })
    case .fileCandidates(let id, let pairing, let candidates):
      .fileCandidates(
        .with {
          ($0.transferID, $0.pairing) = (Data(id.bytes), pairing.rawValue)
          $0.candidates = Data(candidates)
        })
    case .meetingChanged, .meetingAdmitted, .meetingGone, .participantChanged, .participantLeft,
      .speaking, .mediaOffer, .mediaSlots, .mediaLost, .mediaDemand:
      notice.meetingBody ?? .lagging(WireLagging())
    }
  }
}

extension WireSignedIn {
  init(_ view: SignedInView) {
    self.init(
      account: view.account, name: view.name, role: view.role, session: view.session,
      token: view.token?.bytes ?? [])
    others = view.others.map(WireServerAddress.init)
  }
}

extension WireServerAddress {
  init(_ node: NodeAddress) {
    self.init()
    (address, pin) = (node.address, node.pin ?? "")
  }
}

extension WireSession {
  fileprivate init(_ view: SessionView) {
    self.init()
    id = view.id.rawValue
    name = view.name
    deviceName = view.deviceName
    address = view.address
    openedAt = view.openedAt.millisecondsSinceEpoch
    current = view.isCurrent
    active = view.isActive
  }
}

extension WireChannelInfo {
  fileprivate init(_ view: ChannelView) {
    self.init()
    id = view.id.rawValue
    label = view.label
    kind = WireChannelKind(view.kind)
    number = view.number ?? 0
    owner = view.owner
    members = UInt32(clamping: view.members)
    sequence = view.sequence
    position = view.position
    visibleAfterPosition = view.visibleAfterPosition
    readThrough = view.readThrough
    unread = view.unread
    mentions = UInt64(clamping: view.mentions)
    joined = view.isJoined
    closed = view.isClosed
    at = view.at.millisecondsSinceEpoch
  }
}

extension WireMember {
  fileprivate init(_ view: MemberView) {
    self.init()
    name = view.name
    owner = view.isOwner
    active = view.isActive
  }
}

extension WirePresence {
  init(_ view: PresenceView) {
    self.init()
    name = view.name
    active = view.isActive
    since = view.since.millisecondsSinceEpoch
    address = view.address
    canReceiveFiles = view.canReceiveFiles
  }
}

extension WireDeviceInfo {
  fileprivate init(_ device: Device) {
    self.init()
    self.device = WireDevice(device.keys)
    registeredAt = device.registeredAt.millisecondsSinceEpoch
  }
}

extension WireAccount {
  fileprivate init(_ view: AccountView) {
    self.init()
    name = view.name
    role = WireRole(view.role)
    disabled = view.isDisabled
    lockedUntil = view.lockedUntil?.millisecondsSinceEpoch ?? 0
    createdAt = view.createdAt.millisecondsSinceEpoch
    active = view.isActive
  }
}

extension WireOpenInvitation {
  fileprivate init(_ view: InvitationView) {
    self.init()
    id = view.id.rawValue
    role = WireRole(view.role)
    usesLeft = view.usesLeft
    expiresAt = view.expiresAt?.millisecondsSinceEpoch ?? 0
    by = view.by
    label = view.label
  }
}
