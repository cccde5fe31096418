import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

/// The worked integration of docs/INTEGRATION.md, run as it stands there: from a key to a paid task.
@Suite("The worked integration", .scratchDatabase, .turnLimit(minutes: 20))
struct IntegrationTests {
    /// The one code block of a language.
    private static func block(_ language: String) throws -> String {
        let path = ScratchServer.root + "/docs/INTEGRATION.md"
        let text = try #require(FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) })
        let start = try #require(text.range(of: "```\(language)\n"))
        let end = try #require(text.range(of: "\n```", range: start.upperBound..<text.endIndex))
        return String(text[start.upperBound..<end.lowerBound]) + "\n"
    }

    @Test(
        "in Python with requests",
        .enabled(if: Clients.areInstalled, "requests is not installed; `make clients` does it"))
    func python() async throws {
        try await run(Self.block("python"), with: Clients.folder + "/python", file: "integration.py")
    }

    @Test("in a shell with curl and jq", .enabled(if: Self.hasShellTools, "curl or jq is not installed"))
    func shell() async throws {
        try await run(Self.block("bash"), with: "/bin/bash", file: "integration.sh")
    }

    private static let hasShellTools = ["/usr/bin/curl", "/usr/bin/jq"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private func run(_ text: String, with interpreter: String, file: String) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let publisher = try await CreatePrincipal(market: small.market)(
            .key, named: "Acme's key", roles: [.requester], for: small.requester, by: small.manager)
        let people = [
            "PUBLISHER_KEY": publisher, "WORKER_KEY": Principal.ID(worker.uuid), "REVIEWER_KEY": small.reviewer,
            "MAKER_KEY": small.maker, "CHECKER_KEY": small.checker,
        ]
        var environment = ["REQUESTER": "\(small.requester)"]
        for (name, id) in people {
            environment[name] = try await IssueToken(market: small.market)(
                for: id, lifetime: 36_000, by: small.manager
            ).secret
        }
        let folder = FileManager.default.temporaryDirectory.path + "/guildhall-integration-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = FileManager.default.createFile(atPath: "\(folder)/\(file)", contents: Data(text.utf8))
        let given = environment
        try await LiveServer.run(small.market) { server in
            let (status, output) = try await Clients.run(
                interpreter, ["\(folder)/\(file)"],
                environment: given.merging(["GUILDHALL": "http://127.0.0.1:\(server.port)"]) { $1 }, in: folder)
            #expect(status == 0, "\(output)")
            #expect(output.hasSuffix("paid 2000 USD\n"), "\(output)")
        }
        #expect(try await small.ills() == [])
        #expect(try await small.count("select count(*) as n from payout_batch where state = 'issued'") == 1)
    }
}
