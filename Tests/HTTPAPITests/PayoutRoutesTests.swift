import Formats
import Foundation
import HTTPAPI
import Marketplace
import Payments
import Store
import TestSupport
import Testing

@Suite("Routes of payouts to accounts, and of clawbacks that come to nothing", .scratchDatabase)
struct PayoutRoutesTests {
    private static let ibans = ["DE89370400440532013000", "GB82WEST12345698765432", "AT611904300234573201"]

    /// A market in EUR with a source of payouts.
    private func small() async throws -> SmallMarket {
        let small = try await SmallMarket(
            currency: "EUR",
            market: Market(
                database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys))
        try await SetPayoutSource(market: small.market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        return small
    }

    /// With somebody who has earned, and whose account has rested.
    private func payable() async throws -> SmallMarket {
        let small = try await small()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        try await SetPayoutMethod(market: small.market, keys: Scratch.keys)(
            account(Self.ibans[0], "Ann"), of: ann, by: small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        return small
    }

    private func account(_ iban: String, _ holder: String) throws -> PayoutMethod {
        try PayoutMethod(account: iban, holder: holder, country: String(iban.prefix(2)), currency: "EUR")
    }

    @Test("a clawback that is refused takes nothing, tells its worker nothing, and can be proposed again")
    func refusedClawback() async throws {
        let small = try await small()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let mine = try await small.bearer(ann)
        let earning: UUID = try await small.market.database.read {
            try await $0.oneRow("select transfer_id from earning")["transfer_id"]
        }
        let owed = try await small.balance(.payable(to: ann, small.usd))
        try await LiveServer.run(small.market) { server in
            func draft(_ reference: String) -> JSON {
                [
                    "worker": .string("\(ann)"), "rule": "paid_by_mistake",
                    "items": [["earning": .string(earning.uuidString.lowercased()), "amount_minor": 500]],
                    "reasons": "Paid twice.", "reference": .string(reference),
                ]
            }
            let made = try await server.send("POST", "/v1/clawbacks", token: maker, key: "a", json: draft("CB-1"))
            let id = try #require(made.body["clawback"]?.stringValue, "\(made.body)")
            let decide = "/v1/clawbacks/\(id)/decide"
            let refused = try await server.send("POST", decide, token: checker, key: "b", json: ["take_back": false])
            #expect(refused.status == 200 && refused.body["decision"]?.isNull == true, "\(refused.body)")
            let again = try await server.send("POST", decide, token: checker, key: "b", json: ["take_back": false])
            #expect(again.body == refused.body && again.headers["idempotent-replayed"] == "true")
            let late = try await server.send("POST", decide, token: checker, key: "c", json: ["take_back": true])
            #expect(late.status == 409 && late.code == "clawback_not_proposed")
            let own = "/v1/workers/\(ann)/clawbacks"
            #expect(try await server.send("GET", own, token: mine).body["items"] == [])
            let listed = try await server.send("GET", "/v1/clawbacks?state=refused", token: maker)
            #expect(listed.body["items"]?[0]?["clawback"] == .string(id), "\(listed.body)")
            let agree = "/v1/clawbacks/\(id)/agree"
            #expect(try await server.send("POST", agree, token: mine, key: "d", json: [:]).status >= 400)
            let next = try await server.send("POST", "/v1/clawbacks", token: maker, key: "e", json: draft("CB-2"))
            #expect(next.status == 201 && next.body["state"] == "proposed", "\(next.body)")
        }
        #expect(try await small.balance(.payable(to: ann, small.usd)) == owed)
        #expect(try await small.count("select count(*) as n from decision") == 0)
        #expect(try await small.ills() == [])
    }

    @Test("a payout that fell due is prepared by one person, once, and approved by another")
    func due() async throws {
        let small = try await payable()
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        try await LiveServer.run(small.market) { server in
            let weekly: JSON = ["weekly": "fri", "minute": 1_080, "time_zone": "Europe/Berlin"]
            let set = try await server.send(
                "PUT", "/v1/payout-schedules/main", token: checker, key: "a", json: weekly)
            #expect(set.status == 200, "\(set.body)")
            Scratch.clock.advance(by: 8 * 86_400)
            #expect(try await OpenDuePayouts(market: small.market)(by: small.manager) == 1)
            let open = try await server.send("GET", "/v1/payouts-due?state=open", token: maker)
            let due = try #require(open.body["items"]?[0]?["due"]?.stringValue, "\(open.body)")
            let prepare = "/v1/payouts-due/\(due)/prepare"
            #expect(try await server.send("POST", prepare, token: checker, key: "b", json: [:]).status == 403)
            let prepared = try await server.send("POST", prepare, token: maker, key: "b", json: [:])
            #expect(prepared.status == 201 && prepared.body["total_minor"] == 2_000, "\(prepared.body)")
            #expect(prepared.body["excluded_count"] == 0 && prepared.body["excluded"] == [])
            #expect(prepared.body["source"] == "main" && prepared.body["format"] == "pain.001.001.09")
            #expect(prepared.body["pay_on"]?.stringValue != nil && prepared.body["payer"]?["iban"] != nil)
            let again = try await server.send("POST", prepare, token: maker, key: "b", json: [:])
            #expect(again.body == prepared.body && again.headers["idempotent-replayed"] == "true")
            let other = try await server.send("POST", prepare, token: maker, key: "c", json: [:])
            #expect(other.status == 409 && other.code == "payout_due_closed")
            let id = try #require(prepared.body["payout"]?.stringValue)
            let closed = try await server.send("GET", "/v1/payouts-due?state=prepared", token: checker)
            #expect(closed.body["items"]?[0]?["payout_batch"] == .string(id), "\(closed.body)")
            let hash: JSON = ["content_hash": prepared.body["content_hash"] ?? .null]
            let approve = "/v1/payouts/\(id)/approve"
            #expect(try await server.send("POST", approve, token: maker, key: "d", json: hash).status == 403)
            let approved = try await server.send("POST", approve, token: checker, key: "d", json: hash)
            #expect(approved.status == 200, "\(approved.body)")
            let file = try await server.send("POST", "/v1/payouts/\(id)/export", token: maker, json: [:])
            #expect(file.status == 200 && file.text.contains(Self.ibans[0]), "\(file.body)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("a run that is exported over a server says what the file is, and how many payees have another account by now")
    func exported() async throws {
        let small = try await small()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("one"), tasks: 1))
        let set = SetPayoutMethod(market: small.market, keys: Scratch.keys)
        try await set(account(Self.ibans[0], "Ann"), of: ann, by: small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let folder = try RemoteProgram.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await LiveServer.run(small.market) { server in
            let finance = RemoteProgram(port: server.port, token: maker)
            let run = try await finance.json(["payout", "run", "--source", "main", "--day", "2026-03-10"])
            let id = try #require(run["payout"]?.stringValue, "\(run)")
            let hash = try #require(run["content_hash"]?.stringValue)
            let approved = try await RemoteProgram(port: server.port, token: checker).run([
                "payout", "approve", id, "--content-hash", hash,
            ])
            #expect(approved.status == 0, "\(approved.fault)")
            let export = ["payout", "export", id, "--output", folder + "/run.xml"]
            let first = try await finance.json(export)
            #expect(first["is_first"] == true && first["accounts_changed"] == 0 && first["payments"] == 1, "\(first)")
            let file = try Data(contentsOf: URL(fileURLWithPath: folder + "/run.xml"))
            #expect(first["file_hash"] == .string(Digest(of: Array(file)).hexadecimal))
            try await set(account(Self.ibans[1], "Ann"), of: ann, by: small.manager)
            let again = try await finance.json(export)
            #expect(again["is_first"] == false && again["accounts_changed"] == 1, "\(again)")
            #expect(again["file_hash"] == first["file_hash"])
            let words = try await finance.run(export)
            #expect(words.fault.contains("1 payees have another account by now"), "\(words.fault)")
        }
        #expect(try await small.ills() == [])
    }

    @Test("an agency's managers and finance read what a payment to it is for, and nobody else, once it was issued")
    func agencyStatement() async throws {
        let small = try await small()
        let market = small.market
        let agency = try await CreateTeam(market: market)(
            TeamDraft(externalKey: "agency", kind: .agency, name: "Agency GmbH", base: "AT", isPayee: true),
            by: small.manager
        ).id
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await JoinTeam(market: market)(ann, agency, by: small.manager)
        let boss = try await CreatePrincipal(market: market)(.person, named: "Boss", roles: [], by: small.manager)
        try await AppointManager(market: market)(boss, of: agency, by: small.manager)
        try await small.setAccount(of: agency, account(Self.ibans[2], "Agency GmbH"))
        try await SetPayoutMethod(market: market, keys: Scratch.keys)(
            account(Self.ibans[1], "Ben"), of: ben, by: small.manager)
        Scratch.clock.advance(by: 73 * 3_600)
        let batch = try await small.batch(small.draft("one"), tasks: 3)
        try await small.earn(ann, batch, tasks: 2)
        try await small.earn(ben, batch)
        Scratch.clock.advance(by: 1)
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        let (manager, member) = (try await small.bearer(boss), try await small.bearer(ann))
        try await LiveServer.run(market) { server in
            let order: JSON = ["source": "main", "day": "2026-03-10"]
            let unkeyed = try await server.send("POST", "/v1/payout-runs", token: maker, json: order)
            #expect(unkeyed.code == "idempotency_key_missing")
            let run = try await server.send("POST", "/v1/payout-runs", token: maker, key: "run", json: order)
            #expect(run.status == 201 && run.body["lines"] == 2, "\(run.body)")
            // Whoever has lost the answer gets it again, and no second run.
            let again = try await server.send("POST", "/v1/payout-runs", token: maker, key: "run", json: order)
            #expect(again.status == 201 && again.body == run.body && again.headers["idempotent-replayed"] == "true")
            let anew = try await server.send("POST", "/v1/payout-runs", token: maker, key: "anew", json: order)
            #expect(anew.code == "nothing_to_pay", "\(anew.body)")
            let id = try #require(run.body["payout"]?.stringValue)
            let lines = try await server.send("GET", "/v1/payouts/\(id)/lines", token: maker)
            let listed = lines.body["items"]?.arrayValue ?? []
            let ours = try #require(listed.first { $0["payee"] == "agency" }?["line"]?.stringValue, "\(lines.body)")
            let bens = try #require(listed.first { $0["payee"] == "worker" }?["line"]?.stringValue)
            let statement = "/v1/payout-lines/\(ours)/statement"
            #expect(try await server.send("GET", statement, token: maker).status == 404)
            let hash: JSON = ["content_hash": run.body["content_hash"] ?? .null]
            let approved = try await server.send(
                "POST", "/v1/payouts/\(id)/approve", token: checker, key: "a", json: hash)
            #expect(approved.status == 200, "\(approved.body)")
            let file = try await server.send("POST", "/v1/payouts/\(id)/export", token: maker, json: [:])
            #expect(file.status == 200, "\(file.body)")
            for token in [manager, maker, checker] {
                let told = try await server.send("GET", statement, token: token)
                #expect(told.status == 200 && told.headers["content-type"]?.hasPrefix("text/csv") == true)
                let rows = told.text.split(whereSeparator: \.isNewline)
                #expect(rows.first == "worker,name,gross,withheld,clawed_back,net,currency", "\(told.text)")
                #expect(rows.contains("ann,Worker ann,40.00,0.00,0.00,40.00,EUR"), "\(told.text)")
                #expect(!told.text.contains("ben"))
            }
            let page = try await server.send("GET", statement + "?format=html", token: manager)
            #expect(page.status == 200 && page.headers["content-type"]?.hasPrefix("text/html") == true)
            #expect(try await server.send("GET", statement, token: member).status == 403)
            let foreign = "/v1/payout-lines/\(bens)/statement"
            #expect(try await server.send("GET", foreign, token: manager).status == 403)
            #expect(try await server.send("GET", foreign, token: maker).status == 404)
        }
        #expect(try await small.ills() == [])
    }

    @Test("who approves reads what is paid again by the word of a table alone, by command and over HTTP")
    func unconfirmed() async throws {
        let small = try await payable()
        let (maker, checker) = (try await small.bearer(small.maker), try await small.bearer(small.checker))
        try await LiveServer.run(small.market) { server in
            func run(_ key: String) async throws -> JSON {
                let order: JSON = ["source": "main", "day": "2026-03-10"]
                return try await server.send("POST", "/v1/payout-runs", token: maker, key: key, json: order).body
            }
            func take(_ file: String) async throws {
                let said: JSON = ["file": .string(file)]
                let taken = try await server.send("POST", "/v1/bank-imports", token: maker, json: said)
                #expect(taken.status == 200 && taken.body["is_new"] == true, "\(taken.body)")
            }
            let first = try await run("a")
            #expect(first["unconfirmed_returns"] == 0 && first["unconfirmed_returns_minor"] == 0, "\(first)")
            let payout = try #require(first["payout"]?.stringValue)
            let path = "/v1/payouts/\(payout)"
            let hash: JSON = ["content_hash": first["content_hash"] ?? .null]
            let approved = try await server.send("POST", path + "/approve", token: checker, key: "b", json: hash)
            #expect(approved.status == 200, "\(approved.body)")
            #expect(try await server.send("POST", path + "/export", token: maker, json: [:]).status == 200)
            let lines = try await server.send("GET", path + "/lines", token: maker)
            let id = try #require(lines.body["items"]?[0]?["end_to_end_id"]?.stringValue)
            try await take(Self.debit(of: id))
            try await take("end_to_end_id,amount,currency,reason\r\n\(id),20.00,EUR,MS03\r\n")
            let second = try await run("c")
            #expect(second["unconfirmed_returns"] == 1 && second["unconfirmed_returns_minor"] == 2_000, "\(second)")
            let again = try #require(second["payout"]?.stringValue)
            let shown = try await server.send("GET", "/v1/payouts/\(again)", token: checker)
            #expect(shown.body["unconfirmed_returns"] == 1 && shown.body["unconfirmed_returns_minor"] == 2_000)
            let open = try await server.send("GET", "/v1/open-payments", token: checker)
            #expect(open.body["items"]?[0]?["state"] == "failed", "\(open.body)")
            let books = try await server.send("GET", "/v1/reconciliation", token: checker)
            #expect(books.body["items"]?[0]?["unconfirmed_returns"] == 1, "\(books.body)")
            let list = ["payout", "list", "--state", "prepared"]
            let told = try await RemoteProgram(port: server.port, token: checker).json(list)
            let here = try await RemoteProgram.besideDatabase.json(list + ["--by", "Checker"])
            for listed in [told, here] { #expect(listed["items"]?[0]?["unconfirmed_returns"] == 1, "\(listed)") }
            let words = try await RemoteProgram.besideDatabase.run(list + ["--by", "Checker"])
            #expect(words.output.contains("1 payments (20.00 EUR) are paid again"), "\(words.output)")
        }
        #expect(try await small.ills() == [])
    }

    /// A statement by which a payment of 20.00 EUR was debited.
    private static func debit(of id: String) -> String {
        let amount = "<Amt Ccy=\"EUR\">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>"
        return """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S</MsgId>\
            <CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S</Id><Acct><Id>\
            <IBAN>NL41MOCK0000000001</IBAN></Id></Acct><Ntry>\(amount)<Sts><Cd>BOOK</Cd></Sts>\
            <BookgDt><Dt>2026-03-10</Dt></BookgDt><BkTxCd/><NtryDtls><TxDtls><Refs>\
            <EndToEndId>\(id)</EndToEndId></Refs>\(amount)</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>
            """
    }
}
