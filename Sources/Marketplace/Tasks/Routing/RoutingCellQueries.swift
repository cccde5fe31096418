internal import Foundation
internal import Store

extension Transaction {
    /// Whether a cell has open batches whose work is offered.
    private static var hasWork: SQL {
        """
        exists (select from batch join rate using (rate_id)
                 where rate.profession = cell.profession and batch.state = 'open' and batch.door = 'offer')
        """
    }

    private static var newCells: SQL {
        """
        select distinct rate.profession
          from batch join rate using (rate_id)
         where batch.state = 'open' and batch.door = 'offer'
           and not exists (select from routing_cell as cell where cell.profession = rate.profession)
        """
    }

    /// Takes the cell that has waited the longest, until this transaction ends; those that somebody is at are passed
    /// by.
    func takeCell(except done: [Profession], routedBefore before: Date) async throws -> RoutingCell? {
        try await firstRow(
            """
            select cell.profession, cell.epoch, cell.routed_at, cell.late_until
              from routing_cell as cell
             where (cell.routed_at is null or cell.routed_at <= \(before))
               and cell.profession <> all (\(done.map(\.code))::text[])
               and \(fragment: Self.hasWork)
             order by cell.routed_at nulls first, cell.profession
             limit 1
               for no key update of cell skip locked
            """
        ).map(RoutingCell.init)
    }

    /// The taken cell's round began at this transaction's instant and ends with it.
    func endRound(of cell: RoutingCell, lateUntil: Date?) async throws {
        let changed = try await execute(
            """
            update routing_cell
               set epoch = epoch + 1, routed_at = \(instant),
                   late_until = coalesce(\(lateUntil)::timestamptz, late_until)
             where profession = \(cell.profession) and epoch = \(cell.epoch)
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    /// How long ago each cell with something to offer was routed; `nil` in cells that never were.
    func cellAges() async throws -> [(cell: Profession, seconds: TimeInterval?)] {
        try await rows(
            """
            select cell.profession, cell.routed_at from routing_cell as cell
             where \(fragment: Self.hasWork)
             order by cell.profession
            """
        ).map { row in
            let routedAt: Date? = try row["routed_at"]
            return (try row["profession"], routedAt.map { max(0, instant.timeIntervalSince($0)) })
        }
    }

    func newCells() async throws -> Int {
        try await oneRow("select count(*) as n from (\(fragment: Self.newCells)) as new")["n"]
    }

    func insertNewCells() async throws {
        try await execute(
            "insert into routing_cell (profession) \(fragment: Self.newCells) on conflict (profession) do nothing")
    }

    func dueCells(routedBefore before: Date) async throws -> Int {
        try await oneRow(
            """
            select count(*) as n from routing_cell as cell
             where (cell.routed_at is null or cell.routed_at <= \(before)) and \(fragment: Self.hasWork)
            """)["n"]
    }
}
