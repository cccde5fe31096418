import Formats
import Foundation
import Marketplace
import Store
import Tax
import TestSupport
import Testing

/// Claims against cumulative taxes, and rules by country for who has chosen none.
@Suite("Tax claims and defaults", .scratchDatabase)
struct TaxClaimTests {
    /// A worker under the platform rule who is paid 10,000.00 CNY a task; it is March.
    private struct Desk {
        let small: SmallMarket
        let worker: Worker.ID
        private let batch: Batch.ID
        private let keys = Names()

        init() async throws {
            small = try await SmallMarket(wallet: 100_000_000, pay: 1_000_000, currency: "CNY")
            worker = try await small.lawyer("li")
            try await ChooseTaxRules(market: small.market)(
                TaxChoice(ruleSet: "china-platform", residence: "CN", standing: TaxStanding()), of: worker,
                by: small.maker)
            batch = try await small.batch(small.draft("b", budget: 50_000_000), tasks: 8)
        }

        func claim(
            _ kind: TaxClaimKind, _ minor: Int64, month: String = "2026-03-01", verified: Bool = true
        ) async throws -> TaxClaim.ID {
            let day = try #require(CalendarDate(iso: month))
            let id = try await EnterTaxClaim(market: small.market)(
                TaxClaimDraft(kind: kind, month: day, amount: Money(minor, small.usd), evidence: "Slip 7"),
                of: worker, reference: keys.next(), by: small.maker)
            if verified { try await EndTaxClaim(market: small.market).verify(id, by: small.checker) }
            return id
        }

        func prepare() async throws -> PayoutBatch {
            try await small.earn(worker, batch)
            Scratch.clock.advance(by: 1)
            return try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        }

        /// - Returns: what was withheld.
        func pay() async throws -> Int64 {
            let payout = try await prepare()
            try await ApprovePayoutBatch(market: small.market)(
                payout.id, contentHash: payout.contentHash, by: small.checker)
            try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
            return try await newest().withheld.minorUnits
        }

        func newest() async throws -> Withholding {
            try #require(
                try await ListWithholdings(market: small.market)(of: worker, by: small.maker).first?.withholding)
        }

        /// The first of the next month.
        func nextMonth() throws {
            let now = Scratch.clock.now()
            let text = now.formatted(.iso8601)
            let (year, month) = (Int(text.prefix(4)) ?? 0, Int(text.dropFirst(5).prefix(2)) ?? 0)
            let next = try #require(CalendarDate(year: year, month: month + 1, day: 2))
            Scratch.clock.advance(by: next.midnightUTC.timeIntervalSince(now))
        }
    }

    private final class Names: Sendable {
        private let dice = Dice()
        func next() -> String { "\(dice.roll(0...Int.max - 1))" }
    }

    @Test("deductions of each month lower what is withheld, as the rule's formula has it, and its lines say so")
    func deductions() async throws {
        let desk = try await Desk()
        _ = try await desk.claim(.special, 60_000)
        _ = try await desk.claim(.additional, 40_000)
        // (10,000 − 20 % − 5,000 − 1,000) × 3 %
        #expect(try await desk.pay() == 6_000)
        let lines = try await desk.newest().lines.arrayValue ?? []
        let deduction = lines.first { $0["step"] == "other_deductions" }
        #expect(deduction?["amount_minor"] == -100_000)
        try desk.nextMonth()
        // Nothing claimed for April: the year's 20,000 − 4,000 − 10,000 − 1,000 at 3 %, less 60.
        #expect(try await desk.pay() == 9_000)
        // Claims of both months come late.
        _ = try await desk.claim(.special, 100_000, month: "2026-03-15")
        _ = try await desk.claim(.special, 100_000, month: "2026-04-01")
        try desk.nextMonth()
        // 30,000 − 6,000 − 15,000 − 3,000 at 3 % are 180, less 150.
        #expect(try await desk.pay() == 3_000)
        #expect(try await desk.newest().deductionsMinor == 200_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("exempt income counts as far as it is paid, the rest with the next payment; relief is off the tax")
    func exemptAndRelief() async throws {
        let desk = try await Desk()
        _ = try await desk.claim(.exempt, 1_200_000)
        #expect(try await desk.pay() == 0)
        #expect(try await desk.newest().exemptMinor == 1_000_000)
        _ = try await desk.claim(.relief, 1_000, month: "2026-04-01")
        // Of a month that has not come.
        _ = try await desk.claim(.relief, 5_000, month: "2026-05-01")
        try desk.nextMonth()
        _ = try await desk.pay()
        let second = try await desk.newest()
        #expect(second.exemptMinor == 200_000 && second.reliefMinor == 1_000)
        // 20,000 − 4,000 − 12,000 − 10,000 is below zero.
        #expect(second.withheld.minorUnits == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("count only once somebody else has seen the paper, and until they are withdrawn; a cancelled payout's again")
    func verified() async throws {
        let desk = try await Desk()
        let end = EndTaxClaim(market: desk.small.market)
        let claim = try await desk.claim(.other, 100_000, verified: false)
        let both = try await CreatePrincipal(market: desk.small.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: desk.small.manager)
        await #expect(throws: AccessRefusal.self) { try await end.verify(claim, by: desk.small.maker) }
        let own = try await EnterTaxClaim(market: desk.small.market)(
            TaxClaimDraft(
                kind: .other, month: try #require(CalendarDate(iso: "2026-03-01")), amount: Money(1, desk.small.usd),
                evidence: "x"),
            of: desk.worker, reference: "own", by: both)
        #expect(await refusal(TaxClaimRefusal.self) { try await end.verify(own, by: both) } == .samePerson)
        let first = try await desk.prepare()
        #expect(try await desk.newest().withheld.minorUnits == 9_000, "not verified")
        try await CancelPayoutBatch(market: desk.small.market)(first.id, by: desk.small.maker)
        try await end.verify(claim, by: desk.small.checker)
        #expect(await refusal(TaxClaimRefusal.self) { try await end.verify(claim, by: desk.small.checker) } == .ended)
        let second = try await desk.prepare()
        // Two tasks by now: 20,000 − 4,000 − 5,000 − 1,000 at 3 %.
        #expect(try await desk.newest().withheld.minorUnits == 30_000)
        try await CancelPayoutBatch(market: desk.small.market)(second.id, by: desk.small.maker)
        #expect(try await desk.small.ills() == [])
        #expect(try await desk.pay() == 54_000, "30,000 − 6,000 − 5,000 − 1,000 at 3 %")
        try await end.withdraw(claim, by: desk.small.maker)
        #expect(await refusal(TaxClaimRefusal.self) { try await end.withdraw(claim, by: desk.small.maker) } == .ended)
        try desk.nextMonth()
        _ = try await desk.pay()
        #expect(try await desk.newest().deductionsMinor == 0)
        let list = ListTaxClaims(market: desk.small.market)
        #expect(try await list(of: desk.worker, by: Principal.ID(desk.worker.uuid)).count == 2)
        await #expect(throws: AccessRefusal.self) { try await list(of: desk.worker, by: desk.small.manager) }
        #expect(try await desk.small.ills() == [])
    }

    @Test("rules by country hold for who has chosen none, from when they were set, and for an agency's people its own")
    func defaults() async throws {
        let small = try await SmallMarket()
        let set = SetTaxDefault(market: small.market)
        let workers = [try await small.lawyer("own"), try await small.lawyer("none"), try await small.lawyer("agent")]
        await #expect(throws: AccessRefusal.self) { try await set("US", ruleSet: "us", source: "x", by: small.maker) }
        await #expect(throws: BadInput.self) { try await set("XX", ruleSet: "us", source: "x", by: small.checker) }
        await #expect(throws: BadInput.self) { try await set("US", ruleSet: "mars", source: "x", by: small.checker) }
        await #expect(throws: BadInput.self) { try await set("US", ruleSet: "us", source: "", by: small.checker) }
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "none", residence: "US", standing: TaxStanding()), of: workers[0], by: small.maker)
        let agency = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE-BE", isPayee: true), by: small.manager)
        try await JoinTeam(market: small.market)(workers[2], agency.id, by: small.manager)
        Scratch.clock.advance(by: 1)
        let batch = try await small.batch(small.draft("b"), tasks: 9)
        func total() async throws -> Int64 {
            for worker in workers { try await small.earn(worker, batch) }
            Scratch.clock.advance(by: 1)
            let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
            try await ApprovePayoutBatch(market: small.market)(
                payout.id, contentHash: payout.contentHash, by: small.checker)
            try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
            return payout.total.minorUnits
        }
        #expect(try await total() == 6_000)
        try await set("US", ruleSet: "us", source: "26 USC 3406", by: small.checker)
        try await set("DE", ruleSet: "eu", source: "PStTG", by: small.checker)
        #expect(try await set.all(by: small.maker).map(\.country) == ["DE", "US"])
        // Who has chosen nothing and lives in the US: 24 % without a form. The agency is in Germany: gross.
        #expect(try await total() == 6_000 - 480)
        try await set("US", ruleSet: nil, source: "Advice of March.", by: small.checker)
        #expect(try await total() == 6_000)
        #expect(try await small.ills() == [])
    }
}
