package import Formats
package import Foundation
internal import Store

/// What a screen looks for: the values of the PostgreSQL enum `screen_kind`, in its order.
package enum FindingKind: String, Sendable, CaseIterable, SQLEnum {
    /// Bidders who are dear in the same auctions.
    case ring
    /// Bidders who win in turns.
    case rotation
    /// Bidders who bid the same amount more often than others do.
    case identicalBids = "identical_bids"
    /// Accounts that may be one person's, in the same auctions.
    case linkedAccounts = "linked_accounts"
    /// A worker who lets awards lapse far more often than others do.
    case nonPerformance = "non_performance"
}

/// Where a finding stands: the values of the PostgreSQL enum `finding_state`, in its order.
package enum FindingState: String, Sendable, CaseIterable, SQLEnum {
    case open, dismissed, confirmed

    /// What a person says of an open finding; `nil` where that is not theirs to say any more.
    package func after(_ verdict: FindingVerdict) -> FindingState? {
        switch (self, verdict) {
        case (.open, .dismiss): .dismissed
        case (.open, .confirm): .confirmed
        case (.dismissed, _), (.confirmed, _): nil
        }
    }
}

/// What a person makes of a finding.
package enum FindingVerdict: String, Sendable, CaseIterable {
    /// Nothing is behind it.
    case dismiss
    /// It is so. What follows, an exclusion or a suspension, is a decision of its own.
    case confirm
}

/// Auctions that are compared with each other: of work that demands the same, of one profession and tier.
package struct ScreenCell: Hashable, Sendable {
    package let requirement: Requirement.ID
    package let profession: Profession
    package let tier: Tier

    package init(requirement: Requirement.ID, profession: Profession, tier: Tier) {
        (self.requirement, self.profession, self.tier) = (requirement, profession, tier)
    }
}

/// What a screen found in the cleared auctions of a cell, for a person to look at. Nothing follows from it by itself.
package struct Finding: Sendable {
    package typealias ID = Identifier<Finding>
    package static let workersMax = 200
    package static let auctionsMax = 10_000

    package let id: ID
    package let cell: ScreenCell
    /// Of all bids that it is about.
    package let currency: Currency
    package let kind: FindingKind
    /// How surprising it is, in thousandths: of the power of ten that the chance of it is one in; of linked accounts
    /// the auctions that they share.
    package let scoreMilli: Int64
    /// Whom it is about, by id, each once.
    package let workers: [Worker.ID]
    /// In which auctions it was found, by id, each once.
    package let auctions: [UUID]
    package let evidence: JSON
    package let foundAt: Date
    package let state: FindingState
    package let decidedAt: Date?
    package let decidedBy: Principal.ID?
    package let reasons: String?

    /// All of it, the times as RFC 3339.
    package var json: JSON {
        [
            "finding": .string("\(id)"), "kind": .string(kind.rawValue), "state": .string(state.rawValue),
            "requirement": .string("\(cell.requirement)"), "profession": .string(cell.profession.code),
            "tier": .string(cell.tier.rawValue), "currency": .string(currency.code),
            "score_milli": .integer(scoreMilli),
            "workers": .array(workers.map { .string("\($0)") }),
            "auctions": .array(auctions.map { .string($0.uuidString.lowercased()) }), "evidence": evidence,
            "found_at": .string(foundAt.formatted(.iso8601)),
            "decided_at": decidedAt.map { .string($0.formatted(.iso8601)) } ?? .null,
            "decided_by": decidedBy.map { .string("\($0)") } ?? .null,
            "reasons": reasons.map { .string($0) } ?? .null,
        ]
    }
}

/// What a screen has found and nobody has looked at.
package struct Suspicion: Hashable, Sendable {
    let cell: ScreenCell
    let currency: Currency
    let kind: FindingKind
    let scoreMilli: Int64
    let workers: [Worker.ID]
    let auctions: [UUID]
    let evidence: JSON

    /// - Parameters:
    ///   - scoreMilli: 0 to 10^12; clamped.
    ///   - workers: 1 to 200.
    ///   - auctions: 1 to 10,000.
    ///   - evidence: up to 64 KiB.
    /// - Throws: ``BadInput``.
    package init(
        _ kind: FindingKind, in cell: ScreenCell, _ currency: Currency, scoreMilli: Int64, workers: Set<Worker.ID>,
        auctions: Set<UUID>, evidence: JSON
    ) throws(BadInput) {
        guard (1...Finding.workersMax).contains(workers.count) else {
            throw BadInput("workers", "must be 1 to \(Finding.workersMax)")
        }
        guard (1...Finding.auctionsMax).contains(auctions.count) else {
            throw BadInput("auctions", "must be 1 to \(Finding.auctionsMax)")
        }
        try evidence.mustFit(65_536, as: "evidence")
        (self.cell, self.currency, self.kind, self.evidence) = (cell, currency, kind, evidence)
        self.scoreMilli = min(max(scoreMilli, 0), 1_000_000_000_000)
        self.workers = workers.sorted()
        self.auctions = auctions.sorted { $0.uuidString < $1.uuidString }
    }

    /// Of cell, currency, kind and workers: the same again is no second finding.
    var fingerprint: Digest {
        Digest(
            of: [
                "currency": .string(currency.code), "requirement": .string("\(cell.requirement)"),
                "profession": .string(cell.profession.code),
                "tier": .string(cell.tier.rawValue), "kind": .string(kind.rawValue),
                "workers": .array(workers.map { .string("\($0)") }),
            ] as JSON)
    }
}
