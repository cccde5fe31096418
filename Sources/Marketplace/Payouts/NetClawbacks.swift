internal import Formats
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
    var owedMinor: Int64
    /// Of which as much is kept of ``items`` before taxes at most.
    var beforeTaxesMinor: Int64
    let isAgreed: Bool
    /// What of which earnings is taken back, minor units; also what of them was given back to be taxed.
    let items: [Transfer.ID: Int64]
}

/// What of a share is kept for a clawback.
struct Recovery: Sendable {
    let id: UUID
    let clawback: Clawback.ID
    let share: PayoutShare.ID
    let minor: Int64
    /// Of which it would have been taxed, if it had been paid; see ``Untaxed``.
    let untaxedMinor: Int64
}

/// What of earnings was taken back before it was paid: it is kept whole, as nobody ever had it, and before taxes. Of
/// each share a minor unit is left, as no bank takes a payment of nothing.
struct Untaxed: Sendable {
    struct Part: Sendable {
        var kept: Int64 = 0
        /// Of which of earnings that would be taxed: not of what an appeal has given back.
        var taxable: Int64 = 0
    }

    /// By earning.
    private(set) var earnings: [Transfer.ID: Int64] = [:]
    private(set) var shares: [PayoutShare.ID: [Clawback.ID: Part]] = [:]

    init(
        of lines: [PayoutLine], _ items: [(earning: DueEarning, line: PayoutLine.ID)],
        taking claims: inout [Worker.ID: [OpenClaim]]
    ) {
        var paid: [PayoutLine.ID: [Transfer.ID: DueEarning]] = [:]
        for item in items where claims[item.earning.worker] != nil {
            paid[item.line, default: [:]][item.earning.transfer] = item.earning
        }
        for line in lines {
            for share in line.shares where claims[share.worker] != nil {
                take(of: share, paying: paid[line.id] ?? [:], for: &claims[share.worker, default: []])
            }
        }
    }

    private mutating func take(
        of share: PayoutShare, paying paid: [Transfer.ID: DueEarning], for claims: inout [OpenClaim]
    ) {
        var left = share.amount.minorUnits - 1
        for place in claims.indices {
            for (earning, taken) in claims[place].items.sorted(by: { $0.key < $1.key }) {
                guard let due = paid[earning] else { continue }
                // What one has taken of an earning, another does not.
                let rest = due.amountMinor - (earnings[earning] ?? 0)
                let minor = min(taken, claims[place].owedMinor, claims[place].beforeTaxesMinor, left, rest)
                guard minor > 0 else { continue }
                left -= minor
                claims[place].owedMinor -= minor
                claims[place].beforeTaxesMinor -= minor
                earnings[earning, default: 0] += minor
                shares[share.id, default: [:]][claims[place].id, default: Part()].kept += minor
                guard !due.isGivenBack else { continue }
                shares[share.id, default: [:]][claims[place].id, default: Part()].taxable += minor
            }
        }
    }

    /// The lines without it.
    func taken(from lines: [PayoutLine]) throws(MoneyError) -> [PayoutLine] {
        guard !shares.isEmpty else { return lines }
        var rest: [PayoutLine] = []
        for line in lines {
            var parts: [PayoutShare] = []
            for share in line.shares {
                let kept = shares[share.id]?.values.reduce(0) { $0 + $1.kept } ?? 0
                let amount = try Money(share.amount.minorUnits - kept, share.amount.currency)
                parts.append(PayoutShare(id: share.id, worker: share.worker, amount: amount, keptMinor: kept))
            }
            rest.append(try line.paying(parts))
        }
        return rest
    }
}

extension PayoutLine {
    /// The same with other shares, and what they come to.
    fileprivate func paying(_ shares: [PayoutShare]) throws(MoneyError) -> PayoutLine {
        var sum = try Money(0, amount.currency)
        for share in shares { sum = try sum.adding(share.amount) }
        return PayoutLine(id: id, payee: payee, amount: sum, earningCount: earningCount, shares: shares)
    }
}

extension TaxedPayout {
    /// Keeps of each share, after taxes, of what its worker owes at most a part, unless the worker agreed to more. What
    /// was taken back before it was paid is out of it already. Taxes stay as they are: what was paid was had, and is
    /// repaid.
    mutating func net(
        _ claims: [Worker.ID: [OpenClaim]], _ untaxed: Untaxed, by policy: NettingPolicy, make: () -> UUID
    ) throws {
        var claims = claims
        for (place, line) in lines.enumerated() where line.shares.contains(where: { claims[$0.worker] != nil }) {
            var shares: [PayoutShare] = []
            for share in line.shares {
                let before = untaxed.shares[share.id] ?? [:]
                let kept = Netting.keep(
                    of: share.amount.minorUnits, for: &claims[share.worker, default: []], by: policy)
                let all = before.mapValues(\.kept).merging(kept, uniquingKeysWith: +)
                recoveries += all.sorted { $0.key < $1.key }.map {
                    Recovery(
                        id: make(), clawback: $0.key, share: share.id, minor: $0.value,
                        untaxedMinor: before[$0.key]?.taxable ?? 0)
                }
                let sum = kept.values.reduce(0, +)
                shares.append(
                    PayoutShare(
                        id: share.id, worker: share.worker,
                        amount: try Money(share.amount.minorUnits - sum, share.amount.currency),
                        keptMinor: share.keptMinor + sum))
            }
            lines[place] = try line.paying(shares)
        }
    }
}

/// What is kept of one share.
package enum Netting {
    /// By claim, in their order; together never so much that less than the floor is left. It is not owed any more.
    ///
    /// Rounding: what may be kept down, for the worker.
    static func keep(of net: Int64, for claims: inout [OpenClaim], by policy: NettingPolicy) -> [Clawback.ID: Int64] {
        var left = max(net - max(policy.floorMinor, 1), 0)
        var free = Int64(clamping: Int128(net) * Int128(policy.limitBasisPoints) / 10_000)
        var kept: [Clawback.ID: Int64] = [:]
        for place in claims.indices {
            let owed = claims[place].owedMinor
            let first = claims[place].isAgreed ? min(owed, left) : 0
            let second = min(owed - first, free, left - first)
            left -= first + second
            free -= second
            guard first + second > 0 else { continue }
            claims[place].owedMinor -= first + second
            kept[claims[place].id] = first + second
        }
        return kept
    }
}

extension Change {
    /// Moves what is kept of a batch from what workers are owed to what they owe, and tells them. Their accounts are
    /// those from which the batch was paid just before.
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
            try await transaction.tell(
                "clawback_recovered",
                part.map { recovery in
                    Told(
                        id: make(), recipient: Principal.ID(recovery.worker.uuid),
                        facts: [
                            "clawback": .string("\(recovery.clawback)"), "payout_batch": .string("\(batch)"),
                            "amount": .string(recovery.amount.decimalText),
                            "currency": .string(recovery.amount.currency.code),
                        ])
                })
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
        _ recoveries: [PostedRecovery], entry: (PostedRecovery, Account, Account) -> JournalEntry
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
