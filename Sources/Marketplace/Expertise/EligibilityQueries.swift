internal import Formats
package import Foundation
package import Store

/// A requirement that a worker meets for a while.
struct EligibilityRow: Hashable, Sendable {
    let worker: Worker.ID
    let requirement: Requirement.ID
    let range: InstantRange
}

extension Transaction {
    /// The requirements whose answers are kept: all of them.
    func coveredRequirements() async throws -> [Requirement.ID: Digest] {
        try await rows("select requirement_id, hash from requirement join requirement_cover using (requirement_id)")
            .reduce(into: [:]) { $0[try $1["requirement_id"]] = try $1.value("hash", as: Digest.self) }
    }

    func requirementHashes(_ ids: [Requirement.ID]) async throws -> [Requirement.ID: Digest] {
        try await rows("select requirement_id, hash from requirement where requirement_id = any(\(ids))")
            .reduce(into: [:]) { $0[try $1["requirement_id"]] = try $1.value("hash", as: Digest.self) }
    }

    /// - Throws: ``StoreError/decoding(table:column:reason:)`` for a tree that this program cannot read.
    func requirements(withHashes hashes: [Digest]) async throws -> [Digest: Requirement] {
        let found = try await rows(
            "select hash, tree from requirement where hash = any(\(hashes.map { Bytes($0.bytes) }))"
        )
        return try found.reduce(into: [:]) { trees, row in
            do {
                trees[try row["hash"]] = try Requirement(stored: try row["tree"])
            } catch let fault as BadInput {
                throw StoreError.decoding(table: "requirement", column: "tree", reason: fault.message)
            }
        }
    }

    /// Makes what is stored of these workers and requirements what is given; what is so already is not touched.
    func writeEligibility(
        _ wanted: [EligibilityRow], of workers: [Worker.ID], for requirements: [Requirement.ID]
    ) async throws {
        try await execute(
            """
            with wanted as materialized (
                select wanted.worker_id, wanted.requirement_id, tstzrange(starts_at, ends_at) as in_force
                  from unnest(\(wanted.map(\.worker))::uuid[], \(wanted.map(\.requirement))::uuid[],
                              \(wanted.map(\.range.lower))::timestamptz[], \(wanted.map(\.range.upper))::timestamptz[])
                       as wanted (worker_id, requirement_id, starts_at, ends_at)
            ),
            gone as (
                delete from worker_requirement as old
                 where old.worker_id = any(\(workers))
                   and old.requirement_id = any(\(requirements))
                   and (old.worker_id, old.requirement_id, old.in_force)
                       not in (select worker_id, requirement_id, in_force from wanted)
            )
            insert into worker_requirement (worker_id, requirement_id, in_force)
            select worker_id, requirement_id, in_force from wanted
            on conflict do nothing
            """)
    }

    /// Locks workers whose eligibility is worked out, in the order of their ids; waits for changes of them in flight.
    func lockWorkersForEligibility(after last: Worker.ID?, limit: Int) async throws -> [Worker.ID] {
        try await rows(
            """
            select worker_id from worker
             where \(last)::uuid is null or worker_id > \(last)::uuid
             order by worker_id
             limit \(limit)
               for no key update
            """
        ).map { try $0["worker_id"] }
    }

    /// The same for workers by id; those that are not there are left out.
    func lockWorkersForEligibility(_ workers: [Worker.ID]) async throws -> [Worker.ID] {
        let asked: SQL = workers.count == 1 ? "= \(workers[0])" : "= any(\(workers))"
        return try await rows(
            "select worker_id from worker where worker_id \(fragment: asked) order by worker_id for no key update"
        ).map { try $0["worker_id"] }
    }

    /// Sends the requirements that name an agreement of which there is a new version into another sweep. Until it is
    /// through, their answers are relied upon only for the time before the version counts.
    func noteNewAgreements() async throws {
        try await execute(
            """
            with newer as materialized (
                select named.requirement_id, named.kind, max(agreement.version) as version,
                       min(agreement.valid_from) as valid_from
                  from requirement_agreement as named
                  join agreement on agreement.kind = named.kind and agreement.version > named.known_version
                 group by named.requirement_id, named.kind
            ),
            known as (
                update requirement_agreement as named
                   set known_version = newer.version
                  from newer
                 where named.requirement_id = newer.requirement_id and named.kind = newer.kind
            )
            update requirement_cover as cover
               set swept_through = null,
                   stale_from = least(cover.stale_from, changed.valid_from)
              from (select requirement_id, min(valid_from) as valid_from from newer group by requirement_id) changed
             where cover.requirement_id = changed.requirement_id
            """)
    }

    /// Requirements to sweep that stand at the same worker, locked; those that another process sweeps are passed by.
    ///
    /// - Parameter settled: only requirements interned before. A change that was in flight as the requirement was made
    ///   could not see it; from then on every change has.
    func lockStaleCovers(
        settledBy settled: Date, limit: Int
    ) async throws -> (requirements: [Requirement.ID], through: Worker.ID?) {
        let found = try await rows(
            """
            select requirement_id, swept_through from requirement_cover
             where stale_from is not null
               and interned_at <= \(settled)
               and swept_through is not distinct from (
                   select swept_through from requirement_cover
                    where stale_from is not null and interned_at <= \(settled)
                    order by swept_through nulls first
                    limit 1)
             order by requirement_id
             limit \(limit)
               for update skip locked
            """)
        return (
            try found.map { try $0["requirement_id"] },
            try found.first.flatMap { try $0.value("swept_through", as: Worker.ID?.self) }
        )
    }

    /// - Parameter worker: the last that was looked at; `nil` when there are no more.
    func moveCovers(_ requirements: [Requirement.ID], through worker: Worker.ID?) async throws {
        try await execute(
            """
            update requirement_cover
               set swept_through = \(worker),
                   stale_from = case when \(worker)::uuid is null then null else stale_from end
             where requirement_id = any(\(requirements))
            """)
    }

    /// What a worker meets as it is stored, as far as that can be relied upon, and the requirements with open work
    /// that it cannot be relied upon for.
    package func storedEligibility(
        of worker: Worker.ID
    ) async throws -> (met: [Requirement.ID], unknown: [Requirement.ID]) {
        try Self.storedEligibility(try await rows(Self.storedEligibilityStatement(of: worker, at: instant)))
    }

    /// The rows of ``storedEligibilityStatement(of:at:)``.
    static func storedEligibility(_ rows: [Row]) throws -> (met: [Requirement.ID], unknown: [Requirement.ID]) {
        let pairs = try rows.map {
            (try $0.value("requirement_id", as: Requirement.ID.self), try $0.value("is_unknown", as: Bool.self))
        }
        return (pairs.filter { !$0.1 }.map(\.0), pairs.filter(\.1).map(\.0))
    }

    /// Whether what is kept can be relied upon for all of these, so that nobody is left out by it.
    package func areKept(_ requirements: [Requirement.ID]) async throws -> Bool {
        try await unknownRequirements(among: requirements).isEmpty
    }

    /// Those of these of which what is kept cannot be relied upon yet: somebody would be left out by it.
    package func unknownRequirements(among requirements: [Requirement.ID]) async throws -> Set<Requirement.ID> {
        let rows = try await rows(
            """
            with unknown as materialized (\(fragment: Self.unknownRequirements(at: instant)))
            select requirement_id from unknown where requirement_id = any(\(requirements))
            """)
        return try Set(rows.map { try $0.value("requirement_id", as: Requirement.ID.self) })
    }

    /// Requirements of which what is kept cannot be relied upon yet.
    private static func unknownRequirements(at instant: Date) -> SQL {
        """
        select requirement_id from requirement_cover where stale_from <= \(instant)
        union
        select named.requirement_id
          from requirement_agreement as named
          join agreement on agreement.kind = named.kind and agreement.version > named.known_version
                        and agreement.valid_from <= \(instant)
        """
    }

    /// The question as a statement, for looking at its plan.
    package static func storedEligibilityStatement(of worker: Worker.ID, at instant: Date) -> SQL {
        """
        with unknown as materialized (\(fragment: unknownRequirements(at: instant)))
        select requirement_id, false as is_unknown
          from worker_requirement
         where worker_id = \(worker)
           and in_force @> \(instant)
           and requirement_id not in (select requirement_id from unknown)
        union all
        select requirement_id, true from unknown
        """
    }
}
