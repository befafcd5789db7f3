package import ConfabDomain

extension WireServerFrame {
  /// The answer to a request.
  package static func reply(to request: UInt64, _ body: OneOf_Body) -> WireServerFrame {
    var frame = WireServerFrame()
    frame.replyTo = request
    frame.body = body
    return frame
  }

  /// What the server says of its own accord.
  package static func push(_ body: OneOf_Body) -> WireServerFrame {
    reply(to: 0, body)
  }

  package static func done(_ request: UInt64) -> WireServerFrame {
    reply(to: request, .done(WireDone()))
  }

  /// Of a refusal and of a goodbye, what was wrong.
  package var rejectionCode: Rejection.Code? {
    switch body {
    case .refusal(let refusal): Rejection.Code(rawValue: refusal.code)
    case .goodbye(let goodbye): Rejection.Code(rawValue: goodbye.reason.code)
    default: nil
    }
  }

  package static func refusal(of request: UInt64, _ rejection: Rejection) -> WireServerFrame {
    reply(to: request, .refusal(WireRefusal(rejection)))
  }
}

extension WireServerFrame.OneOf_Body {
  /// Whether the server says this of its own accord; all else answers a request.
  package var isPush: Bool {
    switch self {
    case .event, .presence, .channelChanged, .channelGone, .lagging, .goodbye, .deviceNotice,
      .fileOffered, .fileAnswered, .fileWithdrawn, .fileCandidates, .meetingChanged,
      .meetingAdmitted, .meetingGone, .participantChanged, .participantLeft, .speaking,
      .mediaOffer, .mediaSlots, .mediaLost, .mediaDemand:
      true
    case .welcome, .refusal, .done, .signedIn, .sessionList, .channelList, .memberList,
      .presenceList, .sent, .messageList, .eventList, .searchHitList, .deviceList, .channelInfo,
      .fileOfferStanding, .fileAcceptance, .fileOfferList, .meetingJoined, .meetingElsewhere,
      .meetingStanding, .mediaAnswer, .signInCode, .accountList, .invitation, .auditList,
      .auditVerdict, .archive, .archiveChunk, .invitationList, .diskUse:
      false
    }
  }
}

extension WireClientFrame {
  package static func request(_ request: UInt64, _ body: OneOf_Body) -> WireClientFrame {
    var frame = WireClientFrame()
    frame.request = request
    frame.body = body
    return frame
  }
}
