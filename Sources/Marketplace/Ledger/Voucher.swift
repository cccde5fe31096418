package import Foundation
internal import Store

/// An entry that a person of finance prepares and another one posts.
package struct Voucher: Sendable {
    package typealias ID = Identifier<Voucher>
    package let id: ID
    package let state: VoucherState
    package let order: VoucherOrder
    package let reason: String
    package let preparedBy: Principal.ID
    package let preparedAt: Date
    package let decidedBy: Principal.ID?
}

/// The values of the PostgreSQL enum `voucher_kind`, in its order.
package enum VoucherKind: String, Sendable, CaseIterable, SQLEnum {
    case withdrawal, conversion
    case writeOff = "write_off"
    case reversal, remittance
    case bankCharge = "bank_charge"
    case bankCredit = "bank_credit"
    case roundingCharge = "rounding_charge"
    case roundingCredit = "rounding_credit"

    /// Of the entry that it becomes.
    var entry: EntryKind {
        switch self {
        case .withdrawal: .withdrawal
        case .conversion: .conversion
        case .writeOff: .writeOff
        case .reversal: .reversal
        case .remittance: .remittance
        case .bankCharge: .bankCharge
        case .bankCredit: .bankCredit
        case .roundingCharge: .roundingCharge
        case .roundingCredit: .roundingCredit
        }
    }
}

/// The values of the PostgreSQL enum `voucher_state`, in its order.
package enum VoucherState: String, Sendable, CaseIterable, SQLEnum {
    case prepared, posted, refused
}

/// What a voucher asks for.
package enum VoucherOrder: Hashable, Sendable {
    /// A requester takes money out: wallet to bank.
    case withdrawal(Requester.ID, Money)
    /// Money of a wallet becomes another currency's, at a rate with its source.
    case conversion(Requester.ID, Money, ConversionRate)
    /// The platform gives a requester money that it makes up for: write-offs to wallet.
    case writeOff(Requester.ID, Money)
    /// An entry is taken back whole.
    case reversal(JournalEntry.ID)
    /// Withheld tax is paid to its authority: tax payable to bank.
    case remittance(Money)
    /// The bank has kept or taken more than the books have, and the platform bears it: write-offs to bank.
    case bankCharge(Money)
    /// The bank has given more than the books have: bank to write-offs.
    case bankCredit(Money)
    /// The bank has rounded otherwise than the books, and took more: rounding to bank. At most ``roundingMax``.
    case roundingCharge(Money)
    /// The bank has rounded otherwise than the books, and gave more: bank to rounding. At most ``roundingMax``.
    case roundingCredit(Money)

    /// In minor units: what is more was no rounding.
    package static let roundingMax: Int64 = 10

    package var kind: VoucherKind {
        switch self {
        case .withdrawal: .withdrawal
        case .conversion: .conversion
        case .writeOff: .writeOff
        case .reversal: .reversal
        case .remittance: .remittance
        case .bankCharge: .bankCharge
        case .bankCredit: .bankCredit
        case .roundingCharge: .roundingCharge
        case .roundingCredit: .roundingCredit
        }
    }

    var requester: Requester.ID? {
        switch self {
        case .withdrawal(let requester, _), .conversion(let requester, _, _), .writeOff(let requester, _): requester
        case .reversal, .remittance, .bankCharge, .bankCredit, .roundingCharge, .roundingCredit: nil
        }
    }

    /// Which must have been paid into before.
    var wallet: AccountKey? {
        guard let requester, let amount else { return nil }
        return .wallet(of: requester, amount.currency)
    }

    var amount: Money? {
        switch self {
        case .withdrawal(_, let amount), .conversion(_, let amount, _), .writeOff(_, let amount),
            .remittance(let amount), .bankCharge(let amount), .bankCredit(let amount), .roundingCharge(let amount),
            .roundingCredit(let amount):
            amount
        case .reversal: nil
        }
    }
}

/// A published rate between two currencies.
package struct ConversionRate: Hashable, Sendable {
    package let currency: Currency
    /// Units of that currency for one unit of the other (dollars for a euro, not cents), in hundred-millionths.
    package let e8: Int64
    /// Where and when it was published, a line of 1 to 200 characters.
    package let source: String

    /// - Parameter rate: a plain decimal above zero with at most eight places: `1.0837`.
    /// - Throws: ``BadInput``.
    package init(_ rate: String, to currency: Currency, source: String) throws(BadInput) {
        self.currency = currency
        self.source = try PlainText.line(source, field: "rate_source")
        let parts = rate.split(separator: ".", omittingEmptySubsequences: false)
        let (whole, places) = (parts[0], parts.count == 2 ? parts[1] : "0")
        guard parts.count <= 2, (1...9).contains(whole.count), (1...8).contains(places.count),
            (whole + places).allSatisfy({ $0.isASCII && $0.isNumber }),
            let units = Int64(whole), let fraction = Int64(places + String(repeating: "0", count: 8 - places.count)),
            units + fraction > 0
        else { throw BadInput("rate", "must be a decimal above zero, at most 9 digits before and 8 after the point") }
        e8 = units * 100_000_000 + fraction
    }

    init(e8: Int64, currency: Currency, source: String) {
        (self.e8, self.currency, self.source) = (e8, currency, source)
    }

    /// What an amount comes to.
    ///
    /// Rounding: half to even, to a whole minor unit, as ISO 80000-1 and IEEE 754 have it.
    /// - Throws: ``MoneyError/outOfRange``, also for nothing.
    package func converted(_ amount: Money) throws(MoneyError) -> Money {
        guard amount.minorUnits > 0, amount.currency != currency else { throw .outOfRange }
        var (numerator, denominator) = (Int128(amount.minorUnits) * Int128(e8), Int128(100_000_000))
        for _ in 0..<currency.minorDigits { numerator *= 10 }
        for _ in 0..<amount.currency.minorDigits { denominator *= 10 }
        var (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        rest *= 2
        if rest > denominator || (rest == denominator && quotient % 2 != 0) { quotient += 1 }
        guard let minor = Int64(exactly: quotient), minor > 0 else { throw .outOfRange }
        return try Money(minor, currency)
    }
}

/// Why a voucher is not prepared, posted or refused. In order of precedence.
package enum VoucherRefusal: Refusal {
    /// A program neither prepares nor decides.
    case personNeeded
    /// Another voucher has that reference.
    case referenceTaken
    /// An entry of this kind follows from work or a payout, and is taken back by a decision or a return.
    case notReversible(EntryKind)
    /// A voucher that was not refused wants the same entry taken back.
    case reversalPrepared
    /// Whoever prepared it cannot post it.
    case samePerson
    /// It was posted or refused.
    case decided(VoucherState)
    /// Less than that was withheld and not yet paid.
    case nothingWithheld

    package var code: String {
        switch self {
        case .personNeeded: "person_needed"
        case .referenceTaken: "voucher_reference_taken"
        case .notReversible: "entry_not_reversible"
        case .reversalPrepared: "reversal_prepared"
        case .samePerson: "voucher_same_person"
        case .decided: "voucher_decided"
        case .nothingWithheld: "nothing_withheld"
        }
    }

    package var message: String {
        switch self {
        case .personNeeded: "Vouchers are prepared and decided by people. A program can do neither."
        case .referenceTaken: "Another voucher has this reference; a new one needs a reference of its own."
        case .notReversible(let kind):
            "An entry of the kind \(kind.rawValue) is not taken back by hand: it follows from work or a payout."
        case .reversalPrepared: "Somebody has prepared the reversal of this entry, or it was taken back."
        case .samePerson: "You prepared this voucher; somebody else must post it."
        case .decided(let state): "The voucher was \(state.rawValue)."
        case .nothingWithheld: "Less than that was withheld and is still owed to the authority."
        }
    }
}
