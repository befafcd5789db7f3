import ConfabMedia
import ConfabNetwork
import Foundation
import Primitives
import Testing

/// Another implementation, libsrtp, reads what we seal and the other way round; where it is not
/// installed (PyPI's pylibsrtp), nothing is asked of it.
@Suite(.enabled(if: SRTPOracle.isInstalled)) struct SRTPOracleTests {
  @Test(arguments: SRTPProfile.allCases)
  func libsrtpAgrees(_ profile: SRTPProfile) throws {
    let master = SRTPTests.master(profile, seed: 77)
    let sender = SealingSide(profile: profile, master: master)
    let receiver = OpeningSide(profile: profile, master: master)
    let plain = [65_534, 65_535, 0, 1].map { SRTPTests.packet(sequence: $0, payload: 333) }
    let control = SRTPTests.control()
    var sealed: [[UInt8]] = []
    for packet in plain { sealed.append(try #require(sender.seal(packet))) }
    let sealedControl = try #require(sender.sealControl(control))
    let answers = try SRTPOracle.ask(
      profile, master, open: sealed, openControl: sealedControl, seal: plain, sealControl: control)
    #expect(answers.count == 2 * plain.count + 2)
    #expect(Array(answers[..<4]) == plain)
    #expect(answers[4] == control)
    #expect(Array(answers[5..<9]) == sealed)
    for (index, packet) in plain.enumerated() {
      #expect(receiver.open(answers[5 + index]) == packet)
    }
    #expect(receiver.openControl(answers[9]) == control)
  }
}

private enum SRTPOracle {
  static let isInstalled = (try? run("import pylibsrtp; print('done')", [])) != nil

  private static let script = """
    import sys
    from pylibsrtp import Policy, Session
    lines = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    profile = {1: Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 7: Policy.SRTP_PROFILE_AEAD_AES_128_GCM}
    def session(kind):
        return Session(Policy(key=lines[1], ssrc_type=kind, srtp_profile=profile[lines[0][0]]))
    incoming, outgoing = session(Policy.SSRC_ANY_INBOUND), session(Policy.SSRC_ANY_OUTBOUND)
    for line in lines[2:6]: print(incoming.unprotect(line).hex())
    print(incoming.unprotect_rtcp(lines[6]).hex())
    for line in lines[7:11]: print(outgoing.protect(line).hex())
    print(outgoing.protect_rtcp(lines[11]).hex())
    print("done")
    """

  static func ask(
    _ profile: SRTPProfile, _ master: SRTPMasterKey, open: [[UInt8]], openControl: [UInt8],
    seal: [[UInt8]], sealControl: [UInt8]
  ) throws -> [[UInt8]] {
    let lines =
      [[UInt8(profile.rawValue)], master.key + master.salt] + open + [openControl] + seal
      + [sealControl]
    return try run(script, lines).split(separator: "\n").compactMap { [UInt8](hex: $0) }
  }

  private struct Failed: Error {}

  private static func run(_ script: String, _ lines: [[UInt8]]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    try input.fileHandleForWriting.write(
      contentsOf: Data(lines.map(\.hex).joined(separator: "\n").utf8))
    try input.fileHandleForWriting.close()
    // The end of its words is the end of the program; waiting for that itself would hold a thread that
    // other tests need.
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    guard text.hasSuffix("done\n") else { throw Failed() }
    return text
  }
}
