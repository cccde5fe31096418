import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The ladder of a deadline", .scratchDatabase)
struct LadderTests {
    @Test("a raise holds what every slot may cost, and offers from then on are leased at it; earlier ones are not")
    func raising() async throws {
        let desk = try await LadderDesk()
        let small = desk.small
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let before = try await desk.offer(to: ann)
        #expect(try await small.balance(desk.hold) == 6_600)
        let raise = try await desk.raise(to: 3_000)
        // 10.00 more pay and 1.00 more fee for each of three.
        #expect(raise.held.minorUnits == 3_300 && raise.fee.minorUnits == 300)
        #expect(try await small.balance(desk.hold) == 9_900)
        #expect(try await RaisePay(market: small.market).room(desk.batch, by: small.manager).pay.minorUnits == 3_000)
        let old = try await desk.accept(before, by: ann)
        #expect(old.terms["pay_minor"] == 2_000)
        let new = try await desk.accept(try await desk.offer(to: ben), by: ben)
        #expect(new.terms["pay_minor"] == 3_000 && new.terms["rate_trace"]?["raise"] == 1)
        try await small.submit(new)
        try await small.review(new)
        #expect(try await small.balance(.payable(to: ben, small.usd)) == 3_000)
        #expect(try await small.ills() == [])
    }

    @Test("a raise keeps within band, budget and wallet, and always goes up")
    func refusals() async throws {
        let desk = try await LadderDesk(budget: 10_000)
        func why(_ minor: Int64) async -> RaiseRefusal? {
            await refusal(RaiseRefusal.self) { try await desk.raise(to: minor) }
        }
        let usd = desk.small.usd
        #expect(await why(2_000) == .notMore(than: try Money(2_000, usd)))
        #expect(await why(5_001) == .aboveBand(most: try Money(5_000, usd)))
        // What is left of 100.00 beside 66.00 is 34.00: 11.33 for each of three, fee included.
        #expect(await why(3_031) == .overBudget(left: 3_400))
        let room = try await RaisePay(market: desk.small.market).room(desk.batch, by: desk.small.manager)
        #expect(try room.most.minorUnits == 3_030)
        #expect(try await desk.raise(to: 3_030).held.minorUnits == 3_399)
        #expect(await why(3_030) == .notMore(than: try Money(3_030, usd)))
        #expect(await why(5_000) == .overBudget(left: 1))
        let claimed = try await desk.small.batch(desk.small.draft("claimed"), tasks: 1)
        let key = Batch.Key(requester: desk.small.requester, id: claimed)
        let raise = RaisePay(market: desk.small.market)
        #expect(
            await refusal(RaiseRefusal.self) {
                try await raise(try Money(3_000, usd), of: key, by: desk.small.manager)
            } == .notOffered)
        try await PauseBatch(market: desk.small.market)(desk.batch.id, of: desk.batch.requester, by: desk.small.manager)
        #expect(await why(3_031) == .batchNotOpen(.paused))
        #expect(try await desk.small.ills() == [])
    }

    @Test("a raise that the wallet cannot pay changes nothing")
    func notFunded() async throws {
        let desk = try await LadderDesk(wallet: 7_000)
        #expect(
            await refusal(RaiseRefusal.self) { try await desk.raise(to: 3_000) } == .notFunded(missing: 2_900))
        let room = try await RaisePay(market: desk.small.market).room(desk.batch, by: desk.small.manager)
        #expect(try room.most.minorUnits == 2_121)
        #expect(try await desk.small.count("select count(*) as n from batch_raise") == 0)
        #expect(try await desk.small.balance(desk.hold) == 6_600)
    }

    @Test("of many raises at once one wins, and the money is held once")
    func concurrentRaises() async throws {
        let desk = try await LadderDesk()
        let done = await withTaskGroup { group in
            for _ in 0..<6 { group.addTask { (try? await desk.raise(to: 3_000)) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(done == 1)
        #expect(try await desk.small.balance(desk.hold) == 9_900)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a raise also lifts an offer over what its worker asks for an hour")
    func asks() async throws {
        let desk = try await LadderDesk()
        let ann = try await desk.small.lawyer("ann")
        // 20.00 for half an hour is 40.00 an hour.
        try await SetAsk(market: desk.small.market)(Money(5_000, desk.small.usd), by: Principal.ID(ann.uuid))
        #expect(await refusal(OfferRefusal.self) { try await desk.offer(to: ann) } == .belowAsk)
        _ = try await desk.raise(to: 2_500)
        #expect(try await desk.accept(try await desk.offer(to: ann), by: ann).terms["pay_minor"] == 2_500)
    }

    @Test("what is withdrawn after a raise gives its hold back, and the rest stays covered")
    func withdrawal() async throws {
        let desk = try await LadderDesk()
        _ = try await desk.raise(to: 3_000)
        let small = desk.small
        _ = try await ChangeBudget(market: small.market)(
            Money(6_600, small.usd), of: desk.batch.id, from: desk.batch.requester, by: small.manager)
        #expect(try await small.balance(desk.hold) == 6_600)
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 2)
        #expect(try await small.ills() == [])
    }

    @Test("a step is taken once for a deadline, however many try, and again for another")
    func once() async throws {
        let desk = try await LadderDesk()
        let read = try await desk.endangered()
        let escalate = EscalateBatch(market: desk.small.market)
        let manager = desk.small.manager
        let taken = try await withThrowingTaskGroup { group in
            for _ in 0..<6 { group.addTask { try await escalate(read, .forced, facts: [:], by: manager) } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 1)
        let forced = try await desk.small.market.database.read { try await $0.forcedBatches(of: [desk.batch]) }
        #expect(forced == [desk.batch.id])
        #expect(try await desk.endangered().steps == [.forced: 1])
        try await ChangeDeadline(market: desk.small.market)(
            desk.dueAt + 3_600, of: desk.batch.id, from: desk.batch.requester, by: manager)
        // What was read before the change is not acted on.
        #expect(try await escalate(read, .reach(tell: []), facts: [:], by: manager) == false)
        let later = try await desk.small.market.database.read {
            try await $0.endangeredBatches(until: desk.dueAt + 3_600, after: nil, limit: 10)
        }
        #expect(later.map(\.steps) == [[:]])
        #expect(try await escalate(#require(later.first), .forced, facts: [:], by: manager))
        let listed = try await ListEscalationSteps(market: desk.small.market)(of: desk.batch, by: manager)
        #expect(listed.map(\.kind) == [.forced, .forced] && listed.map(\.dueAt) != [desk.dueAt, desk.dueAt])
        #expect(try await desk.small.ills() == [])
    }

    @Test("the step and the raise are one: without the money there is no step")
    func atomic() async throws {
        let desk = try await LadderDesk(wallet: 7_000)
        #expect(
            await refusal(RaiseRefusal.self) { try await desk.take(.price(Money(3_000, desk.small.usd))) } != nil)
        #expect(try await desk.endangered().steps == [:])
        #expect(try await desk.take(.price(Money(2_100, desk.small.usd))))
        #expect(try await desk.endangered().steps == [.price: 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("those whose reach is widened are told once, with what it pays")
    func told() async throws {
        let desk = try await LadderDesk(door: .claim)
        let ann = try await desk.small.lawyer("ann")
        #expect(try await desk.take(.reach(tell: [ann])))
        #expect(try await desk.take(.forced))
        let notices = try await ListNotices(market: desk.small.market)(by: Principal.ID(ann.uuid))
        #expect(notices.filter { $0.notice.kind == "work_urgent" }.count == 1)
    }

    @Test("an alert tells every operator, is one at a time, and is closed by a person's word or when nothing is left")
    func alerts() async throws {
        let desk = try await LadderDesk(tasks: 1)
        let small = desk.small
        let market = small.market
        #expect(try await desk.take(.alert([LadderDesk.option]), facts: ["why": "no price left"]))
        let list = ListAlerts(market: market)
        let open = try #require(try await list(by: small.manager).first)
        #expect(open.options[0]?["remedy"] == "extend_deadline" && open.batch == desk.batch)
        for person in [small.manager, small.second] {
            let notices = try await ListNotices(market: market)(by: person)
            #expect(notices.filter { $0.notice.kind == "deadline_in_danger" }.count == 1)
        }
        #expect(try await SettleAlerts(market: market)(by: small.manager) == 0)
        #expect(
            await refusal(AccessRefusal.self) { try await list(by: small.reviewer) } == .roleMissing(.operator))
        try await CloseAlert(market: market)(open.id, resolution: "Extended.", by: small.second)
        #expect(
            await refusal(AlertRefusal.self) {
                try await CloseAlert(market: market)(open.id, resolution: "Again.", by: small.manager)
            } == .closed)
        #expect(try await list(in: .closed, by: small.manager).map(\.resolution) == ["Extended."])
        try await ChangeDeadline(market: market)(
            desk.dueAt + 3_600, of: desk.batch.id, from: desk.batch.requester, by: small.manager)
        let later = try await market.database.read {
            try await $0.endangeredBatches(until: desk.dueAt + 3_600, after: nil, limit: 10)
        }
        #expect(
            try await EscalateBatch(market: market)(
                #require(later.first), .alert([LadderDesk.option]), facts: [:], by: small.manager))
        let ann = try await small.lawyer("ann")
        _ = try await desk.accept(try await desk.offer(to: ann), by: ann)
        #expect(try await SettleAlerts(market: market)(by: small.manager) == 1)
        #expect(try await list(by: small.manager).isEmpty)
        #expect(try await small.ills() == [])
    }

    @Test("the alert of a new deadline takes the place of the one that the old one left open, and tells everybody anew")
    func alertOfAnother() async throws {
        let desk = try await LadderDesk()
        let (small, market) = (desk.small, desk.small.market)
        #expect(try await desk.take(.alert([LadderDesk.option])))
        let due = desk.dueAt + 600
        try await ChangeDeadline(market: market)(due, of: desk.batch.id, from: desk.batch.requester, by: small.manager)
        let later = try await market.database.read {
            try await $0.endangeredBatches(until: due, after: nil, limit: 10)
        }
        #expect(
            try await EscalateBatch(market: market)(
                #require(later.first), .alert([LadderDesk.option]), facts: [:], by: small.manager))
        let list = ListAlerts(market: market)
        #expect(try await list(by: small.manager).map(\.dueAt) == [due])
        #expect(
            try await list(in: .closed, by: small.manager).map(\.resolution) == ["The batch has another deadline."])
        let notices = try await ListNotices(market: market)(by: small.second)
        #expect(notices.filter { $0.notice.kind == "deadline_in_danger" }.count == 2)
        #expect(try await SettleAlerts(market: market)(by: small.manager) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("of many who read that an alert was put off, one raises it again")
    func alertAgain() async throws {
        let desk = try await LadderDesk()
        let (small, market) = (desk.small, desk.small.market)
        #expect(try await desk.take(.alert([LadderDesk.option])))
        for due in [desk.dueAt + 600, desk.dueAt] {
            try await ChangeDeadline(market: market)(
                due, of: desk.batch.id, from: desk.batch.requester, by: small.manager)
            #expect(try await SettleAlerts(market: market)(by: small.manager) == (due == desk.dueAt ? 0 : 1))
        }
        let read = try await desk.endangered()
        #expect(read.steps == [:])
        let escalate = EscalateBatch(market: market)
        let taken = try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask { try await escalate(read, .alert([LadderDesk.option]), facts: [:], by: small.manager) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(taken == 1)
        #expect(try await desk.endangered().steps == [.alert: 1])
        #expect(try await small.ills() == [])
    }

    @Test("batches in danger come by deadline, page by page; what has none, has nothing open or is bid for is left out")
    func pages() async throws {
        let desk = try await LadderDesk()
        let small = desk.small
        for (name, hours) in [("b", 3.0), ("c", 1), ("far", 99)] {
            _ = try await small.batch(
                small.draft(name, dueAt: Scratch.clock.now() + hours * 3_600), tasks: 1)
        }
        _ = try await small.batch(small.draft("never"), tasks: 1)
        let taken = try await small.batch(small.draft("taken", dueAt: desk.dueAt), tasks: 1)
        _ = try await small.claim(try await small.lawyer("ann"), taken)
        var (seen, last): ([Date], EndangeredBatch?) = ([], nil)
        while true {
            let page = try await small.market.database.read { [last] in
                try await $0.endangeredBatches(until: desk.dueAt, after: last, limit: 1)
            }
            guard let found = page.first else { break }
            seen.append(found.dueAt)
            last = found
        }
        let now = Scratch.clock.now()
        #expect(seen == [now + 3_600, now + 3 * 3_600, desk.dueAt])
    }

    @Test("how long a task takes is learnt from twenty answers of its kind; before that it is as long as a lease")
    func pace() async throws {
        let desk = try await LadderDesk(tasks: 1, hours: 100)
        let small = desk.small
        let learn = LearnServicePace(market: small.market)
        #expect(try await desk.endangered().serviceSeconds == 3_600)
        let batch = try await small.batch(small.draft("done"), tasks: 25)
        let ann = try await small.lawyer("ann", weeklyMinutes: 10_000)
        for number in 0..<20 {
            let work = try await small.claim(ann, batch)
            // Two of twenty take 40 minutes, all others 10.
            Scratch.clock.advance(by: number % 10 == 9 ? 2_400 : 600)
            try await small.submit(work)
            try await small.review(work)
        }
        #expect(try await learn(by: small.manager) == 1)
        // A share of 0.334: rounded up to a thousandth.
        #expect(try await desk.endangered().serviceSeconds == 601)
        #expect(try await learn(by: small.manager) == 0)
        Scratch.clock.advance(by: 90_000)
        let work = try await small.claim(ann, batch)
        Scratch.clock.advance(by: 3_000)
        try await small.submit(work)
        try await small.review(work)
        #expect(try await learn(by: small.manager) == 1)
        #expect(try await desk.endangered().serviceSeconds == 2_401)
    }
}
