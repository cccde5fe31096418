package import Foundation
package import Store

/// People who work together: an agency's, or the operator's own at a regional base.
package struct Team: Hashable, Sendable {
    package typealias ID = Identifier<Team>
    package let id: ID
    /// The operator's own name for it, 1 to 100 characters.
    package let externalKey: String
    package let kind: TeamKind
    package let name: String
    /// ISO 3166-2 where there is one, else the country.
    package let base: String
    /// Whether the agency is paid in its people's place.
    package let isPayee: Bool
}

/// What ties the people of a team to the platform: the values of the PostgreSQL enum `team_kind`, in its order.
package enum TeamKind: String, Sendable, CaseIterable, SQLEnum {
    case agency, staff
}

/// What an operator says of a new team, checked.
package struct TeamDraft: Hashable, Sendable {
    package let externalKey: String
    package let kind: TeamKind
    package let name: String
    package let base: String
    package let isPayee: Bool

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        externalKey: String, kind: TeamKind, name: String, base: String, isPayee: Bool = false
    ) throws(BadInput) {
        self.externalKey = try PlainText.line(externalKey, field: "external_key", lengthMax: 100)
        self.kind = kind
        self.name = try PlainText.line(name, field: "name")
        let parts = base.split(separator: "-", omittingEmptySubsequences: false)
        let isCode = { (part: Substring) in
            (1...3).contains(part.utf8.count)
                && part.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) }
        }
        guard let country = parts.first, Country.isKnown(String(country)), parts.count <= 2,
            parts.dropFirst().allSatisfy(isCode)
        else { throw BadInput("base", "must be a code of ISO 3166-2 or a country, such as CN-GD or DE") }
        self.base = base
        self.isPayee = isPayee
    }
}

/// Somebody's time in a team.
package struct TeamMember: Hashable, Sendable {
    package typealias ID = Identifier<TeamMember>
    package let id: ID
    package let worker: Worker.ID
    /// The operator's key for the worker.
    package let workerKey: String
    package let joinedAt: Date
    /// `nil` while they are a member.
    package let leftAt: Date?
}

/// Why a team cannot be so. In order of precedence.
package enum TeamRefusal: Refusal {
    /// Staff are paid themselves.
    case onlyAgencyIsPayee
    /// Only agencies have managers of their own.
    case onlyAgencyIsManaged
    /// The worker is in another team; its key.
    case inOtherTeam(String)
    case notMember

    package var code: String {
        switch self {
        case .onlyAgencyIsPayee: "only_agency_is_payee"
        case .onlyAgencyIsManaged: "only_agency_is_managed"
        case .inOtherTeam: "in_other_team"
        case .notMember: "not_a_member"
        }
    }

    package var message: String {
        switch self {
        case .onlyAgencyIsPayee: "Only an agency can be paid in its people's place; staff are paid themselves."
        case .onlyAgencyIsManaged: "Only an agency has managers of its own; operators run the staff."
        case .inOtherTeam(let key): "The worker is in the team '\(key)'. Remove them there first."
        case .notMember: "The worker is not in this team."
        }
    }
}

extension Transaction {
    /// Lets the managers of an agency go on, and operators. Nobody else learns whether there is such a team.
    package func authorizeTeam(_ actor: Principal.ID, _ team: Team.ID) async throws {
        if try await holds(actor, .operator, for: nil) { return }
        guard try await manages(actor, team) else { throw AccessRefusal.roleMissing(.agencyManager) }
    }

    /// The same, and auditors: what follows only reads.
    package func authorizeTeam(toSee actor: Principal.ID, _ team: Team.ID) async throws {
        try await letSee(actor) { try await $0.authorizeTeam(actor, team) }
    }
}

extension Team {
    init(row: Row) throws {
        id = try row["team_id"]
        externalKey = try row["external_key"]
        kind = try row["kind"]
        name = try row["name"]
        base = try row["base"]
        isPayee = try row["is_payee"]
    }
}

extension TeamMember {
    init(row: Row) throws {
        id = try row["team_member_id"]
        worker = try row["worker_id"]
        workerKey = try row["worker_key"]
        joinedAt = try row["joined_at"]
        leftAt = try row["left_at"]
    }
}
