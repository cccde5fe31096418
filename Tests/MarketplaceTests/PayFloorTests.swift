import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The arithmetic of the pay floor")
struct PayFloorArithmeticTests {
    private func floor(_ hourly: Int64) throws -> PayFloor {
        try PayFloor(hourly: Money(hourly, try #require(Currency("USD"))), medianOf: 200, reason: "Test")
    }

    @Test(
        "the least paid, at the median of the active time, must come to the floor; odd and even, rounded up",
        arguments: [
            ([2_000], [1_800], 4_000, nil), ([2_000], [1_800], 4_001, [1_800, 4_000, 2_001]),
            ([2_000, 1_000], [1_800, 1_800], 4_000, [1_800, 2_000, 2_000]),
            ([100, 100, 100], [9, 3_600, 1], 40_000, nil),
            ([100, 100, 100], [3_601, 3_600, 1], 101, [3_600, 100, 101]),
            ([100, 100], [3_600, 3_599], 100, nil), ([100, 100], [3_601, 3_600], 100, [3_601, 99, 101]),
            ([1], [7_776_000], 100_000_000_000, [7_776_000, 0, 216_000_000_000_000]), ([], [], 1, nil),
        ] as [([Int64], [Int], Int64, [Int64]?)])
    func shortfalls(pay: [Int64], seconds: [Int], hourly: Int64, told: [Int64]?) throws {
        let answers = zip(pay, seconds).map { PaidTime(pay: $0, activeSeconds: $1) }
        let shortfall = try floor(hourly).shortfall(of: answers)
        #expect(shortfall == (try floor(hourly).shortfall(of: answers.reversed())))
        #expect(shortfall.map { [Int64($0.medianSeconds), $0.hourly, $0.owed] } == told)
        #expect(shortfall.map(\.answers) == told.map { _ in answers.count })
    }

    @Test("what is owed at the median comes to the floor, and one minor unit less would not")
    func owed() throws {
        let dice = Dice(seed: 7)
        for _ in 0..<2_000 {
            let hourly = Int64(dice.roll(1...20_000))
            let answers = (0..<dice.roll(1...9)).map { _ in
                PaidTime(pay: Int64(dice.roll(1...3_000)), activeSeconds: dice.roll(1...20_000))
            }
            guard let short = try floor(hourly).shortfall(of: answers) else { continue }
            #expect(short.owed * 3_600 >= hourly * Int64(short.medianSeconds))
            #expect((short.owed - 1) * 3_600 < hourly * Int64(short.medianSeconds))
            #expect(short.hourly < hourly && answers.contains { $0.pay < short.owed })
        }
    }
}

@Suite("Keeping the pay floor", .scratchDatabase)
struct PayFloorTests {
    private func setFloor(_ small: SmallMarket, _ hourly: Int64, medianOf: Int = 2) async throws {
        _ = try await SetPayFloor(market: small.market)(
            PayFloor(hourly: Money(hourly, small.usd), medianOf: medianOf, reason: "Test"), by: small.checker
        )
    }

    /// Takes a task, is at it for that long, and has the answer judged.
    private func work(
        _ small: SmallMarket, _ worker: Worker.ID, _ batch: Batch.ID, seconds: Int, says: Int? = nil,
        _ judgement: Judgement = .accepted
    ) async throws {
        let work = try await small.claim(worker, batch)
        Scratch.clock.advance(by: Double(seconds))
        try await small.submit(work, activeSeconds: says ?? seconds)
        try await small.review(work, judgement)
    }

    private func apply(_ small: SmallMarket) async throws -> Int {
        try await ApplyPayFloor(market: small.market)(by: small.manager).topUps
    }

    private func payable(_ small: SmallMarket, _ worker: Worker.ID) async throws -> Int64 {
        try await small.balance(.payable(to: worker, small.usd))
    }

    @Test("a batch below it is flagged, those paid get the difference once, out of the share, then from the platform")
    func toppedUp() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(
            small.draft("b", pricing: BatchPricing(topUpBasisPoints: 1_000)), tasks: 4
        )
        let hold = AccountKey.hold(ofBatch: batch.uuid, small.usd)
        #expect(try await small.balance(hold) == 4 * 2_200 + 800)
        try await setFloor(small, 3_000)
        // 50 minutes for 20.00 are 24.00 an hour; 25.00 would be 30.00.
        try await work(small, ann, batch, seconds: 3_000)
        #expect(try await apply(small) == 0)
        try await work(small, ben, batch, seconds: 3_000)
        #expect(try await apply(small) == 2)
        #expect(try await payable(small, ann) == 2_500)
        #expect(try await payable(small, ben) == 2_500)
        #expect(try await small.balance(hold) == 2 * 2_200 + 300)
        #expect(try await small.balance(.topUps(small.usd)) == -500)
        #expect(try await apply(small) == 0)
        let flags = try await ListPayFloorFlags(market: small.market)(
            of: batch, from: small.requester, by: small.manager)
        #expect(
            flags.map(\.shortfall) == [FloorShortfall(answers: 2, medianSeconds: 3_000, hourly: 2_400, owed: 2_500)])
        #expect(flags.map(\.toppedUp.minorUnits) == [1_000] && flags.map(\.topUps) == [2])
        #expect(try await small.count("select count(*) as n from notice where kind = 'pay_topped_up'") == 2)
        #expect(try await small.ills() == [])
    }

    @Test("a payout pays top-ups with the work, to the cent")
    func paidOut() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("b"), tasks: 3)
        try await work(small, ann, batch, seconds: 3_000)
        let prepare = PreparePayoutBatch(market: small.market)
        let early = try await prepare(small.usd, by: small.maker)
        #expect(early.total.minorUnits == 2_000)
        try await setFloor(small, 3_001, medianOf: 1)
        #expect(try await apply(small) == 1)
        let late = try await prepare(small.usd, by: small.maker)
        #expect(late.total.minorUnits == 501 && late.lineCount == 1)
        for payout in [early, late] {
            try await ApprovePayoutBatch(market: small.market)(
                payout.id, contentHash: payout.contentHash, by: small.checker)
            try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
        }
        #expect(try await payable(small, ann) == 0)
        #expect(await refusal(PayoutRefusal.self) { try await prepare(small.usd, by: small.maker) } == .nothingToPay)
        #expect(try await small.ills() == [])
    }

    @Test("a longer median flags again and pays what is missing now; a shorter one takes nothing back")
    func rising() async throws {
        let small = try await SmallMarket()
        let (ann, ben, cem) = (
            try await small.lawyer("ann"), try await small.lawyer("ben"), try await small.lawyer("cem")
        )
        let batch = try await small.batch(small.draft("b"), tasks: 6)
        try await setFloor(small, 3_000, medianOf: 1)
        try await work(small, ann, batch, seconds: 3_000)
        #expect(try await apply(small) == 1)
        try await work(small, ben, batch, seconds: 3_300)
        #expect(try await apply(small) == 2)
        #expect(try await payable(small, ann) == 2_750)
        #expect(try await payable(small, ben) == 2_750)
        try await work(small, cem, batch, seconds: 1_000)
        #expect(try await apply(small) == 0)
        #expect(try await payable(small, cem) == 2_000)
        try await work(small, cem, batch, seconds: 2_700)
        #expect(try await apply(small) == 2)
        #expect(try await payable(small, cem) == 2 * 2_250)
        #expect(try await payable(small, ann) == 2_750)
        #expect(try await small.count("select count(*) as n from pay_floor_flag") == 3)
        #expect(try await small.ills() == [])
    }

    @Test("what was accepted in part is topped up in part, what was rejected not at all")
    func inPart() async throws {
        let small = try await SmallMarket()
        let (ann, ben, cem) = (
            try await small.lawyer("ann"), try await small.lawyer("ben"), try await small.lawyer("cem")
        )
        let batch = try await small.batch(small.draft("b"), tasks: 5)
        try await setFloor(small, 3_000)
        try await work(small, ann, batch, seconds: 3_000)
        try await work(small, ben, batch, seconds: 3_000, .acceptedInPart(basisPoints: 5_000))
        try await work(small, cem, batch, seconds: 3_000, .rejected)
        #expect(try await apply(small) == 2)
        #expect(try await payable(small, ann) == 2_500)
        #expect(try await payable(small, ben) == 1_250)
        #expect(try await payable(small, cem) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("closing looks a last time at however few answers, and releases what the share did not pay")
    func closing() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(
            small.draft("b", pricing: BatchPricing(topUpBasisPoints: 2_000)), tasks: 3
        )
        try await setFloor(small, 3_000, medianOf: 50)
        try await work(small, ann, batch, seconds: 3_000)
        #expect(try await apply(small) == 0)
        let released = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        #expect(released.minorUnits == 2 * 2_200 + 1_200 - 500)
        #expect(try await payable(small, ann) == 2_500)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 10_000_000 - 2_200 - 500)
        #expect(try await small.balance(.topUps(small.usd)) == 0)
        #expect(try await apply(small) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("many at once post every top-up once")
    func atOnce() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(
            small.draft("b", pricing: BatchPricing(topUpBasisPoints: 500)), tasks: 6
        )
        try await setFloor(small, 3_000)
        for number in 0..<5 { try await work(small, try await small.lawyer("w\(number)"), batch, seconds: 3_000) }
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await apply(small) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.sorted() == [0, 0, 0, 0, 0, 0, 0, 5])
        #expect(try await small.count("select sum(amount_minor)::bigint as n from earning") == 5 * 2_500)
        // The share of 600 takes one top-up; the others do not fit.
        #expect(try await small.balance(.topUps(small.usd)) == -4 * 500)
        #expect(try await small.ills() == [])
    }

    @Test(
        "active time is what the worker says, within the lease; silence is at most the expected duration",
        arguments: [(3_000, nil, 1_800), (600, nil, 600), (3_000, 2_000, 2_000), (600, 9_999_999_999, 600), (0, 5, 1)]
            as [(Int, Int?, Int)])
    func activeTime(since: Int, said: Int?, kept: Int) async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let work = try await small.claim(small.lawyer("w"), batch)
        Scratch.clock.advance(by: Double(since))
        #expect(await refusal(BadInput.self) { try await small.submit(work, activeSeconds: 0) } != nil)
        try await small.submit(work, activeSeconds: said)
        #expect(try await small.count("select active_seconds::bigint as n from submission") == kept)
    }

    @Test("a draft is published with the share for top-ups within its budget, or not at all")
    func budget() async throws {
        let small = try await SmallMarket()
        let pricing = BatchPricing(topUpBasisPoints: 1_000)
        let dear = try await small.batch(small.draft("dear", budget: 4_799, pricing: pricing), tasks: 2, publish: false)
        let publish = PublishBatch(market: small.market)
        #expect(
            await refusal(BatchRefusal.self) { try await publish(dear, of: small.requester, by: small.manager) }
                == .overBudget(worstCase: 4_800, budget: 4_799))
        let batch = try await small.batch(small.draft("b", budget: 4_800, pricing: pricing), tasks: 2)
        #expect(try await small.balance(.hold(ofBatch: batch.uuid, small.usd)) == 4_800)
        let bad = try small.draft("bad", pricing: BatchPricing(topUpBasisPoints: 10_001))
        #expect(await refusal(BadInput.self) { try await small.batch(bad, tasks: 1) }?.field == "top_up_bps")
    }

    @Test("the narrowest floor counts, the profession before the tier; the next one ends the one before")
    func policies() async throws {
        let small = try await SmallMarket()
        let set = SetPayFloor(market: small.market)
        func floor(_ hourly: Int64, _ profession: Profession?, _ tier: Tier?) throws -> PayFloor {
            try PayFloor(
                profession: profession, tier: tier, hourly: Money(hourly, small.usd), medianOf: 1, reason: "Test"
            )
        }
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        let rate = try await small.market.database.read { [requester = small.requester] in
            try await $0.batch(batch, of: requester)?.rate
        }
        func held() async throws -> Int64? {
            let rate = try #require(rate)
            return try await small.market.database.read { try await $0.floor(for: rate)?.floor.hourly.minorUnits }
        }
        #expect(try await held() == nil)
        let order: [(Int64, Profession?, Tier?)] = [
            (1, nil, nil), (2, nil, .expert), (3, .lawyer, nil), (4, .lawyer, .expert),
        ]
        for (hourly, profession, tier) in order {
            _ = try await set(floor(hourly, profession, tier), by: small.checker)
            #expect(try await held() == hourly)
            Scratch.clock.advance(by: 1)
        }
        _ = try await set(floor(9, .physician, .expert), by: small.checker)
        Scratch.clock.advance(by: 1)
        _ = try await set(floor(5, .lawyer, .expert), from: Scratch.start + 60, by: small.checker)
        #expect(try await held() == 4)
        let same = try floor(6, .lawyer, .expert)
        #expect(
            await refusal(PayFloorRefusal.self) { try await set(same, by: small.checker) } == .laterFloor)
        Scratch.clock.advance(by: 60)
        #expect(try await held() == 5)
        #expect(
            await refusal(PayFloorRefusal.self) { try await set(same, from: Scratch.start, by: small.checker) }
                == .inThePast)
        let astrologer: Profession = try #require(Profession("astrologer"))
        let stars = try floor(6, astrologer, nil)
        #expect(
            await refusal(PayFloorRefusal.self) { try await set(stars, by: small.checker) } == .unknownProfession)
        #expect(await refusal(AccessRefusal.self) { try await set(same, by: small.maker) } != nil)
        let list = ListPayFloors(market: small.market)
        let page = try await list(limit: 2, by: small.manager)
        #expect(page.map(\.floor.hourly.minorUnits) == [5, 9])
        #expect(try await list(before: page.last?.id, by: small.maker).map(\.floor.hourly.minorUnits) == [4, 3, 2, 1])
    }
}

@Suite("Constraints of the pay floor", .scratchDatabase)
struct PayFloorConstraintTests {
    private static let violations: [(constraint: String, statement: SQL)] = [
        ("pay_floor_currency_is_iso4217", "update pay_floor set currency = 'usd'"),
        ("pay_floor_hourly_possible", "update pay_floor set hourly_minor = 0"),
        ("pay_floor_median_of_possible", "update pay_floor set median_of = 201"),
        ("pay_floor_reason_given", "update pay_floor set reason = ''"),
        ("pay_floor_in_force_bounded_below", "update pay_floor set in_force = 'empty'"),
        (
            "pay_floor_no_overlap",
            """
            insert into pay_floor
            select gen_random_uuid(), profession, tier, currency, 1, 1, 'x', in_force, set_by from pay_floor
             where tier is not null
            """
        ),
        (
            "pay_floor_no_overlap_of_any_tier",
            """
            insert into pay_floor
            select gen_random_uuid(), profession, tier, currency, 1, 1, 'x', in_force, set_by from pay_floor
             where tier is null
            """
        ),
        ("pay_floor_flag_answers_possible", "update pay_floor_flag set answers = 0"),
        ("pay_floor_flag_median_possible", "update pay_floor_flag set median_seconds = 0"),
        ("pay_floor_flag_below_floor", "update pay_floor_flag set hourly_minor = floor_minor"),
        ("pay_floor_flag_owed_positive", "update pay_floor_flag set owed_minor = 0"),
    ]

    @Test("each refuses the statement that breaks it, by name")
    func violated() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        try await small.earn(small.lawyer("w"), batch)
        for tier in [Tier?.none, .expert] {
            _ = try await SetPayFloor(market: small.market)(
                PayFloor(tier: tier, hourly: Money(10_000_000, small.usd), medianOf: 1, reason: "Test"),
                by: small.checker
            )
        }
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        try await expectRefused(Self.violations)
    }
}
