import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Standing asks", .scratchDatabase)
struct AskTests {
    private func ask(
        _ small: SmallMarket, _ hourly: Int64, _ worker: Worker.ID, for profession: Profession? = nil,
        in currency: Currency? = nil
    ) async throws {
        try await SetAsk(market: small.market)(
            Money(hourly, currency ?? small.usd), for: profession, by: Principal.ID(worker.uuid))
    }

    private func next(_ small: SmallMarket, _ worker: Worker.ID) async throws -> Assignment {
        try await small.claim(worker)
    }

    private func eligible(_ small: SmallMarket, _ worker: Worker.ID) async throws -> [Batch.ID] {
        try await ListEligibleBatches(market: small.market)(for: worker, by: Principal.ID(worker.uuid)).map(\.id)
    }

    @Test("are set, changed and ended by their worker, with their history, of which the audit log has no amount")
    func life() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let actor = Principal.ID(worker.uuid)
        let list = ListAsks(market: small.market)
        try await ask(small, 71_237, worker)
        #expect(await refusal(AskRefusal.self) { try await ask(small, 71_237, worker) } == .sameAsk)
        Scratch.clock.advance(by: 60)
        try await ask(small, 71_230, worker)
        // At the same instant: what never held is changed.
        try await ask(small, 71_238, worker)
        Scratch.clock.advance(by: 60)
        try await ask(small, 71_239, worker)
        try await ask(small, 81_237, worker, for: .lawyer)
        #expect(try await list(by: actor).map(\.hourly.minorUnits).sorted() == [71_239, 81_237])
        #expect(
            try await list(past: true, by: actor).map(\.hourly.minorUnits).sorted() == [71_237, 71_238, 71_239, 81_237])
        Scratch.clock.advance(by: 60)
        let end = EndAsk(market: small.market)
        try await end(in: small.usd, by: actor)
        #expect(await refusal(AskRefusal.self) { try await end(in: small.usd, by: actor) } == .noAsk)
        #expect(try await list(by: actor).map(\.profession) == [.lawyer])
        Scratch.clock.advance(by: 60)
        try await ask(small, 91_237, worker)
        let past = try await list(past: true, by: actor)
        #expect(past.count == 5 && past.allSatisfy { $0.inForce.lower != nil })
        let page = try await list(past: true, before: past[1].id, limit: 2, by: actor)
        #expect(page.map(\.id) == past[2...3].map(\.id))
        #expect(try await small.count("select count(*) as n from audit_event where action = 'ask_set'") == 6)
        #expect(
            try await small.count("select count(*) as n from audit_event where facts::text ~ '(712|81237|91237)'") == 0
        )
        #expect(try await small.ills() == [])
    }

    @Test("are bounded in amount and number, for known professions, and nobody's but a worker's")
    func refused() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        for hourly in [0, -1, 1_000_000_000_001] as [Int64] {
            await #expect(throws: BadInput.self) { try await ask(small, hourly, worker) }
        }
        let unknown = try #require(Profession("alchemist"))
        await #expect(throws: NotFound.self) { try await ask(small, 1, worker, for: unknown) }
        await #expect(throws: AccessRefusal.self) {
            try await SetAsk(market: small.market)(Money(1, small.usd), by: small.manager)
        }
        await #expect(throws: AccessRefusal.self) { try await ListAsks(market: small.market)(by: small.manager) }
        await #expect(throws: AccessRefusal.self) {
            try await EndAsk(market: small.market)(in: small.usd, by: small.manager)
        }
        await #expect(throws: BadInput.self) {
            try await ListAsks(market: small.market)(limit: 201, by: Principal.ID(worker.uuid))
        }
        let codes = [
            "USD", "EUR", "GBP", "CNY", "CHF", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "INR", "BRL", "MXN", "ZAR",
            "SEK", "NOK", "DKK", "PLN", "CZK",
        ]
        for code in codes { try await ask(small, 5, worker, in: Currency(code)) }
        #expect(
            await refusal(AskRefusal.self) { try await ask(small, 5, worker, in: Currency("JPY")) }
                == .tooMany)
        try await ask(small, 6, worker)
        let other = try await small.worker("other")
        #expect(try await ListAsks(market: small.market)(past: true, by: Principal.ID(other.uuid)) == [])
    }

    @Test("keep work away that pays less an hour, to the cent, wherever the worker did not name it")
    func filters() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        // 20.00 for 45 minutes is 26.66 2/3 an hour, for 30 minutes 40.00.
        let slow = try await small.batch(small.draft("slow", minutes: 45, priority: 5), tasks: 3)
        let quick = try await small.batch(small.draft("quick", minutes: 30), tasks: 3)
        try await ask(small, 2_666, worker)
        #expect(try await eligible(small, worker) == [slow, quick])
        #expect(try await next(small, worker).batch == slow)
        try await ask(small, 2_667, worker)
        #expect(try await eligible(small, worker) == [quick])
        #expect(try await next(small, worker).batch == quick)
        try await ask(small, 4_000, worker)
        #expect(try await next(small, worker).batch == quick)
        try await ask(small, 4_001, worker)
        #expect(try await eligible(small, worker) == [])
        #expect(
            await refusal(ClaimRefusal.self) { try await next(small, worker) }
                == .belowAsk(paysHourly: try Money(2_666, small.usd)))
        #expect(try await small.claim(worker, slow).batch == slow)
        Scratch.clock.advance(by: 60)
        try await EndAsk(market: small.market)(in: small.usd, by: Principal.ID(worker.uuid))
        #expect(try await next(small, worker).batch == slow)
        #expect(try await small.count("select count(distinct pay_minor) as n from assignment") == 1)
        #expect(try await small.ills() == [])
    }

    @Test("are told as the reason for no work, with what the batch pays and what unlocks it; never what is asked")
    func whyNoWork() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b", minutes: 45), tasks: 1)
        try await ask(small, 987_654, worker)
        for actor in [Principal.ID(worker.uuid), small.manager] {
            let report = try await WhyNoWork(market: small.market)(for: worker, by: actor)
            #expect(report.groups.map(\.code) == ["below_ask"])
            let outlook = try #require(report.page.first)
            #expect(outlook.prospect == .refused(.belowAsk(paysHourly: try Money(2_666, small.usd))))
            #expect(outlook.unlock?.kind == .ask && outlook.unlock?.sentence.contains("26.66 USD an hour") == true)
            #expect(!report.json.canonicalText.contains("9876"))
        }
        // A batch that they name is not kept away.
        let named = try await WhyNotEligible(market: small.market)(
            worker, from: (small.requester, batch), by: Principal.ID(worker.uuid))
        guard case .eligible = named else { throw BadInput("named", "\(named)") }
    }

    @Test("are told last: whoever could not have the work anyway is told why not")
    func lastReason() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        _ = try await small.batch(small.draft("b"), tasks: 1)
        try await ask(small, 987_654, worker)
        #expect(await refusal(ClaimRefusal.self) { try await next(small, worker) }?.code == "not_eligible")
        let report = try await WhyNoWork(market: small.market)(for: worker, by: small.manager)
        #expect(report.groups.map(\.code) == ["requirement_profession"])
    }

    @Test("of the profession count before those for any work; those in other currencies do not count")
    func mostSpecific() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        _ = try await small.batch(small.draft("b"), tasks: 9)
        let euro = try #require(Currency("EUR"))
        try await ask(small, 987_654, worker, in: euro)
        try await ask(small, 987_654, worker, for: .physician)
        _ = try await next(small, worker)
        try await ask(small, 987_654, worker)
        #expect(await refusal(ClaimRefusal.self) { try await next(small, worker) }?.code == "below_ask")
        #expect(try await eligible(small, worker) == [])
        try await ask(small, 4_000, worker, for: .lawyer)
        _ = try await next(small, worker)
        #expect(try await eligible(small, worker).count == 1)
        try await ask(small, 1, worker)
        try await ask(small, 4_001, worker, for: .lawyer)
        #expect(await refusal(ClaimRefusal.self) { try await next(small, worker) }?.code == "below_ask")
    }

    @Test("are no ground to refuse what was offered before; no offer is made below them")
    func offers() async throws {
        let small = try await SmallMarket()
        let (asking, early) = (try await small.lawyer("asking"), try await small.lawyer("early"))
        let batch = try await small.batch(small.draft("b", door: .offer), tasks: 2)
        let make = MakeOffer(market: small.market)
        let end = Scratch.start + 600
        let offer = try await make(
            of: batch, from: small.requester, to: early, reason: [:], answerBy: end, by: small.manager)
        for worker in [asking, early] { try await ask(small, 4_001, worker) }
        #expect(
            await refusal(OfferRefusal.self) {
                try await make(
                    of: batch, from: small.requester, to: asking, reason: [:], answerBy: end, by: small.manager)
            } == .belowAsk)
        _ = try await AcceptOffer(market: small.market)(offer, by: Principal.ID(early.uuid))
        try await ask(small, 4_000, asking)
        _ = try await make(of: batch, from: small.requester, to: asking, reason: [:], answerBy: end, by: small.manager)
    }

    @Test("hide no work behind a hundred batches that pay less")
    func behindMany() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        for number in 0..<101 {
            _ = try await small.batch(small.draft("cheap \(number)", minutes: 60, priority: 1), tasks: 1)
        }
        let good = try await small.batch(small.draft("good", minutes: 30), tasks: 1)
        try await ask(small, 4_000, worker)
        #expect(try await eligible(small, worker) == [good])
        #expect(try await next(small, worker).batch == good)
    }
}

@Suite("Standing asks and prices that rise", .scratchDatabase)
struct RisingAskTests {
    @Test(
        "a price passes once it has risen enough, in claims and lists alike, by the second",
        arguments: EscalationShape.allCases)
    func rising(shape: EscalationShape) async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let actor = Principal.ID(worker.uuid)
        let curve = try Escalator(
            shape, afterSeconds: 100, intervalSeconds: 60, step: Money(7, small.usd), cap: Money(2_050, small.usd))
        let base = try Money(SmallMarket.pay, small.usd)
        _ = try await small.batch(
            small.draft("b", minutes: 1, lapsesMax: 1_000, pricing: BatchPricing(escalator: curve)), tasks: 1)
        var passed = 0
        for (elapsed, hourly) in [
            (0.0, 2_000), (0, 2_001), (99, 2_001), (101, 2_000), (108.5, 2_001), (159, 2_007), (160, 2_007),
            (160, 2_008), (219, 2_014), (220, 2_014), (220.001, 2_014), (400, 2_035), (400, 2_036), (5_000, 2_050),
            (5_001, 2_051),
        ] {
            Scratch.clock.set(to: Scratch.start + elapsed)
            let asked = try Money(Int64(hourly) * 60, small.usd)
            _ = try? await SetAsk(market: small.market)(asked, by: actor)
            let pay = try curve.price(from: base, elapsed: elapsed)
            let passes = pay.minorUnits >= Int64(hourly)
            passed += passes ? 1 : 0
            let listed = try await ListEligibleBatches(market: small.market)(for: worker, by: actor)
            #expect(listed.count == (passes ? 1 : 0), "\(hourly) at \(elapsed), it pays \(pay)")
            do {
                let work = try await small.claim(worker)
                #expect(passes && work.terms["pay_minor"] == .integer(pay.minorUnits), "\(hourly) at \(elapsed)")
                try await ReturnTask(market: small.market)(work.id, token: work.leaseToken, .noTime, by: actor)
            } catch ClaimRefusal.belowAsk(let paysHourly) {
                #expect(!passes && paysHourly.minorUnits == pay.minorUnits * 60, "\(hourly) at \(elapsed)")
            }
        }
        #expect((5...12).contains(passed))
    }
}

@Suite("The posted lane")
struct PostedLaneTests {
    private static let dollar = Currency("USD")

    @Test("admits exactly what pays the ask or more for an hour, whatever the numbers")
    func exact() throws {
        let usd = try #require(Self.dollar)
        let dice = Dice(seed: 7)
        for _ in 0..<20_000 {
            let (pay, minutes) = (Int64(dice.roll(1...100_000)), dice.roll(1...10_080))
            // Around the border, where rounding would show.
            let hourly = max(pay * 60 / Int64(minutes) + Int64(dice.roll(-1...1)), 1)
            let asks = Asks([Asks.Entry(profession: nil, hourly: try Money(hourly, usd))])
            let admitted = asks.admit(pay: try Money(pay, usd), minutes: minutes, of: .lawyer)
            #expect(admitted == (pay * 60 >= hourly * Int64(minutes)), "\(pay) for \(minutes) against \(hourly)")
        }
        let most = Asks([Asks.Entry(profession: nil, hourly: try Money(Money.minorUnitsMax, usd))])
        #expect(!most.admit(pay: try Money(1, usd), minutes: .max, of: .lawyer))
        #expect(most.admit(pay: try Money(Money.minorUnitsMax, usd), minutes: 60, of: .lawyer))
        #expect(Asks.nothing.admit(pay: try Money(1, usd), minutes: 10_080, of: .lawyer))
    }

    @Test("is explained to either side in one sentence")
    func sentences() {
        let sentences = PostedLane.Reader.allCases.map(PostedLane.sentence(for:))
        #expect(Set(sentences).count == 2)
        for sentence in sentences {
            #expect(sentence.hasSuffix(".") && !sentence.dropLast().contains(".") && sentence.count < 250)
        }
    }
}
