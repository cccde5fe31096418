import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// Random postings against a model that is a dictionary.
@Suite("The ledger under soak, against a model", .scratchDatabase)
struct LedgerModelSoakTests {
    /// In every run of the tests, and in a soak; for each seed.
    private static let transfers = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" ? 500_000 : 2_000

    @Test("keeps every balance as the model does", .turnLimit(minutes: 20, inSoak: 120), arguments: [1, 2] as [UInt64])
    func againstModel(seed: UInt64) async throws {
        let currencies = try ["USD", "EUR", "JPY"].map { try #require(Currency($0)) }
        var random = SplitMix64(seed: seed)
        let ids = Scratch.here.identifiers
        let keys = currencies.flatMap { currency in
            (0..<4).map { _ in AccountKey.hold(ofBatch: ids.uuid(at: Scratch.start), currency) }
                + [AccountKey.bank(currency), AccountKey.fees(currency)]
                + [.payable(to: ids.make(at: Scratch.start), currency)]
        }
        let accounts = try await Scratch.database.transaction { try await $0.accounts(keys, ids: ids) }
        var model = Dictionary(uniqueKeysWithValues: keys.map { ($0, Int64(0)) })
        var (posted, refused) = (0, 0)
        while posted < Self.transfers {
            let size = Int.random(in: 1...25, using: &random)
            var next = model
            let transfers = try (0..<size).map { _ in
                let from = keys.randomElement(using: &random) ?? keys[0]
                let others = keys.filter { $0 != from && $0.currency == from.currency }
                let to = try #require(others.randomElement(using: &random))
                let amount = Int64.random(in: 1...5_000, using: &random)
                next[from, default: 0] -= amount
                next[to, default: 0] += amount
                return Transfer(
                    id: ids.make(at: Scratch.start), kind: .hold, debit: try #require(accounts[from]),
                    credit: try #require(accounts[to]), amount: try Money(amount, from.currency),
                    source: ids.uuid(at: Scratch.start)
                )
            }
            let goesBelow = next.contains { $0.key.owner != nil && $0.value < 0 }
            do {
                let entry = ids.entry(transfers)
                try await Scratch.database.transaction { try await $0.post(entry) }
                #expect(!goesBelow)
                model = next
            } catch LedgerRefusal.insufficientFunds {
                #expect(goesBelow)
                refused += 1
            }
            posted += size
        }
        #expect(refused > 0)
        for key in keys {
            #expect(try await Scratch.database.read { try await $0.balance(of: key).minorUnits } == model[key])
        }
        for currency in currencies {
            #expect(model.filter { $0.key.currency == currency }.values.reduce(0, +) == 0)
        }
        // Half a million transfers are read through, in a soak beside other work.
        let patient = Scratch.connect { $0.statementTimeout = .seconds(600) }
        for check in [DoctorCheck.balances, .currencies, .journal] {
            #expect(try await Doctor(market: Market(database: patient)).outcome(of: check) == .clean)
        }
        await patient.shutdown()
    }
}
