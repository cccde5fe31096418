package import Formats
internal import Foundation
package import Store

extension Notice {
    init(row: Row) throws {
        id = try row["notice_id"]
        recipient = try row["recipient_id"]
        kind = try row["kind"]
        facts = try row["facts"]
        createdAt = try row["created_at"]
    }
}

extension Transaction {
    /// Puts a message to somebody into the outbox and their inbox; it is there only if this transaction commits.
    ///
    /// - Parameters:
    ///   - kind: what happened, snake_case.
    ///   - facts: what the message is made of; no personal data of anybody but the recipient.
    ///   - dedupKey: 1 to 200 characters; telling the same person under the same key again does nothing.
    ///   - address: where it goes in place of their own address, and not into their inbox.
    /// - Returns: whether it was not told before.
    @discardableResult
    package func tell(
        _ recipient: Principal.ID, kind: String, facts: JSON, id: Notice.ID, dedupKey: String? = nil,
        address: String? = nil
    ) async throws -> Bool {
        try await execute(
            """
            insert into notice (notice_id, recipient_id, kind, facts, created_at, due_at, dedup_key, address)
            values (\(id), \(recipient), \(kind), \(facts), \(instant), \(instant), \(dedupKey), \(address))
            on conflict on constraint notice_one_per_dedup_key do nothing
            """) == 1
    }

    /// The same message to several, in one statement.
    func tell(_ kind: String, _ each: [Told]) async throws {
        try await execute(
            """
            insert into notice (notice_id, recipient_id, kind, facts, created_at, due_at)
            select notice_id, recipient_id, \(kind), facts::jsonb, \(instant), \(instant)
              from unnest(\(each.map(\.id))::uuid[], \(each.map(\.recipient))::uuid[],
                          \(each.map(\.facts.canonicalText))::text[]) as told (notice_id, recipient_id, facts)
            """)
    }

    /// Takes the notices that are due, for as long as `until`: whoever took them has that time to say what became of
    /// them, then they are due again. The longest due first, but those of offers, of which a round makes thousands,
    /// after all others; one whose offers are over is not wanted any more.
    func claimDue(limit: Int, until end: Date) async throws -> [Letter] {
        try await rows(
            """
            with due as materialized (
                select notice_id from notice
                 where state = 'waiting' and due_at <= \(instant)
                 order by kind = 'offer_made', due_at, notice_id
                 limit \(limit)
                   for update skip locked
            ),
            claimed as (
                update notice set attempts = notice.attempts + 1, due_at = \(end)
                  from due
                 where notice.notice_id = due.notice_id
                returning notice.notice_id, notice.recipient_id, notice.kind, notice.facts, notice.created_at,
                          notice.attempts, notice.address
            )
            select claimed.*, coalesce(claimed.address, worker_person.email, person_login.email) as email,
                   coalesce(preference.is_wanted, true)
                   and case when claimed.kind = 'offer_made'
                            then coalesce((claimed.facts ->> 'answer_by')::timestamptz > \(instant), true)
                            else true end as is_wanted
              from claimed
              left join worker_person on worker_person.worker_id = claimed.recipient_id
              left join person_login
                on person_login.principal_id = claimed.recipient_id and person_login.closed_at is null
              left join notice_preference as preference
                on preference.principal_id = claimed.recipient_id and preference.kind = claimed.kind
               and preference.channel = 'email'
             order by claimed.kind = 'offer_made', claimed.notice_id
            """
        ).map(Letter.init(row:))
    }

    /// Notes what became of claimed notices; of those that somebody else has claimed since, only that they arrived.
    func settle(_ results: [DeliveryResult]) async throws {
        for result in results {
            try await execute(
                """
                update notice
                   set state = \(result.state),
                       delivered_at = case when \(result.state)::notice_state = 'delivered' then \(instant)::timestamptz
                                      end,
                       due_at = \(result.dueAt ?? instant),
                       fault = \(result.fault)
                 where notice_id = \(result.notice) and state = 'waiting'
                   and (attempts = \(result.attempts) or \(result.state)::notice_state = 'delivered')
                """)
        }
    }

    /// A person's notices, newest first, without the kinds that they do not want in their inbox.
    func notices(
        to recipient: Principal.ID, before: Notice.ID?, unreadOnly: Bool, limit: Int
    ) async throws -> [InboxItem] {
        try await rows(
            """
            select notice_id, recipient_id, notice.kind, facts, created_at, read_at, state
              from notice
              left join notice_preference as preference
                on preference.principal_id = notice.recipient_id and preference.kind = notice.kind
               and preference.channel = 'inbox'
             where recipient_id = \(recipient) and notice.address is null
               and (\(before)::uuid is null or notice_id < \(before)::uuid)
               and (not \(unreadOnly) or read_at is null)
               and coalesce(preference.is_wanted, true)
             order by notice_id desc
             limit \(limit)
            """
        ).map(InboxItem.init(row:))
    }

    /// Marks a notice as read by its recipient.
    ///
    /// - Returns: whether it was unread; `nil` when there is none.
    func markRead(_ id: Notice.ID, by recipient: Principal.ID) async throws -> Bool? {
        let marked = try await execute(
            """
            update notice set read_at = \(instant)
             where notice_id = \(id) and recipient_id = \(recipient) and read_at is null
            """)
        if marked == 1 { return true }
        return try await firstRow(
            "select from notice where notice_id = \(id) and recipient_id = \(recipient)"
        ) == nil ? nil : false
    }

    func setPreference(_ preference: NoticePreference, of principal: Principal.ID) async throws {
        try await execute(
            """
            insert into notice_preference (principal_id, kind, channel, is_wanted, set_at)
            values (\(principal), \(preference.kind), \(preference.channel), \(preference.isWanted), \(instant))
            on conflict (principal_id, kind, channel) do update
               set is_wanted = excluded.is_wanted, set_at = excluded.set_at
            """)
    }

    func preferences(of principal: Principal.ID, limit: Int) async throws -> [NoticePreference] {
        try await rows(
            """
            select kind, channel, is_wanted from notice_preference
             where principal_id = \(principal)
             order by kind, channel
             limit \(limit)
            """
        ).map { NoticePreference(kind: try $0["kind"], channel: try $0["channel"], isWanted: try $0["is_wanted"]) }
    }
}

extension Letter {
    init(row: Row) throws {
        notice = try Notice(row: row)
        address = try row["email"]
        attempts = try row["attempts"]
        isWanted = try row.value("is_wanted", as: Bool.self) || NoticeKind.isMandatory(notice.kind)
    }
}

extension InboxItem {
    init(row: Row) throws {
        notice = try Notice(row: row)
        readAt = try row["read_at"]
        delivery = try row["state"]
    }
}

/// Who is told, and what.
struct Told: Sendable {
    let id: Notice.ID
    let recipient: Principal.ID
    let facts: JSON
}
