internal import Formats
internal import Foundation
package import Store

extension AuditRecord {
    init(row: Row) throws {
        event = try row["event_id"]
        stream = try row["stream"]
        occurredMicroseconds = try row["occurred_us"]
        actor = try row["actor_id"]
        action = try row["action"]
        subject = try row["subject"]
        subjectID = try row["subject_id"]
        facts = try row["facts"]
    }
}

extension Transaction {
    /// The streams of the events that have waited longest, sorted: the order in which sealers lock them.
    func streamsInLine(limit: Int) async throws -> [String] {
        try await rows(
            """
            select distinct stream
              from (select stream from audit_unsealed order by event_id limit \(limit)) as oldest
             order by stream
            """
        ).map { try $0["stream"] }
    }

    /// The events of these streams that wait for their seal, in the order of their ids.
    func unsealedEvents(of streams: [String], limit: Int) async throws -> [AuditRecord] {
        try await rows(
            """
            select event_id, audit_event.stream, (extract(epoch from occurred_at) * 1000000)::bigint as occurred_us,
                   actor_id, action, subject, subject_id, facts
              from audit_unsealed
              join audit_event using (event_id)
             where audit_unsealed.stream = any(\(streams))
             order by event_id
             limit \(limit)
            """
        ).map(AuditRecord.init(row:))
    }

    /// The newest links of these streams; those without any are left out.
    func heads(of streams: [String]) async throws -> [AuditAnchor] {
        try await rows("select stream, length, head from audit_stream where stream = any(\(streams))").map {
            AuditAnchor(stream: try $0["stream"], position: try $0["length"], hash: try $0["head"])
        }
    }

    /// The newest link of a stream, to be kept outside the database.
    package func auditHead(of stream: AuditStream) async throws -> AuditAnchor? {
        try await heads(of: [stream.description]).first
    }

    /// Writes links, moves the heads and takes the events out of the line.
    func seal(_ links: [(anchor: AuditAnchor, event: AuditEvent.ID)], heads: [AuditAnchor]) async throws {
        _ = try await pipeline([
            """
            insert into audit_stream (stream, length, head)
            select * from unnest(\(heads.map(\.stream)), \(heads.map(\.position)),
                                 \(heads.map { Bytes($0.hash.bytes) }))
            on conflict (stream) do update set length = excluded.length, head = excluded.head
            """,
            """
            insert into audit_seal (stream, position, event_id, hash)
            select * from unnest(\(links.map(\.anchor.stream)), \(links.map(\.anchor.position)),
                                 \(links.map(\.event)), \(links.map { Bytes($0.anchor.hash.bytes) }))
            """,
            "delete from audit_unsealed where event_id = any(\(links.map(\.event)))",
        ])
    }

    /// Links of all streams, by stream and position, with their events and the heads of their streams.
    func links(after stream: String, _ position: Int64, limit: Int) async throws -> [AuditLink] {
        try await rows(
            """
            select seal.stream as seal_stream, seal.position, seal.event_id as sealed_id, seal.hash,
                   audit_stream.length, audit_stream.head, event.event_id is not null as has_event,
                   event.event_id, event.stream,
                   (extract(epoch from event.occurred_at) * 1000000)::bigint as occurred_us,
                   event.actor_id, event.action, event.subject, event.subject_id, event.facts
              from audit_seal as seal
              left join audit_stream on audit_stream.stream = seal.stream
              left join audit_event as event on event.event_id = seal.event_id
             where (seal.stream, seal.position) > (\(stream), \(position))
             order by seal.stream, seal.position
             limit \(limit)
            """
        ).map { row in
            let stream: String = try row["seal_stream"]
            let length: Int64? = try row["length"]
            let head: Digest? = try row["head"]
            let anchor: AuditAnchor? =
                if let length, let head { AuditAnchor(stream: stream, position: length, hash: head) } else { nil }
            return AuditLink(
                stream: stream, position: try row["position"], eventID: try row["sealed_id"], hash: try row["hash"],
                record: try row["has_event"] ? try AuditRecord(row: row) : nil, head: anchor
            )
        }
    }

    /// Streams that have lost their last link, by name.
    ///
    /// - Parameter end: only those before it.
    func streamsWithoutHead(
        after stream: String, before end: String? = nil, limit: Int
    ) async throws -> [(stream: String, length: Int64)] {
        try await rows(
            """
            select stream, length
              from audit_stream
             where stream > \(stream)
               and (\(end)::text is null or stream < \(end)::text)
               and not exists (select from audit_seal
                                where audit_seal.stream = audit_stream.stream and position = audit_stream.length)
             order by stream
             limit \(limit)
            """
        ).map { (try $0["stream"], try $0["length"]) }
    }

    /// A page of events by id, each with whether it is sealed or waits for its seal.
    func eventsInLine(
        after event: AuditEvent.ID, limit: Int
    ) async throws -> [(event: AuditEvent.ID, stream: String, isInLine: Bool)] {
        try await rows(
            """
            with page as materialized (
                select event_id, stream from audit_event where event_id > \(event) order by event_id limit \(limit)
            )
            select event_id, stream,
                   exists (select from audit_seal where audit_seal.event_id = page.event_id)
                   or exists (select from audit_unsealed where audit_unsealed.event_id = page.event_id) as is_in_line
              from page
             order by event_id
            """
        ).map { (try $0["event_id"], try $0["stream"], try $0["is_in_line"]) }
    }
}
