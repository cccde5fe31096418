import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Commands that a server does for whoever asks, and once", .scratchDatabase, .turnLimit(minutes: 20))
struct RemoteSelfCommandTests {
    @Test("what a server does only for whoever asks is refused where somebody else is named, and nothing is done")
    func others() async throws {
        let small = try await SmallMarket()
        let (ann, bob) = (try await small.lawyer("ann"), try await small.lawyer("bob"))
        let tokens = (try await small.bearer(small.manager), try await small.bearer(ann))
        let before = try await small.count("select count(*) as n from access_token")
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.1)
            for command in [
                ["token", "issue", "--requester", "acme"], ["token", "issue", "--worker", "ann"],
                ["token", "issue", "--principal", "\(small.maker)"], ["token", "list", "--worker", "\(ann)"],
                ["token", "list", "--principal", "\(small.maker)"], ["decision", "list", "--worker", "\(ann)"],
                ["decision", "list"], ["offer", "list", "ann"], ["worker", "earnings", "\(ann)"],
                ["worker", "work", "ann"], ["worker", "why", "ann"], ["worker", "record", "show", "ann"],
                ["credential", "list", "ann"], ["agreement", "due", "ann"], ["ask", "show", "--worker", "ann"],
                ["bid", "list", "--worker", "ann"], ["notices", "list", "--person", "Maker"],
                ["notices", "list", "--worker", "ann"], ["suggestion", "report"],
            ] {
                let told = try await chief.run(command)
                #expect(told.status == 1 && told.output.isEmpty, "\(command): \(told.output)")
                #expect(told.fault.contains("[bad_input]"), "\(command): \(told.fault)")
            }
            for command in [
                ["worker", "pause", "bob"], ["worker", "close", "bob", "--own"], ["offer", "list", "\(bob)"],
                ["token", "list", "--worker", "bob"], ["notices", "prefer", "offer_made", "--worker", "bob"],
            ] {
                let told = try await worker.run(command)
                #expect(told.status == 1 && told.fault.contains("is not who asks"), "\(command): \(told.fault)")
            }
            for command in [
                ["token", "list", "--worker", "ann"], ["token", "list", "--principal", "\(ann)"], ["token", "list"],
                ["offer", "list", "me"], ["worker", "earnings", "\(ann)"], ["decision", "list", "--worker", "me"],
                ["notices", "list", "--worker", "ann"],
            ] {
                #expect(try await worker.json(command)["items"]?.arrayValue != nil, "\(command)")
            }
            for name in ["Operator", "me", "\(small.manager)"] {
                #expect(try await chief.json(["notices", "list", "--person", name])["items"]?.arrayValue != nil)
            }
        }
        #expect(try await small.count("select count(*) as n from access_token") == before)
        for id in [ann, bob] {
            let record = try await ShowWorker(market: small.market)(id, by: small.manager)
            #expect(record.summary.state == .active)
        }
    }

    @Test("a command with the same Idempotency-Key is done once; a key is printed when nobody knows whether it was")
    func once() async throws {
        let small = try await SmallMarket()
        let token = try await small.bearer(small.checker)
        @Sendable func floor(_ hourly: Int, _ key: String?) -> [String] {
            ["rate", "floor", "set", "--hourly-minor", "\(hourly)", "--profession", "lawyer", "--reason", "Policy 4"]
                + (key.map { ["--idempotency-key", $0] } ?? [])
        }
        try await LiveServer.run(small.market) { server in
            let checker = RemoteProgram(port: server.port, token: token)
            let first = try await checker.json(floor(1_600, "policy-4"))
            #expect(try await checker.json(floor(1_600, "policy-4")) == first)
            let other = try await checker.run(floor(1_700, "policy-4"))
            #expect(other.status == 1 && other.fault.contains("[idempotency_key_reused]"), "\(other.fault)")
            let again = try await checker.run(floor(1_600, nil))
            #expect(again.status == 1 && again.fault.contains("[later_floor]"), "\(again.fault)")
            #expect(!again.fault.contains("--idempotency-key"))
            let odd = try await checker.run(floor(1_600, "two words"))
            #expect(odd.status == 1 && odd.fault.contains("idempotency_key"))
            let needless = try await checker.run(["token", "list", "--idempotency-key", "x"])
            #expect(needless.status == 0 && needless.fault.contains("not needed"))
        }
        let gone = RemoteProgram(port: 1, token: token)
        let unknown = try await gone.run(floor(1_600, nil))
        #expect(unknown.status == 1 && unknown.fault.contains("--idempotency-key cli-"), "\(unknown.fault)")
        let known = try await gone.run(floor(1_600, "policy-4"))
        #expect(known.fault.contains("--idempotency-key policy-4"), "\(known.fault)")
        let read = try await gone.run(["rate", "floor", "list"])
        #expect(read.status == 1 && !read.fault.contains("--idempotency-key"))
    }

    @Test("people, their sign-in, providers, standing, texts and sources are seen to from another machine")
    func operating() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 1, publish: false)
        let tokens = (
            try await small.bearer(small.manager), try await small.bearer(small.checker), try await small.bearer(ann)
        )
        let folder = try RemoteProgram.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (text, settings) = (folder + "/nda.txt", folder + "/main.json")
        try Data("Keep it to yourself.".utf8).write(to: URL(fileURLWithPath: text))
        try Data(SmallMarket.payoutSettings.canonicalBytes()).write(to: URL(fileURLWithPath: settings))
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.2)
            let bea = try #require(
                try await chief.json(["person", "add", "Bea", "--role", "reviewer"])["person"]?.stringValue)
            let people = try await chief.json(["person", "list"])["items"]?.arrayValue ?? []
            #expect(people.contains { $0["person"] == .string(bea) && $0["roles"] == ["reviewer"] })
            let eve = try await chief.json(["person", "add", "Eve", "--role", "auditor"])
            #expect(eve["name"] == "Eve")
            #expect(try await chief.json(["person", "sessions", "Bea"])["items"] == [])
            #expect(try await chief.json(["person", "sign-out", "Bea"])["ended"] == 0)
            let none = try await chief.run(["person", "no-second-factor", "Bea"])
            #expect(none.status == 1 && none.fault.contains("[second_factor_not_begun]"))
            let loginless = try await chief.run(["person", "close-sign-in", "Bea"])
            #expect(loginless.status == 1 && loginless.fault.contains("[not_found]"))
            let provider = ["--issuer", "https://id.example.org", "--client-id", "guildhall", "--requester", "acme"]
            let deputy = RemoteProgram(port: server.port, token: try await small.bearer(small.second))
            for program in [deputy, chief] {
                _ = try await program.json(["sign-in-provider", "add", "acme"] + provider)
            }
            #expect(try await chief.json(["sign-in-provider", "list"])["items"]?[0]?["key"] == "acme")
            #expect(try await chief.json(["sign-in-provider", "close", "acme"])["state"] == "closed")
            let link = try await chief.run(["sign-in-provider", "link", "Bea", "--provider", "acme", "--subject", "1"])
            #expect(link.status != 0 && link.fault.contains("No route does this"))

            let registered = try await chief.json([
                "worker", "register", "new", "--name", "New", "--email", "new@example.org", "--country", "DE",
                "--time-zone", "Europe/Berlin", "--language", "de:c1",
            ])
            let id = try #require(registered["worker"]?.stringValue)
            #expect(try await chief.json(["worker", "apply", id])["state"] == "applicant")
            #expect(try await chief.json(["worker", "duplicates", "list"])["items"] == [])
            let closing = ["worker", "close", id, "--reasons", "Asked for by mail."]
            #expect(try await chief.json(closing)["decision"]?.stringValue != nil)
            let published = try await chief.json(["agreement", "publish", "nda", text, "--title", "Confidentiality"])
            let versions = try await worker.json(["agreement", "list", "nda"])
            #expect(versions["items"] == [published], "\(versions)")
            let wish = ["notices", "prefer", "offer_made", "--channel", "email", "--no-wanted", "--worker", "me"]
            #expect(try await worker.json(wish)["items"]?[0]?["is_wanted"] == false)
            let source = ["payout", "source", "set", "main", "--format", "pain.001.001.09", "--settings", settings]
            let checker = RemoteProgram(port: server.port, token: tokens.1)
            #expect(try await checker.run(source).status == 0)
            #expect(try await checker.json(["payout", "source", "list"])["items"]?[0]?["name"] == "main")
            let faults = ["import", "faults", "\(small.project)", "--requester", "acme"]
            let unnamed = try await chief.run(faults)
            #expect(unnamed.status == 1 && unnamed.fault.contains("--batch"))
            let nothing = try await chief.run(faults + ["--batch", "\(batch)"])
            #expect(nothing.status == 1 && nothing.fault.contains("[not_found]"), "\(nothing.fault)")
            _ = try await worker.json(["worker", "close", "me", "--own"])
        }
        let record = try await ShowWorker(market: small.market)(ann, by: small.manager)
        #expect(record.summary.state == .closed)
        #expect(try await small.ills() == [])
    }
}
