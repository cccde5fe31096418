internal import Formats
internal import Foundation
internal import Store
internal import Tax

extension Transaction {
    /// Looks whether what was withheld when a batch was prepared is still what has to be. What counts is the day on
    /// which it is paid: of a run the one that the bank is told, of any other batch today.
    ///
    /// - Throws: ``WithholdingRefusal``.
    func checkWithholdings(of batch: PayoutBatch) async throws {
        let holds = try await quotesHold(in: batch.id)
        guard !holds.isEmpty else { return }
        let catalogue = try TaxCatalogue.builtIn.get()
        let seconds = Int64(instant.timeIntervalSince1970.rounded(.down))
        let payDay = try batch.run?.payer.executionOn.map(TaxDay.init)
        for (name, until) in holds {
            let today = catalogue.versions(of: name).last?.day(atSecondsSince1970: seconds)
            guard let day = payDay ?? today, try day <= TaxDay(until) else { throw WithholdingRefusal.periodPassed }
        }
        guard try await withholdingsAreWhole(in: batch.id) else { throw WithholdingRefusal.notWhole }
        guard try await withholdingsCountFromIssued(in: batch.id) else { throw WithholdingRefusal.baseChanged }
    }

    /// Takes a batch that was cancelled out of the sums again. Nothing of it was posted.
    func takeBackWithholdings(of batch: PayoutBatch.ID) async throws {
        let withholdings = try await withholdings(in: batch)
        guard !withholdings.isEmpty else { return }
        try await lockTaxSums(of: withholdings)
        try await sumTaxesAnew(of: withholdings)
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

    /// Takes back what was withheld of shares whose payments came back from the bank: nothing was paid, and their
    /// earnings are due in full again. Belongs into the transaction that gives the shares back; the second time it
    /// changes nothing. What was remitted to the authority meanwhile is then owed by it: tax payable goes below zero.
    package func giveBackWithholdings(of shares: [PayoutShare.ID]) async throws {
        for part in shares.parts(of: 5_000) {
            let void = try await transaction.voidWithholdings(of: Array(part))
            guard let first = void.first else { continue }
            try await transaction.lockTaxSums(of: void.map(\.id))
            try await transaction.sumTaxesAnew(of: void.map(\.id))
            let authority = try await transaction.account(.taxPayable(first.amount.currency), ids: identifiers)
            let posted = void.filter { $0.amount.minorUnits > 0 }
            let keys = posted.map { AccountKey.payable(to: $0.worker, $0.amount.currency) }
            let accounts = try await transaction.accounts(Array(Set(keys)), ids: identifiers)
            try await transaction.post(
                zip(posted, keys).map { withheld, key in
                    guard let account = accounts[key] else { throw StoreError.unexpectedRowCount(0) }
                    return JournalEntry(
                        id: make(), kind: .reversal, source: withheld.id.uuid, reverses: withheld.entry,
                        [
                            Transfer(
                                id: make(), kind: .reversal, debit: authority, credit: account,
                                amount: withheld.amount, source: withheld.id.uuid)
                        ])
                })
        }
    }
}
