internal import Formats
internal import Foundation
internal import Store
internal import Tax

extension Transaction {
    /// Looks whether what was withheld when a batch was prepared is still what has to be.
    ///
    /// - Throws: ``WithholdingRefusal``.
    func checkWithholdings(of batch: PayoutBatch.ID) async throws {
        let holds = try await quotesHold(in: batch)
        guard !holds.isEmpty else { return }
        let catalogue = try TaxCatalogue.builtIn.get()
        let seconds = Int64(instant.timeIntervalSince1970.rounded(.down))
        for (name, until) in holds {
            guard let today = catalogue.versions(of: name).last?.day(atSecondsSince1970: seconds),
                (today.year, today.month, today.day) <= (until.year, until.month, until.day)
            else { throw WithholdingRefusal.periodPassed }
        }
        guard try await withholdingsAreWhole(in: batch) else { throw WithholdingRefusal.notWhole }
        guard try await withholdingsCountFromIssued(in: batch) else { throw WithholdingRefusal.baseChanged }
    }

    /// Takes a batch that was cancelled out of the sums again. Nothing of it was posted.
    func takeBackWithholdings(of batch: PayoutBatch.ID) async throws {
        try await lockTaxSums(of: batch)
        try await sumTaxesAnew(of: batch)
    }
}

extension Change {
    /// Moves what is withheld from what workers are owed to what is owed to tax authorities. Their accounts are those
    /// from which the batch was paid just before, and so held by this transaction already.
    func postWithholdings(of batch: PayoutBatch.ID, step: Int) async throws {
        var last: Withholding.ID?
        while true {
            let part = try await transaction.withheldAmounts(in: batch, after: last, limit: step)
            guard let first = part.first else { return }
            let currency = first.amount.currency
            let authority = try await transaction.account(.taxPayable(currency), ids: identifiers)
            let keys = part.map { AccountKey.payable(to: $0.worker, currency) }
            let accounts = try await transaction.accounts(Array(Set(keys)), ids: identifiers)
            let entries = try zip(part, keys).map { withheld, key in
                guard let account = accounts[key] else { throw StoreError.unexpectedRowCount(0) }
                return JournalEntry(
                    id: make(), kind: .withholding, source: withheld.id.uuid,
                    [
                        Transfer(
                            id: make(), kind: .withholding, debit: account, credit: authority,
                            amount: withheld.amount, source: withheld.id.uuid)
                    ])
            }
            try await transaction.post(entries)
            last = part.last?.id
        }
    }
}
