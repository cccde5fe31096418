import Formats
import Foundation
import Marketplace
import Store
import Tax
import TestSupport
import Testing

@Suite("Taxes of payouts", .scratchDatabase)
struct WithholdingTests {
    private static func standing(_ form: TaxStanding.Form?, number: Bool = false) -> TaxStanding {
        var standing = TaxStanding()
        (standing.form, standing.hasTaxpayerNumber) = (form, number)
        return standing
    }

    private static func choose(
        _ rules: String, _ standing: TaxStanding = TaxStanding(), residence: String = "US", for worker: Worker.ID,
        in small: SmallMarket
    ) async throws {
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: rules, residence: residence, standing: standing), of: worker, by: small.maker)
    }

    /// A market that pays 10,000.00 CNY a task, with a worker under the platform rule and a batch of tasks.
    private static func china(tasks: Int) async throws -> (SmallMarket, Worker.ID, Batch.ID) {
        let small = try await SmallMarket(wallet: 100_000_000, pay: 1_000_000, currency: "CNY")
        let worker = try await small.lawyer("li")
        try await choose("china-platform", residence: "CN", for: worker, in: small)
        let batch = try await small.batch(small.draft("b", budget: 50_000_000), tasks: tasks)
        return (small, worker, batch)
    }

    private static func prepare(_ small: SmallMarket, earningsMax: Int = 100_000) async throws -> PayoutBatch {
        try await PreparePayoutBatch(market: small.market)(small.usd, earningsMax: earningsMax, by: small.maker)
    }

    private static func issue(_ batch: PayoutBatch, _ small: SmallMarket) async throws {
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
    }

    private static func withheld(_ worker: Worker.ID, _ small: SmallMarket) async throws -> [Int64] {
        try await ListWithholdings(market: small.market)(of: worker, by: small.maker)
            .reversed().map(\.withholding.withheld.minorUnits)
    }

    @Test("are withheld when the payout is prepared, posted when it is issued, and what is paid is net")
    func unitedStates() async throws {
        let small = try await SmallMarket()
        let (ann, ben, cem) = (
            try await small.lawyer("ann"), try await small.lawyer("ben"), try await small.lawyer("cem")
        )
        try await Self.choose("us", for: ann, in: small)
        try await Self.choose("us", Self.standing(.w9, number: true), for: ben, in: small)
        let tasks = try await small.batch(small.draft("b"), tasks: 6)
        for worker in [ann, ben, cem] { try await small.earn(worker, tasks, tasks: 2) }
        let batch = try await Self.prepare(small)
        #expect(batch.total.minorUnits == 4_000 - 960 + 4_000 + 4_000)
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 4_000)
        #expect(try await small.balance(.taxPayable(small.usd)) == 0)
        #expect(try await small.ills() == [])
        try await Self.issue(batch, small)
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 0)
        #expect(try await small.balance(.taxPayable(small.usd)) == 960)
        #expect(try await small.balance(.clearing(small.usd)) == 0)
        let earned = try await ListEarnings(market: small.market)(of: ann, by: small.maker).sums
        #expect(earned.map(\.paid.minorUnits) == [4_000] && earned.map(\.withheld.minorUnits) == [960])
        #expect(try await small.ills() == [])
        let found = try await ListWithholdings(market: small.market)(of: ann, by: Principal.ID(ann.uuid))
        #expect(found.count == 1 && found[0].state == .issued && found[0].withholding.place == "US")
        let steps = found[0].withholding.lines.arrayValue?.compactMap { $0["step"]?.stringValue }
        #expect(steps == ["tax", "reporting", "withheld"])
        #expect(try await Self.withheld(ben, small) == [0])
        #expect(try await Self.withheld(cem, small) == [])
        #expect(
            await refusal(AccessRefusal.self) {
                try await ListWithholdings(market: small.market)(of: ann, by: Principal.ID(ben.uuid))
            } != nil)
    }

    @Test("of a foreign person depend on where the work was done, by the terms of the assignment")
    func place() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        try await Self.choose("us", Self.standing(.w8ben, number: true), residence: "DE", for: worker, in: small)
        try await small.earn(worker, small.batch(small.draft("b"), tasks: 2), tasks: 1)
        // The next one is worked from Germany.
        try await Scratch.asOwner { try await $0.execute("update worker set country = 'DE', place = 'DE'") }
        let abroad = try await small.claim(worker)
        try await small.submit(abroad)
        try await small.review(abroad)
        let batch = try await Self.prepare(small)
        #expect(batch.total.minorUnits == 4_000 - 600)
        let found = try await ListWithholdings(market: small.market)(of: worker, by: small.maker).map(\.withholding)
        #expect(Set(found.map { "\($0.place ?? "") \($0.withheld.minorUnits)" }) == ["US 600", "DE 0"])
        try await Self.issue(batch, small)
        #expect(try await small.ills() == [])
    }

    @Test("of the Chinese platform rule count from payout to payout")
    func cumulative() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 3)
        for _ in 0..<3 {
            try await small.earn(worker, tasks)
            let batch = try await Self.prepare(small)
            #expect(batch.total.minorUnits == 991_000)
            try await Self.issue(batch, small)
            Scratch.clock.advance(by: 31 * 86_400)
        }
        #expect(try await Self.withheld(worker, small) == [9_000, 9_000, 9_000])
        #expect(try await small.balance(.taxPayable(small.usd)) == 27_000)
        #expect(try await small.ills() == [])
    }

    @Test("begin from one sum only once, though many makers prepare at once")
    func makersAtOnce() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 8)
        try await small.earn(worker, tasks, tasks: 8)
        let outcomes = await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { await Result.of { try await Self.prepare(small, earningsMax: 1) } }
            }
            return await group.reduce(into: [Result<PayoutBatch, any Error>]()) { $0.append($1) }
        }
        #expect(outcomes.compactMap { try? $0.get() }.count == 8)
        // 80,000 in one month: 80,000 × 80 % − 5,000 = 59,000 × 10 % − 2,520.
        #expect(try await Self.withheld(worker, small).reduce(0, +) == 338_000)
        #expect(try await small.ills() == [])
    }

    @Test("of a payout that is cancelled are taken back; those that count from it are prepared anew")
    func cancelled() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 2)
        try await small.earn(worker, tasks)
        let first = try await Self.prepare(small)
        try await small.earn(worker, tasks)
        let second = try await Self.prepare(small)
        // 20,000 in one month: 20,000 × 80 % − 5,000 = 11,000 × 3 %, of which 90 were withheld.
        #expect(second.total.minorUnits == 1_000_000 - 24_000)
        await #expect(throws: WithholdingRefusal.baseChanged) { try await Self.issue(second, small) }
        try await CancelPayoutBatch(market: small.market)(first.id, by: small.maker)
        await #expect(throws: WithholdingRefusal.baseChanged) {
            try await IssuePayoutBatch(market: small.market)(second.id, by: small.maker)
        }
        try await CancelPayoutBatch(market: small.market)(second.id, by: small.maker)
        #expect(try await small.ills() == [])
        let third = try await Self.prepare(small)
        #expect(third.total.minorUnits == 2_000_000 - 33_000)
        try await Self.issue(third, small)
        #expect(try await small.balance(.taxPayable(small.usd)) == 33_000)
        #expect(try await small.ills() == [])
    }

    @Test("are in order: what counts from another payout is issued after it")
    func inOrder() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 2)
        try await small.earn(worker, tasks)
        let first = try await Self.prepare(small)
        try await small.earn(worker, tasks)
        let second = try await Self.prepare(small)
        await #expect(throws: WithholdingRefusal.baseChanged) { try await Self.issue(second, small) }
        try await Self.issue(first, small)
        try await IssuePayoutBatch(market: small.market)(second.id, by: small.maker)
        #expect(try await small.ills() == [])
    }

    @Test("are of their month: a payout that is issued in the next is prepared anew")
    func periodPassed() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 1)
        try await small.earn(worker, tasks)
        let batch = try await Self.prepare(small)
        Scratch.clock.advance(by: 31 * 86_400)
        await #expect(throws: WithholdingRefusal.periodPassed) { try await Self.issue(batch, small) }
        #expect(try await small.balance(.taxPayable(small.usd)) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("of a payment that came back are taken back, once; its earnings are taxed anew")
    func cameBack() async throws {
        let (small, worker, tasks) = try await Self.china(tasks: 2)
        try await small.earn(worker, tasks)
        let first = try await Self.prepare(small)
        try await Self.issue(first, small)
        try await small.earn(worker, tasks)
        let second = try await Self.prepare(small)
        let lines = try await ListPayoutLines(market: small.market)(of: first.id, by: small.maker)
        let shares = lines.flatMap(\.line.shares)
        // As the bank's return does it: the net amount back to the worker, the earnings due again, the tax taken back.
        for _ in 0..<2 {
            try await small.market.change { change in
                try await change.giveBackWithholdings(of: shares.map(\.id))
                try await change.record(
                    "payment_returned", by: small.maker, on: "payout_batch", first.id.uuid, in: .platform)
            }
        }
        #expect(try await small.balance(.taxPayable(small.usd)) == 0)
        #expect(try await small.balance(.payable(to: worker, small.usd)) == 1_000_000 + 9_000)
        let found = try await ListWithholdings(market: small.market)(of: worker, by: small.maker)
        #expect(found.map { $0.reversedAt != nil } == [false, true])
        #expect(try await small.ills() == [])
        await #expect(throws: WithholdingRefusal.baseChanged) { try await Self.issue(second, small) }
        try await CancelPayoutBatch(market: small.market)(second.id, by: small.maker)
        let third = try await Self.prepare(small)
        #expect(third.total.minorUnits == 991_000)
        try await Self.issue(third, small)
        #expect(try await small.ills() == [])
    }

    @Test("that cannot be told leave a worker out, not the others")
    func leftOut() async throws {
        let small = try await SmallMarket()
        let (ann, li) = (try await small.lawyer("ann"), try await small.lawyer("li"))
        try await Self.choose("china-platform", residence: "CN", for: li, in: small)
        let tasks = try await small.batch(small.draft("b"), tasks: 2)
        try await small.earn(li, tasks)
        let alone = await refusal(WithholdingRefusal.self) { try await Self.prepare(small) }
        #expect(alone?.message.contains("counts in CNY") == true)
        try await small.earn(ann, tasks)
        let batch = try await Self.prepare(small)
        #expect(batch.total.minorUnits == 2_000 && batch.lineCount == 1)
        try await Self.issue(batch, small)
        #expect(try await small.balance(.payable(to: li, small.usd)) == 2_000)
        #expect(try await small.ills() == [])
    }

    @Test("withheld by a row that was changed behind the program's back do not leave")
    func tampered() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await Self.choose("us", for: ann, in: small)
        try await small.earn(ann, small.batch(small.draft("b"), tasks: 1))
        let batch = try await Self.prepare(small)
        try await Scratch.asOwner { try await $0.execute("update withholding set withheld_minor = 1") }
        await #expect(throws: WithholdingRefusal.notWhole) { try await Self.issue(batch, small) }
    }

    @Test("follow the tax profile until finance says otherwise")
    func profiles() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        let keys = KeyRing.generate()
        let profiles: [(TaxProfile, String)] = [
            (try TaxProfile(residence: "US", taxpayerNumber: "123-45-6789", form: .w9), "us"),
            (try TaxProfile(residence: "DE", taxpayerNumber: "12345678", form: .w8ben), "us"),
            (try TaxProfile(residence: "DE", taxpayerNumber: "12345678", form: .declaration), "eu"),
            (try TaxProfile(residence: "GB", taxpayerNumber: "12345678", form: .declaration), "uk"),
            (try TaxProfile(residence: "CN", taxpayerNumber: "12345678", form: .declaration), "china-platform"),
            (try TaxProfile(residence: "BR", taxpayerNumber: "12345678", form: .declaration), "none"),
        ]
        for (profile, _) in profiles {
            try await SetTaxProfile(market: small.market, keys: keys)(profile, of: worker, by: small.manager)
            Scratch.clock.advance(by: 60)
        }
        try await Self.choose("uk", residence: "GB", for: worker, in: small)
        try await Self.choose("none", residence: "GB", for: worker, in: small)
        let found = try await ListTaxChoices(market: small.market)(of: worker, by: small.maker)
        #expect(found.reversed().map(\.choice.ruleSet) == profiles.map(\.1) + ["none"])
        #expect(found.filter { $0.until == nil }.count == 1)
        #expect(found.reversed()[1].choice.standing.formSignedOn == TaxDay(iso: "2026-03-02"))
        // What finance has chosen stands, and finance is told what the profile asks for.
        Scratch.clock.advance(by: 60)
        try await SetTaxProfile(market: small.market, keys: keys)(profiles[0].0, of: worker, by: small.manager)
        let after = try await ListTaxChoices(market: small.market)(of: worker, by: small.maker)
        #expect(after.map(\.id) == found.map(\.id) && after.first?.until == nil)
        #expect(try await small.count("select count(*) as n from notice where kind = 'tax_rules_kept'") == 1)
        #expect(
            await refusal(AccessRefusal.self) {
                try await ChooseTaxRules(market: small.market)(
                    TaxChoice(ruleSet: "none", residence: "US", standing: TaxStanding()), of: worker,
                    by: small.manager)
            } != nil)
        #expect(throws: BadInput.self) { try TaxChoice(ruleSet: "mars", residence: "US", standing: TaxStanding()) }
        #expect(throws: BadInput.self) { try TaxChoice(ruleSet: "us", residence: "XX", standing: TaxStanding()) }
    }
}

@Suite("Tax reports from the database", .scratchDatabase)
struct TaxReportTests {
    private static func report(
        _ form: TaxReportForm, numbers keys: KeyRing? = nil, quarter: Int? = nil, _ small: SmallMarket
    ) async throws -> [[String]] {
        var bytes: [UInt8] = []
        _ = try await ReportTaxes(market: small.market)(
            form, year: 2026, quarter: quarter, numbers: keys, by: small.maker, to: { bytes += $0 })
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test("have a row for whom they are about, of what was issued and nothing else")
    func rows() async throws {
        let small = try await SmallMarket()
        let keys = KeyRing.generate()
        let set = SetTaxProfile(market: small.market, keys: keys)
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        try await set(
            TaxProfile(residence: "DE", taxpayerNumber: "86095742719", form: .declaration), of: ann, by: small.manager)
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: ben, by: small.maker)
        let tasks = try await small.batch(small.draft("b"), tasks: 5)
        try await small.earn(ann, tasks, tasks: 2)
        try await small.earn(ben, tasks, tasks: 1)
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(try await Self.report(.dac7, small).count == 1)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        try await small.earn(ann, tasks)
        _ = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        let dac7 = try await Self.report(.dac7, numbers: keys, quarter: 1, small)
        #expect(dac7.count == 2)
        #expect(dac7[1] == ["2026", "ann", "Worker ann", "86095742719", "DE", "USD", "40.00", "2", "4.00", "0.00"])
        #expect(try await Self.report(.dac7, small)[1][3] == "")
        let necs = try await Self.report(.form1099NEC, small)
        #expect(necs.count == 2)
        #expect(
            necs[1] == ["2026", "ben", "Worker ben", "", "US", "20.00", "4.80", "USD", "1", "backup_withholding"])
        let readings = try await small.count(
            "select count(*) as n from audit_event where action = 'tax_profile_read'")
        #expect(readings == 1)
        #expect(try await small.ills() == [])
        #expect(try await Self.report(.decree810, small).count == 1)
        await #expect(throws: AccessRefusal.self) {
            try await ReportTaxes(market: small.market)(.dac7, year: 2026, by: Principal.ID(ann.uuid), to: { _ in })
        }
        await #expect(throws: BadInput.self) {
            try await ReportTaxes(market: small.market)(.dac7, year: 2026, quarter: 5, by: small.maker, to: { _ in })
        }
    }

    @Test("count what was worked and its fee once, whatever bonuses and top-ups came to it")
    func bonuses() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "eu", residence: "DE", standing: TaxStanding()), of: ann, by: small.maker)
        let tasks = try await small.batch(small.draft("b"), tasks: 1)
        let claimed = try await small.claim(ann, tasks)
        try await small.submit(claimed)
        try await small.review(claimed)
        for reference in ["B-1", "B-2"] {
            try await PayBonus(market: small.market)(
                try Money(500, small.usd), for: claimed.id, of: small.requester, reference: reference,
                reason: "Found it", by: small.manager)
        }
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        let dac7 = try await Self.report(.dac7, quarter: 1, small)
        #expect(dac7.dropFirst().map { Array($0[6...8]) } == [["30.00", "1", "2.00"]])
        #expect(try await small.ills() == [])
    }

    @Test("of China have a row a month from the stored lines, and a row a quarter")
    func china() async throws {
        let small = try await SmallMarket(wallet: 100_000_000, pay: 1_000_000, currency: "CNY")
        let worker = try await small.lawyer("li")
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "china-platform", residence: "CN", standing: TaxStanding()), of: worker,
            by: small.maker)
        let tasks = try await small.batch(small.draft("b", budget: 50_000_000), tasks: 3)
        for days in [0, 1, 31] {
            Scratch.clock.advance(by: Double(days) * 86_400)
            try await small.earn(worker, tasks)
            let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
            try await ApprovePayoutBatch(market: small.market)(
                batch.id, contentHash: batch.contentHash, by: small.checker)
            try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        }
        let rows = try await Self.report(.chinaWithholding, small)
        let columns = Dictionary(uniqueKeysWithValues: rows[0].enumerated().map { ($1, $0) })
        func values(_ name: String) throws -> [String] {
            let place = try #require(columns[name])
            return rows.dropFirst().map { $0[place] }
        }
        #expect(try values("month") == ["3", "4"])
        #expect(try values("income") == ["20000.00", "10000.00"])
        #expect(try values("income_cumulative") == ["20000.00", "30000.00"])
        #expect(try values("deduction") == ["5000.00", "10000.00"])
        #expect(try values("withheld") == ["330.00", "90.00"])
        #expect(try values("withheld_before") == ["0.00", "330.00"])
        let persons = try await Self.report(.decree810, small)
        #expect(persons.dropFirst().map { $0[1] } == ["1", "2"])
        #expect(persons[1].last == "yes")
    }
}
