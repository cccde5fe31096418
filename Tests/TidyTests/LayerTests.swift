import Foundation
import Testing

@Suite("Layers")
struct LayerTests {
    @Test("a file imports only what its target declares in Package.swift", .timeLimit(.minutes(10)))
    func imports() throws {
        let targets = Self.targets(inManifest: Repository.text("Package.swift"))
        try #require(targets.count > 15)
        let findings = Repository.swiftFiles.flatMap { Self.undeclaredImports(in: $0, targets: targets) }
        findings.expectNone()
    }

    @Test("an import that is not declared is found")
    func importsCanFail() {
        let targets = ["Store": Set(["CLibPQ"]), "Marketplace": ["Store"]]
        let upward = SourceText(path: "Sources/Store/A.swift", text: "internal import Marketplace")
        #expect(Self.undeclaredImports(in: upward, targets: targets).count == 1)
        let sideways = SourceText(path: "Sources/Store/A.swift", text: "package import struct NIOCore.ByteBuffer")
        #expect(Self.undeclaredImports(in: sideways, targets: targets).count == 1)
        let downward = SourceText(path: "Sources/Marketplace/A.swift", text: "package import Store\nimport Foundation")
        #expect(Self.undeclaredImports(in: downward, targets: targets).isEmpty)
    }

    @Test("what every layer may know of ours is what the architecture says")
    func architecture() {
        let targets = Self.targets(inManifest: Repository.text("Package.swift"))
        let ours = Set(targets.keys).subtracting(["CLibPQ", "CZlib", "CMarketSchema"])
        let allowed: [String: Set<String>] = [
            "Store": [], "Matching": [], "Consensus": [], "Tax": [], "Formats": [], "Payments": ["Formats"],
            "MarketSchema": ["Store"], "Marketplace": ["Store", "Formats", "Matching", "Consensus", "Tax", "Payments"],
            "Scheduler": ["Marketplace", "Store", "Formats", "Matching"],
            "HTTPAPI": ["Marketplace", "Tax", "Store", "Formats"], "Outbound": ["Marketplace"],
            "Simulation": ["Marketplace", "Scheduler", "Store", "Formats", "Matching", "Consensus"],
            "MarketAgent": ["Marketplace", "Store", "Formats"],
            "TestSupport": ["Marketplace", "MarketSchema", "Store", "Formats"],
        ]
        for (target, known) in allowed {
            let declared = (targets[target] ?? ["no such target"]).intersection(ours.union(["no such target"]))
            #expect(declared.isSubset(of: known), "\(target) may not know \(declared.subtracting(known).sorted())")
        }
    }

    @Test("a folder of Marketplace knows only those before it", .timeLimit(.minutes(10)))
    func folderOrder() {
        let findings = FolderOrder(files: Repository.sources).findings
        findings.expectNone()
    }

    @Test("a name from a later folder is found, and so is a method and an unknown folder")
    func folderOrderCanFail() {
        func findings(_ kernel: String, _ tasks: String, folder: String = "Tasks") -> [Finding] {
            FolderOrder(files: [
                SourceText(path: "Sources/Marketplace/Kernel/A.swift", text: kernel),
                SourceText(path: "Sources/Marketplace/\(folder)/B.swift", text: tasks),
            ]).findings
        }
        let batch = "package struct Batch {\n    struct Inner {}\n}"
        #expect(findings("let a: Batch? = nil", batch).count == 1)
        #expect(findings("let a: Batches? = nil // a Batch", batch).isEmpty)
        #expect(findings("let a: Inner? = nil", batch).isEmpty)
        #expect(findings("let a: Batch? = nil", "private struct Batch {}").isEmpty)
        let method = "extension Transaction {\n    func lockBatch() {}\n}"
        #expect(findings("func a() { transaction.lockBatch() }", method).count == 1)
        #expect(findings("", "struct B {}", folder: "Misc").count == 1)
        #expect(findings("package enum Batch {}", "extension Batch {}").isEmpty)
        #expect(findings("package enum Batch {}\nlet a: Batch? = nil", "struct Batch {}").count == 2)
    }

    // MARK: Imports

    /// Modules of the toolchain and the system.
    private static let system: Set = [
        "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Dispatch", "Synchronization", "Swift",
        "PackageDescription", "Testing", "XCTest",
    ]

    static func undeclaredImports(in file: SourceText, targets: [String: Set<String>]) -> [Finding] {
        let declared = targets[file.target] ?? []
        let pattern = #"^\s*(@\w+\s+)*(\w+\s+)?import\s+((struct|class|enum|protocol|func|var|let|typealias) )?(\w+)"#
        return file.matches(pattern).compactMap { match in
            let words = match.text.split(whereSeparator: \.isWhitespace)
            let module = words.last.map(String.init) ?? ""
            guard !system.contains(module), !declared.contains(module), module != "C" else { return nil }
            return Finding(file, match.line, "\(file.target) does not declare \(module) in Package.swift")
        }
    }

    /// Dependencies by target, read from the manifest's text.
    static func targets(inManifest text: String) -> [String: Set<String>] {
        let flat = text.replacingOccurrences(of: "\n", with: " ")
        var products: [String: String] = [:]
        for match in captures(#"let (\w+): Target\.Dependency = \.product\(name: "(\w+)""#, in: flat) {
            products[match[0]] = match[1]
        }
        let short = captures(#"\b(?:library|tests)\(\s*"(\w+)",\s*\[([^\]]*)\]"#, in: flat)
        let long = captures(#"\.(?:executableTarget|target)\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]"#, in: flat)
        var targets: [String: Set<String>] = [:]
        for match in short + long {
            let names = match[1].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            targets[match[0]] = Set(
                names.compactMap { name in
                    name.hasPrefix("\"") ? name.trimmingCharacters(in: ["\""]) : products[name]
                })
        }
        for match in captures(#"\.systemLibrary\(name: "(\w+)""#, in: flat) { targets[match[0]] = [] }
        return targets
    }

    private static func captures(_ pattern: String, in text: String) -> [[String]] {
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).map { match in
            (1..<match.numberOfRanges).map { index in
                Range(match.range(at: index), in: text).map { String(text[$0]) } ?? ""
            }
        }
    }
}

/// The order of the modules inside Marketplace.
struct FolderOrder {
    static let folders = [
        "Kernel", "Audit", "Notices", "Identity", "Webhooks", "Decisions", "Workers", "Expertise", "Kinds", "PayRates",
        "Ledger", "Tasks", "Bidding", "Quality", "Taxes", "Payouts", "Doctor",
    ]

    /// Names that an earlier folder may say all the same, and why.
    private static let allowed: [String: String] = [
        "Principal": "its id is the actor of every audit event and the recipient of every notice",
        "refreshEligibility": "who meets what must follow a worker's facts in the transaction that changes them",
    ]

    let files: [SourceText]

    var findings: [Finding] {
        let market = files.filter { $0.path.hasPrefix("Sources/Marketplace/") }
        let unknown = market.filter { !Self.folders.contains($0.marketplaceFolder) }
            .map { Finding($0, 1, "is in no folder of docs/ARCHITECTURE.md") }
        return unknown + upwardMentions(market, names: Self.types(in:), oncePerModule: true) { #"\b\#($0)\b"# }
            + upwardMentions(market, names: Self.methods(in:), oncePerModule: false) {
                #"\b(transaction|change|market|\$0|self)\.\#($0)\("#
            }
    }

    /// Names that are mentioned in a folder before all that declare them. What the Kernel declares for all
    /// (Names.swift) is the Kernel's; later folders extend it.
    ///
    /// - Parameter oncePerModule: whether a name may be declared in one folder only.
    private func upwardMentions(
        _ market: [SourceText], names: (SourceText) -> Set<String>, oncePerModule: Bool, pattern: (String) -> String
    ) -> [Finding] {
        var places: [String: [Int]] = [:]
        for file in market {
            guard let place = Self.folders.firstIndex(of: file.marketplaceFolder) else { continue }
            for name in names(file) { places[name, default: []].append(place) }
        }
        var findings: [Finding] = []
        for file in market {
            guard let here = Self.folders.firstIndex(of: file.marketplaceFolder) else { continue }
            let words = Set(file.code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
            for word in words {
                guard let declared = places[word], Self.allowed[word] == nil else { continue }
                let isAmbiguous = oncePerModule && Set(declared).count > 1
                guard isAmbiguous || (declared.min() ?? 0) > here else { continue }
                guard let line = file.matches(pattern(word)).first?.line else { continue }
                let owner = declared.max().map { Self.folders[$0] } ?? ""
                findings.append(Finding(file, line, "\(word) belongs to \(owner), which comes later or has it too"))
            }
        }
        return findings.sorted { ($0.path, $0.line) < ($1.path, $1.line) }
    }

    /// Types, functions and constants at the top level that other files can see.
    static func types(in file: SourceText) -> Set<String> {
        let kinds = "struct|enum|class|actor|protocol|typealias|func|let|var"
        let pattern = #"^(package |internal |public )?(final |indirect )?(\#(kinds)) (\w+)"#
        return Set(file.matches(pattern).compactMap { $0.text.split(separator: " ").last.map(String.init) })
    }

    /// Methods that a file adds to what every folder has in hand.
    static func methods(in file: SourceText) -> Set<String> {
        var found: Set<String> = []
        var isInside = false
        guard file.code.contains("extension ") else { return [] }
        for line in file.codeLines {
            if line.hasPrefix("extension ") {
                isInside = !SourceText.matches(#"^extension (Transaction|Change|Market)\b"#, in: line).isEmpty
            } else if line.hasPrefix("}") {
                isInside = false
            }
            guard isInside, line.contains(" func ") else { continue }
            for match in SourceText.matches(#"^    (package |internal )?func (\w+)"#, in: line) {
                if let name = match.text.split(separator: " ").last { found.insert(String(name)) }
            }
        }
        return found
    }
}
