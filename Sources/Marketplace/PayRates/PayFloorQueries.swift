internal import Foundation
internal import Store

extension Transaction {
    func floorBegins(atOrAfter start: Date, like floor: PayFloor) async throws -> Bool {
        try await firstRow(
            """
            select from pay_floor
             where profession is not distinct from \(floor.profession?.code)::text
               and tier is not distinct from \(floor.tier?.rawValue)::text::tier
               and currency = \(floor.hourly.currency) and lower(in_force) >= \(start)
             limit 1
            """) != nil
    }

    /// Ends the floor for the same work that is in force at an instant, if there is one.
    func endFloor(like floor: PayFloor, at end: Date) async throws {
        try await execute(
            """
            update pay_floor set in_force = tstzrange(lower(in_force), \(end))
             where profession is not distinct from \(floor.profession?.code)::text
               and tier is not distinct from \(floor.tier?.rawValue)::text::tier
               and currency = \(floor.hourly.currency) and in_force @> \(end)
            """)
    }

    func insertFloor(_ floor: PayFloor, id: PayFloor.ID, from start: Date, by actor: Principal.ID) async throws {
        try await execute(
            """
            insert into pay_floor (pay_floor_id, profession, tier, currency, hourly_minor, median_of, reason, in_force,
                                   set_by)
            values (\(id), \(floor.profession), \(floor.tier), \(floor.hourly.currency), \(floor.hourly.minorUnits),
                    \(floor.medianOf), \(floor.reason), \(InstantRange(from: start, until: nil)), \(actor))
            """)
    }

    func floors(before: PayFloor.ID?, limit: Int) async throws -> [PayFloorPeriod] {
        try await rows(
            """
            \(fragment: PayFloorPeriod.columns)
             where \(before)::uuid is null or pay_floor_id < \(before)::uuid
             order by pay_floor_id desc
             limit \(limit)
            """
        ).map(PayFloorPeriod.init)
    }

    /// The floor in force that fits a rate most narrowly: the profession counts before the tier.
    func floor(for rate: PayRate.ID) async throws -> PayFloorPeriod? {
        try await firstRow(
            """
            with priced as (
                select profession, tier, currency from rate where rate_id = \(rate)
            )
            \(fragment: PayFloorPeriod.columns)
             where currency = (select currency from priced)
               and (profession is null or profession = (select profession from priced))
               and (tier is null or tier = (select tier from priced))
               and in_force @> \(instant)
             order by profession is null, tier is null
             limit 1
            """
        ).map(PayFloorPeriod.init)
    }
}

extension PayFloorPeriod {
    static let columns: SQL = """
        select pay_floor_id, profession, tier, currency, hourly_minor, median_of, reason, in_force from pay_floor
        """

    init(row: Row) throws {
        id = try row["pay_floor_id"]
        floor = try PayFloor(
            profession: row["profession"], tier: row["tier"], hourly: Money(row["hourly_minor"], row["currency"]),
            medianOf: row["median_of"], reason: row["reason"]
        )
        inForce = try row["in_force"]
    }
}
