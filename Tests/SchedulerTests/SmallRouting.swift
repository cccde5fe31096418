import Formats
import Foundation
import Store
import TestSupport

@testable import Marketplace
@testable import Scheduler

/// Ids, batches and candidates for markets that are written down, with no database.
enum SmallRouting {
    /// Monday, 09:00 UTC.
    static let instant = Scratch.start
    static let requester: Requester.ID = id(0xA)
    static let expertLawyer: Requirement.ID = id(0xE)

    static func id<Entity>(_ number: UInt8, _ kind: UInt8 = 0) -> Identifier<Entity> {
        Identifier(UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, kind, number)))
    }

    static func batch(_ number: UInt8) -> Batch.ID { id(number, 0xB0) }
    static func worker(_ number: UInt8) -> Worker.ID { id(number, 0xC0) }

    static func offering(
        _ number: UInt8, minutes: Int = 30, priority: Int = 0, ageHours: Double = 0, slots: Int = 1, offers: Int = 0,
        requirement: Requirement.ID = expertLawyer, dueHours: Double? = nil, answerValue: Int64? = nil
    ) -> RoutingBatch {
        RoutingBatch(
            requester: requester, id: batch(number), requirement: requirement, expectedMinutes: minutes,
            leaseSeconds: 3_600,
            priority: priority, dueAt: dueHours.map { instant + $0 * 3_600 },
            openedAt: instant - ageHours * 3_600, openSlots: slots, openTasks: slots, openOffers: offers,
            answerValue: answerValue
        )
    }

    /// A lawyer with a licence in New York; without a tier, somebody without a profession.
    static func candidate(
        _ number: UInt8, tier: Tier? = .expert, minutes: Int = 600, leases: Int = 0, offers: Int = 0,
        state: Worker.State = .active, window: OfferWindow? = .always(answerBy: instant + 900),
        committedMinutes: Int = 0, weekShareMillionths: Int = 0, presence: Presence? = nil
    ) -> RoutingCandidate {
        let licence = Credential(
            id: id(number, 0xD0), profession: .lawyer, kind: .barAdmission, jurisdiction: "US-NY",
            validity: InstantRange(from: .distantPast, until: nil)
        )
        return RoutingCandidate(
            worker(number),
            facts: WorkerFacts(
                worker: worker(number), state: state, country: "US", languages: ["en"],
                professions: tier.map { [.lawyer: .init(tier: $0, years: 9, specialties: [])] } ?? [:],
                credentials: tier == nil ? [] : [licence]
            ),
            committedMinutes: committedMinutes, weekShareMillionths: weekShareMillionths, minutesLeft: minutes,
            liveLeases: leases, openOffers: offers, window: window, presence: presence
        )
    }

    static func market(
        _ batches: [RoutingBatch], _ candidates: [RoutingCandidate], offered: Set<RoutingPair> = [],
        turnedDown: Set<RoutingPair> = [], finished: Set<RoutingPair> = [], barred: Set<RoutingPair> = [],
        belowAsk: Set<RoutingPair> = []
    ) -> RoutingMarket {
        RoutingMarket(
            instant: instant, batches: batches, candidates: candidates,
            requirements: [expertLawyer: .profession(.lawyer, leastTier: .expert)], offered: offered,
            turnedDown: turnedDown, finished: finished, barred: barred, belowAsk: belowAsk
        )
    }

    /// Markets in which every rule bites some pairs.
    static func random(seed: UInt64) -> RoutingMarket {
        var generator = SplitMix64(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &generator)] }
        let needs: [Requirement] = [
            .all([]), .profession(.lawyer, leastTier: .generalist), .profession(.lawyer, leastTier: .expert),
            .all([.profession(.lawyer, leastTier: .specialist), .excluded(worker(1))]), .language("de"),
        ]
        let requirements = Dictionary(
            uniqueKeysWithValues: needs.indices.map {
                (id(UInt8($0), 0xF0) as Requirement.ID, needs[$0])
            })
        let names = requirements.keys.sorted()
        let batches = (0..<pick([0, 1, 3, 8, 15])).map { number in
            offering(
                UInt8(number), minutes: pick([5, 15, 20, 30, 45, 120, 500]), priority: pick([-1, 0, 0, 7]),
                ageHours: pick([0, 1, 500]), slots: pick([1, 2, 5, 40]), offers: pick([0, 0, 1, 2]),
                requirement: pick(names)
            )
        }
        let candidates = (0..<pick([0, 1, 4, 12, 30])).map { number in
            candidate(
                UInt8(number), tier: pick([nil, .generalist, .specialist, .expert, .principal]),
                minutes: pick([-30, 0, 14, 29, 30, 60, 100, 600]), leases: pick([0, 0, 1, 4, 5]),
                offers: pick([0, 0, 1, 3]), state: pick([.active, .active, .active, .paused])
            )
        }
        let pairs = batches.flatMap { batch in
            candidates.map { RoutingPair(batch: batch.id, worker: $0.worker) }
        }
        func some() -> Set<RoutingPair> {
            Set(pairs.filter { _ in Int.random(in: 0..<12, using: &generator) == 0 })
        }
        return RoutingMarket(
            instant: instant, batches: batches, candidates: candidates, requirements: requirements, offered: some(),
            turnedDown: some(), finished: some()
        )
    }
}
