// swift-tools-version: 6.2
import PackageDescription

// Its own package without dependencies, so that it builds in seconds while the rest takes minutes.
let package = Package(
  name: "tidy",
  targets: [
    .executableTarget(
      name: "tidy",
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
