// swift-tools-version: 6.2
import PackageDescription

/// `make check` allows no warning; everyday builds do, so that a newer compiler locks nobody out.
let warningsAsErrors: [SwiftSetting] =
  Context.environment["CONFAB_WARNINGS"] == "error" ? [.treatAllWarnings(as: .error)] : []

let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + warningsAsErrors

// Products of other packages, each named once.
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let orderedCollections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(
  name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
  name: "confab",
  products: [.executable(name: "confab", targets: ["confab"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Cores: values that decide. No input or output, no clock, no chance of their own.
    .target(name: "Primitives", swiftSettings: settings),
    .target(
      name: "ConfabDomain", dependencies: ["Primitives", orderedCollections],
      swiftSettings: settings),
    .target(
      name: "ConfabWire", dependencies: ["Primitives", "ConfabDomain", protobuf],
      exclude: ["confab.proto"], swiftSettings: settings),
    .target(
      name: "ConfabHub",
      dependencies: ["Primitives", "ConfabDomain", orderedCollections, dequeModule, crypto],
      swiftSettings: settings),
    .target(name: "ConfabTerminal", dependencies: ["Primitives"], swiftSettings: settings),
    .target(name: "STUN", dependencies: ["Primitives", crypto], swiftSettings: settings),
    .target(
      name: "ConfabTransfer", dependencies: ["Primitives", crypto], swiftSettings: settings),
    .target(
      name: "ConfabMedia", dependencies: ["Primitives", "STUN", crypto], swiftSettings: settings),

    // What C has and Swift cannot spell: OpenSSL, a few system calls, and instructions for hashing.
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CSHA256"),
    // The browser's client in Web/, as bytes inside the program.
    .target(name: "CWebFiles"),

    // Shells: they do what the cores decide.
    .target(
      name: "ConfabNetwork",
      dependencies: [
        "Primitives", "STUN", "ConfabMedia", "ConfabTransfer", "COpenSSL", "CLinux", "CSHA256",
        crypto, nioCore,
        nioPosix, nioSSL, x509, asn1,
      ],
      swiftSettings: settings),
    .target(
      name: "ConfabJournal",
      dependencies: [
        "Primitives", "ConfabDomain", grdb, sqlite, protobuf, crypto, orderedCollections,
      ],
      exclude: ["journal.proto"], swiftSettings: settings),
    .target(
      name: "ConfabServer",
      dependencies: [
        "Primitives", "STUN", "ConfabDomain", "ConfabWire", "ConfabHub", "ConfabMedia",
        "ConfabNetwork", "ConfabJournal", "CWebFiles", nioCore, nioPosix, nioTLS, nioHTTP1,
        nioHTTPTypes, nioHTTPTypesHTTP1,
        nioConcurrency, nioSSL, hummingbird, hummingbirdCore,
        logging, lifecycle, crypto, cryptoExtras, dequeModule, orderedCollections, protobuf,
      ],
      swiftSettings: settings),
    .target(
      name: "ConfabClient",
      dependencies: [
        "Primitives", "ConfabDomain", "ConfabWire", "ConfabNetwork", "ConfabTransfer", "CLinux",
        "STUN", nioCore, nioPosix, nioTLS,
        nioConcurrency, nioSSL, crypto, dequeModule, orderedCollections,
      ],
      swiftSettings: settings),

    .executableTarget(
      name: "confab",
      dependencies: [
        "Primitives", "ConfabDomain", "ConfabWire", "ConfabTerminal", "ConfabHub", "ConfabMedia",
        "ConfabNetwork", "ConfabJournal", "ConfabServer", "ConfabClient", "ConfabTransfer", crypto,
        nioCore,
        nioPosix, nioSSL,
        nioConcurrency, logging, lifecycle, unixSignals, argumentParser, configuration, histogram,
        protobuf,
      ],
      swiftSettings: settings),

    // Files that several suites compare with what the code does now.
    .target(name: "GoldenFiles", path: "Tests/GoldenFiles", swiftSettings: settings),

    .testTarget(
      name: "PrimitivesTests", dependencies: ["Primitives"], swiftSettings: settings),
    .testTarget(
      name: "ConfabTerminalTests", dependencies: ["ConfabTerminal", "Primitives"],
      exclude: ["Screens"], swiftSettings: settings),
    .testTarget(
      name: "ConfabWireTests",
      dependencies: [
        "ConfabWire", "ConfabDomain", "GoldenFiles", "Primitives", protobuf, orderedCollections,
      ],
      exclude: ["Golden"], swiftSettings: settings),
    .testTarget(
      name: "ConfabJournalTests",
      dependencies: ["ConfabJournal", "ConfabDomain", "Primitives", orderedCollections, grdb],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "STUNTests", dependencies: ["STUN", "Primitives"], swiftSettings: settings),
    .testTarget(
      name: "ConfabTransferTests",
      dependencies: ["ConfabTransfer", "GoldenFiles", "Primitives", crypto],
      swiftSettings: settings),
    .testTarget(
      name: "ConfabMediaTests",
      dependencies: ["ConfabMedia", "GoldenFiles", "STUN", "Primitives"],
      exclude: ["Descriptions"], swiftSettings: settings),
    .testTarget(
      name: "ConfabNetworkTests",
      dependencies: [
        "ConfabNetwork", "ConfabMedia", "ConfabTransfer", "STUN", "Primitives", crypto, nioCore,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ConfabServerTests",
      dependencies: [
        "ConfabServer", "ConfabWire", "ConfabDomain", "ConfabHub", "ConfabMedia", "ConfabNetwork",
        "ConfabJournal", "STUN", "Primitives", nioCore, nioPosix, nioSSL, logging, protobuf,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ConfabClientTests",
      dependencies: [
        "ConfabClient", "ConfabDomain", "ConfabNetwork", "ConfabTransfer", "ConfabWire",
        "Primitives", "STUN", nioCore, nioEmbedded,
        nioPosix, protobuf, crypto,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "confabTests",
      dependencies: [
        "confab", "ConfabClient", "ConfabDomain", "ConfabNetwork", "ConfabTerminal",
        "ConfabTransfer", "ConfabWire",
        "Primitives", protobuf,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEnd", dependencies: ["confab"], exclude: ["Transcripts", "network.sh"],
      swiftSettings: settings),
    .testTarget(
      name: "ConfabDomainTests",
      dependencies: ["ConfabDomain", "Primitives", orderedCollections], swiftSettings: settings),
    .testTarget(
      name: "ConfabHubTests",
      dependencies: ["ConfabHub", "ConfabDomain", "Primitives", orderedCollections, crypto],
      swiftSettings: settings),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "ConfabHub", "ConfabWire", "ConfabJournal", "ConfabDomain", "Primitives", crypto,
        orderedCollections, protobuf,
      ],
      path: "Tests/Simulation", exclude: ["Seeds.txt"], swiftSettings: settings),
  ]
)
