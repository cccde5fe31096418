internal import Foundation
internal import Store

extension Transaction {
    func isInCatalogue(_ profession: Profession) async throws -> Bool {
        try await firstRow("select from profession where profession = \(profession)") != nil
    }

    /// Ends the capacity in force and begins another at the transaction's instant. One that began at this very instant
    /// never held: it is changed.
    func beginCapacity(
        _ weeklyMinutes: Int, of team: Team.ID, in profession: Profession, id: UUID
    ) async throws {
        let replaced = try await execute(
            """
            update team_capacity set weekly_minutes = \(weeklyMinutes)
             where team_id = \(team) and profession = \(profession) and upper_inf(in_force)
               and lower(in_force) >= \(instant)
            """)
        guard replaced == 0 else { return }
        _ = try await pipeline([
            """
            update team_capacity set in_force = tstzrange(lower(in_force), \(instant))
             where team_id = \(team) and profession = \(profession) and upper_inf(in_force)
            """,
            """
            insert into team_capacity (team_capacity_id, team_id, profession, weekly_minutes, in_force)
            values (\(id), \(team), \(profession), \(weeklyMinutes),
                    \(InstantRange(from: instant, until: nil)))
            """,
        ])
    }

    func capacity(of team: Team.ID) async throws -> [TeamCapacity] {
        try await rows(
            """
            select profession, weekly_minutes, lower(in_force) as since
              from team_capacity
             where team_id = \(team) and in_force @> \(instant)
             order by profession
             limit 200
            """
        ).map {
            TeamCapacity(
                profession: try $0["profession"], weeklyMinutes: try $0["weekly_minutes"], since: try $0["since"]
            )
        }
    }
}
