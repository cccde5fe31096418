internal import Store

/// Where a worker comes from: the values of the PostgreSQL enum `workforce`, in its order.
package enum Workforce: String, Sendable, CaseIterable, SQLEnum {
    /// Whoever is in no team.
    case crowd
    case agency, staff
}

/// What ties a worker at one instant: to a team, against requesters, to parties.
package struct WorkerBonds: Hashable, Sendable {
    package let workforce: Workforce
    /// `nil` for the crowd.
    package let team: Team.ID?
    /// Requesters that do not want the worker.
    package let excludedBy: Set<Requester.ID>
    /// Normalised names of the parties in which they have an interest, in order.
    package let interests: [String]
}
