import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Direct offers", .scratchDatabase)
struct DirectOfferTests {
    @Test("that the worker accepts end in leases at the agreed price, paid as agreed")
    func accepted() async throws {
        let desk = try await BargainDesk()
        let id = try await desk.make()
        #expect(try await desk.notices("direct_offer_made", to: desk.actor) == 1)
        let taken = try await desk.accept(id, for: .worker)
        #expect(taken.count == 3 && Set(taken.map(\.task)).count == 3)
        for work in taken {
            #expect(work.terms["pay_minor"] == 2_500 && work.terms["fee_minor"] == 250)
            #expect(work.terms["escalated_from_minor"]?.isNull == true)
            #expect(work.terms["rate_trace"]?["direct_offer"]?.stringValue == "\(id)")
            #expect(work.terms["rate_trace"]?["posted"]?["pay_minor"] == 2_000)
            try await desk.small.submit(work)
            try await desk.small.review(work)
        }
        #expect(try await desk.small.balance(.payable(to: desk.worker, desk.small.usd)) == 7_500)
        let history = try await desk.history(id)
        #expect(history.offer.state == .done && history.offer.taken == 3 && history.leases.count == 3)
        #expect(try await desk.notices("direct_offer_agreed", to: desk.small.manager) == 1)
        #expect(try await desk.small.ills() == [])
    }

    @Test("go back and forth, each turn kept, and only the last one counts")
    func counters() async throws {
        let desk = try await BargainDesk()
        let id = try await desk.make(desk.terms(2_100))
        try await desk.counter(id, desk.terms(2_900, quantity: 4), for: .worker)
        #expect(try await desk.notices("direct_offer_countered", to: desk.small.manager) == 1)
        try await desk.counter(id, desk.terms(2_600, quantity: 2), for: desk.forRequester)
        #expect(try await desk.notices("direct_offer_countered", to: desk.actor) == 1)
        let taken = try await desk.accept(id, for: .worker)
        #expect(taken.map { $0.terms["pay_minor"] } == [2_600, 2_600])
        let history = try await desk.history(id)
        #expect(history.turns.map(\.side) == [.requester, .worker, .requester])
        #expect(history.turns.map(\.terms.pay.minorUnits) == [2_100, 2_900, 2_600])
        #expect(history.turns.map(\.number) == [1, 2, 3] && history.turns[0].terms.conditions == "In German.")
        #expect(history.json["turns"]?.arrayValue?.count == 3 && history.json["taken"] == 2)
        // What was said in turns is no part of the audit log.
        #expect(
            try await desk.small.count(
                "select count(*) as n from audit_event where subject = 'direct_offer' and facts::text ~ '2[196]00'")
                == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("that the requester accepts lease nothing: the worker takes the tasks until the deadline")
    func confirmed() async throws {
        let desk = try await BargainDesk()
        let id = try await desk.make()
        try await desk.counter(id, desk.terms(2_800, quantity: 3), for: .worker)
        #expect(try await desk.accept(id, for: desk.forRequester).isEmpty)
        #expect(try await desk.history(id).offer.state == .agreed)
        #expect(try await desk.notices("direct_offer_agreed", to: desk.actor) == 1)
        #expect(try await desk.small.count("select count(*) as n from assignment") == 0)
        #expect(try await desk.take(id, most: 1).map { $0.terms["pay_minor"] } == [2_800])
        Scratch.clock.advance(by: 3_000)
        #expect(try await desk.take(id).count == 2)
        #expect(await desk.refusal { try await desk.take(id) } == .notAgreed(.done))
        #expect(try await desk.small.ills() == [])
    }

    @Test("lease as many at once as there is room for, and the rest when there is; at most as many as agreed")
    func room() async throws {
        let desk = try await BargainDesk(tasks: 20)
        let id = try await desk.make(desk.terms(quantity: 8))
        let first = try await desk.accept(id, for: .worker)
        #expect(first.count == 5)
        #expect(try await desk.history(id).offer.left == 3)
        #expect(
            await refusal(ClaimRefusal.self) { try await desk.take(id) } == .mostAtOnce(5))
        for work in first { try await desk.small.submit(work) }
        let rest = try await desk.take(id)
        #expect(rest.count == 3)
        let history = try await desk.history(id)
        #expect(history.offer.state == .done && history.leases.count == 8)
        // A claim of the batch by name is at the posted price, as for everybody.
        for work in rest { try await desk.small.submit(work) }
        #expect(try await desk.small.claim(desk.worker, desk.batch).terms["pay_minor"] == 2_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("are accepted whole or not at all: where no task can be taken, they stay open")
    func nothingLeft() async throws {
        let desk = try await BargainDesk(tasks: 1)
        let id = try await desk.make()
        let other = try await desk.small.lawyer("other")
        let work = try await desk.small.claim(other, desk.batch)
        #expect(await refusal(ClaimRefusal.self) { try await desk.accept(id, for: .worker) } == .noWork)
        #expect(try await desk.history(id).offer.state == .open)
        try await ReturnTask(market: desk.small.market)(
            work.id, token: work.leaseToken, .noTime, by: Principal.ID(other.uuid))
        #expect(try await desk.accept(id, for: .worker).count == 1)
        #expect(try await desk.history(id).offer.state == .agreed)
        #expect(try await desk.small.ills() == [])
    }

    @Test("of batches whose work the scheduler offers end alike")
    func offeredBatch() async throws {
        let desk = try await BargainDesk(door: .offer)
        #expect(try await desk.accept(desk.make(), for: .worker).count == 3)
        #expect(try await desk.small.ills() == [])
    }

    @Test("are answered by the other side only; whoever spoke last may withdraw")
    func turns() async throws {
        let desk = try await BargainDesk()
        let (requester, worker) = (desk.forRequester, BargainingParty.worker)
        let id = try await desk.make()
        #expect(await desk.refusal { try await desk.accept(id, for: requester) } == .ownTurn)
        #expect(await desk.refusal { try await desk.decline(id, for: requester) } == .ownTurn)
        #expect(await desk.refusal { try await desk.counter(id, desk.terms(), for: requester) } == .ownTurn)
        #expect(await desk.refusal { try await desk.withdraw(id, for: worker) } == .othersTurn)
        try await desk.counter(id, desk.terms(2_700), for: worker)
        #expect(await desk.refusal { try await desk.accept(id, for: worker) } == .ownTurn)
        #expect(await desk.refusal { try await desk.withdraw(id, for: requester) } == .othersTurn)
        try await desk.withdraw(id, for: worker)
        #expect(try await desk.notices("direct_offer_withdrawn", to: desk.small.manager) == 1)
        let again = try await desk.make()
        try await desk.decline(again, for: worker)
        #expect(try await desk.notices("direct_offer_declined", to: desk.small.manager) == 1)
        for (id, state) in [(id, DirectOfferState.withdrawn), (again, .declined)] {
            #expect(await desk.refusal { try await desk.accept(id, for: worker) } == .notOpen(state))
            #expect(await desk.refusal { try await desk.withdraw(id, for: requester) } == .notOpen(state))
            #expect(await desk.refusal { try await desk.take(id) } == .notAgreed(state))
        }
        #expect(try await desk.small.ills() == [])
    }

    @Test("end when nobody answers in time, or when what was agreed is not taken in time; both sides are told")
    func lapse() async throws {
        let desk = try await BargainDesk()
        let lapse = LapseDirectOffers(market: desk.small.market)
        let id = try await desk.make(desk.terms(answer: 600))
        Scratch.clock.advance(by: 599)
        #expect(try await lapse(by: desk.small.manager) == 0)
        Scratch.clock.advance(by: 1)
        #expect(await desk.refusal { try await desk.accept(id, for: .worker) } == .notOpen(.lapsed))
        #expect(await desk.refusal { try await desk.withdraw(id, for: desk.forRequester) } == .notOpen(.lapsed))
        #expect(try await lapse(by: desk.small.manager) == 1)
        let second = try await desk.make()
        try await desk.counter(second, desk.terms(deadline: 3_600), for: .worker)
        try await desk.accept(second, for: desk.forRequester)
        Scratch.clock.advance(by: 3_599)
        #expect(try await desk.take(second, most: 1).count == 1)
        #expect(try await lapse(by: desk.small.manager) == 0)
        Scratch.clock.advance(by: 1)
        #expect(await desk.refusal { try await desk.take(second) } == .notAgreed(.lapsed))
        #expect(try await lapse(by: desk.small.manager) == 1)
        #expect(try await lapse(by: desk.small.manager) == 0)
        #expect(try await desk.notices("direct_offer_lapsed", to: desk.actor) == 2)
        #expect(try await desk.notices("direct_offer_lapsed", to: desk.small.manager) == 2)
        #expect(try await desk.history(second).offer.taken == 1)
        #expect(try await desk.small.ills() == [])
    }

    @Test("stay within the band of the rate, the pay floor and what is held", arguments: [false, true])
    func bounds(hasFloor: Bool) async throws {
        let desk = try await BargainDesk(cap: 3_000)
        if hasFloor {
            // 50.01 an hour are 25.005 for 30 minutes: 25.01.
            _ = try await SetPayFloor(market: desk.small.market)(
                PayFloor(hourly: Money(5_001, desk.small.usd), medianOf: 1, reason: "Test"), by: desk.small.checker)
        }
        let least: Int64 = hasFloor ? 2_501 : 2_000
        #expect(
            await desk.refusal { try await desk.make(desk.terms(least - 1)) }
                == .belowFloor(try Money(least, desk.small.usd)))
        #expect(
            await desk.refusal { try await desk.make(desk.terms(3_001)) }
                == .aboveMost(try Money(3_000, desk.small.usd)))
        let id = try await desk.make(desk.terms(least))
        #expect(
            await desk.refusal { try await desk.counter(id, desk.terms(3_001), for: .worker) }
                == .aboveMost(try Money(3_000, desk.small.usd)))
        try await desk.counter(id, desk.terms(3_000), for: .worker)
        if !hasFloor {
            // A floor that rises over the turn keeps it from being accepted.
            _ = try await SetPayFloor(market: desk.small.market)(
                PayFloor(hourly: Money(6_001, desk.small.usd), medianOf: 1, reason: "Test"), by: desk.small.checker)
            #expect(
                await desk.refusal { try await desk.accept(id, for: desk.forRequester) }
                    == .belowFloor(try Money(3_001, desk.small.usd)))
        } else {
            try await desk.accept(id, for: desk.forRequester)
            _ = try await desk.take(id)
        }
        let euro = try #require(Currency("EUR"))
        let foreign = try DirectTerms(
            pay: Money(2_500, euro), quantity: 1, answerBy: Scratch.start + 9, deadline: Scratch.start + 9)
        #expect(
            await desk.refusal {
                try await MakeDirectOffer(market: desk.small.market)(
                    of: desk.key, to: desk.worker, foreign, by: desk.small.manager)
            } == .otherCurrency(desk.small.usd))
        #expect(try await desk.small.ills() == [])
    }

    /// From the case on, every rule is broken; the first must be told.
    @Test(
        "are not made to whom the work cannot go, of batches that hand out none",
        arguments: [
            (0, "batch_not_open"), (1, "worker_not_active"), (2, "other_workforce"), (3, "excluded"),
            (4, "conflict_of_interest"), (5, "not_eligible"), (6, "below_floor"), (7, "already_offered"), (8, "none"),
        ])
    func refused(first: Int, code: String) async throws {
        let desk = try await BargainDesk()
        let small = desk.small
        if first <= 7 { _ = try await desk.make() }
        if first <= 5 { try await Scratch.asOwner { try await $0.execute("delete from tier_period") } }
        if first <= 4 {
            _ = try await DeclareInterest(market: small.market)(.family, in: "Acme", of: desk.worker, by: small.manager)
            try await Scratch.asOwner {
                try await $0.execute(
                    "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project")
            }
        }
        if first <= 3 {
            _ = try await ExcludeWorker(market: small.market)(
                desk.worker, from: small.requester, reason: "Why.", by: small.manager)
        }
        if first <= 2 {
            try await Scratch.asOwner { try await $0.execute("update batch set workforces = '{agency}'") }
        }
        if first <= 1 { try await PauseWorker(market: small.market)(desk.worker, by: desk.actor) }
        if first == 0 { try await PauseBatch(market: small.market)(desk.batch, of: small.requester, by: small.manager) }
        let terms = try desk.terms(first <= 6 ? 1 : 2_500)
        if code == "none" {
            _ = try await desk.make(terms)
        } else {
            #expect(await desk.refusal { try await desk.make(terms) }?.code == code)
            #expect(try await small.count("select count(*) as n from direct_offer") == (first <= 7 ? 1 : 0))
        }
    }

    @Test("are between the requester's people and the worker, and nobody else's to see or to answer")
    func privacy() async throws {
        let desk = try await BargainDesk()
        let id = try await desk.make()
        let other = try await desk.small.lawyer("other")
        let list = ListDirectOffers(market: desk.small.market)
        #expect(try await list(for: .worker, by: desk.actor).map(\.id) == [id])
        #expect(try await list(for: .worker, by: Principal.ID(other.uuid)).isEmpty)
        #expect(try await list(for: desk.forRequester, in: desk.batch, by: desk.small.manager).map(\.id) == [id])
        #expect(try await list(for: desk.forRequester, before: id, by: desk.small.manager).isEmpty)
        await #expect(throws: AccessRefusal.self) { try await list(for: desk.forRequester, by: desk.small.reviewer) }
        await #expect(throws: NotFound.self) { try await list.one(id, for: .worker, by: Principal.ID(other.uuid)) }
        await #expect(throws: NotFound.self) {
            try await AcceptDirectOffer(market: desk.small.market)(id, for: .worker, by: Principal.ID(other.uuid))
        }
        await #expect(throws: AccessRefusal.self) {
            try await MakeDirectOffer(market: desk.small.market)(
                of: desk.key, to: other, desk.terms(), by: Principal.ID(desk.worker.uuid))
        }
        let elsewhere = try await CreateRequester(market: desk.small.market)(
            externalKey: "else", name: "Else", by: desk.small.manager)
        await #expect(throws: NotFound.self) {
            try await DeclineDirectOffer(market: desk.small.market)(
                id, for: .requester(elsewhere), by: desk.small.manager)
        }
    }

    @Test("know nothing of standing asks: no answer tells where one lies")
    func askNotTold() async throws {
        let desk = try await BargainDesk()
        try await SetAsk(market: desk.small.market)(Money(900_000, desk.small.usd), by: desk.actor)
        let id = try await desk.make()
        #expect(try await desk.accept(id, for: .worker).count == 3)
    }

    @Test("have bounded words, times, numbers and turns")
    func bounded() async throws {
        let desk = try await BargainDesk(cap: 3_000)
        let now = Scratch.clock.now()
        let pay = try Money(2_500, desk.small.usd)
        #expect(throws: BadInput.self) {
            try DirectTerms(pay: pay, quantity: 0, answerBy: now + 1, deadline: now + 1)
        }
        #expect(throws: BadInput.self) {
            try DirectTerms(pay: pay, quantity: 10_001, answerBy: now + 1, deadline: now + 1)
        }
        #expect(throws: BadInput.self) { try DirectTerms(pay: pay, quantity: 1, answerBy: now + 2, deadline: now + 1) }
        #expect(throws: BadInput.self) {
            try DirectTerms(
                pay: pay, quantity: 1, answerBy: now + 1, deadline: now + 1,
                conditions: String(repeating: "x", count: 2_001))
        }
        #expect(throws: BadInput.self) {
            try DirectTerms(pay: Money(0, desk.small.usd), quantity: 1, answerBy: now + 1, deadline: now + 1)
        }
        for terms in [try desk.terms(answer: 0), try desk.terms(deadline: 366 * 86_400 + 1)] {
            await #expect(throws: BadInput.self) { try await desk.make(terms) }
        }
        let id = try await desk.make()
        for number in 2...DirectTerms.turnsMax {
            try await desk.counter(id, desk.terms(), for: number % 2 == 0 ? .worker : desk.forRequester)
        }
        #expect(
            await desk.refusal { try await desk.counter(id, desk.terms(), for: desk.forRequester) } == .tooManyTurns)
        try await desk.accept(id, for: desk.forRequester)
        #expect(try await desk.take(id).count == 3)
        #expect(try await desk.small.ills() == [])
    }
}
