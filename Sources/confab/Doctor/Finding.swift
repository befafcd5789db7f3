/// What a checkup looks at, in this order.
enum Check: String {
  case name
  case tcp
  case tls
  case certificate
  case `protocol`
  case clock
  case signIn = "sign-in"
  case https
  case udp

  /// Without it nobody can talk over the server.
  var isEssential: Bool {
    switch self {
    case .name, .tcp, .tls, .certificate, .protocol: true
    case .clock, .signIn, .https, .udp: false
    }
  }
}

/// What one check found, in words for the person, and what to do about it.
struct Finding {
  enum Status: String {
    case ok
    case problem
    /// It makes no sense, or an earlier check that it needs has failed.
    case skipped
  }

  var check: Check
  var status: Status
  var words: String
  var advice: [String] = []
  var isEssential: Bool

  private init(_ check: Check, _ status: Status, _ words: String, advice: [String] = []) {
    (self.check, self.status, self.words, self.advice) = (check, status, words, advice)
    isEssential = check.isEssential
  }

  static func ok(_ check: Check, _ words: String) -> Finding {
    Finding(check, .ok, words)
  }

  static func problem(_ check: Check, _ words: String, _ advice: String...) -> Finding {
    Finding(check, .problem, words, advice: advice)
  }

  static func problem(_ check: Check, _ words: String, advice: [String]) -> Finding {
    Finding(check, .problem, words, advice: advice)
  }

  static func skipped(_ check: Check, _ words: String) -> Finding {
    Finding(check, .skipped, words)
  }

  func show(json: Bool) {
    if json { return Output.line(object) }
    let state = status == .problem ? Output.strong("problem") : status.rawValue
    let gap = String(repeating: " ", count: 9 - status.rawValue.count)
    let name = check.rawValue.padded(to: 13)
    Output.line("\(state)\(gap)\(name)\(words.escapedLine)")
    for line in advice { Output.line("".padded(to: 22) + line.escapedLine) }
  }

  private var object: JSONObject {
    var object = JSONObject(event: "check")
    object.add("check", check.rawValue)
    object.add("status", status.rawValue)
    object.add("essential", isEssential)
    object.add("words", words)
    if !advice.isEmpty { object.add("advice", .strings(advice)) }
    return object
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
