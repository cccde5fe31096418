import Logging
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

/// A round that does what a test says.
private struct ScriptedRound: SchedulerRound {
    let name: String
    var period: Duration = .seconds(1)
    let body: @Sendable () async throws -> RoundOutcome

    func runOnce() async throws -> RoundOutcome { try await body() }
}

private struct Broken: Error {}

@Suite("The scheduler's loop", .timeLimit(.minutes(10)))
struct SchedulerLoopTests {
    private let clock = SteppedClock()

    private func loop(_ rounds: any SchedulerRound...) -> SchedulerLoop {
        SchedulerLoop(
            rounds, clock: clock, jitter: { 0 },
            logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    @Test("goes on with the others while one round fails, and backs off from that one")
    func survivesFailure() async throws {
        let loop = loop(
            ScriptedRound(name: "bad") { throw Broken() },
            ScriptedRound(name: "good") { RoundOutcome(counts: [.eventsSealed: 3], hasMore: false) }
        )
        let running = Task { await loop.run() }
        await clock.whenAsleep(2)
        #expect(clock.waits == [.seconds(1), .seconds(2)])
        clock.advance(by: .seconds(2))
        await clock.whenAsleep(2)
        #expect(clock.waits == [.seconds(1), .seconds(4)])
        running.cancel()
        await running.value
        #expect(loop.metrics.byRound["bad"]?.failures == 2)
        #expect(loop.metrics.byRound["bad"]?.failuresInARow == 2)
        #expect(loop.metrics.byRound["good"]?.rounds == 2)
        #expect(loop.metrics.total(.eventsSealed) == 6)
    }

    @Test("takes its period up again after a failure is over")
    func recovers() async throws {
        let runs = Atomic(0)
        let loop = loop(
            ScriptedRound(name: "shaky") {
                if runs.add(1, ordering: .relaxed).newValue == 1 { throw Broken() }
                return RoundOutcome(counts: [:], hasMore: false)
            })
        let running = Task { await loop.run() }
        await clock.whenAsleep(1)
        clock.advance(by: .seconds(2))
        await clock.whenAsleep(1)
        #expect(clock.waits == [.seconds(1)])
        running.cancel()
        await running.value
        #expect(loop.metrics.byRound["shaky"]?.failuresInARow == 0)
    }

    @Test("does not wait while a round has more to do")
    func goesOnAtOnce() async throws {
        let left = Atomic(5)
        let loop = loop(
            ScriptedRound(name: "busy") {
                RoundOutcome(counts: [.leasesExpired: 1], hasMore: left.subtract(1, ordering: .relaxed).newValue > 0)
            })
        let running = Task { await loop.run() }
        await clock.whenAsleep(1)
        running.cancel()
        await running.value
        #expect(loop.metrics.total(.leasesExpired) == 5)
    }

    @Test("finishes the round under way when it is stopped, undisturbed, and begins no other")
    func stopsGracefully() async throws {
        let (begun, release) = (Barrier(count: 2), Barrier(count: 2))
        let wasCancelled = Mutex<Bool?>(nil)
        let loop = loop(
            ScriptedRound(name: "slow") {
                await begun.arrive()
                await release.arrive()
                wasCancelled.withLock { $0 = Task.isCancelled }
                return RoundOutcome(counts: [.offersMade: 1], hasMore: true)
            })
        let running = Task { await loop.run() }
        await begun.arrive()
        running.cancel()
        await release.arrive()
        await running.value
        #expect(wasCancelled.withLock { $0 } == false)
        #expect(loop.metrics.byRound["slow"]?.rounds == 1)
        #expect(loop.metrics.total(.offersMade) == 1)
    }

    @Test("measures the period from start to start, and says when a round takes longer")
    func keepsItsPeriod() async throws {
        let takes = Mutex<[Duration]>([.milliseconds(400), .milliseconds(1_700), .zero])
        let loop = loop(
            ScriptedRound(name: "slow") { [clock] in
                let took = takes.withLock { $0.isEmpty ? .zero : $0.removeFirst() }
                clock.advance(by: took)
                return RoundOutcome(counts: [:], hasMore: false)
            })
        let running = Task { await loop.run() }
        await clock.whenAsleep(1)
        #expect(clock.waits == [.milliseconds(600)])
        #expect(loop.metrics.byRound["slow"]?.overruns == 0)
        // The second takes longer than its period: the third follows at once, and is on time.
        clock.advance(by: .milliseconds(600))
        await clock.whenAsleep(1)
        #expect(clock.waits == [.seconds(1)])
        let counters = try #require(loop.metrics.byRound["slow"])
        #expect(counters.rounds == 3 && counters.overruns == 1 && counters.overrunsInARow == 0)
        #expect(counters.longestTook == .milliseconds(1_700) && counters.lastTook == .zero && counters.lag == .zero)
        running.cancel()
        await running.value
    }

    @Test(
        "waits the period and up to a tenth more; after failures doubled, up to half a minute",
        arguments: [
            (failures: 0, jitter: 0.0, wait: Duration.milliseconds(250)), (0, 1.0, .milliseconds(275)),
            (1, 0.0, .milliseconds(500)), (3, 0.0, .seconds(2)), (60, 0.0, .seconds(30)), (60, 9.0, .seconds(33)),
        ])
    func pacing(failures: Int, jitter: Double, wait: Duration) {
        #expect(RoundPacing.wait(.milliseconds(250), failures: failures, jitter: jitter) == wait)
    }
}
