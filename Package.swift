// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is held to the same rules: Swift 6 mode and no warning.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    // Or every cell of every row that is read would look its type up at run time, as rows are read by generics.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// For targets that only compute, and those through which every row and every JSON goes: optimised in debug builds,
/// too, or tests would keep all others waiting.
let computing: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func library(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// - Parameter data: its folder of files that tests read and no compiler.
func tests(_ name: String, _ dependencies: [Target.Dependency], data: String? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: data.map { [$0] } ?? [], swiftSettings: strict)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let collections: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioSockets: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "guildhall",
    products: [
        .executable(name: "guildhall", targets: ["guildhall"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // C; each is known to one target of ours alone.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Layers, bottom to top (docs/ARCHITECTURE.md).
        library("Store", ["CLibPQ", logging, collections], computing),
        library("Matching", [crypto], computing),
        library("Consensus", [], computing),
        .target(
            name: "Tax", dependencies: [], resources: [.embedInCode("rules.json")], swiftSettings: computing
        ),
        library("Formats", ["CZlib"], computing),
        library("Payments", ["Formats"], computing),
        library(
            "Marketplace",
            ["Store", "Formats", "Matching", "Consensus", "Tax", "Payments", crypto, cryptoExtras, heap, logging]),
        // schema.sql and migrations/, taken in by the C compiler.
        .target(name: "CMarketSchema"),
        library("MarketSchema", ["CMarketSchema", "Store"]),
        library("Outbound", ["Marketplace", httpClient, nio, nioHTTP1]),
        library("Scheduler", ["Marketplace", "Store", "Formats", "Matching", logging]),
        library(
            "HTTPAPI",
            [
                "Marketplace", "Tax", "Store", "Formats", hummingbird, hummingbirdCore, httpTypes, nio, nioSockets,
                lifecycle, logging,
            ]),
        library(
            "Simulation", ["Marketplace", "Scheduler", "Store", "Formats", "Matching", "Consensus", logging],
            computing),
        .executableTarget(
            name: "guildhall",
            dependencies: [
                "HTTPAPI", "Outbound", "Scheduler", "Simulation", "Marketplace", "MarketSchema", "Store", "Formats",
                "Matching", "Consensus", "Tax", "Payments", arguments, lifecycle, signals, logging,
            ],
            swiftSettings: strict
        ),

        // For tests and measurements only.
        library("TestSupport", ["Marketplace", "MarketSchema", "Store", "Formats", logging]),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Marketplace", "MarketSchema", "Scheduler", "Store", "Formats", "Matching", "Consensus", "Payments",
                arguments, logging,
            ],
            swiftSettings: strict
        ),
        // What a body of bytes comes to, for a fuzzer (scripts/fuzz-edge.sh) and for a test with its corpus.
        library("EdgeFuzz", ["Formats"]),
        // A process that the model of leases drives.
        .executableTarget(
            name: "MarketAgent",
            dependencies: ["Marketplace", "Store", "Formats", logging],
            swiftSettings: strict
        ),
        tests("StoreTests", ["Store", "TestSupport"]),
        tests("FormatsTests", ["Formats", "EdgeFuzz"], data: "Corpus"),
        tests("MatchingTests", ["Matching", "Formats", crypto]),
        tests("ConsensusTests", ["Consensus", "Formats"]),
        tests("TaxTests", ["Tax"]),
        tests("PaymentsTests", ["Payments", "Formats"], data: "Golden"),
        tests(
            "MarketplaceTests",
            [
                "Marketplace", "Scheduler", "Store", "Formats", "Matching", "Consensus", "Payments", "Tax",
                "TestSupport", crypto, logging,
            ]),
        tests(
            "SchedulerTests", ["Scheduler", "Marketplace", "Store", "Formats", "Matching", "TestSupport", logging],
            data: "Golden"
        ),
        tests(
            "HTTPAPITests",
            [
                "guildhall", "HTTPAPI", "Outbound", "Marketplace", "Payments", "Store", "Formats", "TestSupport",
                hummingbird, httpTypes, nio, nioSockets, lifecycle, arguments, logging,
            ]
        ),
        tests(
            "SimulationTests",
            ["Simulation", "Scheduler", "Marketplace", "Store", "Formats", "Matching", "TestSupport", logging],
            data: "Golden"
        ),
        tests("BenchmarksTests", ["Benchmarks", "Marketplace", "Store", "Formats", "TestSupport"]),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
