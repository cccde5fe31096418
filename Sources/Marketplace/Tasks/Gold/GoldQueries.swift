internal import Foundation
internal import Store

extension Transaction {
    /// How many answers somebody has handed in, up to so many.
    func answersGiven(by worker: Worker.ID, most: Int) async throws -> Int {
        try await oneRow(
            """
            select count(*) as answers
              from (select from assignment
                     where worker_id = \(worker) and state in ('submitted', 'accepted', 'rejected')
                     limit \(most)) as given
            """)["answers"]
    }

    /// The first open slot of a batch's gold whose item may be shown once more, and which neither the worker has seen,
    /// nor an account that is or may be theirs; nor had they a part in what it is a copy of. The item is locked; those
    /// that somebody else has locked are passed by.
    func lockUnseenGold(
        of batch: Batch.Key, for worker: Worker.ID, without tried: [GoldItem.ID]
    ) async throws -> (GoldItem.ID, SlotChoice.One)? {
        let hadPart = Self.hadPartInOrigin(Principal.ID(worker.uuid), of: "slot.requester_id", "slot.task_id")
        return try await firstRow(
            """
            select item.gold_item_id, slot.task_id, slot.slot_no, slot.lease_token
              from slot
              join gold_task as shown using (requester_id, task_id)
              join gold_item as item
                on item.requester_id = shown.requester_id and item.gold_item_id = shown.gold_item_id
             where slot.requester_id = \(batch.requester) and slot.batch_id = \(batch.id) and slot.state = 'open'
               and slot.allotment_id = (select allotment_id from allotment
                                         where requester_id = \(batch.requester) and batch_id = \(batch.id)
                                           and kind = 'gold')
               and item.gold_item_id <> all(\(tried)::uuid[])
               and item.exposures < coalesce(item.exposures_max, item.exposures + 1)
               and not exists (select from gold_exposure as seen
                                where seen.requester_id = item.requester_id
                                  and seen.gold_item_id = item.gold_item_id
                                  and seen.worker_id in (\(fragment: Self.linked(to: worker))))
               and not \(fragment: hadPart)
             order by slot.allotment_id, slot.slot_no, slot.task_id
             limit 1
               for no key update of item skip locked
            """
        ).map { row in
            (
                try row["gold_item_id"],
                SlotChoice.One(task: try row["task_id"], number: try row["slot_no"], token: try row["lease_token"])
            )
        }
    }

    /// Whether nobody who is or may be the worker has seen an item; its row is locked, so that it stays so.
    func isUnseen(_ item: GoldItem.ID, of requester: Requester.ID, by worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            """
            select from gold_exposure
             where requester_id = \(requester) and gold_item_id = \(item)
               and worker_id in (\(fragment: Self.linked(to: worker)))
            """) == nil
    }

    /// Counts that somebody has seen a locked item.
    func expose(
        _ item: GoldItem.ID, of requester: Requester.ID, to worker: Worker.ID, by assignment: Assignment.ID
    ) async throws {
        try await execute(
            """
            with shown as (
                insert into gold_exposure (requester_id, gold_item_id, worker_id, assignment_id, shown_at)
                values (\(requester), \(item), \(worker), \(assignment), \(instant))
            )
            update gold_item set exposures = exposures + 1
             where requester_id = \(requester) and gold_item_id = \(item)
            """)
    }

    /// The worker, and those whom a duplicate case joins to them, unless it was found to be about two people.
    static func linked(to worker: Worker.ID) -> SQL {
        """
        (select \(worker)::uuid as worker_id)
        union
        (select other_worker_id from duplicate_case
          where worker_id = \(worker) and state in ('open', 'same_person') limit 20)
        union
        (select worker_id from duplicate_case
          where other_worker_id = \(worker) and state in ('open', 'same_person') limit 20)
        """
    }

    /// Makes tasks of a batch items of gold that their requester brought.
    func insertBroughtGold(_ keys: [String], of batch: Batch) async throws {
        try await execute(
            """
            with item as (
                insert into gold_item (requester_id, gold_item_id, source, exposures)
                select requester_id, task_id, 'brought', 0 from task
                 where requester_id = \(batch.requester) and project_id = \(batch.project)
                   and external_key = any(\(keys)::text[]) and batch_id = \(batch.id)
                 order by task_id
                on conflict on constraint gold_item_pkey do nothing
                returning requester_id, gold_item_id
            )
            insert into gold_task (requester_id, task_id, gold_item_id)
            select requester_id, gold_item_id, gold_item_id from item
            """)
    }

    /// Items of a requester's gold, by id.
    func goldItems(
        of requester: Requester.ID, in source: GoldSource?, after last: GoldItem.ID?, limit: Int
    ) async throws -> [GoldItem] {
        try await rows(
            """
            select item.gold_item_id, item.source, task.external_key, item.exposures, item.exposures_max,
                   how.right_count, how.wrong_count
              from gold_item as item
              join task on task.requester_id = item.requester_id and task.task_id = item.gold_item_id
             cross join lateral (
                  select count(*) filter (where is_right) as right_count,
                         count(*) filter (where not is_right) as wrong_count
                    from gold_exposure as seen
                   where seen.requester_id = item.requester_id and seen.gold_item_id = item.gold_item_id) as how
             where item.requester_id = \(requester)
               and (\(source)::gold_source is null or item.source = \(source)::gold_source)
               and (\(last)::uuid is null or item.gold_item_id > \(last)::uuid)
             order by item.gold_item_id
             limit \(limit)
            """
        ).map { row in
            GoldItem(
                id: try row["gold_item_id"], source: try row["source"], externalKey: try row["external_key"],
                exposures: try row["exposures"], exposuresMax: try row["exposures_max"],
                right: try row["right_count"], wrong: try row["wrong_count"])
        }
    }
}
