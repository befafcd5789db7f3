package import ConfabDomain

extension WireRole {
  package init(_ role: Role) {
    switch role {
    case .member: self = .member
    case .owner: self = .owner
    case .guest: self = .guest
    }
  }
}

extension Role {
  /// Nil for a role that this version does not know.
  package init?(_ role: WireRole) {
    switch role {
    case .member: self = .member
    case .owner: self = .owner
    case .guest: self = .guest
    case .unspecified, .UNRECOGNIZED: return nil
    }
  }
}

extension WireChannelKind {
  package init(_ kind: Channel.Kind) {
    switch kind {
    case .lobby: self = .lobby
    case .publicRoom: self = .public
    case .privateRoom: self = .private
    case .direct: self = .direct
    }
  }
}

extension Channel.Kind {
  /// Nil for a kind that this version does not know.
  package init?(_ kind: WireChannelKind) {
    switch kind {
    case .lobby: self = .lobby
    case .public: self = .publicRoom
    case .private: self = .privateRoom
    case .direct: self = .direct
    case .unspecified, .UNRECOGNIZED: return nil
    }
  }
}
