import Formats
import Foundation
import Matching
import Store
import TestSupport
import Testing

@testable import Marketplace
@testable import Scheduler

@Suite("The ladder's plan")
struct EscalationPlanTests {
    private static let now = Date(timeIntervalSince1970: 1_772_000_000)

    /// Three open answers of half an hour each; nine of ten are done within an hour.
    private func batch(
        hoursLeft: Double, steps: [EscalationStepKind: Int] = [:], door: BatchDoor = .offer, openOffers: Int = 0,
        steppedAt: Date? = nil, slots: Int = 3
    ) -> EndangeredBatch {
        EndangeredBatch(
            key: Batch.Key(requester: Requester.ID(id(1)), id: Batch.ID(id(2))), door: door,
            requirement: Requirement.ID(id(3)), dueAt: Self.now + hoursLeft * 3_600, openedAt: Self.now - 3_600,
            priority: 0, expectedMinutes: 30, leaseSeconds: 3_600, openSlots: slots, openTasks: slots,
            openOffers: openOffers, serviceSeconds: 3_600, steps: steps, steppedAt: steppedAt)
    }

    private func id(_ number: Int) -> UUID {
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(number)))
    }

    private func hand(
        _ number: Int, weekly: Int = 2_400, committed: Int = 0, notice: Int = 0, isOffered: Bool = false,
        wasAsked: Bool = false, share: Int = 1_000_000, places: Int = 0, present: [ClosedRange<Double>] = [0...1_000],
        daily: Int = 1_440, today: Int = 0, dayHours: Double? = nil, wantsMore: Bool = true
    ) -> EscalationSupply.Hand {
        EscalationSupply.Hand(
            worker: SupplyWorker(
                id: Worker.ID(id(number)),
                limits: WorkLimits(
                    weeklyMinutesMax: weekly, dailyMinutesMax: daily, tasksAtOnceMax: 5, offerNoticeMinutes: notice),
                committedMinutes: committed, offeredMinutes: 0, places: places, isOut: false, isOffered: isOffered,
                wasAsked: wasAsked, shareMillionths: share, committedToday: today, wantsMore: wantsMore),
            present: present.map {
                Self.now + $0.lowerBound * 3_600..<Self.now + $0.upperBound * 3_600
            },
            dayEndsAt: dayHours.map { Self.now + $0 * 3_600 })
    }

    /// Everybody is worth being offered it.
    private func supply(_ batch: EndangeredBatch, _ hands: [EscalationSupply.Hand]) -> EscalationSupply {
        let pairs = self.pairs(hands.map(\.worker.id))
        return EscalationSupply(
            batch: batch, instant: Self.now, hands: hands, worth: EscalationWorth(usual: pairs, forced: pairs))
    }

    /// Each of less value than the one before.
    private func pairs(_ workers: [Worker.ID]) -> [Worker.ID: EscalationWorth.Pair] {
        Dictionary(
            workers.enumerated().map { place, worker in
                let value = Int64(1_000 - place)
                return (worker, EscalationWorth.Pair(value: value, parts: ["quality": value], hoursPrice: 0))
            }, uniquingKeysWith: { first, _ in first })
    }

    private func room(_ pay: Int64 = 2_000, band: Int64 = 5_000, budget: Int64 = 1_000_000) throws -> RaiseRoom {
        let usd = try #require(Currency("USD"))
        return RaiseRoom(
            pay: try Money(pay, usd), bandMost: try Money(band, usd), heldPay: try Money(pay, usd),
            heldFee: try Money(pay / 10, usd), feeBasisPoints: 1_000, unsettled: 3, budgetLeft: budget,
            walletLeft: 1_000_000)
    }

    @Test(
        "climbs rung by rung as the slack shrinks against the service time",
        arguments: [
            (20.0, [EscalationStepKind](), false), (7, [.reach], false), (3.5, [.reach, .price], false),
            (1.5, [.reach, .forced, .price], false), (0.5, [.reach, .forced], true),
        ])
    func rungs(hours: Double, kinds: [EscalationStepKind], needsAlert: Bool) throws {
        // Many hands: the work left takes next to nothing of their time. One has turned it down.
        let hands = (10..<60).map { hand($0, wasAsked: $0 == 59) }
        let plan = try EscalationPlan(supply(batch(hoursLeft: hours), hands), room: try room())
        #expect(plan.acts.map(\.kind) == kinds)
        #expect(plan.needsAlert == needsAlert)
        #expect(plan.offers.isEmpty == (hours == 20 || hours < 1))
    }

    @Test("counts on the offers that are out as far as offers of the profession were accepted so far")
    func accepted() throws {
        func plan(_ acceptance: Acceptance) throws -> EscalationPlan {
            var supply = supply(batch(hoursLeft: 7, openOffers: 3), (10..<60).map { hand($0) })
            supply.acceptance = acceptance
            return try EscalationPlan(supply, room: try room())
        }
        #expect(try plan(Acceptance()).acts.map(\.kind) == [.reach])
        let eager = (0...3).map { AnswerCount(band: $0, offered: 5_000, accepted: 4_990) }
        #expect(try plan(Acceptance(cell: eager)).acts.isEmpty)
        let shy = (0...3).map { AnswerCount(band: $0, offered: 5_000, accepted: 10) }
        #expect(try plan(Acceptance(cell: shy)).acts.map(\.kind) == [.reach])
    }

    @Test("pays more only where somebody turned the pay of now down, or too few of those who are asked will accept")
    func raises() throws {
        func kinds(
            _ hands: [EscalationSupply.Hand], hours: Double = 3.5, openOffers: Int = 0, slots: Int = 3,
            worth: EscalationWorth? = nil
        ) throws -> [EscalationStepKind] {
            var supply = supply(batch(hoursLeft: hours, openOffers: openOffers, slots: slots), hands)
            if let worth { supply.worth = worth }
            return try EscalationPlan(supply, room: try room()).acts.map(\.kind)
        }
        let fresh = (10..<60).map { hand($0) }
        let asked = (10..<60).map { hand($0, wasAsked: $0 == 59) }
        #expect(try kinds(fresh) == [.reach])
        #expect(try kinds(asked) == [.reach, .price])
        #expect(try kinds(fresh, hours: 1.5) == [.reach, .forced])
        // One offer is out, and as likely declined; then there are others who have yet to be asked; then too few.
        let waiting = hand(10, isOffered: true)
        #expect(try kinds([waiting], openOffers: 1, slots: 1) == [.reach, .price])
        #expect(try kinds([waiting] + Array(fresh.dropFirst()), openOffers: 1, slots: 1) == [.reach])
        #expect(try kinds([waiting], openOffers: 1, slots: 2).isEmpty)
        // Who turned it down is worth it no more, or has no time for it any more.
        let all = asked.map(\.worker.id)
        let others = pairs(Array(all.dropLast()))
        #expect(try kinds(asked, worth: EscalationWorth(usual: others, forced: others)) == [.reach])
        #expect(try kinds(Array(fresh.dropLast()) + [hand(59, wasAsked: true, places: 5)]) == [.reach])
    }

    @Test("raises for what money can win: a refusal that it may mend, or an ask within reach where hours are too few")
    func winnable() throws {
        func plan(
            _ hands: [EscalationSupply.Hand], belowAsk: [Int] = [], beyondAsk: [Int] = [], before: [Int] = []
        ) throws -> EscalationPlan {
            var supply = supply(batch(hoursLeft: 3.5), hands)
            supply.belowAsk = Set(belowAsk.map { Worker.ID(id($0)) })
            supply.beyondAsk = Set(beyondAsk.map { Worker.ID(id($0)) })
            supply.offeredBefore = Set(before.map { Worker.ID(id($0)) })
            return try EscalationPlan(supply, room: try room())
        }
        let tied = [58, 59].map { hand($0, wasAsked: true, wantsMore: false) }
        #expect(try plan((10..<58).map { hand($0) } + tied).acts.map(\.kind) == [.reach])
        #expect(try plan(tied).acts.isEmpty)
        let three = (10..<13).map { hand($0) }
        #expect(try plan(three, belowAsk: [10, 11, 12]).acts.map(\.kind) == [.reach, .price])
        #expect(try plan(three, belowAsk: [10, 11, 12], beyondAsk: [10, 11, 12]).acts.isEmpty)
        // Three are wanted: where others have the hours for what it pays now, it waits for what they say.
        #expect(try plan(three, belowAsk: [12]).acts.map(\.kind) == [.reach])
        let brief = [hand(10, weekly: 30), hand(11, weekly: 30), hand(12)]
        #expect(try plan(brief, belowAsk: [12]).acts.map(\.kind) == [.reach, .price])
        // Whom the market would refuse an offer is none of those who are asked.
        let next = try plan(three + [hand(13), hand(14)], belowAsk: [10], before: [11])
        #expect(next.offers.map(\.worker) == [12, 13, 14].map { Worker.ID(id($0)) })
    }

    @Test("raises nothing that would make an answer worth less than it costs, and tells the operator in time")
    func bearing() throws {
        func plan(hours: Double, bearing: Set<Int>) throws -> EscalationPlan {
            var supply = supply(batch(hoursLeft: hours), [hand(10, wasAsked: true), hand(11)])
            var pairs = pairs(supply.hands.map(\.worker.id))
            for number in [10, 11] where !bearing.contains(number) {
                pairs[Worker.ID(id(number))]?.bearsRaise = false
            }
            supply.worth = EscalationWorth(usual: pairs, forced: pairs)
            return try EscalationPlan(supply, room: try room())
        }
        #expect(try plan(hours: 3.5, bearing: [10, 11]).acts.map(\.kind) == [.reach, .price])
        #expect(try plan(hours: 3.5, bearing: [11]).acts.map(\.kind) == [.reach])
        #expect(try plan(hours: 3.5, bearing: [10]).acts.map(\.kind) == [.reach])
        // Nobody is worth it at all: nothing is paid more for, and only an operator can help.
        var nobody = self.supply(batch(hoursLeft: 3.5), (10..<60).map { hand($0, wasAsked: true) })
        nobody.worth = EscalationWorth()
        #expect(try EscalationPlan(nobody, room: try room()).acts.isEmpty)
        var late = self.supply(batch(hoursLeft: 1.5), (10..<60).map { hand($0) })
        late.worth = EscalationWorth()
        let last = try EscalationPlan(late, room: try room())
        #expect(last.acts.map(\.kind) == [.reach, .forced] && last.needsAlert)
    }

    @Test("who has a value of their own bears a raise as far as that value does")
    func stated() throws {
        let usd = try #require(Currency("USD"))
        func bears(pay: Int64, value: Int64?) throws -> Bool? {
            let batch = SmallRouting.offering(1, answerValue: value)
            var market = SmallRouting.market([batch], [SmallRouting.candidate(1)])
            market.known.pay = [batch.id: try Money(pay, usd)]
            market.known.skills = [
                SmallRouting.worker(1): RoutingSkill(meanBps: 8_500, lowBps: 8_300, evidence: 1_000)
            ]
            let worth = EscalationWorth(batch, market, weights: .ofMarket)
            return worth.pair(of: SmallRouting.worker(1), isForced: false)?.bearsRaise
        }
        #expect(try bears(pay: 2_000, value: 6_000) == true)
        // About 50.50 of 60.00 is left of an answer: worth 48.00, but not 52.80.
        #expect(try bears(pay: 4_800, value: 6_000) == false)
        #expect(try bears(pay: 5_300, value: 6_000) == nil)
        #expect(try bears(pay: 4_800, value: nil) == true)
    }

    @Test("does nothing again that it did for this deadline, but for the next raise after its time")
    func again() throws {
        let hands = (10..<60).map { hand($0, wasAsked: $0 == 59) }
        let taken: [EscalationStepKind: Int] = [.reach: 1, .forced: 1, .price: 1, .alert: 1]
        let fresh = batch(hoursLeft: 1.5, steps: taken, steppedAt: Self.now - 899)
        #expect(try EscalationPlan(supply(fresh, hands), room: try room()).acts.isEmpty)
        let due = batch(hoursLeft: 1.5, steps: taken, steppedAt: Self.now - 900)
        let plan = try EscalationPlan(supply(due, hands), room: try room())
        #expect(plan.acts == [.price(try Money(2_200, try #require(Currency("USD"))))])
        #expect(!plan.needsAlert)
    }

    @Test("raises by a tenth, never above band, budget or wallet; without room the operator is told once forced")
    func money() throws {
        let hands = (10..<60).map { hand($0, wasAsked: $0 == 59) }
        let usd = try #require(Currency("USD"))
        func price(_ room: RaiseRoom, hours: Double = 3.5) throws -> [EscalationAct] {
            try EscalationPlan(supply(batch(hoursLeft: hours, steps: [.reach: 1, .forced: 1]), hands), room: room).acts
        }
        #expect(try price(try room()) == [.price(try Money(2_200, usd))])
        #expect(try price(try room(band: 2_100)) == [.price(try Money(2_100, usd))])
        // 3.00 for each of three pay no more than 90 cents with the fee.
        #expect(try price(try room(budget: 299)) == [.price(try Money(2_090, usd))])
        #expect(try price(try room(band: 2_000)).isEmpty)
        let spent = supply(batch(hoursLeft: 1.5, steps: [.reach: 1, .forced: 1]), hands)
        #expect(try EscalationPlan(spent, room: try room(band: 2_000)).needsAlert)
    }

    @Test("counts on those who are there in time, want no more notice than there is, and were not asked at this price")
    func reachable() {
        let hands = [
            hand(10), hand(11, isOffered: true), hand(12, wasAsked: true), hand(13, notice: 241), hand(14, notice: 60),
            hand(15, places: 5), hand(16, present: [4.9...5]), hand(17, present: [2...3, 3.1...9]),
            hand(18, committed: 2_380), hand(19, share: 50_000), hand(20, daily: 480, today: 460),
        ]
        let found = supply(batch(hoursLeft: 5), hands).reachable(answerSeconds: 900)
        #expect(found.map(\.worker) == [10, 14, 17].map { Worker.ID(id($0)) })
        #expect(found.map(\.answerBy) == [900, 3_600, 8_100].map { Self.now + $0 })
    }

    @Test("offers nobody's hours below their price, but in the forced lane, which takes little of a day")
    func worth() throws {
        func plan(hours: Double, forced: Int = 0, steps: [EscalationStepKind: Int] = [:]) throws -> EscalationPlan {
            var supply = supply(batch(hoursLeft: hours, steps: steps), (10..<60).map { hand($0) })
            // One is worth less than it pays whatever hours cost, and one is worth it beside the price of hours.
            let all = (11..<60).map { Worker.ID(id($0)) }
            supply.worth = EscalationWorth(usual: pairs([all[48]]), forced: pairs(all))
            supply.forcedMinutes = forced
            return try EscalationPlan(supply, room: try room())
        }
        #expect(try plan(hours: 7).offers.map(\.worker) == [Worker.ID(id(59))])
        // Who will not be asked is none of those who can still be.
        #expect(try plan(hours: 7).facts["reach_left"] == 1)
        // 50 people with 2,400 minutes a week: half a hundredth of a day are 85 minutes, and 90 are wanted.
        #expect(try plan(hours: 1.5).acts.map(\.kind).contains(.forced))
        let lane = try plan(hours: 1.5).offers.map(\.worker)
        #expect(lane.count > 1 && !lane.contains(Worker.ID(id(10))))
        let full = try plan(hours: 1.5, forced: 1)
        #expect(!full.acts.map(\.kind).contains(.forced) && full.offers.map(\.worker) == [Worker.ID(id(59))])
        // What is in the lane already stays there.
        #expect(try plan(hours: 1.5, forced: 90, steps: [.reach: 1, .forced: 1]).offers.count > 1)
    }

    @Test("a day's hours are those that are forecast of it, not the caps")
    func daily() {
        func day(_ hand: EscalationSupply.Hand) -> Int { hand.dayMinutes(from: Self.now) }
        // Always there: a day has as much of the week's cap as of the week.
        #expect(day(hand(10)) == 342 && day(hand(10, share: 500_000)) == 171)
        // There for two hours of the week, of which half is given; not today; with 20 minutes of the cap left.
        #expect(day(hand(10, share: 500_000, present: [1...3])) == 60)
        #expect(day(hand(10, present: [30...32])) == 0)
        #expect(day(hand(10, committed: 2_380)) == 20)
        // By their caps, fifty have 85 minutes of a day for the lane; by their hours they have 15, and 30 are wanted.
        let few = (10..<60).map { hand($0, share: 500_000, present: [0...2]) }
        var supply = supply(batch(hoursLeft: 1.5, slots: 1), few)
        #expect(supply.mayForce(5_000))
        supply.forcedMinutes = 1
        #expect(!supply.mayForce(5_000))
        var many = self.supply(batch(hoursLeft: 1.5, slots: 1), (10..<60).map { hand($0) })
        many.forcedMinutes = 1
        #expect(many.mayForce(5_000))
    }

    @Test("somebody gives no more of a day than it has left, nor of those after it than they work in one")
    func dayCaps() {
        func minutes(_ hand: EscalationSupply.Hand, hours: Double) -> Int {
            hand.minutes(from: Self.now, until: Self.now + hours * 3_600)
        }
        #expect(minutes(hand(10, daily: 480, today: 450, dayHours: 4), hours: 3) == 30)
        // A full day gives nothing more; behind midnight the next one begins.
        let full = hand(10, daily: 480, today: 480, dayHours: 4)
        #expect(minutes(full, hours: 4) == 0 && minutes(full, hours: 5) == 60 && minutes(full, hours: 28) == 480)
        #expect(minutes(full, hours: 52) == 960)
        // There all day today and two hours tomorrow.
        let tomorrow = hand(10, present: [0...4, 10...12], daily: 480, today: 480, dayHours: 4)
        #expect(minutes(tomorrow, hours: 20) == 120)
        #expect(supply(batch(hoursLeft: 20, slots: 1), [full]).reachable(answerSeconds: 900).isEmpty)
    }

    @Test("explains each offer: its parts, who would be next, and how near to the best of the batch those chosen are")
    func explained() throws {
        // Who answers first is worth the least.
        let hands = [hand(10, notice: 60), hand(11, notice: 30), hand(12)]
        let plan = try EscalationPlan(supply(batch(hoursLeft: 5, slots: 1), hands), room: try room())
        let first = try #require(plan.offers.first?.worker)
        #expect(plan.offers.count == 1 && first == Worker.ID(id(12)))
        let told = try #require(plan.explanations[first])
        #expect(told.valueMicros == 998 && told.parts == ["quality": 998] && told.candidates == 3)
        #expect(told.runnerUp == .init(worker: Worker.ID(id(10)), valueMicros: 1_000))
        #expect(told.certificateMillionths == 998_000)
        #expect(plan.explanations.count == 1)
    }

    @Test("slack is what the open work leaves of the time, spread over those who can do it")
    func slack() {
        // 90 minutes of work, 10 hours left: one worker there for 3 hours has half of that time to spare.
        let one = supply(batch(hoursLeft: 10), [hand(10, present: [0...3])])
        #expect(one.slackSeconds == 18_000)
        #expect(supply(batch(hoursLeft: 10), [hand(10, present: [0...1])]).slackSeconds == 0)
        #expect(supply(batch(hoursLeft: 10), []).slackSeconds == 0)
        #expect(supply(batch(hoursLeft: 10), [hand(10, share: 500_000, present: [0...6])]).slackSeconds == 18_000)
    }

    @Test("reckons with all that is open, beyond what is offered at a time")
    func beyond() throws {
        var many = batch(hoursLeft: 120, slots: 200)
        many.unseenSlots = 4_800
        // 1,000 hours a week for 2,500 hours of work.
        let all = supply(many, (10..<60).map { hand($0, weekly: 1_200) })
        #expect(all.slackSeconds == 0)
        #expect(supply(batch(hoursLeft: 120, slots: 200), all.hands).slackSeconds == 108 * 3_600)
        let options = EscalationAdvice(supply: all, room: nil, answerMinor: 2_200, widening: nil).options
        #expect(options.map(\.remedy) == [.extendDeadline, .withdrawRest])
        #expect(options.map(\.slotsLost) == [0, 5_000] && options.map(\.costMinor) == [0, -11_000_000])
        #expect(options.allSatisfy { $0.sentence.contains("5000") })
        // In the third week there are hours for it.
        #expect((14 * 86_400...15 * 86_400).contains(120 * 3_600 + options[0].delaySeconds))
    }

    @Test("tells the operator what each way costs, the fewest answers lost first, then the least money")
    func advice() throws {
        // Nobody until two days later, when one has the hours.
        let late = supply(batch(hoursLeft: 1), [hand(10, present: [48...60])])
        let advice = EscalationAdvice(
            supply: late, room: try room(), answerMinor: 2_200,
            widening: .init(rule: .language("fr"), workers: 2))
        #expect(advice.options.map(\.remedy) == [.extendDeadline, .widenRequirement, .withdrawRest])
        // In steps of six hours from the deadline on, and an hour for the last task.
        #expect(advice.options[0].delaySeconds == 54 * 3_600 + 3_600)
        #expect(advice.options[1].slotsLost == 1 && advice.options[1].costMinor == 4_400)
        #expect(advice.options[2].slotsLost == 3 && advice.options[2].costMinor == -6_600)
        let dear = EscalationAdvice(
            supply: supply(batch(hoursLeft: 3), (10..<30).map { hand($0) }), room: try room(budget: 5_000),
            answerMinor: 2_200, widening: nil)
        let raise = try #require(dear.options.first { $0.remedy == .raisePay })
        // 30.00 more pay and 3.00 more fee for each of three; the budget leaves 50.00.
        #expect(raise.costMinor == 9_900 && raise.facts["lacking_minor"] == 4_900 && raise.slotsLost == 0)
        let hopeless = EscalationAdvice(
            supply: supply(batch(hoursLeft: 1), []), room: nil, answerMinor: 2_200, widening: nil)
        #expect(hopeless.options.map(\.remedy) == [.withdrawRest])
    }

    @Test("never advises to do without what law, contract or interest demands")
    func widenings() {
        let whole = Requirement.all([
            .profession(.lawyer, leastTier: .expert), .language("fr"), .clearance(2), .years(5, of: .lawyer),
            .notExcluded(by: Requester.ID(id(1))), .jurisdiction("US-NY", of: .lawyer),
            .any([.language("de"), .specialty("tax", of: .lawyer)]),
        ])
        #expect(
            Set(whole.widenings.map(\.without)) == [
                .language("fr"), .years(5, of: .lawyer),
                .any([.language("de"), .specialty("tax", of: .lawyer)]).normalised,
            ])
        #expect(Requirement.language("fr").widenings.map(\.rest) == [.all([])])
        #expect(Requirement.clearance(1).widenings.isEmpty)
    }
}
