package import Foundation
internal import Store

/// A place where money of one currency stands. Credit is plus.
package struct Account: Hashable, Sendable {
    package typealias ID = Identifier<Account>
    package let id: ID
    package let kind: AccountKind
}

/// The values of the PostgreSQL enum `account_kind`, in its order.
package enum AccountKind: String, Sendable, CaseIterable, SQLEnum {
    case requesterWallet = "requester_wallet"
    case batchHold = "batch_hold"
    case workerPayable = "worker_payable"
    case payoutClearing = "payout_clearing"
    case platformFees = "platform_fees"
    case bank
    case platformTopUps = "platform_top_ups"
    case taxPayable = "tax_payable"
    case conversion
    case rounding
    case writeOff = "write_off"
    case platformRemedies = "platform_remedies"
    case workerReceivables = "worker_receivables"

    /// Whether its balance is kept, in slices that every posting to it changes: of what is committed from many sides at
    /// once and may not go below zero. Whatever else an account holds is the sum of its transfers.
    var keepsBalance: Bool {
        switch self {
        case .requesterWallet, .batchHold: true
        case .workerPayable, .payoutClearing, .platformFees, .bank, .platformTopUps, .taxPayable, .conversion,
            .rounding, .writeOff, .platformRemedies, .workerReceivables:
            false
        }
    }
}

/// What an account is found by: its kind, whose it is, and its currency.
package struct AccountKey: Hashable, Sendable {
    package let kind: AccountKind
    /// The requester, batch or worker; `nil` for the platform's own accounts.
    package let owner: UUID?
    package let currency: Currency

    /// - Parameter owner: of wallets, holds and payables; `nil` for the platform's own.
    package init(kind: AccountKind, owner: UUID?, currency: Currency) {
        (self.kind, self.owner, self.currency) = (kind, owner, currency)
    }

    /// What a requester has paid in and not committed.
    package static func wallet(of requester: Requester.ID, _ currency: Currency) -> AccountKey {
        AccountKey(kind: .requesterWallet, owner: requester.uuid, currency: currency)
    }

    /// What a batch may still cost.
    package static func hold(ofBatch batch: UUID, _ currency: Currency) -> AccountKey {
        AccountKey(kind: .batchHold, owner: batch, currency: currency)
    }

    /// What a worker has earned and was not paid.
    package static func payable(to worker: Worker.ID, _ currency: Currency) -> AccountKey {
        AccountKey(kind: .workerPayable, owner: worker.uuid, currency: currency)
    }

    /// What is on its way to the bank; zero once all payouts are settled.
    package static func clearing(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .payoutClearing, owner: nil, currency: currency)
    }

    /// The platform's income.
    package static func fees(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .platformFees, owner: nil, currency: currency)
    }

    /// The world outside; negative by as much as it has brought in.
    package static func bank(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .bank, owner: nil, currency: currency)
    }

    /// Negative by as much as the platform has paid to keep pay floors.
    package static func topUps(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .platformTopUps, owner: nil, currency: currency)
    }

    /// What was withheld and is owed to tax authorities.
    package static func taxPayable(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .taxPayable, owner: nil, currency: currency)
    }

    /// What was changed into other currencies, and what came of it.
    package static func conversion(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .conversion, owner: nil, currency: currency)
    }

    /// Negative by as much as appeals have brought workers.
    package static func remedies(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .platformRemedies, owner: nil, currency: currency)
    }

    /// Negative by as much as workers owe of pay that was taken back.
    package static func receivables(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .workerReceivables, owner: nil, currency: currency)
    }

    /// What a bank's rounding has left over; negative by as much as it has taken.
    package static func rounding(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .rounding, owner: nil, currency: currency)
    }

    /// Negative by as much as the platform gave up or made up for.
    package static func writeOff(_ currency: Currency) -> AccountKey {
        AccountKey(kind: .writeOff, owner: nil, currency: currency)
    }
}

extension AccountKey: Comparable {
    /// One order for everybody who makes several accounts at once, so that they cannot wait for each other in a ring.
    package static func < (left: AccountKey, right: AccountKey) -> Bool {
        (left.kind.rawValue, left.owner?.uuidString ?? "", left.currency.code)
            < (right.kind.rawValue, right.owner?.uuidString ?? "", right.currency.code)
    }
}
