internal import Formats

/// What an offer is of, as far as a worker decides by it. A change of any of it is another offer.
package struct OfferTerms: Hashable, Sendable {
    package let pay: Money
    /// 1 to 10,080.
    package let expectedMinutes: Int
    /// Of the canonical JSON of all of it.
    package let hash: Digest

    /// Of the work as it stands at the instant of reading.
    init(_ offering: Offering) {
        (pay, expectedMinutes) = (offering.pay, offering.expectedMinutes)
        hash = Digest(
            of: [
                "pay_minor": .integer(offering.pay.minorUnits), "currency": .string(offering.pay.currency.code),
                "unit": .string(offering.unit.rawValue),
                "expected_minutes": .integer(Int64(offering.expectedMinutes)),
                "lease_seconds": .integer(Int64(offering.leaseSeconds)),
                "answer_seconds": .integer(Int64(offering.answerSeconds)),
                "guideline": .string("\(offering.guideline)"),
                "guideline_version": .integer(Int64(offering.guidelineVersion)),
                "requirement": .string("\(offering.requirement)"),
            ])
    }

    /// For markets that are written down.
    package init(pay: Money, expectedMinutes: Int) {
        (self.pay, self.expectedMinutes) = (pay, expectedMinutes)
        hash = Digest(of: ["pay_minor": .integer(pay.minorUnits), "minutes": .integer(Int64(expectedMinutes))])
    }
}
