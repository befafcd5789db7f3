import Foundation
import Testing

/// Most tests may be run by root, who is allowed what others are not.
@Suite struct PrivilegeTests {
  @Test(.enabled(if: getuid() == 0, "who is not root tests it with every other test"))
  func theClientNeedsNoPrivilege() async throws {
    let place = try await Place()
    let home = place.home("nobody")
    try FileManager.default.createDirectory(
      atPath: home, withIntermediateDirectories: true,
      attributes: [.ownerAccountID: 65_534, .groupOwnerAccountID: 65_534])
    // The folder of the build may be closed to others.
    let copy = place.folder + "/confab"
    try FileManager.default.copyItem(atPath: RunningProgram.confab.path, toPath: copy)
    let link = try #require(place.ownerLink)
    let program = try RunningProgram(
      program: URL(fileURLWithPath: "/usr/bin/setpriv"),
      ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "join", link]
        + ["--name", "ann", "--password-stdin"],
      home: home, input: password)
    try await program.outcome().expectSuccess()
  }
}
