internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Where the next round goes on, when there are more batches or workers than one round looks at. Workers turn inside,
/// batches outside, so that every worker meets every batch.
struct RoutingCursor: Hashable, Sendable {
    var batches: RoutingBatch?
    var workers: Worker.ID?
}

/// Reads a round's market, bounded, in one snapshot.
struct RoutingReading: Sendable {
    static let pageSize = 200

    let batchesMax: Int
    let candidatesMax: Int
    /// How long a worker has to answer while they are there.
    let answerSeconds: TimeInterval
    /// How long a worker who turned an offer of a batch down is not asked again.
    let restSeconds: TimeInterval

    /// - Returns: the market, and where to go on.
    func callAsFunction(
        after cursor: RoutingCursor, in transaction: Transaction
    ) async throws -> (market: RoutingMarket, next: RoutingCursor) {
        let instant = transaction.instant
        let batches = try await transaction.routingBatches(after: cursor.batches, limit: batchesMax)
        let requirements = Array(Set(batches.map(\.requirement)))
        let workers =
            batches.isEmpty ? [] : try await workers(meeting: requirements, after: cursor.workers, in: transaction)
        let ids = workers.map(\.id)
        let answers = try await transaction.routingOffers(of: batches, to: ids, since: instant - restSeconds)
        let market = RoutingMarket(
            instant: instant, batches: batches,
            candidates: try await candidates(workers, for: batches, in: transaction),
            requirements: try await transaction.knownRequirements(requirements),
            offered: Set(answers.filter(\.isOpen).map(\.pair)),
            turnedDown: Set(answers.filter { !$0.isOpen }.map(\.pair)),
            finished: try await transaction.routingFinished(batches, by: ids),
            barred: try await transaction.routingBarred(from: batches, ids),
            belowAsk: try await transaction.routingBelowAsk(batches, ids)
        )
        return (market, next(cursor, batches: batches, workers: ids))
    }

    private func next(_ cursor: RoutingCursor, batches: [RoutingBatch], workers: [Worker.ID]) -> RoutingCursor {
        if workers.count == candidatesMax { return RoutingCursor(batches: cursor.batches, workers: workers.last) }
        return RoutingCursor(batches: batches.count == batchesMax ? batches.last : nil, workers: nil)
    }

    private func workers(
        meeting requirements: [Requirement.ID], after last: Worker.ID?, in transaction: Transaction
    ) async throws -> [RoutingWorker] {
        var found: [RoutingWorker] = []
        while found.count < candidatesMax {
            let limit = min(Self.pageSize, candidatesMax - found.count)
            let page = try await transaction.routingWorkers(
                meeting: requirements, after: found.last?.id ?? last, limit: limit
            )
            found += page
            if page.count < limit { break }
        }
        return found
    }

    private func candidates(
        _ workers: [RoutingWorker], for batches: [RoutingBatch], in transaction: Transaction
    ) async throws -> [RoutingCandidate] {
        guard !workers.isEmpty else { return [] }
        // A zone that this machine does not know leaves its worker out: no lease could count the hours either.
        let weeks = workers.compactMap { worker -> (worker: Worker.ID, startsOn: CalendarDate, day: CalendarDate)? in
            guard let day = try? WorkWeek.day(of: transaction.instant, timeZone: worker.timeZone),
                let monday = day.weekStart
            else { return nil }
            return (worker.id, monday, day)
        }
        let loads = try await transaction.routingLoads(weeks)
        let facts = try await transaction.workerFacts(of: workers.map(\.id), at: transaction.instant)
        let leaseMax = TimeInterval(batches.map(\.leaseSeconds).max() ?? 0)
        let windows = try await windows(of: workers, leaseMax: leaseMax, in: transaction)
        let limits = Dictionary(workers.map { ($0.id, $0.limits) }, uniquingKeysWith: { first, _ in first })
        return facts.compactMap { facts in
            guard let load = loads[facts.worker], let limits = limits[facts.worker] else { return nil }
            let window = windows[facts.worker]
            // All that is offered now is to be done in the time after one answer, beside what is at work already.
            let present = window.map { $0.isAlwaysOpen ? .max : $0.openMinutes(within: leaseMax) - load.leasedMinutes }
            let left = min(
                limits.weeklyMinutesMax - load.committedMinutes, limits.dailyMinutesMax - load.committedToday,
                present ?? 0
            )
            return RoutingCandidate(
                facts: facts, minutesLeft: left - load.offeredMinutes,
                // Who wants fewer tasks at once has some of the places taken from the start.
                liveLeases: load.liveLeases + WorkLimits.tasksAtOnceMost - limits.tasksAtOnceMax,
                openOffers: load.openOffers, window: window
            )
        }
    }

    /// When the workers could answer an offer of this instant; without those who are not there in time.
    private func windows(
        of workers: [RoutingWorker], leaseMax: TimeInterval, in transaction: Transaction
    ) async throws -> [Worker.ID: OfferWindow] {
        let horizon = answerSeconds + leaseMax
        let availabilities = try await transaction.availabilities(
            of: workers.map(\.id),
            until: transaction.instant + TimeInterval(WorkLimits.noticeMinutesMost) * 60 + horizon
        )
        var found: [Worker.ID: OfferWindow] = [:]
        for worker in workers {
            found[worker.id] = try availabilities[worker.id]?.offerWindow(
                at: transaction.instant, noticeMinutes: worker.limits.offerNoticeMinutes, answerSeconds: answerSeconds,
                horizonSeconds: leaseMax
            )
        }
        return found
    }
}
