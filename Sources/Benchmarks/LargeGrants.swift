internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// The claim's statement for one worker after the other, over all batches.
struct LargeGrants: Sendable {
    private static let instant = Date(timeIntervalSince1970: 1_772_442_000)
    private static let leaseEnd = Date(timeIntervalSince1970: 1_900_000_000)
    let large: LargeMarket
    private let price: Price

    init(large: LargeMarket) throws {
        self.large = large
        price = try Price()
    }

    /// - Returns: leases a second, over eight connections.
    func rate(on database: Database, atOnce: Int, count: Int) async throws -> Double {
        let turn = Turn(from: Int.random(in: 0..<large.size.workers))
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<count / 8 / atOnce {
                        let rows = try await database.statement(statement(turn.next(1), count: atOnce))
                        guard rows.count == atOnce else { throw BenchmarkError(reason: "the slots ran out") }
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(count / 8 / atOnce * atOnce * 8) / (ContinuousClock.now - start).seconds
    }

    /// One worker after the other, each in any of the batches; pgbench draws both.
    private func statement(_ draw: Int, count: Int) -> SQL {
        func ids() -> [UUID] { (0..<count).map { _ in RandomIdentifiers().uuid(at: Self.instant) } }
        return statement(
            ids(), ids(), LargeMarket.worker(draw % large.size.workers + 1).uuid,
            large.batches[Int.random(in: 0..<large.batches.count)]
        )
    }

    private func statement(_ assignments: [UUID], _ events: [UUID], _ worker: UUID, _ batch: Batch.ID) -> SQL {
        let grant = LeaseGrant(
            assignments: assignments.map { Identifier($0) }, events: events.map { Identifier($0) },
            action: "task_claimed",
            requester: large.requester, batch: batch, worker: Worker.ID(worker), leaseUntil: Self.leaseEnd,
            answerBy: Self.leaseEnd, terms: price.terms, pay: price.pay, fee: price.fee,
            eligibility: ["credentials": []], onDay: price.week, weekStartsOn: price.week, expectedMinutes: 1,
            dayMinutesMax: 1_440, weekMinutesMax: 10_080, guideline: Workbench.guideline, guidelineVersion: 1
        )
        return Transaction.leaseStatement(grant, at: Self.instant)
    }

    /// What differs from claim to claim is computed in SQL, as pgbench has no UUIDs.
    func pgbenchScript() throws -> String {
        let (assignment, event) = (UUID.numbered(0, kind: 0x6), UUID.numbered(1, kind: 0x6))
        let worker = UUID.numbered(999_999, kind: 0x1f)
        let batch = UUID.numbered(999_999, kind: 0x9)
        let ids = large.batches.map { "\($0)" }.joined(separator: ",")
        let text = try statement([assignment], [event], worker, Batch.ID(batch)).writtenOut { uuid in
            switch uuid {
            case assignment: ":assignment"
            case event: ":event"
            case worker: "('\(Workbench.stem(0x1e))' || lpad(to_hex(:worker::bigint), 8, '0'))::uuid"
            case batch: "('{\(ids)}'::uuid[])[:batch]"
            default: nil
            }
        }
        func id(_ high: String, _ low: String) -> String {
            "(lpad(to_hex(:\(high)::bigint), 16, '0') || lpad(to_hex(:\(low)::bigint), 16, '0'))::uuid"
        }
        let statement = text.replacingOccurrences(of: ":assignment", with: id("high", "low"))
            .replacingOccurrences(of: ":event", with: id("low", "high"))
        return """
            \\set worker random(1, \(large.size.workers))
            \\set batch random(1, \(large.batches.count))
            \\set high random(1, 9000000000000000000)
            \\set low random(1, 9000000000000000000)
            \(statement.split(separator: "\n").joined(separator: " "));
            """
    }
}
