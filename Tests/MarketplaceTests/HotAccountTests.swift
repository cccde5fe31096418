import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Accounts to which many post", .scratchDatabase)
struct HotAccountTests {
    private let usd = Currency("USD")

    @Test("an account that many want at once is split into slices, and holds what it held")
    func splits() async throws {
        let (hold, workers, ids) = try await accounts(holding: 10_000, workers: 40)
        try await withThrowingTaskGroup { group in
            for index in 0..<400 {
                let worker = workers[index % workers.count]
                group.addTask {
                    try await Scratch.database.transaction { transaction in
                        try await transaction.post(ids.entry([move(hold, worker, 25, ids)]))
                        // Others come meanwhile.
                        try await transaction.execute("select pg_sleep(0.002)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await slices(of: hold).count > 1)
        #expect(try await slices(of: hold).reduce(0, +) == 0)
        for worker in workers { #expect(try await owed(to: worker) == 250) }
        #expect(try await Doctor(market: Scratch.market).outcome(of: .balances) == .clean)
    }

    @Test("what is in several slices can be taken at once, and no more than that")
    func gathers() async throws {
        let (hold, workers, ids) = try await accounts(holding: 90, workers: 1)
        try await Scratch.asOwner { owner in
            try await owner.execute("update account_slice set balance_minor = 30 where account_id = \(hold.id)")
            for number in 1...2 {
                try await owner.execute("insert into account_slice values (\(hold.id), \(number), 30)")
            }
        }
        #expect(
            await refusal(LedgerRefusal.self) {
                try await Scratch.database.transaction {
                    try await $0.post(ids.entry([move(hold, workers[0], 91, ids)]))
                }
            } == .insufficientFunds)
        #expect(try await slices(of: hold) == [30, 30, 30])
        try await Scratch.database.transaction { try await $0.post(ids.entry([move(hold, workers[0], 90, ids)])) }
        #expect(try await slices(of: hold) == [0, 0, 0])
        #expect(try await Doctor(market: Scratch.market).outcome(of: .balances) == .clean)
    }

    @Test("never goes below zero, nor loses a unit, when slices split and are gathered at once", arguments: [1, 2, 3])
    func races(seed: UInt64) async throws {
        let (hold, workers, ids) = try await accounts(holding: 3_000, workers: 8)
        var random = SplitMix64(seed: seed)
        let amounts = (0..<300).map { _ in Int64.random(in: 1...60, using: &random) }
        let taken = try await withThrowingTaskGroup { group in
            for (index, amount) in amounts.enumerated() {
                let worker = workers[index % workers.count]
                group.addTask {
                    do {
                        try await Scratch.database.transaction { transaction in
                            try await transaction.post(ids.entry([move(hold, worker, amount, ids)]))
                            if index.isMultiple(of: 3) { try await transaction.execute("select pg_sleep(0.001)") }
                        }
                        return amount
                    } catch LedgerRefusal.insufficientFunds {
                        return 0
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        let left = try await slices(of: hold)
        #expect(left.allSatisfy { $0 >= 0 })
        #expect(left.reduce(0, +) == 3_000 - taken)
        // Whatever was refused was more than was there in the end.
        #expect(3_000 - taken < 60)
        #expect(try await Doctor(market: Scratch.market).outcome(of: .balances) == .clean)
    }

    @Test("folds say what was there, and balances at every instant are those of all transfers", arguments: [3, 7])
    func folds(every count: Int) async throws {
        let (hold, workers, ids) = try await accounts(holding: 100_000, workers: 3)
        let fees = try await Scratch.database.transaction {
            try await $0.account(.fees(try #require(usd)), ids: ids)
        }
        var (instants, expected): ([Date], [Int64]) = ([], [])
        var random = SplitMix64(seed: 7)
        for step in 1...60 {
            Scratch.clock.advance(by: 0.5)
            let amount = Int64.random(in: 1...90, using: &random)
            let instant = try await Scratch.database.transaction { transaction in
                let id = ids.make(Transfer.self, at: transaction.instant)
                let fee = Transfer(
                    id: id, kind: .fee, debit: hold, credit: fees, amount: try Money(amount, try #require(usd)),
                    source: id.uuid)
                try await transaction.post(ids.entry([fee]))
                return transaction.instant
            }
            instants.append(instant)
            expected.append((expected.last ?? 0) + amount)
            if step == 30 { _ = try await FoldLedger(market: Scratch.market)(every: count) }
        }
        // A transaction under way might still post what came last.
        #expect(try await FoldLedger(market: Scratch.market)(every: count) > 0)
        #expect(try await FoldLedger(market: Scratch.market)(every: count) == 0)
        let small = try await SmallMarket(wallet: 0)
        let read = AccountBalance(market: Scratch.market)
        let key = AccountKey.fees(try #require(usd))
        for (instant, sum) in zip(instants, expected) {
            #expect(try await read(of: key, at: instant, by: small.checker).minorUnits == sum)
        }
        #expect(try await read(of: key, by: small.checker).minorUnits == expected.last)
        #expect(try await read(of: key, at: Scratch.start, by: small.checker).minorUnits == 0)
        #expect(await refusal(AccessRefusal.self) { try await read(of: key, by: small.reviewer) } != nil)
        #expect(try await Doctor(market: Scratch.market).outcome(of: .folds) == .clean)
        #expect(workers.count == 3)
    }

    @Test("what a worker is owed is taken once, however many take it at once", arguments: [1, 2, 3])
    func takesOwed(seed: UInt64) async throws {
        let (hold, workers, ids) = try await accounts(holding: 10_000, workers: 3)
        let usd = try #require(usd)
        let clearing = try await Scratch.database.transaction { try await $0.account(.clearing(usd), ids: ids) }
        var random = SplitMix64(seed: seed)
        let amounts = (0..<240).map { _ in Int64.random(in: 1...60, using: &random) }
        // Pay comes in while it is taken, from two at once by each entry, and in an order of each one's own.
        let (paid, taken) = try await withThrowingTaskGroup { group in
            for (index, amount) in amounts.enumerated() {
                let (first, second) = (workers[index / 3 % 3], workers[(index / 3 + 1 + index % 2) % 3])
                group.addTask { () -> (Int64, Int64) in
                    do {
                        try await Scratch.database.transaction { transaction in
                            let moves =
                                index.isMultiple(of: 3)
                                ? [try move(hold, first, amount, ids)]
                                : [try move(first, clearing, amount, ids), try move(second, clearing, amount, ids)]
                            try await transaction.post(ids.entry(moves))
                            if index.isMultiple(of: 5) { try await transaction.execute("select pg_sleep(0.001)") }
                        }
                        return index.isMultiple(of: 3) ? (amount, 0) : (0, 2 * amount)
                    } catch LedgerRefusal.insufficientFunds {
                        return (0, 0)
                    }
                }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        var left: Int64 = 0
        for worker in workers {
            let owed = try await owed(to: worker)
            #expect(owed >= 0)
            left += owed
        }
        #expect(left == paid - taken)
        #expect(taken > 0)
        #expect(try await Doctor(market: Scratch.market).outcome(of: .balances) == .clean)
    }

    private func owed(to worker: Account) async throws -> Int64 {
        let usd = try #require(usd)
        return try await Scratch.database.read {
            try await $0.historicalBalance(of: worker.id, in: usd, through: nil).minorUnits
        }
    }

    private func slices(of account: Account) async throws -> [Int64] {
        try await Scratch.database.read { transaction in
            try await transaction.rows(
                "select balance_minor from account_slice where account_id = \(account.id) order by slice_no"
            ).map { try $0["balance_minor"] }
        }
    }

    private func accounts(
        holding amount: Int64, workers count: Int
    ) async throws -> (Account, [Account], any IdentifierSource) {
        let usd = try #require(usd)
        let ids = Scratch.here.identifiers
        let hold = AccountKey.hold(ofBatch: ids.uuid(at: Scratch.start), usd)
        let keys = (0..<count).map { _ in AccountKey.payable(to: ids.make(at: Scratch.start), usd) }
        let made = try await Scratch.database.transaction {
            try await $0.accounts([.bank(usd), hold] + keys, ids: ids)
        }
        let (bank, account) = (try #require(made[.bank(usd)]), try #require(made[hold]))
        try await Scratch.database.transaction {
            try await $0.post(ids.entry([move(bank, account, amount, ids)]))
        }
        return (account, keys.compactMap { made[$0] }, ids)
    }
}

private func move(
    _ from: Account, _ to: Account, _ amount: Int64, _ ids: any IdentifierSource
) throws -> Transfer {
    Transfer(
        id: ids.make(at: Scratch.start), kind: .hold, debit: from, credit: to,
        amount: try Money(amount, try #require(Currency("USD"))), source: ids.uuid(at: Scratch.start)
    )
}
