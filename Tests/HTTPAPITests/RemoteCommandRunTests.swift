import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("What commands do over HTTP", .scratchDatabase, .turnLimit(minutes: 20))
struct RemoteCommandRunTests {
    /// Files of a test, in a folder that goes with it.
    private struct Files {
        let folder: String

        func write(_ name: String, _ text: String) throws -> String {
            let path = "\(folder)/\(name)"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }

        func write(_ name: String, _ json: JSON) throws -> String { try write(name, json.prettyText) }
    }

    private func withFiles(_ body: (Files) async throws -> Void) async throws {
        let files = Files(folder: try RemoteProgram.folder())
        defer { try? FileManager.default.removeItem(atPath: files.folder) }
        try await body(files)
    }

    private static let project: JSON = [
        "remark": "For people.", "external_key": "leases", "name": "Leases", "task_kind": "extraction",
        "guideline": "Read and label.", "answer_schema": SmallMarket.schema,
    ]
    private static let batch: JSON = [
        "remark": "For people.", "project": "leases", "name": "first", "profession": "lawyer", "tier": "expert",
        "requirement": ["profession": "lawyer", "least_tier": "expert"], "fee_bps": 1_000, "currency": "USD",
        "budget_minor": 400_000, "expected_minutes": 30,
        "tasks": [["external_key": "K-1", "payload": ["text": "a"]]],
    ]
    /// Two that are taken, one that is no JSON, and one with a known answer, which a server does not take.
    private static let tasks = """
        {"external_key": "K-2", "payload": {"text": "b"}}
        {"external_key":
        {"external_key": "K-3", "payload": {"text": "c"}, "reference_answers": {"gold": {"label": "a"}}}
        {"external_key": "K-4", "payload": {"text": "d"}, "matter": "M"}
        """

    @Test("a programme is set up, filled from files, published, changed, judged and exported")
    func programme() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let tokens = (
            chief: try await small.bearer(small.manager), maker: try await small.bearer(small.maker),
            reviewer: try await small.bearer(small.reviewer), worker: try await small.bearer(ann)
        )
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.chief)
            let beta = try #require(
                try await chief.json(["requester", "add", "beta", "--name", "Beta"])["requester"]?.stringValue)
            _ = try await RemoteProgram(port: server.port, token: tokens.maker)
                .json(["requester", "fund", beta, "--amount-minor", "500000", "--reference", "W-1"])
            try await withFiles { files in
                let whose = ["--requester", "beta"]
                let id = try await self.filled(chief, files, whose)
                for step in [
                    ["publish", id], ["priority", id, "--to", "7"], ["pause", id], ["resume", id],
                    ["deadline", id, "--until", "2026-03-20T00:00:00Z"],
                ] {
                    _ = try await chief.json(["batch"] + step + whose)
                }
                let taken = try await chief.json(["batch", "withdraw", id, "--task", "K-4"] + whose)
                #expect(taken["tasks"] == 1)
                let shown = try await chief.json(["batch", "show", id] + whose)
                #expect(shown["state"] == "open" && shown["priority"] == 7 && shown["due_at"]?.stringValue != nil)
                let worker = RemoteProgram(port: server.port, token: tokens.worker)
                #expect(try await worker.json(["worker", "work", "ann"])["items"]?[0]?["batch_id"] == .string(id))
                #expect(try await worker.json(["worker", "why", "ann", "\(beta)/\(id)"])["eligible"] == true)
                let place = (requester: try #require(Requester.ID(beta)), id: try #require(Batch.ID(id)))
                let work = try await ClaimTask(market: small.market)(from: place, by: Principal.ID(ann.uuid))
                try await small.submit(work)
                try await self.judged(
                    work, RemoteProgram(port: server.port, token: tokens.reviewer), ["--requester", beta])
                let output = files.folder + "/results.jsonl"
                let export = ["export", "results", "--batch", id, "--format", "jsonl", "--output", output]
                #expect(try await chief.run(export + whose).status == 0)
                #expect(try String(contentsOfFile: output, encoding: .utf8).contains("K-"))
                let rest = try await chief.json(["batch", "withdraw", id, "--all"] + whose)
                #expect((rest["tasks"]?.integerValue ?? 0) >= 1, "\(rest)")
            }
        }
        #expect(try await small.ills() == [])
    }

    /// Makes a project and a draft of it, and takes a file in, twice.
    private func filled(_ chief: RemoteProgram, _ files: Files, _ whose: [String]) async throws -> String {
        _ = try await chief.json(
            ["project", "create", "--file", try files.write("project.json", Self.project)] + whose)
        #expect(try await chief.json(["project", "show", "leases"] + whose)["name"] == "Leases")
        let created = try await chief.json(
            ["batch", "create", "--file", try files.write("batch.json", Self.batch)] + whose)
        #expect(created["tasks_added"] == 1)
        let id = try #require(created["batch"]?.stringValue)
        let intake =
            ["import", "tasks", try files.write("tasks.jsonl", Self.tasks), "--batch", id, "--format", "jsonl"] + whose
        let first = try await chief.json(intake)
        #expect(first["added"] == 2 && first["faulty"] == 2, "\(first)")
        #expect(first["faults"]?.arrayValue?.map { $0["line"] } == [2, 3])
        let second = try await chief.json(intake)
        #expect(second["added"] == 0 && second["unchanged"] == 2 && second["faulty"] == 2, "\(second)")
        #expect(try await chief.json(["task", "list", id] + whose)["items"]?.arrayValue?.count == 3)
        #expect(try await chief.json(["task", "show", id, "K-4"] + whose)["external_key"] == "K-4")
        return id
    }

    private func judged(_ work: Assignment, _ reviewer: RemoteProgram, _ whose: [String]) async throws {
        let asked = whose + ["--by", "Reviewer"]
        let queue = try await reviewer.json(["review", "list", "\(work.batch)"] + asked)
        #expect(queue["items"]?[0]?["assignment"] == .string("\(work.id)"))
        let batchless = try await reviewer.run(["review", "judge", "\(work.id)", "--accept"] + asked)
        #expect(batchless.status == 1 && batchless.fault.contains("--batch"))
        let one = ["\(work.id)", "--batch", "\(work.batch)"] + asked
        let shown = try await reviewer.run(["review", "show"] + one)
        #expect(shown.status == 0, "\(shown.fault)")
        #expect(try JSON.parse(shown.output)["answer"] == ["label": "a"])
        let review = try await reviewer.json(["review", "judge"] + one + ["--accept"])
        #expect(review["stage"] == "final" && review["earned_minor"] == 2_000 && review["currency"] == "USD")
    }

    @Test("what was earned is paid by two people, and the books are the same as beside the database")
    func money() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 2), tasks: 2)
        let tokens = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        try await LiveServer.run(small.market) { server in
            let maker = RemoteProgram(port: server.port, token: tokens.0)
            let checker = RemoteProgram(port: server.port, token: tokens.1)
            let prepared = try await maker.json(["payout", "prepare"])
            let id = try #require(prepared["payout"]?.stringValue)
            let hash = try #require(prepared["content_hash"]?.stringValue)
            let line = try #require(
                try await maker.json(["payout", "lines", id])["items"]?[0]?["line"]?.stringValue)
            #expect(try await maker.json(["payout", "shares", line])["items"]?[0]?["net_minor"] == 4_000)
            let alone = try await maker.run(["payout", "approve", id, "--content-hash", hash])
            #expect(alone.status == 1 && alone.fault.contains("[role_missing]"))
            #expect(try await checker.run(["payout", "approve", id, "--content-hash", hash]).status == 0)
            let folder = try RemoteProgram.folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let issued = try await maker.run(["payout", "issue", id, "--output", folder + "/file.csv"])
            #expect(issued.status == 0, "\(issued.fault)")
            #expect(try String(contentsOfFile: folder + "/file.csv", encoding: .utf8).isEmpty == false)
            let voucher = try #require(
                try await maker.json([
                    "ledger", "prepare", "withdrawal", "--requester", "\(small.requester)", "--amount-minor", "1000",
                    "--reference", "V-1", "--reason", "Asked for",
                ])["voucher"]?.stringValue)
            #expect(try await checker.json(["ledger", "post", voucher])["entry"]?.stringValue != nil)
            let wallet = try await maker.json([
                "ledger", "balance", "requester_wallet", "--owner", "\(small.requester)",
            ])
            let held = try await small.balance(.wallet(of: small.requester, small.usd))
            #expect(wallet["amount_minor"] == .integer(held))
            _ = try await checker.json([
                "rate", "floor", "set", "--hourly-minor", "1600", "--profession", "lawyer", "--reason", "Policy 4",
            ])
            for command in [
                ["ledger", "trial-balance"], ["ledger", "vouchers"], ["rate", "floor", "list"],
                ["payout", "source", "list"], ["payout", "reconcile"], ["tax", "default", "list"],
                ["decision", "statistics"],
            ] {
                let byName = command.first == "decision" ? [] : ["--by", "Maker"]
                let (there, here) = (
                    try await maker.json(command + byName),
                    try await RemoteProgram.besideDatabase.json(command + byName)
                )
                #expect(there["items"]?.arrayValue != nil && there["items"] == here["items"], "\(command)")
            }
        }
        #expect(try await small.ills() == [])
    }

    @Test("what a bank file leaves open is listed as beside the database, page by page, and what was found out entered")
    func reconciled() async throws {
        let small = try await SmallMarket()
        let finance = small.maker
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                insert into bank_import
                values ('00000000-0000-7000-8000-000000000001', 'camt.053', sha256('f'), 'M', \(finance), '2026-03-02',
                        3, '[]')
                """)
            try await transaction.execute(
                """
                insert into bank_entry (bank_entry_id, bank_import_id, position, outcome, account, reference,
                                        amount_minor, currency, is_credit, booked_on, information)
                select gen_random_uuid(), bank_import_id, position, 'unmatched', 'A', 'R' || position, 5, 'USD', false,
                       '2026-03-02', 'Who knows'
                  from bank_import cross join generate_series(1, 3) as position
                """)
            try await transaction.execute(
                """
                insert into bank_statement (bank_statement_id, bank_import_id, account, statement_id, currency,
                                            stated_on, opening_minor, closing_minor, booked_minor)
                select gen_random_uuid(), bank_import_id, 'A', 'S', 'USD', '2026-03-02', 100, 90, -15 from bank_import
                """)
        }
        let token = try await small.bearer(small.maker)
        try await LiveServer.run(small.market) { server in
            let maker = RemoteProgram(port: server.port, token: token)
            func items(_ what: String, _ more: [String] = []) async throws -> [JSON] {
                let command = ["payout", "reconcile", what, "--by", "Maker"] + more
                let (there, here) = (
                    try await maker.json(command), try await RemoteProgram.besideDatabase.json(command)
                )
                #expect(there["items"]?.arrayValue != nil && there["items"] == here["items"], "\(command)")
                return there["items"]?.arrayValue ?? []
            }
            #expect(try await items("--payments") == [])
            let first = try await items("--entries", ["--limit", "2"])
            let last = try #require(first.last?["entry"]?.stringValue)
            #expect(try await items("--entries", ["--after", last]).count == 1 && first.count == 2)
            // They are of no payment.
            let settling = try await maker.run(["payout", "reconcile", "--settle", last, "--reason", "A fee."])
            #expect(settling.status == 1 && settling.fault.contains("[bank_entry_not_awaited]"), "\(settling.fault)")
            let gap = try #require(try await items("--statements").first?["statement"]?.stringValue)
            for (option, id) in [("--resolve", last), ("--resolve-statement", gap)] {
                let command = ["payout", "reconcile", option, id, "--reason"]
                let silent = try await maker.run(command + [""])
                #expect(silent.status == 1 && silent.fault.contains("[bad_input]"), "\(silent.fault)")
                #expect(try await maker.json(command + ["A fee."])["state"] == "resolved")
                let again = try await maker.run(command + ["A fee."])
                #expect(again.status == 1 && again.fault.contains("[not_found]"), "\(again.fault)")
            }
            #expect(try await items("--entries").count == 2)
            #expect(try await items("--statements") == [])
        }
    }

    @Test("people, their hours and teams are changed as they stand; worker names themself, operators name by key")
    func people() async throws {
        let small = try await SmallMarket()
        let (ann, bob) = (try await small.lawyer("ann"), try await small.lawyer("bob"))
        let tokens = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.1)
            _ = try await chief.json(["worker", "revise", "\(ann)", "--place", "US-CA"])
            _ = try await chief.json(["worker", "suspend", "\(bob)", "--rule", "shared_account", "--reasons", "No."])
            #expect(try await chief.json(["worker", "show", "\(bob)"])["state"] == "suspended")
            _ = try await chief.json(["worker", "reinstate", "\(bob)"])
            #expect(try await chief.json(["worker", "list"])["items"]?.arrayValue?.count == 2)
            #expect(try await chief.json(["person", "list"])["items"]?.arrayValue?.isEmpty == false)
            #expect(
                try await chief.json(["credential", "waiting", "--state", "verified"])["items"]?.arrayValue?.count == 2)
            #expect(try await chief.json(["tier", "history", "\(ann)"])["items"]?[0]?["tier"] == "expert")
            try await self.team(chief, of: ann)
            let policy = ["review", "policy", "clauses", "--requester", "acme"]
            try await withFiles { files in
                let file = try files.write("policy.json", ["second_bps": 700])
                _ = try await chief.json(policy + ["--set", file])
            }
            #expect(try await chief.json(policy)["second_bps"] == 700)
            let windows = ["--window", "mon=09:00-12:30", "--no-daily-minutes"]
            _ = try await worker.json(["availability", "set", "--worker", "me"] + windows)
            let shown = try await worker.json(["availability", "show", "--worker", "ann"])
            #expect(shown["windows"] == [["day": "mon", "span": "09:00-12:30"]])
            #expect(try await worker.json(["hours", "show", "--worker", "me"])["committed_minutes"] == 0)
            for command in [
                ["worker", "earnings", "ann"], ["offer", "list", "ann"], ["notices", "list", "--worker", "ann"],
                ["credential", "list", "ann"], ["decision", "list", "--worker", "ann"],
            ] {
                #expect(try await worker.json(command)["items"]?.arrayValue != nil, "\(command)")
            }
            let other = try await worker.run(["availability", "show", "--worker", "bob"])
            #expect(other.status == 1 && other.fault.contains("somebody else") && other.output.isEmpty)
            let unnamed = try await worker.run(["batch", "list", "--requester", "acme"])
            #expect(unnamed.status == 1 && unnamed.fault.contains("by its id"))
            let asKey = try await chief.run(["worker", "show", "ann"])
            #expect(asKey.status == 1 && asKey.fault.contains("by their id"))
            let narrowed = try await worker.run(["decision", "list", "--kind", "rejection"])
            #expect(narrowed.status == 1 && narrowed.fault.contains("kind"))
            let doctor = try await chief.json(["doctor"])
            #expect(doctor["is_clean"] == true)
        }
        let record = try await ShowWorker(market: small.market)(ann, by: small.manager)
        #expect(record.registration?.place == "US-CA" && record.registration?.name == "Worker ann")
        let kept = try await ShowAvailability(market: small.market)(of: ann, by: small.manager)
        #expect(kept.availability.windows.count == 1)
    }

    private func team(_ chief: RemoteProgram, of worker: Worker.ID) async throws {
        _ = try await chief.json(["team", "create", "north", "--name", "North", "--base", "US"])
        _ = try await chief.json(["team", "add", "north", "\(worker)"])
        let capacity = ["--profession", "lawyer", "--weekly-minutes", "600"]
        #expect(try await chief.json(["team", "capacity", "north"] + capacity)["items"]?[0]?["weekly_minutes"] == 600)
        let shown = try await chief.json(["team", "show", "north"])
        #expect(shown["members"]?[0]?["worker_key"] == "ann")
        _ = try await chief.json(["team", "remove", "north", "\(worker)"])
    }

    @Test("lists of a requester are the same as beside the database, page by page")
    func lists() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("one"), tasks: 5)
        let token = try await small.bearer(small.manager)
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: token)
            let whose = ["--requester", "acme", "--by", "Operator"]
            for command in [
                ["project", "list"], ["guideline", "list"], ["batch", "prices", "\(batch)"],
                ["task", "list", "\(batch)"], ["import", "list", "\(batch)"], ["auction", "list"],
                ["quality", "withdrawals"], ["quality", "gold", "list"],
            ] {
                let there = try await chief.json(command + whose)
                let here = try await RemoteProgram.besideDatabase.json(command + whose)
                #expect(there["items"]?.arrayValue != nil && there["items"] == here["items"], "\(command)")
            }
            for command in [
                ["quality", "cases"], ["quality", "quarantines"], ["screen", "list"], ["schedule", "alerts", "list"],
                ["decision", "appeals"], ["content", "retention-classes"],
            ] {
                let there = try await chief.json(command + ["--by", "Operator"])
                let here = try await RemoteProgram.besideDatabase.json(command + ["--by", "Operator"])
                #expect(there["items"]?.arrayValue != nil && there["items"] == here["items"], "\(command)")
            }
            var (keys, last): ([JSON], String?) = ([], nil)
            repeat {
                let page = try await chief.json(
                    ["task", "list", "\(batch)", "--limit", "2"] + whose + (last.map { ["--after", $0] } ?? []))
                keys += page["items"]?.arrayValue?.compactMap { $0["external_key"] } ?? []
                last = page["next"]?.stringValue
            } while last != nil
            #expect(keys.count == 5 && Set(keys).count == 5)
            let text = try await chief.run(["task", "list", "\(batch)", "--limit", "2"] + whose)
            #expect(text.output.contains("next: "))
            let metrics = try await chief.run(["metrics"])
            #expect(metrics.status == 0 && metrics.output.contains("guildhall_"))
        }
    }
}
