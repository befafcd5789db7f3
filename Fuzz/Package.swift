// swift-tools-version: 6.2
import PackageDescription

// Entry points for libFuzzer; `make fuzz` runs them. A package of its own, because their `main` is
// libFuzzer's; the cores stand in Sources/ as links, so that they are in the same package and need
// no public door. By hand:
//
//     cd Fuzz && swift build --sanitize fuzzer --product FuzzFrameDecoder
//     SWIFT_BACKTRACE=enable=no .build/debug/FuzzFrameDecoder -max_total_time=60
//
// (With Swift's backtraces on, no crash-* file is written.) An input that breaks something goes into
// FailCases/FuzzFrameDecoder/, where the ordinary tests replay it.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let orderedCollections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

/// One program: a file that hands libFuzzer's bytes to a function of `WireFuzzing`.
func fuzzer(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: ["WireFuzzing"], swiftSettings: settings)
}

let package = Package(
  name: "confab-fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .target(name: "Primitives", swiftSettings: settings),
    .target(
      name: "ConfabDomain", dependencies: ["Primitives", orderedCollections],
      swiftSettings: settings),
    .target(
      name: "ConfabWire", dependencies: ["Primitives", "ConfabDomain", protobuf],
      exclude: ["confab.proto"], swiftSettings: settings),
    .target(
      name: "WireFuzzing", dependencies: ["Primitives", "ConfabDomain", "ConfabWire"],
      swiftSettings: settings),
    fuzzer("FuzzFrameDecoder"),
    fuzzer("FuzzServerConnection"),
    fuzzer("FuzzClientConnection"),
  ]
)
