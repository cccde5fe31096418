internal import Foundation
internal import Store

/// How much of a payout may be kept for clawbacks.
package struct NettingPolicy: Hashable, Sendable {
    /// Of a worker's part after taxes, in ten-thousandths; of what their agreement does not cover.
    package let limitBasisPoints: Int64
    /// So much is paid at least; minor units, 1 or more, as no bank takes a payment of nothing.
    package let floorMinor: Int64

    /// A quarter.
    package static let usual = NettingPolicy(limitBasisPoints: 2_500, floorMinor: 1)
}

/// What a worker still owes of a clawback.
struct OpenClaim: Sendable {
    let id: Clawback.ID
    let worker: Worker.ID
    let owedMinor: Int64
    let isAgreed: Bool
    /// What of which earnings is taken back, minor units.
    let items: [Transfer.ID: Int64]
}

/// What of a share is kept for a clawback.
struct Recovery: Sendable {
    let id: UUID
    let clawback: Clawback.ID
    let share: PayoutShare.ID
    let minor: Int64
}

extension TaxedPayout {
    /// Keeps of each share, after taxes, what its worker owes: whole what the share itself pays of earnings that were
    /// taken back, and of the rest at most a part, unless the worker agreed. Taxes stay as they are: what was earned
    /// was earned, and is repaid.
    mutating func net(
        _ claims: [Worker.ID: [OpenClaim]], by policy: NettingPolicy, make: () -> UUID
    ) throws {
        guard !claims.isEmpty else { return }
        var paid: [PayoutLine.ID: Set<Transfer.ID>] = [:]
        for item in items where claims[item.earning.worker] != nil {
            paid[item.line, default: []].insert(item.earning.transfer)
        }
        for (place, line) in lines.enumerated() where line.shares.contains(where: { claims[$0.worker] != nil }) {
            var shares: [PayoutShare] = []
            for share in line.shares {
                let kept = Netting.keep(
                    of: share.amount.minorUnits, for: claims[share.worker] ?? [], paying: paid[line.id] ?? [],
                    by: policy)
                recoveries += kept.map { Recovery(id: make(), clawback: $0.claim, share: share.id, minor: $0.minor) }
                let sum = kept.reduce(0) { $0 + $1.minor }
                let currency = share.amount.currency
                shares.append(
                    PayoutShare(
                        id: share.id, worker: share.worker,
                        amount: try Money(share.amount.minorUnits - sum, currency), keptMinor: sum))
            }
            lines[place] = PayoutLine(
                id: line.id, payee: line.payee,
                amount: try shares.reduce(Money(0, line.amount.currency)) { try $0.adding($1.amount) },
                earningCount: line.earningCount, shares: shares)
        }
    }
}

/// What is kept of one share.
package enum Netting {
    /// By claim, in their order; together never so much that less than the floor is left.
    ///
    /// Rounding: what may be kept down, for the worker.
    static func keep(
        of net: Int64, for claims: [OpenClaim], paying paid: Set<Transfer.ID>, by policy: NettingPolicy
    ) -> [(claim: Clawback.ID, minor: Int64)] {
        var left = max(net - max(policy.floorMinor, 1), 0)
        let own = claims.map { claim in claim.items.reduce(0) { paid.contains($1.key) ? $0 + $1.value : $0 } }
        let ownSum = min(own.reduce(0, +), net)
        var free = Int64(clamping: Int128(net - ownSum) * Int128(policy.limitBasisPoints) / 10_000)
        var kept: [(claim: Clawback.ID, minor: Int64)] = []
        for (claim, own) in zip(claims, own) {
            let whole = claim.isAgreed ? claim.owedMinor : min(own, claim.owedMinor)
            let first = min(whole, left)
            let second = min(claim.owedMinor - first, free, left - first)
            left -= first + second
            free -= second
            if first + second > 0 { kept.append((claim.id, first + second)) }
        }
        return kept
    }
}

extension Change {
    /// Moves what is kept of a batch from what workers are owed to what they owe. Their accounts are those from which
    /// the batch was paid just before.
    func postRecoveries(of batch: PayoutBatch.ID, step: Int) async throws {
        var last: UUID?
        while true {
            let part = try await transaction.recoveries(of: batch, after: last, limit: step)
            try await postRecoveries(part) { recovery, owed, debts in
                JournalEntry(
                    id: make(), kind: .recovery, source: recovery.id,
                    [
                        Transfer(
                            id: make(), kind: .recovery, debit: owed, credit: debts, amount: recovery.amount,
                            source: recovery.id)
                    ])
            }
            last = part.last?.id
            if part.count < step { return }
        }
    }

    /// Takes back what was kept of shares whose payments came back from the bank: their earnings are due in full again,
    /// and so is what their workers owe. The second time it changes nothing.
    func giveBackRecoveries(of shares: [PayoutShare.ID]) async throws {
        for part in shares.parts(of: 5_000) {
            try await postRecoveries(try await transaction.voidRecoveries(of: Array(part))) { recovery, owed, debts in
                JournalEntry(
                    id: make(), kind: .reversal, source: recovery.id, reverses: recovery.entry,
                    [
                        Transfer(
                            id: make(), kind: .reversal, debit: debts, credit: owed, amount: recovery.amount,
                            source: recovery.id)
                    ])
            }
        }
    }

    private func postRecoveries(
        _ recoveries: [PostedRecovery], entry: (PostedRecovery, Account.ID, Account.ID) -> JournalEntry
    ) async throws {
        guard let currency = recoveries.first?.amount.currency else { return }
        let debts = AccountKey.receivables(currency)
        let keys = recoveries.map { AccountKey.payable(to: $0.worker, currency) }
        let accounts = try await transaction.accounts([debts] + Set(keys), ids: identifiers)
        try await transaction.post(
            zip(recoveries, keys).map { recovery, key in
                guard let owed = accounts[key], let debts = accounts[debts] else {
                    throw StoreError.unexpectedRowCount(0)
                }
                return entry(recovery, owed, debts)
            })
    }
}
