/// Reads a description line by line. Attributes that we have no use for are passed over, whatever they
/// say; those that we use must be well formed.
package struct SDPParser {
  private var description = SessionDescription()

  package static func parse(_ text: String) throws(NegotiationError) -> SessionDescription {
    guard text.utf8.count <= SDPLimits.descriptionBytesMax else { throw .tooLarge }
    var parser = SDPParser()
    var isFirst = true
    for var line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      guard !line.isEmpty else { continue }
      let line = Substring(line)
      if isFirst, line != "v=0" { throw .malformed("it does not begin with v=0") }
      isFirst = false
      try parser.take(line)
    }
    guard !isFirst else { throw .malformed("it is empty") }
    return parser.description
  }

  private mutating func take(_ line: Substring) throws(NegotiationError) {
    if line.hasPrefix("m=") {
      try beginSection(line.dropFirst(2))
    } else if line.hasPrefix("a=") {
      let attribute = line.dropFirst(2)
      let name = attribute.prefix { $0 != ":" }
      let value = attribute.dropFirst(name.count + 1)
      if try takeTransport(name, value) { return }
      if description.sections.isEmpty {
        if name == "group" { takeGroup(value) }
      } else {
        try takeMedia(name, value)
      }
    } else {
      // Every line is a letter, an equals sign and a value; browsers use but a few letters.
      guard line.utf8.count >= 2, line.utf8.dropFirst().first == UInt8(ascii: "=") else {
        throw .malformed("a line has no type: \(line.prefix(40))")
      }
    }
  }

  private mutating func beginSection(_ value: Substring) throws(NegotiationError) {
    guard description.sections.count < SDPLimits.sectionsMax else { throw .tooLarge }
    let fields = value.split(separator: " ")
    guard fields.count >= 4, let port = Int(fields[1].prefix { $0 != "/" }),
      (0...65_535).contains(port), fields.count <= 3 + SDPLimits.attributesMax
    else { throw .malformed("an m= line: \(value.prefix(80))") }
    description.sections.append(
      MediaSection(
        media: String(fields[0]), port: port, proto: String(fields[2]),
        formats: fields.dropFirst(3).map(String.init)))
  }

  private mutating func takeGroup(_ value: Substring) {
    let fields = value.split(separator: " ")
    if fields.first == "BUNDLE" {
      description.bundle = fields.dropFirst().prefix(SDPLimits.sectionsMax).map(String.init)
    }
  }

  /// True when the attribute was one of a transport, of the session's or of the last section's.
  private mutating func takeTransport(
    _ name: Substring, _ value: Substring
  ) throws(NegotiationError) -> Bool {
    let index = description.sections.indices.last
    var transport = index.map { description.sections[$0].transport } ?? description.transport
    switch name {
    case "ice-ufrag": transport.iceUsernameFragment = try token(value)
    case "ice-pwd": transport.icePassword = try token(value)
    case "setup":
      guard let role = SetupRole(rawValue: String(value)) else {
        throw .malformed("a=setup:\(value.prefix(40))")
      }
      transport.setup = role
    case "fingerprint":
      let fields = value.split(separator: " ")
      guard fields.count == 2 else { throw .malformed("a=fingerprint:\(value.prefix(40))") }
      if fields[0].lowercased() == "sha-256" {
        guard let bytes = Self.fingerprint(fields[1]) else {
          throw .malformed("a SHA-256 fingerprint has 32 bytes in hexadecimal digits")
        }
        transport.fingerprint = bytes
      }
    default: return false
    }
    if let index {
      description.sections[index].transport = transport
    } else {
      description.transport = transport
    }
    return true
  }

  private static func fingerprint(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 32 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard part.utf8.count == 2, let byte = UInt8(part, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private mutating func takeMedia(
    _ name: Substring, _ value: Substring
  ) throws(NegotiationError) {
    let last = description.sections.count - 1
    switch name {
    case "mid": description.sections[last].mid = try token(value)
    case "rtcp-mux": description.sections[last].isRTCPMultiplexed = true
    case "rtcp-rsize": description.sections[last].isRTCPReducedSize = true
    case "sendrecv", "sendonly", "recvonly", "inactive":
      if let direction = MediaDirection(rawValue: String(name)) {
        description.sections[last].direction = direction
      }
    case "rtpmap": try takeCodec(value, in: last)
    case "fmtp": takeParameters(value, in: last)
    case "rtcp-fb": takeFeedback(value, in: last)
    case "extmap": try takeExtension(value, in: last)
    case "rid":
      let fields = value.split(separator: " ")
      guard fields.count >= 2 else { throw .malformed("a=rid:\(value.prefix(40))") }
      guard fields[1] == "send" else { return }
      let rid = try token(fields[0])
      append(rid, to: \.sentRids, in: last)
    case "simulcast": takeSimulcast(value, in: last)
    case "ssrc": try takeSSRC(value, in: last)
    case "ssrc-group": takeGroup(value, in: last)
    default: return
    }
  }

  private mutating func append<Element>(
    _ element: Element, to list: WritableKeyPath<MediaSection, [Element]>, in section: Int
  ) {
    guard description.sections[section][keyPath: list].count < SDPLimits.attributesMax else {
      return
    }
    description.sections[section][keyPath: list].append(element)
  }

  private mutating func takeCodec(_ value: Substring, in section: Int) throws(NegotiationError) {
    let fields = value.split(separator: " ")
    let parts = fields.count == 2 ? fields[1].split(separator: "/") : []
    guard let payloadType = UInt8(fields.first ?? ""), payloadType < 128, parts.count >= 2,
      let clockRate = Int(parts[1]), clockRate > 0, parts[0].utf8.count <= SDPLimits.tokenBytesMax
    else { throw .malformed("a=rtpmap:\(value.prefix(40))") }
    guard let index = codec(payloadType, in: section) else { return }
    description.sections[section].codecs[index].name = String(parts[0])
    description.sections[section].codecs[index].clockRate = clockRate
    if parts.count > 2 {
      description.sections[section].codecs[index].channels = Int(parts[2]) ?? 1
    }
  }

  private mutating func takeParameters(_ value: Substring, in section: Int) {
    let number = value.prefix { $0 != " " }
    guard let payloadType = UInt8(number), let index = codec(payloadType, in: section) else {
      return
    }
    description.sections[section].codecs[index].parameters = String(
      value.dropFirst(number.count + 1))
  }

  private mutating func takeFeedback(_ value: Substring, in section: Int) {
    let number = value.prefix { $0 != " " }
    let kind = String(value.dropFirst(number.count + 1))
    if number == "*" { return append(kind, to: \.feedbackOfAll, in: section) }
    guard let payloadType = UInt8(number), let index = codec(payloadType, in: section),
      description.sections[section].codecs[index].feedback.count < SDPLimits.attributesMax
    else { return }
    description.sections[section].codecs[index].feedback.append(kind)
  }

  /// The codec's place. Firefox says parameters before names, so what is not there is made; nil when
  /// there are too many.
  private mutating func codec(_ payloadType: UInt8, in section: Int) -> Int? {
    if let index = description.sections[section].codecs.firstIndex(where: {
      $0.payloadType == payloadType
    }) {
      return index
    }
    let count = description.sections[section].codecs.count
    append(Codec(payloadType: payloadType, name: "", clockRate: 1), to: \.codecs, in: section)
    return count < description.sections[section].codecs.count ? count : nil
  }

  private mutating func takeExtension(
    _ value: Substring, in section: Int
  ) throws(NegotiationError) {
    let fields = value.split(separator: " ")
    // `4/sendonly` is a number with a direction.
    guard fields.count >= 2, let number = Int(fields[0].prefix { $0 != "/" }) else {
      throw .malformed("a=extmap:\(value.prefix(40))")
    }
    append(
      ExtensionMapping(number: number, uri: String(fields[1])), to: \.extensions, in: section)
  }

  /// `send h;m;l`, where `,` parts alternatives and `~` marks one that is paused at first.
  private mutating func takeSimulcast(_ value: Substring, in section: Int) {
    let fields = value.split(separator: " ")
    guard let send = fields.firstIndex(of: "send"), send + 1 < fields.count else { return }
    for stream in fields[send + 1].split(separator: ";") {
      guard var rid = stream.split(separator: ",").first else { continue }
      if rid.first == "~" { rid.removeFirst() }
      append(String(rid), to: \.simulcastRids, in: section)
    }
  }

  private mutating func takeSSRC(_ value: Substring, in section: Int) throws(NegotiationError) {
    guard let ssrc = UInt32(value.prefix { $0 != " " }) else {
      throw .malformed("a=ssrc:\(value.prefix(40))")
    }
    if description.sections[section].ssrcs.last != ssrc {
      append(ssrc, to: \.ssrcs, in: section)
    }
  }

  private mutating func takeGroup(_ value: Substring, in section: Int) {
    let fields = value.split(separator: " ")
    guard fields.count == 3, fields[0] == "FID", let media = UInt32(fields[1]),
      let repair = UInt32(fields[2])
    else { return }
    append(RepairPair(media: media, repair: repair), to: \.repairPairs, in: section)
  }

  /// What may stand in our answer: printable ASCII without spaces.
  private func token(_ value: Substring) throws(NegotiationError) -> String {
    guard !value.isEmpty, value.utf8.count <= SDPLimits.tokenBytesMax,
      value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw .malformed("a name is empty, too long or not ASCII: \(value.prefix(40))") }
    return String(value)
  }
}
