import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("The ledger", .scratchDatabase)
struct LedgerTests {
    private let usd = Currency("USD")

    @Test("a share of any amount is exact, the largest included, and never more than the whole")
    func shares() throws {
        let usd = try #require(usd)
        let most = try Money(Money.minorUnitsMax, usd)
        #expect(try most.share(basisPoints: 10_000) == most)
        #expect(try most.share(basisPoints: 1) == Money(Money.minorUnitsMax / 10_000, usd))
        #expect(try Money(9_999, usd).share(basisPoints: 5_000) == Money(5_000, usd))
        #expect(try Money(1, usd).share(basisPoints: 4_999) == Money(0, usd))
        #expect(try Money(1, usd).share(basisPoints: 5_000) == Money(1, usd))
        var random = SplitMix64(seed: 5)
        for _ in 0..<1_000 {
            let amount = Int64.random(in: 0...900_000_000_000, using: &random)
            let points = Int.random(in: 0...10_000, using: &random)
            #expect(
                try Money(amount, usd).share(basisPoints: points).minorUnits
                    == (amount * Int64(points) + 5_000) / 10_000)
        }
    }

    @Test("does not lose or make money when many post at once")
    func concurrently() async throws {
        let usd = try #require(usd)
        let ids = Scratch.here.identifiers
        let keys = (0..<4).map { _ in AccountKey.hold(ofBatch: ids.uuid(at: Scratch.start), usd) }
        let bank = AccountKey.bank(usd)
        let accounts = try await Scratch.database.transaction { try await $0.accounts(keys + [bank], ids: ids) }
        let holds = keys.compactMap { accounts[$0] }
        let source = try #require(accounts[bank])
        @Sendable func move(_ from: Account, _ to: Account, _ amount: Int64) throws -> Transfer {
            Transfer(
                id: ids.make(at: Scratch.start), kind: .hold, debit: from, credit: to, amount: try Money(amount, usd),
                source: ids.uuid(at: Scratch.start)
            )
        }
        try await Scratch.database.transaction { transaction in
            try await transaction.post(ids.entry(holds.map { try move(source, $0, 100) }))
        }
        try await withThrowingTaskGroup { group in
            for index in 0..<200 {
                group.addTask {
                    do {
                        try await Scratch.database.transaction { transaction in
                            try await transaction.post(
                                ids.entry([
                                    move(holds[index % 4], holds[(index + 1) % 4], 30),
                                    move(holds[(index + 2) % 4], holds[(index + 1) % 4], 20),
                                ]))
                        }
                    } catch LedgerRefusal.insufficientFunds {}
                }
            }
            try await group.waitForAll()
        }
        var sum: Int64 = 0
        for key in keys { sum += try await Scratch.database.read { try await $0.balance(of: key).minorUnits } }
        #expect(sum == 400)
        #expect(try await Doctor(market: Scratch.market).outcome(of: .balances) == .clean)
    }

    @Test("posts a kind of transfer once for a source")
    func once() async throws {
        let small = try await SmallMarket(wallet: 0)
        let reference = small.market.identifiers.uuid(at: Scratch.start)
        let fund = FundRequester(market: small.market)
        let first = try await fund(small.requester, with: Money(500, small.usd), reference: reference, by: small.maker)
        let again = try await fund(small.requester, with: Money(500, small.usd), reference: reference, by: small.maker)
        #expect(first == again)
        #expect(
            await refusal(LedgerRefusal.self) {
                try await fund(small.requester, with: Money(501, small.usd), reference: reference, by: small.maker)
            } == .alreadyPosted)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 500)
        #expect(try await small.balance(.bank(small.usd)) == -500)
        let booked = try await small.market.database.read { try await $0.transfer(.funding, source: reference) }
        let earlier = try #require(booked)
        #expect(
            await refusal(LedgerRefusal.self) {
                try await small.market.database.transaction { transaction in
                    let transfer = Transfer(
                        id: small.market.identifiers.make(at: Scratch.start), kind: .funding, debit: earlier.debit,
                        credit: earlier.credit, amount: earlier.amount, source: reference
                    )
                    try await transaction.post(small.market.identifiers.entry([transfer]))
                }
            } == .alreadyPosted)
    }

    @Test("books a payment once though it is sent many times at once")
    func fundConcurrently() async throws {
        let small = try await SmallMarket(wallet: 0)
        let reference = small.market.identifiers.uuid(at: Scratch.start)
        let transfers = try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask {
                    try await FundRequester(market: small.market)(
                        small.requester, with: Money(500, small.usd), reference: reference, by: small.maker
                    )
                }
            }
            return try await group.reduce(into: Set<Transfer.ID>()) { $0.insert($1) }
        }
        #expect(transfers.count == 1)
        #expect(try await small.balance(.wallet(of: small.requester, small.usd)) == 500)
    }

    @Test("refuses a wallet that would hold more than can be said")
    func tooLarge() async throws {
        let small = try await SmallMarket(wallet: Money.minorUnitsMax)
        #expect(
            await refusal(LedgerRefusal.self) {
                try await FundRequester(market: small.market)(
                    small.requester, with: Money(1, small.usd),
                    reference: small.market.identifiers.uuid(at: Scratch.start),
                    by: small.maker
                )
            } == .balanceTooLarge)
    }

    @Test("tells by pages what moved through an account, newest first")
    func statement() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        Scratch.clock.advance(by: 1)
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let wallet = AccountKey.wallet(of: small.requester, small.usd)
        let read = AccountStatement(market: small.market)
        let newest = try await read(of: wallet, limit: 1, by: small.checker)
        #expect(newest.map(\.amount.minorUnits) == [-4_400])
        #expect(newest.map(\.otherOwner) == [batch.uuid])
        let older = try await read(of: wallet, before: newest.first?.transfer, limit: 1, by: small.checker)
        #expect(older.map(\.amount.minorUnits) == [100_000])
        #expect(older.map(\.otherKind) == [.bank])
        let all = try await read(of: wallet, by: small.checker)
        #expect(all.map(\.balance.minorUnits) == [95_600, 100_000])
        #expect(newest.map(\.balance) == [all[0].balance] && older.map(\.balance) == [all[1].balance])
        // As it stood before the batch was published.
        let past = try await read(of: wallet, at: Scratch.start, by: small.checker)
        #expect(past.map(\.transfer) == older.map(\.transfer) && past.map(\.balance.minorUnits) == [100_000])
        #expect(try await read(of: wallet, at: Scratch.start.addingTimeInterval(-1), by: small.checker).isEmpty)
        #expect(await refusal(AccessRefusal.self) { try await read(of: wallet, by: small.reviewer) } != nil)
        #expect(await refusal(BadInput.self) { try await read(of: wallet, limit: 201, by: small.checker) } != nil)
    }
}

extension IdentifierSource {
    /// An entry with a source of its own.
    func entry(_ transfers: [Transfer]) -> JournalEntry {
        JournalEntry(id: make(at: Scratch.start), kind: .hold, source: uuid(at: Scratch.start), transfers)
    }
}
