import Foundation
import TestSupport
import Testing

@testable import Marketplace

@Suite("The order of service")
struct OrderOfServiceTests {
    private static let ids = SeededIdentifiers(seed: 4)
    private static let start = Scratch.start

    private static func candidate(
        _ project: Project.ID, weight: Int = 1, priority: Int = 0, due: TimeInterval? = nil, age: TimeInterval = 0
    ) -> ServiceCandidate {
        ServiceCandidate(
            batch: Batch.Key(requester: ids.make(at: start), id: ids.make(at: start)), project: project, weight: weight,
            priority: priority, dueAt: due.map { start + $0 }, openedAt: start - age
        )
    }

    private static func project() -> Project.ID { ids.make(at: start) }

    @Test("in one project is priority, then deadline, then age")
    func oneProject() {
        let project = Self.project()
        let order = [
            Self.candidate(project, priority: 9, age: 1), Self.candidate(project, priority: 1, due: 60),
            Self.candidate(project, priority: 1, due: 90, age: 900), Self.candidate(project, priority: 1, age: 99),
            Self.candidate(project, priority: 1, age: 98), Self.candidate(project, age: 1_000),
        ]
        for draw in UInt64(0)..<20 {
            #expect(OrderOfService(agingEvery: 0).order(order.shuffled(), draw: draw) == order)
        }
    }

    @Test("gives projects their weight's part, however many batches they have")
    func weights() {
        let (huge, small, heavy) = (Self.project(), Self.project(), Self.project())
        let all =
            (0..<200).map { Self.candidate(huge, age: TimeInterval($0 + 10)) }
            + [Self.candidate(small), Self.candidate(heavy, weight: 2)]
        var first: [Project.ID: Int] = [:]
        for draw in UInt64(0)..<8_000 {
            guard let served = OrderOfService(agingEvery: 0).order(all, draw: draw).first else { continue }
            first[served.project, default: 0] += 1
        }
        // A quarter, a quarter and a half of 8,000; 200 is more than five standard deviations.
        #expect(abs((first[huge] ?? 0) - 2_000) < 200)
        #expect(abs((first[small] ?? 0) - 2_000) < 200)
        #expect(abs((first[heavy] ?? 0) - 4_000) < 230)
    }

    @Test("serves the oldest first once in eight, whatever its priority")
    func aging() {
        let old = Self.candidate(Self.project(), priority: -5, age: 5_000)
        let all = [old] + (0..<50).map { _ in Self.candidate(Self.project(), priority: 5, age: 10) }
        let served = (UInt64(0)..<8_000).count { OrderOfService.standard.order(all, draw: $0).first == old }
        #expect(abs(served - 1_000) < 150)
    }

    @Test("is the same for the same draw, however the candidates come, and loses none")
    func deterministic() {
        let projects = (0..<7).map { _ in Self.project() }
        let all = (0..<60).map { number in
            Self.candidate(
                projects[number % 7], weight: number % 7 + 1, priority: number % 3,
                due: number % 2 == 0 ? nil : TimeInterval(number), age: TimeInterval(number)
            )
        }
        for draw in UInt64(0)..<200 {
            let order = OrderOfService.standard.order(all, draw: draw)
            #expect(order == OrderOfService.standard.order(all.shuffled(), draw: draw))
            #expect(Set(order) == Set(all) && order.count == all.count)
        }
    }
}

@Suite("Hints of where slots are open")
struct ServiceHintsTests {
    private let ids = SeededIdentifiers(seed: 8)

    @Test("lead on behind what was found, and back to the beginning after a second")
    func places() {
        let (hints, batch) = (ServiceHints(), ids.uuid(at: Scratch.start))
        #expect(hints.start(of: batch, at: .now) == nil)
        let (one, two) = (
            ServiceHints.Place(slot: 1, task: ids.uuid(at: Scratch.start)),
            ServiceHints.Place(slot: 1, task: ids.uuid(at: Scratch.start + 1))
        )
        hints.found(two, of: batch, lookingSince: .now)
        #expect(hints.start(of: batch, at: .now) == two)
        hints.found(one, of: batch, lookingSince: nil)
        #expect(hints.start(of: batch, at: .now) == two)
        #expect(hints.start(of: batch, at: .now + .seconds(2)) == nil)
        #expect(hints.start(of: ids.uuid(at: Scratch.start), at: .now) == nil)
    }

    @Test("put a batch without work behind the others for a second, or until something is found there")
    func empty() {
        let (hints, batch) = (ServiceHints(), ids.uuid(at: Scratch.start))
        #expect(!hints.isEmpty(batch, at: .now))
        hints.foundNothing(of: batch)
        #expect(hints.isEmpty(batch, at: .now))
        #expect(!hints.isEmpty(batch, at: .now + .seconds(2)))
        hints.found(ServiceHints.Place(slot: 1, task: batch), of: batch, lookingSince: nil)
        #expect(!hints.isEmpty(batch, at: .now))
    }
}
