// swift-tools-version: 6.2
import PackageDescription

// Entry points for libFuzzer, a folder of Sources/ each; `make fuzz` runs them. A package of its own,
// because their `main` is libFuzzer's; the cores stand in Cores/ as links, so that they are in the
// same package and need no public door. What is done with libFuzzer's bytes stands in Exercises/, where
// the ordinary tests find it too: they replay each input in FailCases/, which once broke something.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let orderedCollections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

/// One program: a file that hands libFuzzer's bytes to an exercise.
func fuzzer(_ name: String, _ exercises: Target.Dependency) -> Target {
  .executableTarget(name: name, dependencies: [exercises], swiftSettings: settings)
}

func exercises(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: "\(name)Exercises", dependencies: dependencies, path: "Exercises/\(name)",
    swiftSettings: settings)
}

func core(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Cores/\(name)", exclude: exclude,
    swiftSettings: settings)
}

let package = Package(
  name: "confab-fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    core("Primitives", []),
    core("ConfabDomain", ["Primitives", orderedCollections]),
    core("ConfabWire", ["Primitives", "ConfabDomain", protobuf], exclude: ["confab.proto"]),
    core("STUN", ["Primitives", crypto]),
    core("ConfabMedia", ["Primitives", "STUN", crypto]),
    core("ConfabTransfer", ["Primitives", crypto]),
    exercises("Wire", ["Primitives", "ConfabDomain", "ConfabWire", protobuf]),
    exercises("Media", ["Primitives", "STUN", "ConfabMedia"]),
    exercises("STUN", ["STUN"]),
    exercises("Transfer", ["Primitives", "ConfabTransfer", crypto]),
    fuzzer("WireFrameDecoder", "WireExercises"),
    fuzzer("WireWebSocketDecoder", "WireExercises"),
    fuzzer("WireServerConnection", "WireExercises"),
    fuzzer("WireClientConnection", "WireExercises"),
    fuzzer("MediaPackets", "MediaExercises"),
    fuzzer("MediaDescriptions", "MediaExercises"),
    fuzzer("MediaRoom", "MediaExercises"),
    fuzzer("MediaICE", "MediaExercises"),
    fuzzer("MediaSRTP", "MediaExercises"),
    fuzzer("MediaRecordings", "MediaExercises"),
    fuzzer("STUNMessages", "STUNExercises"),
    fuzzer("TransferPacket", "TransferExercises"),
    fuzzer("TransferHandshake", "TransferExercises"),
    fuzzer("TransferBlobs", "TransferExercises"),
    fuzzer("TransferControl", "TransferExercises"),
    fuzzer("TransferRelay", "TransferExercises"),
    fuzzer("TransferRecipient", "TransferExercises"),
    fuzzer("TransferPresenter", "TransferExercises"),
    fuzzer("TransferConnection", "TransferExercises"),
  ]
)
