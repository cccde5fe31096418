import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Payouts", .scratchDatabase)
struct PayoutTests {
    private func earned(workers: Int = 2, tasks: Int = 2) async throws -> (SmallMarket, [Worker.ID]) {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b"), tasks: workers * tasks)
        var lawyers: [Worker.ID] = []
        for index in 0..<workers {
            let worker = try await small.lawyer("w\(index)")
            try await small.earn(worker, batch, tasks: tasks)
            lawyers.append(worker)
        }
        return (small, lawyers)
    }

    @Test("go from maker to checker to the bank, and the file's total is the lines'")
    func wholeWay() async throws {
        let (small, workers) = try await earned()
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(batch.total.minorUnits == 8_000 && batch.lineCount == 2)
        #expect(try await small.balance(.payable(to: workers[0], small.usd)) == 4_000)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        let file = try await PayoutFile(market: small.market)(batch.id, by: small.maker)
        let rows = String(decoding: file, as: UTF8.self).split(separator: "\r\n").map { $0.split(separator: ",") }
        #expect(
            rows.first?.joined(separator: " ")
                == "payout_batch end_to_end_id payee payee_key payee_name amount currency workers earnings")
        #expect(rows.dropFirst().map { $0[5] } == ["40.00", "40.00"])
        #expect(rows.dropFirst().allSatisfy { $0[1].count == 34 && $0[6] == "USD" && $0[7] == "1" && $0[8] == "2" })
        #expect(Set(rows.dropFirst().map { $0[3] }) == ["w0", "w1"])
        #expect(try await small.balance(.payable(to: workers[0], small.usd)) == 0)
        #expect(try await small.balance(.clearing(small.usd)) == 0)
        #expect(try await PayoutFile(market: small.market)(batch.id, by: small.checker) == file)
        #expect(
            await refusal(PayoutRefusal.self) {
                try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
            } == .wrongState(.issued, .issue))
        #expect(
            await refusal(PayoutRefusal.self) {
                try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
            } == .nothingToPay)
        #expect(try await small.ills() == [])
    }

    @Test("say the same each time, whatever their payees are called later; of who was erased no name is left")
    func sameBytes() async throws {
        let (small, workers) = try await earned()
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
        let file = try await PayoutFile(market: small.market)(batch.id, by: small.maker)
        #expect(String(decoding: file, as: UTF8.self).contains(",w0,Worker w0,"))
        try await Scratch.asOwner {
            try await $0.execute("update worker_person set name = 'Another'")
            try await $0.execute("update worker set external_key = 'other-' || external_key")
        }
        #expect(try await PayoutFile(market: small.market)(batch.id, by: small.maker) == file)
        _ = try await CloseWorker(market: small.market)(
            workers[0], rule: "r", facts: [:], reasons: "Bye.", by: small.manager)
        #expect(try await EraseWorker(market: small.market)(workers[0], by: small.manager))
        let last = try await PayoutFile(market: small.market)(batch.id, by: small.maker)
        let rest = String(decoding: last, as: UTF8.self)
        #expect(rest.contains(",erased-\(workers[0]),,") && rest.contains(",w1,Worker w1,"))
        #expect(!rest.contains("w0"))
    }

    @Test("need a second person, who names the very content")
    func approval() async throws {
        let (small, _) = try await earned(workers: 1, tasks: 1)
        let both = try await CreatePrincipal(market: small.market)(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: small.manager
        )
        let batch = try await PreparePayoutBatch(market: small.market)(small.usd, by: both)
        let approve = ApprovePayoutBatch(market: small.market)
        #expect(
            await refusal(AccessRefusal.self) {
                try await approve(batch.id, contentHash: batch.contentHash, by: small.maker)
            } == .roleMissing(.financeChecker))
        #expect(
            await refusal(PayoutRefusal.self) {
                try await approve(batch.id, contentHash: batch.contentHash, by: both)
            } == .secondPersonNeeded)
        #expect(
            await refusal(PayoutRefusal.self) {
                try await approve(batch.id, contentHash: Digest(of: "other"), by: small.checker)
            } == .contentDiffers)
        #expect(
            await refusal(PayoutRefusal.self) {
                try await IssuePayoutBatch(market: small.market)(batch.id, by: small.maker)
            } == .wrongState(.prepared, .issue))
        try await Scratch.asOwner { try await $0.execute("update payout_line set amount_minor = amount_minor + 1") }
        #expect(
            await refusal(PayoutRefusal.self) {
                try await approve(batch.id, contentHash: batch.contentHash, by: small.checker)
            } == .contentDiffers)
    }

    @Test("that are cancelled leave their earnings to the next")
    func cancelled() async throws {
        let (small, _) = try await earned(workers: 1, tasks: 2)
        let prepare = PreparePayoutBatch(market: small.market)
        let first = try await prepare(small.usd, by: small.maker)
        try await CancelPayoutBatch(market: small.market)(first.id, by: small.checker)
        let second = try await prepare(small.usd, by: small.maker)
        #expect(second.total == first.total)
        #expect(
            await refusal(PayoutRefusal.self) {
                try await ApprovePayoutBatch(market: small.market)(
                    first.id, contentHash: first.contentHash, by: small.checker
                )
            } == .wrongState(.cancelled, .approve))
        #expect(try await small.ills() == [])
    }

    @Test("never hold an earning twice, though many makers prepare at once, by any number of earnings")
    func makersAtOnce() async throws {
        let (small, _) = try await earned(workers: 4, tasks: 3)
        let outcomes = await withTaskGroup { group in
            for index in 0..<8 {
                group.addTask {
                    await Result.of {
                        try await PreparePayoutBatch(market: small.market)(
                            small.usd, earningsMax: 1 + index % 4, by: small.maker
                        )
                    }
                }
            }
            return await group.reduce(into: [Result<PayoutBatch, any Error>]()) { $0.append($1) }
        }
        let total = outcomes.compactMap { try? $0.get() }.reduce(0) { $0 + $1.total.minorUnits }
        #expect(total == 24_000)
        #expect(outcomes.compactMap(\.failure).allSatisfy { $0 as? PayoutRefusal == .nothingToPay })
        #expect(try await small.ills() == [])
    }
}
