package import Foundation
internal import Store

/// One positive amount that moves from one account to another of the same currency. Never changed, never deleted.
package struct Transfer: Hashable, Sendable {
    package typealias ID = Identifier<Transfer>
    package let id: ID
    package let kind: TransferKind
    package let debit: Account
    package let credit: Account
    package let amount: Money
    /// What caused it: an assignment, a batch, a payout's line or share, a funding reference; a top-up is its own, and
    /// so is what the platform has back of pay that is taken back again, and what an appeal gives back besides what was
    /// taxed. Once for each kind.
    package let source: UUID

    package init(
        id: ID, kind: TransferKind, debit: Account, credit: Account, amount: Money, source: UUID
    ) {
        self.id = id
        self.kind = kind
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.source = source
    }
}

/// The values of the PostgreSQL enum `transfer_kind`, in its order.
package enum TransferKind: String, Sendable, CaseIterable, SQLEnum {
    case funding, hold, release, earning, fee, payout, settlement
    case topUp = "top_up"
    case withdrawal, bonus, conversion
    case writeOff = "write_off"
    case reversal
    case payoutReturn = "payout_return"
    case withholding, remittance, clawback, remedy, recovery
    case clawbackRelease = "clawback_release"
    case feeReturn = "fee_return"
    case bankCharge = "bank_charge"
    case bankCredit = "bank_credit"
    case roundingCharge = "rounding_charge"
    case roundingCredit = "rounding_credit"
}

/// What belongs together: transfers that are posted at once for one reason. Never changed, never deleted.
package struct JournalEntry: Hashable, Sendable {
    package typealias ID = Identifier<JournalEntry>
    package let id: ID
    package let kind: EntryKind
    /// What caused it. Once for each kind: the key under which the same again is not posted twice.
    package let source: UUID
    /// The entry that this one takes back; of a reversal only.
    package let reverses: ID?
    /// For people, up to 4,000 characters; `nil` where the source says it.
    package let reason: String?
    package let transfers: [Transfer]

    package init(
        id: ID, kind: EntryKind, source: UUID, reverses: ID? = nil, reason: String? = nil, _ transfers: [Transfer]
    ) {
        self.id = id
        self.kind = kind
        self.source = source
        self.reverses = reverses
        self.reason = reason
        self.transfers = transfers
    }
}

/// The values of the PostgreSQL enum `entry_kind`, in its order.
package enum EntryKind: String, Sendable, CaseIterable, SQLEnum {
    case funding, hold, release, acceptance
    case topUp = "top_up"
    case payout, settlement, withdrawal, bonus, conversion
    case writeOff = "write_off"
    case reversal
    case payoutReturn = "payout_return"
    case withholding, remittance, clawback, remedy, recovery
    case clawbackRelease = "clawback_release"
    case bankCharge = "bank_charge"
    case bankCredit = "bank_credit"
    case roundingCharge = "rounding_charge"
    case roundingCredit = "rounding_credit"
}

/// Why money did not move. Nothing of the whole set was posted.
package enum LedgerRefusal: Refusal {
    /// An amount that is not above zero, or one account as both sides.
    case impossibleTransfer
    /// This kind of transfer was posted for this source before.
    case alreadyPosted
    /// An account that may not go below zero holds less than the debit.
    case insufficientFunds
    /// An account would hold more than 10^15 minor units.
    case balanceTooLarge
    /// The entry was taken back before.
    case alreadyReversed

    package var code: String {
        switch self {
        case .impossibleTransfer: "impossible_transfer"
        case .alreadyPosted: "already_posted"
        case .insufficientFunds: "insufficient_funds"
        case .balanceTooLarge: "balance_too_large"
        case .alreadyReversed: "already_reversed"
        }
    }

    package var message: String {
        switch self {
        case .impossibleTransfer: "A transfer moves a positive amount between two accounts."
        case .alreadyPosted: "This was posted before."
        case .insufficientFunds: "The account does not hold that much."
        case .balanceTooLarge: "The account cannot hold that much."
        case .alreadyReversed: "The entry was taken back before."
        }
    }

    init?(violating constraint: String?) {
        switch constraint {
        case "transfer_amount_positive", "transfer_between_two_accounts": self = .impossibleTransfer
        case "transfer_one_per_source", "journal_entry_one_per_source": self = .alreadyPosted
        case "account_slice_never_negative": self = .insufficientFunds
        case "account_slice_balance_bounded": self = .balanceTooLarge
        case "journal_entry_reversed_once": self = .alreadyReversed
        case .some, .none: return nil
        }
    }
}
