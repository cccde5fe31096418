import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("From application to erasure", .scratchDatabase)
struct WorkerLifeTests {
    @Test("a registered worker applies once, with a language, and is activated by an operator")
    func application() async throws {
        let crew = try await Crew()
        let register = RegisterWorker(market: crew.market)
        let worker = try await register(.sample(), by: crew.chief)
        let silent = try await register(.sample("w2", languages: []), by: crew.chief)
        let apply = ApplyAsWorker(market: crew.market)
        #expect(await Crew.refusal { try await apply(silent, by: Principal.ID(worker.uuid)) } == "role_missing")
        #expect(await Crew.refusal { try await apply(silent, by: Principal.ID(silent.uuid)) } == "no_language")
        #expect(await Crew.refusal { try await apply(crew.market.nobody, by: crew.chief) } == "not_found")
        try await apply(worker, by: Principal.ID(worker.uuid))
        #expect(try await crew.facts(of: worker)?.state == .applicant)
        #expect(await Crew.refusal { try await apply(worker, by: crew.chief) } == "illegal_transition")
        try await ActivateWorker(market: crew.market)(worker, by: crew.chief)
        #expect(try await crew.facts(of: worker)?.state == .active)
    }

    @Test(
        "contact is refused or brought into its form",
        arguments: [
            ("+49 (30) 90-18.20", "+4930901820"), ("+8613800138000", "+8613800138000"), ("030 901820", nil),
            ("+0123456789", nil), ("+123456", nil), ("+1234567890123456", nil), ("+49x30901820", nil), ("", nil),
        ])
    func phones(text: String, phone: String?) {
        let made = try? Registration(
            externalKey: "k", name: "n", email: "a@b.de", country: "DE", timeZone: "UTC", weeklyMinutesMax: 1,
            languages: [], phone: text)
        #expect(made?.phone == phone)
    }

    @Test(
        "a place of performance is a country or a part of one",
        arguments: [("DE", true), ("US-NY", true), ("us-ny", false), ("XX", false), ("US-", false), ("US-NYCX", false)])
    func places(text: String, isGood: Bool) {
        let made = try? Registration(
            externalKey: "k", name: "n", email: "a@b.de", country: "DE", timeZone: "UTC", weeklyMinutesMax: 1,
            languages: [], place: text)
        #expect((made != nil) == isGood)
    }

    @Test("a revision changes what it says, keeps the rest, and the audit log names fields, not what they hold")
    func revision() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        _ = try await crew.worker("w2")
        let revise = ReviseWorker(market: crew.market)
        let new = try Registration(
            externalKey: "w1", name: "陈思远", email: "w1@example.org", country: "CN", timeZone: "Asia/Shanghai",
            weeklyMinutesMax: 600, languages: ["zh:native", "en:b2"], phone: "+86 138 0013 8000",
            bornOn: .day("1990-02-28"), place: "CN-SH"
        )
        try await revise(worker, to: new, by: Principal.ID(worker.uuid))
        try await revise(worker, to: new, by: crew.chief)
        let record = try await ShowWorker(market: crew.market)(worker, by: Principal.ID(worker.uuid))
        #expect(record.registration?.languages.map(\.description) == ["en:b2", "zh:native"])
        #expect(record.registration?.phone == "+8613800138000" && record.registration?.name == "陈思远")
        #expect(record.registration?.place == "CN-SH" && record.registration?.bornOn == .day("1990-02-28"))
        #expect(try await crew.facts(of: worker)?.languages == ["en", "zh"])
        let fields: [JSON] = try await crew.market.database.read {
            try await $0.rows("select facts from audit_event where action = 'worker_revised'").map { try $0["facts"] }
        }
        let names = fields.first?["fields"]?.arrayValue?.compactMap(\.stringValue)
        #expect(fields.count == 1)
        #expect(names == ["name", "phone", "born_on", "country", "time_zone", "place", "languages"])
        #expect(
            await Crew.refusal { try await revise(worker, to: try .sample(email: "w2@example.org"), by: crew.chief) }
                == "email_taken")
        #expect(await Crew.refusal { try await revise(worker, to: try .sample("w3"), by: crew.chief) } == "bad_input")
    }

    @Test("a worker sees their own record, and nobody else's")
    func showing() async throws {
        let crew = try await Crew()
        let (worker, other) = (try await crew.worker("w1"), try await crew.worker("w2"))
        let show = ShowWorker(market: crew.market)
        #expect(try await show(worker, by: Principal.ID(worker.uuid)).summary.externalKey == "w1")
        await #expect(throws: AccessRefusal.self) { try await show(worker, by: Principal.ID(other.uuid)) }
        await #expect(throws: NotFound.self) { try await show(crew.market.nobody, by: crew.chief) }
    }

    @Test("an operator closes with reasons and a decision, a worker without; nothing opens a closed account")
    func closing() async throws {
        let crew = try await Crew()
        let (worker, other) = (try await crew.worker("w1"), try await crew.worker("w2"))
        let close = CloseWorker(market: crew.market)
        await #expect(throws: BadInput.self) {
            try await close(worker, rule: "fraud", facts: [:], reasons: "", by: crew.chief)
        }
        #expect(try await crew.facts(of: worker)?.state == .active)
        _ = try await close(worker, rule: "fraud", facts: [:], reasons: "False papers.", by: crew.chief)
        try await close(ownAccount: other)
        let decided: [String] = try await crew.market.database.read {
            try await $0.rows("select worker_id::text as it from decision where kind = 'closure'").map { try $0["it"] }
        }
        #expect(decided == ["\(worker)"])
        #expect(await Crew.refusal { try await close(ownAccount: other) } == "illegal_transition")
        #expect(
            await Crew.refusal { try await ActivateWorker(market: crew.market)(worker, by: crew.chief) }
                == "illegal_transition")
    }

    @Test("an account with work or money in it is neither closed nor erased; without, all that identifies is gone")
    func erasure() async throws {
        let small = try await SmallMarket()
        let keys = KeyRing.generate()
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let worker = try await small.lawyer("w1")
        let own = Principal.ID(worker.uuid)
        try await SetPayoutMethod(market: small.market, keys: keys)(.sample(), of: worker, by: own)
        try await SetTaxProfile(market: small.market, keys: keys)(.sample(), of: worker, by: own)
        _ = try await FindDuplicates(market: small.market, keys: keys)(by: small.manager)
        let token = try await IssueToken(market: small.market)(for: own, lifetime: 3_600, by: small.manager)
        let erase = EraseWorker(market: small.market)
        let close = CloseWorker(market: small.market)

        let work = try await small.claim(worker, batch)
        #expect(await refusal(CloseWorkerRefusal.self) { try await close(ownAccount: worker) } == .leasesLive)
        #expect(await refusal(EraseWorkerRefusal.self) { try await erase(worker, by: own) } == .leasesLive)
        try await small.submit(work)
        #expect(await refusal(EraseWorkerRefusal.self) { try await erase(worker, by: own) } == .workPending)
        try await small.review(work)
        #expect(await refusal(EraseWorkerRefusal.self) { try await erase(worker, by: own) } == .moneyOwed)
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            payout.id, contentHash: payout.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
        #expect(await refusal(EraseWorkerRefusal.self) { try await erase(worker, by: own) } == .notClosed)
        _ = try await close(worker, rule: "r", facts: [:], reasons: "Canary reasons.", by: small.manager)
        #expect(await refusal(AccessRefusal.self) { try await erase(worker, by: small.maker) } != nil)
        #expect(try await Residue.tables(with: "w1@example.org") == ["worker_person"])

        #expect(try await erase(worker, by: own))
        #expect(try await !erase(worker, by: small.manager))
        for trace in ["w1@example.org", "Worker w1"] { #expect(try await Residue.tables(with: trace) == []) }
        #expect(try await Residue.tables(with: "Canary reasons.") == ["decision"])
        let left = try await small.count(
            """
            select (select count(*) from payout_method) + (select count(*) from tax_profile)
                 + (select count(*) from worker_key) + (select count(*) from identity_mark where worker_id = \(worker))
                 + (select count(*) from worker_language where worker_id = \(worker))
                 + (select count(*) from notice where recipient_id = \(worker) and facts <> '{}') as n
            """)
        #expect(left == 0)
        #expect(try await small.count("select count(*) as n from earning where worker_id = \(worker)") == 1)
        await #expect(throws: AccessRefusal.self) { try await small.market.authenticate(token: token.secret) }
        await #expect(throws: IllegalTransition.self) {
            try await SetTaxProfile(market: small.market, keys: keys)(.sample(), of: worker, by: small.manager)
        }
        let record = try await ShowWorker(market: small.market)(worker, by: small.manager)
        #expect(record.registration == nil && record.erasedAt == Scratch.start)
        #expect(try await small.ills() == [])
    }
}

extension Market {
    /// The id of a worker who does not exist.
    fileprivate var nobody: Worker.ID { identifiers.make(at: Scratch.start) }
}
