internal import Formats
package import Foundation
package import Store

/// A rate that a maker has prepared.
package struct ProposedRate: Hashable, Sendable {
    /// The most one unit may be paid, in minor units.
    package static let amountMinorMax: Int64 = 1_000_000_000_000
    package let profession: Profession
    package let tier: Tier
    package let taskKind: TaskKind
    /// A country or a part of one; `nil` for any.
    package let region: String?
    /// A BCP 47 tag in lower case; `nil` for any.
    package let language: String?
    package let unit: PayUnit
    package let amount: Money
    /// The least and the most that may be asked for one unit, in minor units.
    package let band: ClosedRange<Int64>
    package let inForce: InstantRange

    /// - Parameters:
    ///   - band: around the amount; the amount alone if left out.
    ///   - inForce: bounded below.
    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        profession: Profession, tier: Tier, taskKind: TaskKind, region: String? = nil, language: String? = nil,
        unit: PayUnit, amount: Money, band: ClosedRange<Int64>? = nil, inForce: InstantRange
    ) throws(BadInput) {
        if let region, !Jurisdiction.isWellFormed(region) {
            throw BadInput("region", "must be of the form US-NY or DE")
        }
        if let language, !LanguageTag.isWellFormed(language) {
            throw BadInput("language", "must be a language tag, such as en or zh-Hant")
        }
        guard (1...Self.amountMinorMax).contains(amount.minorUnits) else {
            throw BadInput("amount", "must be 1 to \(Self.amountMinorMax) minor units")
        }
        let band = band ?? amount.minorUnits...amount.minorUnits
        guard band.lowerBound >= 1, band.upperBound <= Self.amountMinorMax, band.contains(amount.minorUnits) else {
            throw BadInput("band", "must be above zero and hold the amount")
        }
        guard let from = inForce.lower else { throw BadInput("in_force", "must have a beginning") }
        if let until = inForce.upper, until <= from { throw BadInput("in_force", "must end after it begins") }
        self.profession = profession
        self.tier = tier
        self.taskKind = taskKind
        self.region = region
        self.language = language?.lowercased()
        self.unit = unit
        self.amount = amount
        self.band = band
        self.inForce = inForce
    }
}

/// Why a rate cannot be put on the rate card. In order of precedence.
package enum RateRefusal: Refusal, CaseIterable {
    /// One person prepared and approved it.
    case approverIsMaker
    /// The catalogue has no such profession.
    case unknownProfession
    /// Another rate holds for the same work at some time of it.
    case overlaps
    /// The rate does not hold at the time at which it was to end.
    case notInForce
    /// Rates do not change for times that have passed.
    case inThePast

    package var code: String {
        switch self {
        case .approverIsMaker: "rate_approver_is_maker"
        case .unknownProfession: "unknown_profession"
        case .overlaps: "rate_overlaps"
        case .notInForce: "rate_not_in_force"
        case .inThePast: "rate_in_the_past"
        }
    }

    package var message: String {
        switch self {
        case .approverIsMaker: "Whoever prepared a rate cannot approve it. Another person of finance must."
        case .unknownProfession: "There is no such profession in the catalogue."
        case .overlaps: "Another rate holds for the same work in this time. End that one first."
        case .notInForce: "This rate does not hold at that time."
        case .inThePast: "A rate cannot be ended for a time that has passed."
        }
    }
}

/// Puts a rate on the rate card: prepared by one person of finance, approved by another.
package struct PublishRate: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - maker: holds the role `finance_maker`.
    ///   - checker: holds the role `finance_checker`; another principal.
    /// - Throws: ``AccessRefusal``, ``RateRefusal``.
    package func callAsFunction(
        _ rate: ProposedRate, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws -> PayRate.ID {
        do {
            return try await market.change { change in
                try await change.transaction.authorizeRateCard(maker, checker)
                let id: PayRate.ID = change.make()
                try await change.transaction.insertRate(id, rate, preparedBy: maker, approvedBy: checker)
                try await change.record(
                    "rate_published", by: checker, on: "rate", id.uuid, in: .platform,
                    facts: [
                        "prepared_by": .string("\(maker)"), "profession": .string(rate.profession.code),
                        "tier": .string(rate.tier.rawValue), "task_kind": .string(rate.taskKind.rawValue),
                        "unit": .string(rate.unit.rawValue), "amount_minor": .integer(rate.amount.minorUnits),
                        "currency": .string(rate.amount.currency.code),
                    ]
                )
                return id
            }
        } catch let error as StoreError where error.violatedConstraint == "rate_no_overlap" {
            throw RateRefusal.overlaps
        } catch let error as StoreError where error.violatedConstraint == "rate_profession_fkey" {
            throw RateRefusal.unknownProfession
        }
    }
}

/// Ends a rate at a time to come, so that another may follow it. Terms that were frozen by it stay as they are.
package struct EndRate: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter end: from when it no longer holds; not before now.
    /// - Throws: ``AccessRefusal``, ``RateRefusal``.
    package func callAsFunction(
        _ rate: PayRate.ID, at end: Date, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws {
        try await market.change { change in
            try await change.transaction.authorizeRateCard(maker, checker)
            guard end >= change.instant else { throw RateRefusal.inThePast }
            guard try await change.transaction.endRate(rate, at: end) else { throw RateRefusal.notInForce }
            try await change.record(
                "rate_ended", by: checker, on: "rate", rate.uuid, in: .platform,
                facts: ["prepared_by": .string("\(maker)")]
            )
        }
    }
}

extension Transaction {
    fileprivate func authorizeRateCard(_ maker: Principal.ID, _ checker: Principal.ID) async throws {
        try await authorize(maker, as: .financeMaker)
        try await authorize(checker, as: .financeChecker)
        guard maker != checker else { throw RateRefusal.approverIsMaker }
    }
}
