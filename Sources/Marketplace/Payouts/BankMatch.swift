internal import Foundation
internal import Payments
internal import Store

/// The values of the PostgreSQL enum `bank_outcome`, in its order: what a line of a bank file said of a payment.
package enum BankOutcome: String, Sendable, CaseIterable, SQLEnum {
    case accepted, settled, rejected, returned, repeated, unmatched
    case amountDiffers = "amount_differs"
    case contradicts

    /// Whether a person has to look at it.
    package var isOpen: Bool {
        switch self {
        case .unmatched, .amountDiffers, .contradicts: true
        case .accepted, .settled, .rejected, .returned, .repeated: false
        }
    }
}

/// The values of the PostgreSQL enum `bank_file_kind`, in its order.
package enum BankFileKind: String, Sendable, CaseIterable, SQLEnum {
    case statusReport = "pain.002"
    case statement = "camt.053"
    case notification = "camt.054"
    case nacha
    case returns = "returns_csv"
}

/// What one line of a bank file says, whatever the file.
struct BankFact: Hashable, Sendable {
    enum Event: Hashable, Sendable {
        /// The bank will pay, or will not, or has paid, or has got the money back.
        case accepted, rejected, debited, credited
        /// The payee's bank says that it came back; the money itself is a credit of a statement, if there is one.
        case returned
        /// The bank holds it: it will neither be credited nor come back. What becomes of the money is for a person.
        case blocked
        /// The payee's bank says that the account is not quite that one; it has paid all the same.
        case corrected
    }

    let event: Event
    /// An end-to-end id, or a short id.
    var paymentID: String?
    /// Of the message or the file in which we sent the payments, where all of them are meant.
    var messageID: String?
    var account = ""
    var reference = ""
    var amount: Amount?
    /// Of a booking without an amount: whether it is known to be of all that was paid.
    var isWhole = false
    /// Of the last of an entry's bookings without amounts.
    var remainder: EntryRemainder?
    var bookedOn: String?
    var reason: String?
    /// Whether the reason is that of what is around the payment.
    var isInherited = false
    var information = ""
    /// Why a payment failed: what was said of a whole file is not known to lie in the account of each of its payees.
    var failure: String {
        let isOfMany = paymentID == nil || isInherited
        guard let reason, !(isOfMany && PayoutHindrance.ofAccount.contains(reason)) else { return "NARR" }
        return reason.bounded(35)
    }
    var isCredit: Bool { event == .credited || event == .returned }
    var isBooking: Bool { event == .debited || event == .credited }
}

/// What is known of a payment before a fact is taken in.
struct LineStanding: Hashable, Sendable {
    /// A booking that was seen before: in which kind of file, by which reference.
    struct Booking: Hashable, Sendable {
        let kind: BankFileKind
        /// Empty where the bank gives none.
        let reference: String
        /// In minor units, of this payment.
        let amountMinor: Int64
        /// What the bank said of several payments together, where it differed and they were settled by hand.
        let sumMinor: Int64?

        init(kind: BankFileKind, reference: String, amountMinor: Int64, sumMinor: Int64? = nil) {
            self.kind = kind
            // As it is kept.
            self.reference = reference.bounded(100)
            self.amountMinor = amountMinor
            self.sumMinor = sumMinor
        }
    }

    let id: PayoutLine.ID
    let batch: PayoutBatch.ID
    let amount: Money
    var state: PayoutLineState
    /// It was settled before it failed.
    var hasLeft: Bool
    /// What was told of it, in each kind of file once; the first is what moved the money.
    var debits: [Booking] = []
    var credits: [Booking] = []

    /// Whether it was settled by hand, of several payments that a bank debited with this sum.
    func isSettled(in sum: Amount) -> Bool {
        amount.currency.code == sum.currency.description && debits.contains { $0.sumMinor == sum.minorUnits }
    }
}

/// How the money of a payment moves by a fact.
enum LineMove: Hashable, Sendable {
    case none, accept, settle
    /// Back to those who have earned it; out of clearing, or out of the bank after it was settled.
    case fail(settleFirst: Bool)
}

/// Decides what a fact means for a payment. Pure; the same for every file.
enum BankMatch {
    /// Changes the standing to what is known afterwards.
    static func apply(
        _ fact: BankFact, from kind: BankFileKind, to line: inout LineStanding
    ) -> (outcome: BankOutcome, move: LineMove) {
        guard fact.isBooking || charge(of: fact, on: line.amount) != nil else { return (.amountDiffers, .none) }
        switch fact.event {
        case .accepted: return line.state == .failed ? (.contradicts, .none) : (.accepted, .accept)
        case .rejected where isOfRepetition(fact): return (.repeated, .none)
        case .rejected:
            switch line.state {
            case .open:
                line.state = .failed
                return (.rejected, .fail(settleFirst: false))
            case .settled: return (.contradicts, .none)
            case .failed: return (.repeated, .none)
            }
        case .returned:
            if line.state == .failed { return (.repeated, .none) }
            return fail(&line)
        case .debited, .credited: return book(fact, from: kind, on: &line)
        case .blocked, .corrected: return (.contradicts, .none)
        }
    }

    /// Takes a booking in: it is told in a notification and again in a statement. Twice in statements, it was booked
    /// twice, unless the bank calls it the same; without a reference nobody knows. Told again with another amount than
    /// at first, it is for a person, as the money has moved by the first.
    private static func book(
        _ fact: BankFact, from kind: BankFileKind, on line: inout LineStanding
    ) -> (BankOutcome, LineMove) {
        let told = fact.isCredit ? line.credits : line.debits
        if let first = told.first {
            let again = LineStanding.Booking(kind: kind, reference: fact.reference, amountMinor: first.amountMinor)
            let isKnown =
                !again.reference.isEmpty && told.contains { $0.kind == kind && $0.reference == again.reference }
            guard isKnown || told.allSatisfy({ $0.kind != kind }) else { return (.contradicts, .none) }
            guard minorUnits(of: fact, on: line.amount) == first.amountMinor else { return (.amountDiffers, .none) }
            if isKnown { return (.repeated, .none) }
            if fact.isCredit { line.credits.append(again) } else { line.debits.append(again) }
            return (.repeated, .none)
        }
        guard let kept = charge(of: fact, on: line.amount) else { return (.amountDiffers, .none) }
        if line.state == .failed, !line.hasLeft { return (.contradicts, .none) }
        let booking = LineStanding.Booking(
            kind: kind, reference: fact.reference, amountMinor: line.amount.minorUnits - kept)
        if fact.isCredit {
            line.credits = [booking]
            return fail(&line)
        }
        line.debits = [booking]
        let move: LineMove = line.state == .open ? .settle : .none
        if line.state == .open { (line.state, line.hasLeft) = (.settled, true) }
        return (.settled, move)
    }

    /// What a booking says that it is, in the payment's currency; `nil` where it says nothing, or one in another.
    private static func minorUnits(of fact: BankFact, on paid: Money) -> Int64? {
        guard let amount = fact.amount else { return fact.isWhole ? paid.minorUnits : nil }
        return amount.currency.description == paid.currency.code ? amount.minorUnits : nil
    }

    /// What the bank has kept of a payment that it gives back, in minor units: 0 where it gives back all, and for
    /// whatever else a fact says; `nil` when the amount is another one, or a booking has none. Of a return with its
    /// reason it may be up to half, as banks on the way take their charges out of what they send back.
    static func charge(of fact: BankFact, on paid: Money) -> Int64? {
        guard let amount = fact.amount else { return fact.isBooking && !fact.isWhole ? nil : 0 }
        guard amount.currency.description == paid.currency.code else { return nil }
        if amount.minorUnits == paid.minorUnits { return 0 }
        guard fact.event == .credited, fact.reason != nil, amount.minorUnits < paid.minorUnits,
            amount.minorUnits >= paid.minorUnits - paid.minorUnits / 2
        else { return nil }
        return paid.minorUnits - amount.minorUnits
    }

    /// A return says that the payment had left, whether its debit was seen or not.
    private static func fail(_ line: inout LineStanding) -> (BankOutcome, LineMove) {
        let move: LineMove = line.state == .failed ? .none : .fail(settleFirst: line.state == .open)
        (line.state, line.hasLeft) = (.failed, true)
        return (.returned, move)
    }

    /// That a repetition was refused, of a file or of a payment, says nothing of what becomes of the first.
    static func isOfRepetition(_ fact: BankFact) -> Bool {
        fact.event == .rejected && fact.reason.map(PaymentStatus.repetitions.contains) ?? false
    }
}

extension BankFact {
    /// What a record of a bank file says; `nil` when it says nothing of a payment.
    init?(_ record: PaymentRecord) {
        switch record {
        case .instruction, .statement: return nil
        case .status(let status):
            switch status.status {
            case "RJCT", "CANC": self.init(event: .rejected)
            case "BLCK": self.init(event: .blocked)
            case "ACCP", "ACSC", "ACSP", "ACTC", "ACWC", "ACCC", "ACWP", "ACFC", "ACPD":
                // Of all payments together it says what each of them says by itself.
                guard status.level == .payment else { return nil }
                self.init(event: .accepted)
            default: return nil
            }
            if status.level == .payment { paymentID = status.endToEndID } else { messageID = status.originalMessageID }
            (reason, isInherited) = (status.reason, status.isInherited)
            information = status.information
        case .entry(let entry):
            guard entry.status == "BOOK" else { return nil }
            self.init(event: entry.isCredit ? .credited : .debited)
            paymentID = entry.endToEndID
            messageID = entry.messageID
            (account, reference, amount) = (entry.account, entry.reference, entry.amount)
            (bookedOn, reason, information) = (entry.bookedOn, entry.returnReason, entry.information)
            remainder = entry.remainder
        case .ach(let entry) where entry.changeCode != nil:
            self.init(event: .corrected)
            paymentID = entry.individualID
            (reference, reason) = (entry.traceNumber, entry.changeCode)
            // What is right is perhaps an account: it stays in the file, and the end of it tells which it is.
            information = "…" + String(entry.information.filter { $0 != " " }.suffix(4))
        case .ach(let entry):
            guard let returnReason = entry.returnReason else { return nil }
            self.init(event: .returned)
            paymentID = entry.individualID
            (reference, amount, reason) = (entry.traceNumber, entry.amount, returnReason)
            information = entry.information
        case .returned(let returned):
            self.init(event: .returned)
            (paymentID, amount, reason) = (returned.endToEndID, returned.amount, returned.reason)
            information = returned.information
        }
    }
}
