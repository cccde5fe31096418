internal import Foundation
internal import Store

extension Transaction {
    /// Allotments of a batch that a worker may take slots of: those that name them or their team, and packs that they
    /// hold.
    func allotments(
        of batch: Batch.Key, for worker: Worker.ID, in team: Team.ID?
    ) async throws -> [Allotment.ID] {
        try await rows(
            """
            select allotment_id, kind from allotment join allotment_member using (requester_id, allotment_id)
             where allotment_member.worker_id = \(worker) and allotment_member.requester_id = \(batch.requester)
               and batch_id = \(batch.id)
             union
            select allotment_id, kind from allotment join allotment_member using (requester_id, allotment_id)
             where allotment_member.team_id = \(team)::uuid and allotment_member.requester_id = \(batch.requester)
               and batch_id = \(batch.id)
             union
            select allotment_id, kind from allotment
             where holder_id = \(worker) and requester_id = \(batch.requester) and batch_id = \(batch.id)
               and kind <> 'award'
             order by kind desc, allotment_id
             limit 100
            """
        ).map { try $0["allotment_id"] }
    }

    /// The first pack that nobody holds, or that its holder has done nothing with for too long, and of whose tasks the
    /// worker has none yet, kept from others until the transaction ends.
    ///
    /// - Returns: `nil` when there is none with an open slot.
    func freePack(
        of batch: Batch.Key, for worker: Worker.ID, without tried: [Allotment.ID]
    ) async throws -> Allotment.ID? {
        try await firstRow(
            """
            select allotment_id from allotment as pack
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and kind = 'pack'
               and (holder_id is null or (held_until <= \(instant) and holder_id <> \(worker)))
               and allotment_id <> all (\(tried)::uuid[])
               and exists (select from slot
                            where slot.requester_id = pack.requester_id and slot.batch_id = pack.batch_id
                              and slot.allotment_id = pack.allotment_id and slot.state = 'open')
               and not exists (select from allotment as other
                                where other.requester_id = pack.requester_id and other.batch_id = pack.batch_id
                                  and other.matter = pack.matter and other.holder_id = \(worker))
             order by allotment_id
             limit 1
               for no key update of pack skip locked
            """)?["allotment_id"]
    }

    /// Gives a locked pack to a worker.
    func takePack(_ allotment: Allotment.ID, of requester: Requester.ID, for worker: Worker.ID) async throws {
        try await execute(
            """
            update allotment set holder_id = \(worker), held_until = \(instant)
             where requester_id = \(requester) and allotment_id = \(allotment)
            """)
    }

    func holdPack(_ allotment: Allotment.ID, of requester: Requester.ID, until end: Date) async throws {
        try await execute(
            """
            update allotment set held_until = greatest(held_until, \(end))
             where requester_id = \(requester) and allotment_id = \(allotment) and kind = 'pack'
            """)
    }

    /// What a worker has won and accepted of a batch and may still take, with what a slot of it pays.
    func awardsReserved(of batch: Batch.Key, for worker: Worker.ID) async throws -> [PricedAllotment] {
        try await rows(
            """
            select aside.allotment_id, aside.pay_minor, aside.fee_minor, batch.currency
              from allotment as aside join batch using (requester_id, batch_id)
             where aside.holder_id = \(worker) and requester_id = \(batch.requester) and batch_id = \(batch.id)
               and aside.kind = 'award' and aside.held_until > \(instant)
               and exists (select from slot
                            where slot.requester_id = aside.requester_id and slot.batch_id = aside.batch_id
                              and slot.allotment_id = aside.allotment_id and slot.state = 'open')
             order by allotment_id
             limit 100
            """
        ).map { row in
            let currency: Currency = try row["currency"]
            return PricedAllotment(
                id: try row["allotment_id"], pay: try Money(row["pay_minor"], currency),
                fee: try Money(row["fee_minor"], currency)
            )
        }
    }

    /// Whether the workers, or the team, are there.
    func isThere(_ reservation: Reservation) async throws -> Bool {
        switch reservation {
        case .workers(let workers):
            let wanted = Set(workers).sorted()
            let found: Int = try await oneRow(
                "select count(*) as found from worker where worker_id = any(\(wanted)::uuid[])")["found"]
            return found == wanted.count
        case .team(let team):
            return try await firstRow("select from team where team_id = \(team)") != nil
        }
    }

    func insertAllotment(
        _ id: Allotment.ID, of batch: Batch.Key, for reservation: Reservation, endsAt: Date?
    ) async throws {
        let (kind, workers, teams): (AllotmentKind, [Worker.ID?], [Team.ID?]) =
            switch reservation {
            case .workers(let workers): (.named, Set(workers).sorted(), Set(workers).map { _ in nil })
            case .team(let team): (.group, [nil], [team])
            }
        try await execute(
            """
            with added as (
                insert into allotment (requester_id, allotment_id, batch_id, kind, ends_at)
                values (\(batch.requester), \(id), \(batch.id), \(kind), \(endsAt))
                returning requester_id, allotment_id
            )
            insert into allotment_member (requester_id, allotment_id, worker_id, team_id)
            select requester_id, allotment_id, worker_id, team_id
              from added cross join unnest(\(workers)::uuid[], \(teams)::uuid[]) as member (worker_id, team_id)
            """)
    }

    /// Moves what is open of tasks to an allotment.
    ///
    /// - Returns: how many slots.
    func setAside(_ tasks: [WorkTask.ID], of batch: Batch.Key, for allotment: Allotment.ID) async throws -> Int {
        try await execute(
            """
            with aside as materialized (
                select requester_id, task_id, slot_no from slot
                 where requester_id = \(batch.requester) and task_id = any(\(tasks.sorted())::uuid[])
                   and batch_id = \(batch.id) and state in ('waiting', 'open')
                   and (allotment_id is null
                        or allotment_id in (select allotment_id from allotment
                                             where requester_id = \(batch.requester) and batch_id = \(batch.id)
                                               and kind in ('named', 'group')))
                 order by task_id, slot_no
                   for no key update
            )
            update slot set allotment_id = \(allotment)
              from aside
             where slot.requester_id = aside.requester_id and slot.task_id = aside.task_id
               and slot.slot_no = aside.slot_no
            """)
    }

    func markAllotments(of batch: Batch.Key) async throws {
        try await execute(
            """
            update batch set has_allotments = true
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and not has_allotments
            """)
    }

    func markMatters(of batch: Batch.Key) async throws {
        try await execute(
            """
            update batch set has_matters = true
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and not has_matters
            """)
    }

    /// Whether a batch has that reservation.
    func isReserved(_ allotment: Allotment.ID, of batch: Batch.Key) async throws -> Bool {
        try await firstRow(
            """
            select from allotment
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and allotment_id = \(allotment)
               and kind in ('named', 'group')
               for no key update
            """) != nil
    }

    /// Gives everybody what is not taken of an allotment; slots that are in hand come back to everybody too.
    ///
    /// - Returns: how many slots.
    func setFree(_ allotment: Allotment.ID, of requester: Requester.ID) async throws -> Int {
        try await execute(
            "update allotment set ends_at = null where requester_id = \(requester) and allotment_id = \(allotment)")
        return try await execute(
            """
            with free as materialized (
                select requester_id, task_id, slot_no from slot
                 where requester_id = \(requester) and allotment_id = \(allotment)
                 order by task_id, slot_no
                   for no key update
            )
            update slot set allotment_id = null
              from free
             where slot.requester_id = free.requester_id and slot.task_id = free.task_id
               and slot.slot_no = free.slot_no
            """)
    }

    /// Reservations whose time is over, locked; those that somebody else is ending are passed by. What was won in an
    /// auction is ended with its award.
    func endedAllotments(most: Int) async throws -> [(Allotment.ID, Batch.Key)] {
        try await rows(
            """
            select requester_id, batch_id, allotment_id from allotment
             where ends_at <= \(instant) and kind <> 'award'
             order by ends_at
             limit \(most)
               for no key update skip locked
            """
        ).map {
            (try $0["allotment_id"], Batch.Key(requester: try $0["requester_id"], id: try $0["batch_id"]))
        }
    }

    /// What is set aside of a batch, gold left out, by id.
    func allotments(of batch: Batch.Key, after last: Allotment.ID?, limit: Int) async throws -> [Allotment] {
        try await rows(
            """
            select allotment_id, kind, matter, holder_id, ends_at,
                   array(select worker_id from allotment_member as member
                          where member.requester_id = allotment.requester_id
                            and member.allotment_id = allotment.allotment_id and worker_id is not null
                          order by worker_id) as workers,
                   array(select team_id from allotment_member as member
                          where member.requester_id = allotment.requester_id
                            and member.allotment_id = allotment.allotment_id and team_id is not null
                          order by team_id) as teams,
                   (select count(*) from (select from slot
                                           where slot.requester_id = allotment.requester_id
                                             and slot.batch_id = allotment.batch_id
                                             and slot.allotment_id = allotment.allotment_id
                                             and slot.state = 'open'
                                           limit 100000) as open) as open_slots
              from allotment
             where requester_id = \(batch.requester) and batch_id = \(batch.id) and kind <> 'gold'
               and (\(last)::uuid is null or allotment_id > \(last)::uuid)
             order by allotment_id
             limit \(limit)
            """
        ).map { row in
            Allotment(
                id: try row["allotment_id"], kind: try row["kind"], matter: try row["matter"],
                holder: try row["holder_id"], workers: try row["workers"], teams: try row["teams"],
                endsAt: try row["ends_at"], openSlots: try row["open_slots"]
            )
        }
    }
}

extension Transaction {
    /// Sets aside the slots of new tasks: gold for its turn, and where the batch is packed, one slot of each task of a
    /// matter for one worker.
    func setAsideNew(
        gold: [String], packing matters: Set<String>, in batch: Batch, ids: any IdentifierSource
    ) async throws {
        if !gold.isEmpty { try await setAsideGold(gold, of: batch, id: ids.make(at: instant)) }
        if !matters.isEmpty { try await pack(matters.sorted(), of: batch, ids: ids) }
    }

    /// Sets aside the open slots of tasks of a batch as gold.
    func setAsideGold(_ keys: [String], of batch: Batch, id: Allotment.ID) async throws {
        try await execute(
            """
            insert into allotment (requester_id, allotment_id, batch_id, kind)
            values (\(batch.requester), \(id), \(batch.id), 'gold')
            on conflict (requester_id, batch_id) where kind = 'gold' do nothing
            """)
        try await execute(
            """
            update slot set allotment_id = gold.allotment_id
              from allotment as gold, task
             where gold.requester_id = \(batch.requester) and gold.batch_id = \(batch.id) and gold.kind = 'gold'
               and task.requester_id = gold.requester_id and task.project_id = \(batch.project)
               and task.external_key = any(\(keys)::text[]) and task.batch_id = gold.batch_id
               and slot.requester_id = task.requester_id and slot.task_id = task.task_id
               and slot.allotment_id is null
            """)
        try await markAllotments(of: batch.key)
    }

    private func pack(_ matters: [String], of batch: Batch, ids: any IdentifierSource) async throws {
        let numbers = Array(1...batch.redundancyMost)
        let packs = matters.flatMap { matter in numbers.map { (id: ids.uuid(at: instant), matter: matter, number: $0) }
        }
        try await execute(
            """
            insert into allotment (requester_id, allotment_id, batch_id, kind, matter, slot_no)
            select \(batch.requester), allotment_id, \(batch.id), 'pack', matter, slot_no
              from unnest(\(packs.map(\.id))::uuid[], \(packs.map(\.matter))::text[], \(packs.map(\.number))::bigint[])
                   as pack (allotment_id, matter, slot_no)
            on conflict on constraint allotment_one_per_pack do nothing
            """)
        try await execute(
            """
            update slot set allotment_id = pack.allotment_id
              from task
              join allotment as pack
                on pack.requester_id = task.requester_id and pack.batch_id = task.batch_id
               and pack.matter = task.matter
             where task.requester_id = \(batch.requester) and task.batch_id = \(batch.id)
               and task.matter = any(\(matters)::text[])
               and slot.requester_id = task.requester_id and slot.task_id = task.task_id
               and slot.slot_no = pack.slot_no and slot.allotment_id is null
            """)
        try await markAllotments(of: batch.key)
    }
}
