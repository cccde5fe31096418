import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

@Suite("Payout runs that are cut off", .scratchDatabase, .turnLimit(minutes: 20))
struct PayoutCrashTests {
    private enum Phase: CaseIterable {
        case prepare, approve, export, take
    }

    @Test("before any statement, or around the COMMIT, of any step pay everybody once when they are resumed")
    func anywhere() async throws {
        let desk = try await PayoutDesk(workers: 2)
        let tasks = try await desk.small.batch(desk.small.draft("c", minutes: 1), tasks: 400)
        // Every statement in a soak, every fifth in every run of the tests.
        let stride = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == nil ? 5 : 1
        var (rounds, ids): (Int64, Set<String>) = (0, [])
        for phase in Phase.allCases {
            var (statement, wasCut) = (1, true)
            while wasCut {
                if rounds > 0 { for worker in desk.workers { try await desk.small.earn(worker, tasks) } }
                rounds += 1
                wasCut = try await round(desk, phase, cutBefore: statement, number: Int(rounds), &ids)
                statement += stride
                // A run's ids are of its instant.
                Scratch.clock.advance(by: 1)
            }
            #expect(statement > 8, "\(phase) was never cut late")
        }
        #expect(ids.count == Int(rounds) * 2)
        let books = try await desk.reconciled()
        #expect(books.paidMinor == rounds * 4_000 && books.bankMinor == rounds * 4_000)
        #expect(books.unexplainedMinor == 0 && books.openPayments == 0 && books.openEntries == 0 && books.gaps == 0)
        #expect(try await desk.small.ills() == [])
    }

    /// One run from the preparation to the bank's statement, cut off in one of its steps.
    private func round(
        _ desk: PayoutDesk, _ phase: Phase, cutBefore statement: Int, number: Int, _ ids: inout Set<String>
    ) async throws -> Bool {
        var wasCut = false
        func step(_ own: Phase, _ body: (Market) async throws -> Void) async throws {
            if own == phase { wasCut = try await Scratch.killed(before: statement, body) }
        }
        try await step(.prepare) { _ = try await desk.prepare(in: $0) }
        let batch = try await prepared(desk)
        try await step(.approve) { try await desk.approve(batch, in: $0) }
        if try await stored(batch, desk).state == .prepared { try await desk.approve(batch) }
        try await step(.export) { _ = try await desk.export(batch, in: $0) }
        let file = try await desk.export(batch).file
        #expect(try await desk.export(batch).file == file)
        var paid: [String] = []
        _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
            guard case .instruction(let payment) = record else { return }
            #expect(payment.amount?.minorUnits == 2_000)
            paid.append(payment.endToEndID)
        }
        #expect(paid.count == 2)
        for id in paid { #expect(ids.insert(id).inserted, "\(id) is in two files") }
        let statement = PayoutDesk.statement(
            "S\(number)", opening: 10_000_000 - Int64(number) * 4_000, paid.map { ($0, 2_000, false, nil) },
            reference: "R\(number)")
        try await step(.take) { market in
            _ = try await ImportBankFile(market: market)(Array(statement.utf8), by: desk.small.maker)
        }
        #expect(try await desk.take(statement).outcomes == [.settled: 2], "\(phase) cut before \(number)")
        for index in 0..<2 { #expect(try await desk.owed(index) == 0) }
        return wasCut
    }

    /// The run that was cut off if it is there, a new one if not.
    private func prepared(_ desk: PayoutDesk) async throws -> PayoutBatch {
        let newest = try await desk.small.market.database.read { try await $0.payoutBatches(limit: 1) }.first
        if let newest, newest.state == .prepared { return newest }
        return try await desk.prepare().batch
    }

    private func stored(_ batch: PayoutBatch, _ desk: PayoutDesk) async throws -> PayoutBatch {
        try #require(try await desk.small.market.database.read { try await $0.payoutBatch(batch.id) })
    }

    @Test("approved, exported and settled by several at once are approved, issued and settled once")
    func atOnce() async throws {
        let desk = try await PayoutDesk(workers: 3)
        let person = CreatePrincipal(market: desk.small.market)
        let other = try await person(.person, named: "Other", roles: [.financeChecker], by: desk.small.manager)
        let batch = try await desk.prepare().batch
        let approvals = await together(6) { number in
            try await ApprovePayoutBatch(market: desk.small.market)(
                batch.id, contentHash: batch.contentHash, by: number.isMultiple(of: 2) ? desk.small.checker : other)
        }
        #expect(approvals.count { $0.failure == nil } == 1)
        #expect(
            approvals.compactMap(\.failure).allSatisfy {
                $0 as? PayoutRefusal == .wrongState(.approved, .approve)
            })
        let exports = await together(6) { _ in try await desk.export(batch) }
        let files = try exports.map { try $0.get() }
        #expect(Set(files.map(\.file)).count == 1 && files.count { $0.result.isFirst } == 1)
        var ids: [String] = []
        _ = try PaymentFileReader.read(bytes: files[0].file, name: "file") { record in
            if case .instruction(let payment) = record { ids.append(payment.endToEndID) }
        }
        let statement = PayoutDesk.statement("S", opening: 10_000, ids.map { ($0, 2_000, false, nil) })
        let imports = try await together(6) { _ in try await desk.take(statement) }.map { try $0.get() }
        #expect(imports.count(where: \.isNew) == 1 && imports.allSatisfy { $0.outcomes == [.settled: 3] })
        let books = try await desk.reconciled()
        #expect(books.paidMinor == 6_000 && books.bankMinor == 6_000 && books.unexplainedMinor == 0)
        #expect(try await desk.small.ills() == [])
    }

    private func together<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
    ) async -> [Result<Value, any Error>] {
        await withTaskGroup { group in
            for number in 0..<count { group.addTask { await Result.of { try await body(number) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}
