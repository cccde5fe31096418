import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Explanations of routing", .scratchDatabase)
struct ExplanationTests {
    /// A batch whose work is offered, and two lawyers.
    private struct Desk {
        let small: SmallMarket
        let batch: Batch.Key
        let ann: Worker.ID
        let ben: Worker.ID

        init() async throws {
            small = try await SmallMarket()
            batch = Batch.Key(
                requester: small.requester, id: try await small.batch(small.draft("b", door: .offer), tasks: 3))
            (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        }

        var explain: ExplainRouting { ExplainRouting(market: small.market) }

        func say(_ counts: [UnroutedReason: Int], _ reason: UnroutedReason = .noHours) async throws {
            try await KeepExplanations(market: small.market)(
                batches: [
                    UnroutedBatch(
                        batch: batch, reason: reason, message: "Ann can take 15 more.", counts: UnroutedCounts(counts),
                        slotsLeft: 2)
                ],
                workers: [
                    UnroutedWorker(
                        worker: ann, reason: reason, message: "You can take 15 more.", counts: UnroutedCounts(counts))
                ], by: small.manager)
        }

        func offer(to worker: Worker.ID, next: Worker.ID? = nil) async throws -> Offer.ID {
            try await MakeOffer(market: small.market)(
                of: batch.id, from: batch.requester, to: worker, reason: [:], answerBy: Scratch.clock.now() + 600,
                explanation: OfferExplanation(
                    valueMicros: 70, parts: ["quality": 100, "lateness": -30], hoursPriceMicros: 12,
                    runnerUp: next.map { .init(worker: $0, valueMicros: 60) }, candidates: 2,
                    certificateMillionths: 990_000), by: small.manager)
        }

        /// A person of the requester.
        func publisher() async throws -> Principal.ID {
            try await CreatePrincipal(market: small.market)(
                .person, named: "Publisher", roles: [.requester], for: batch.requester, by: small.manager)
        }
    }

    @Test("an operator reads all of a batch's, a publisher counts by reason and nothing of one worker")
    func readers() async throws {
        let desk = try await Desk()
        try await desk.say([.away: 2, .noHours: 1, .belowAsk: 4, .declined: 1, .nobodyEligible: 7])
        let whole = try #require(try await desk.explain(desk.batch, as: .operator, by: desk.small.manager).first)
        #expect(whole.message == "Ann can take 15 more." && whole.counts.counts[.belowAsk] == 4)
        #expect(whole.slotsLeft == 2)
        let publisher = try await desk.publisher()
        let told = try #require(try await desk.explain(desk.batch, as: .requester, by: publisher).first)
        #expect(told.message == nil && told.reason == .noHours)
        #expect(told.counts.counts == [.noHours: 3, .declined: 5, .nobodyEligible: 7])
        // An operator may look with the requester's eyes.
        #expect(try await desk.explain(desk.batch, as: .requester, by: desk.small.manager) == [told])
        Scratch.clock.advance(by: 60)
        try await desk.say([.belowAsk: 5], .belowAsk)
        let crowd = try #require(try await desk.explain(desk.batch, as: .requester, by: publisher).first)
        #expect(crowd.reason == .belowAsk && crowd.counts.counts == [.belowAsk: 5])
        // Why work is held back, or is worth less than its pay, is not hidden behind other words.
        for reason in [UnroutedReason.belowPay, .waitsForBetter] {
            Scratch.clock.advance(by: 60)
            try await desk.say([reason: 3], reason)
            let held = try #require(try await desk.explain(desk.batch, as: .requester, by: publisher).first)
            #expect(held.reason == reason && held.counts.counts == [reason: 3])
            #expect(reason.requesterSentence != reason.sentence && reason.workerSentence != reason.sentence)
        }
    }

    @Test("nobody reads what is not theirs")
    func strangers() async throws {
        let desk = try await Desk()
        try await desk.say([.away: 1])
        let offer = try await desk.offer(to: desk.ann)
        let publisher = try await desk.publisher()
        let (ann, ben) = (Principal.ID(desk.ann.uuid), Principal.ID(desk.ben.uuid))
        for actor in [publisher, ann, desk.small.reviewer] {
            #expect(
                await refusal(AccessRefusal.self) { try await desk.explain(desk.batch, as: .operator, by: actor) }
                    == .roleMissing(.operator))
        }
        #expect(
            await refusal(AccessRefusal.self) { try await desk.explain(desk.batch, as: .requester, by: ann) }
                == .roleMissing(.requester))
        for actor in [publisher, ben] {
            #expect(
                await refusal(AccessRefusal.self) { try await desk.explain(desk.ann, by: actor) }
                    == .roleMissing(.operator))
            #expect(
                await refusal(AccessRefusal.self) { try await desk.explain(offer, of: desk.ann, by: actor) }
                    == .roleMissing(.operator))
        }
        // Another's offer is none of theirs.
        #expect(await refusal(NotFound.self) { try await desk.explain(offer, of: desk.ben, by: ben) } != nil)
        let unknown = Batch.Key(requester: desk.batch.requester, id: Batch.ID(desk.ann.uuid))
        #expect(
            await refusal(NotFound.self) { try await desk.explain(unknown, as: .requester, by: publisher) } != nil)
        #expect(
            await refusal(AccessRefusal.self) {
                try await KeepExplanations(market: desk.small.market)(batches: [], workers: [], by: ann)
            } == .roleMissing(.operator))
    }

    @Test("a worker reads why they have an offer, and nobody else's name; an operator reads who came next")
    func offers() async throws {
        let desk = try await Desk()
        let id = try await desk.offer(to: desk.ann, next: desk.ben)
        let own = try await desk.explain(id, of: desk.ann, by: Principal.ID(desk.ann.uuid))
        #expect(own.explanation?.valueMicros == 70 && own.explanation?.parts == ["quality": 100, "lateness": -30])
        #expect(own.explanation?.hoursPriceMicros == 12 && own.explanation?.runnerUp == nil)
        #expect(!own.json.canonicalText.contains("\(desk.ben)") && own.json["explanation"]?["candidates"] == nil)
        let whole = try await desk.explain(id, of: desk.ann, by: desk.small.manager)
        #expect(whole.explanation?.runnerUp == .init(worker: desk.ben, valueMicros: 60))
        #expect(whole.json["explanation"]?["candidates"] == 2)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a worker reads why they were offered nothing, the newest only")
    func workers() async throws {
        let desk = try await Desk()
        let ann = Principal.ID(desk.ann.uuid)
        #expect(try await desk.explain(desk.ann, by: ann) == nil)
        try await desk.say([.away: 2], .away)
        Scratch.clock.advance(by: 60)
        try await desk.say([.declined: 1], .declined)
        let found = try #require(try await desk.explain(desk.ann, by: ann))
        #expect(found.reason == .declined && found.counts.counts == [.declined: 1])
        #expect(found.explainedAt == Scratch.clock.now())
        #expect(try await desk.explain(desk.ann, by: desk.small.manager) == found)
    }

    @Test("counts of the newest line move every five minutes, another reason begins a line, pages go back in time")
    func history() async throws {
        let desk = try await Desk()
        let begin = Scratch.clock.now()
        // Counts change every two seconds.
        for second in stride(from: 0, through: 606, by: 2) {
            Scratch.clock.set(to: begin + Double(second))
            try await desk.say([.away: second + 1], .away)
        }
        #expect(try await desk.small.count("select count(*) as n from routing_explanation") == 1)
        Scratch.clock.set(to: begin + 700)
        try await desk.say([.noHours: 2, .away: 1])
        let all = try await desk.explain(desk.batch, limit: 10, as: .operator, by: desk.small.manager)
        #expect(all.map(\.counts.counts) == [[.noHours: 2, .away: 1], [.away: 601]])
        #expect(all.map(\.reason) == [.noHours, .away])
        #expect(all.last?.since == begin && all.last?.lastSaid == begin + 600)
        let older = try await desk.explain(
            desk.batch, before: all.first?.since, limit: 1, as: .operator, by: desk.small.manager)
        #expect(older == [all[1]])
    }

    @Test("reasons that take turns move the newest line once a minute, and begin one every five minutes at most")
    func turns() async throws {
        let desk = try await Desk()
        let begin = Scratch.clock.now()
        func all() async throws -> [BatchExplanation] {
            try await desk.explain(desk.batch, limit: 10, as: .operator, by: desk.small.manager)
        }
        for second in stride(from: 0, through: 600, by: 2) {
            Scratch.clock.set(to: begin + Double(second))
            if second % 4 == 0 {
                try await desk.say([.away: second + 1], .away)
            } else {
                try await desk.say([.noHours: second + 1])
            }
            if second == 62 {
                let found = try await all()
                #expect(found.map(\.reason) == [.noHours] && found.first?.counts.counts == [.noHours: 63])
                #expect(found.first?.since == begin && found.first?.lastSaid == begin + 62)
            }
        }
        #expect(try await all().map(\.since) == [begin + 302, begin])
        #expect(try await desk.small.ills() == [])
    }

    @Test("is forgotten when its time is over, and not before")
    func forgetting() async throws {
        let desk = try await Desk()
        let forget = ForgetExplanations(market: desk.small.market)
        try await desk.say([.away: 1])
        let offer = try await desk.offer(to: desk.ann)
        Scratch.clock.advance(by: 30 * 86_400)
        #expect(try await forget(by: desk.small.manager) == 0)
        Scratch.clock.advance(by: 1)
        #expect(try await forget(most: 1, by: desk.small.manager) == 2)
        #expect(try await desk.explain(desk.batch, as: .operator, by: desk.small.manager) == [])
        #expect(try await desk.explain(offer, of: desk.ann, by: desk.small.manager).explanation != nil)
        Scratch.clock.advance(by: 60 * 86_400)
        #expect(try await forget(by: desk.small.manager) == 1)
        #expect(try await desk.explain(offer, of: desk.ann, by: desk.small.manager).explanation == nil)
    }

    @Test("many schedulers that say it at once end with one line")
    func concurrent() async throws {
        let desk = try await Desk()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await desk.say([.away: 1]) } }
            try await group.waitForAll()
        }
        #expect(try await desk.small.count("select count(*) as n from routing_explanation") == 1)
        #expect(try await desk.small.count("select count(*) as n from worker_explanation") == 1)
    }
}
