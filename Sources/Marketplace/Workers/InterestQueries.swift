internal import Foundation
internal import Store

extension Transaction {
    /// The interest of that kind and party that bars at the transaction's instant.
    func interestInForce(
        _ kind: InterestKind, in party: PartyName, of worker: Worker.ID
    ) async throws -> Interest? {
        try await firstRow(
            """
            \(fragment: Interest.columns)
             where worker_id = \(worker) and kind = \(kind) and party = \(party.normalised)
               and (in_force @> \(instant) or upper_inf(in_force))
             order by lower(in_force) desc
             limit 1
            """
        ).map(Interest.init)
    }

    func interest(_ id: Interest.ID, of worker: Worker.ID) async throws -> Interest? {
        try await firstRow(
            """
            \(fragment: Interest.columns) where interest_id = \(id) and worker_id = \(worker)
            """
        ).map(Interest.init)
    }

    func countInterests(of worker: Worker.ID) async throws -> Int {
        try await oneRow(
            """
            select count(*) as n from interest where worker_id = \(worker) and in_force @> \(instant)
            """)["n"]
    }

    func insertInterest(
        _ id: Interest.ID, _ kind: InterestKind, in party: PartyName, of worker: Worker.ID
    ) async throws -> Interest {
        try await Interest(
            row: oneRow(
                """
                insert into interest (interest_id, worker_id, kind, party_name, party, in_force)
                values (\(id), \(worker), \(kind), \(party.name), \(party.normalised),
                        \(InstantRange(from: instant, until: nil)))
                returning interest_id, worker_id, kind, party_name, party, lower(in_force) as begun_at,
                          upper(in_force) as ends_at
                """))
    }

    /// Lets an interest in its cool-down be without end again.
    func reopenInterest(_ id: Interest.ID) async throws -> Interest {
        try await Interest(
            row: oneRow(
                """
                update interest set in_force = tstzrange(lower(in_force), null) where interest_id = \(id)
                returning interest_id, worker_id, kind, party_name, party, lower(in_force) as begun_at,
                          upper(in_force) as ends_at
                """))
    }

    /// Ends an interest; one that would have been in force for no time at all, a millisecond after it began.
    func endInterest(_ id: Interest.ID, at end: Date) async throws -> Interest {
        try await Interest(
            row: oneRow(
                """
                update interest
                   set in_force = tstzrange(lower(in_force),
                                            greatest(\(end), lower(in_force) + interval '1 millisecond'))
                 where interest_id = \(id)
                returning interest_id, worker_id, kind, party_name, party, lower(in_force) as begun_at,
                          upper(in_force) as ends_at
                """))
    }

    func interests(of worker: Worker.ID, before: Interest.ID?, limit: Int) async throws -> [Interest] {
        try await rows(
            """
            \(fragment: Interest.columns)
             where worker_id = \(worker) and (\(before)::uuid is null or interest_id < \(before)::uuid)
             order by interest_id desc
             limit \(limit)
            """
        ).map(Interest.init)
    }
}

extension Interest {
    static let columns: SQL = """
        select interest_id, worker_id, kind, party_name, party, lower(in_force) as begun_at,
               upper(in_force) as ends_at
          from interest
        """
}
