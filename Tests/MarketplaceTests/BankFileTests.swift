import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// What is not written as it mostly is.
@Suite("Bank files", .scratchDatabase)
struct BankFileTests {
    @Test("a payment that the bank has blocked stays open and is listed, and nobody is paid again for it")
    func blocked() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, "ACWP", [(ids[0], "ACWP")])).outcomes
                == [.accepted: 1])
        #expect(
            try await desk.take(PayoutDesk.status(batch.messageID, nil, [(ids[0], "BLCK")])).outcomes
                == [.contradicts: 1])
        #expect(try await desk.take(PayoutDesk.status(batch.messageID, "BLCK")).outcomes == [.contradicts: 1])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        #expect(try await desk.owed(0) == 0)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        let entries = try await ReconcileBank(market: desk.small.market).entries(by: desk.small.maker)
        #expect(entries.count == 2)
        let debit = PayoutDesk.statement("S", opening: 0, [(ids[0], 2_000, false, nil)])
        #expect(try await desk.take(debit).outcomes == [.settled: 1])
        #expect(try await desk.small.ills() == [])
    }

    @Test("a file refused as a repetition fails none of its payments, whatever reasons they have themselves")
    func repetitionWithReasons() async throws {
        let desk = try await PayoutDesk()
        let (batch, payments) = try await desk.sent()
        let ids = payments.map(\.endToEndID)
        let parts = PayoutDesk.status(batch.messageID, "RJCT", reason: "DUPL", information: "RJCT", inner: "NARR")
        #expect(try await desk.take(parts).outcomes == [.repeated: 2])
        let single = PayoutDesk.status(batch.messageID, "RJCT", reason: "DUPL", inner: "AC04", [(ids[1], "RJCT")])
        #expect(try await desk.take(single).outcomes == [.repeated: 2])
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 6_000)
        #expect(try await desk.owed(1) == 0)
        #expect(try await desk.reconciled().openPayments == 3)
        #expect(try await desk.small.ills() == [])
    }
}
