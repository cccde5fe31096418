import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Commands on routing, catalogue, papers and advices, over HTTP", .scratchDatabase, .turnLimit(minutes: 20))
struct RemoteRoutingCommandTests {
    @Test("weights, steps, raises and prices are the same as beside the database; weights are set as they were read")
    func routing() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("one", door: .offer), tasks: 2)
        let token = try await small.bearer(small.manager)
        let folder = try RemoteProgram.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/weights.json"
        try Data(#"{"lateness": 1500000, "rate_USD": 1000000}"#.utf8).write(to: URL(fileURLWithPath: file))
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: token)
            let besides = RemoteProgram.besideDatabase
            let set = try await chief.json(["schedule", "weights", "set", file, "--reason", "Late costs more."])
            #expect(set["version"] == 1, "\(set)")
            let weights = ["schedule", "weights", "show", "--by", "Operator"]
            let shown = try await chief.json(weights)
            #expect(shown["rates"] == ["rate_USD": 1_000_000] && shown["set"]?["version"] == 1)
            #expect(try await besides.json(weights) == shown)
            let whose = ["\(batch)", "--requester", "acme", "--by", "Operator"]
            let limits = try await chief.json(["schedule", "raise"] + whose)
            #expect(limits["pay_minor"] == 2_000 && limits["currency"] == "USD", "\(limits)")
            #expect(try await besides.json(["schedule", "raise"] + whose) == limits)
            let above = try await chief.run(["schedule", "raise", "--to", "900000"] + whose)
            #expect(above.status == 1 && above.fault.contains("[above_band]"), "\(above.fault)")
            for command in [
                ["schedule", "steps"] + whose, ["schedule", "backtest", "--by", "Operator"],
                ["review", "reviewers", "--by", "Operator"],
            ] {
                let (there, here) = (try await chief.json(command), try await besides.json(command))
                #expect(there["items"]?.arrayValue != nil && there["items"] == here["items"], "\(command)")
            }
            #expect(try await chief.json(["schedule", "prices"])["items"] == [])
        }
        #expect(try await small.ills() == [])
    }

    @Test("the catalogue grows, papers get documents and are vouched for again, as beside the database")
    func papers() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let paper = try #require(
            try await ListCredentials(market: small.market)(of: ann, by: small.manager).first?.id)
        let tokens = (try await small.bearer(small.manager), try await small.bearer(ann))
        let folder = try RemoteProgram.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let scan = folder + "/scan.pdf"
        try Data("scan".utf8).write(to: URL(fileURLWithPath: scan))
        let at = (Scratch.clock.now() + 1).formatted(.iso8601)
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.1)
            let title = ["--title", "Actuary"]
            #expect(try await chief.json(["profile", "add-profession", "actuary"] + title)["profession"] == "actuary")
            let kind = ["profile", "add-kind", "fellowship", "--title", "Fellowship", "--profession", "actuary"]
            #expect(try await chief.json(kind + ["--licence"])["is_licence"] == true)
            _ = try await worker.json(["profile", "declare", "me", "actuary", "--years", "4"])
            let added = try await worker.json(["credential", "add-document", "\(paper)", scan])
            #expect(added["name"] == "scan.pdf" && added["size"] == 4, "\(added)")
            _ = try await chief.json(["credential", "reverify", "\(paper)", "--expires-on", "2030-01-01"])
            for command in [
                ["profile", "professions"], ["profile", "kinds"], ["credential", "documents", "\(paper)"],
                ["credential", "leases", "\(paper)"],
            ] {
                let there = try await chief.json(command)
                let here = try await RemoteProgram.besideDatabase.json(command + ["--by", "Operator"])
                #expect(there["items"]?.arrayValue != nil && there["items"] == here, "\(command): \(there)")
            }
            let tier = ["tier", "at", "\(ann)", "lawyer", at]
            #expect(try await chief.json(tier) == ["tier": "expert"])
            #expect(try await worker.json(["tier", "at", "me", "lawyer", at]) == ["tier": "expert"])
        }
        #expect(try await small.ills() == [])
    }

    @Test("what a payment was for is the same file for its worker and for finance, here and there")
    func advice() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let prepared = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            prepared.id, contentHash: prepared.contentHash, by: small.checker)
        let tokens = (try await small.bearer(small.maker), try await small.bearer(ann))
        let folder = try RemoteProgram.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await LiveServer.run(small.market) { server in
            let maker = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.1)
            let issued = try await maker.run(["payout", "issue", "\(prepared.id)", "--output", folder + "/file.csv"])
            #expect(issued.status == 0, "\(issued.fault)")
            var files: [String] = []
            for (number, program) in [maker, worker, RemoteProgram.besideDatabase].enumerated() {
                let output = "\(folder)/\(number).csv"
                let told = try await program.run([
                    "worker", "advice", "\(ann)", "\(prepared.id)", "--output", output, "--by", "Maker",
                ])
                #expect(told.status == 0, "\(told.fault)")
                files.append(try String(contentsOfFile: output, encoding: .utf8))
            }
            #expect(files[0].contains("20.00") && Set(files).count == 1)
        }
        #expect(try await small.ills() == [])
    }
}
