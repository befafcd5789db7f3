// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "confab",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .target(name: "Primitives", swiftSettings: settings),
    .target(
      name: "ConfabTransfer", dependencies: ["Primitives", crypto], swiftSettings: settings),
    .testTarget(
      name: "ConfabTransferTests", dependencies: ["ConfabTransfer", "Primitives", crypto],
      swiftSettings: settings),
  ]
)
