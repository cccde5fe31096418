internal import Formats
internal import Foundation
internal import Store

/// An audit event as it lies in the table, for hashing: nothing in it is interpreted.
struct AuditRecord: Hashable, Sendable {
    let event: AuditEvent.ID
    let stream: String
    let occurredMicroseconds: Int64
    let actor: UUID
    let action: String
    let subject: String
    let subjectID: UUID
    let facts: JSON

    /// The hash of a stream before its first link.
    static func origin(of stream: String) -> Digest { Digest(of: "guildhall audit \(stream)") }

    /// SHA-256 over the hash of the link before and the canonical JSON of the event at its position.
    func hash(after previous: Digest, at position: Int64) -> Digest {
        let content: JSON = [
            "position": .integer(position), "event": .string("\(event)"), "stream": .string(stream),
            "occurred_us": .integer(occurredMicroseconds), "actor": .string(actor.uuidString.lowercased()),
            "action": .string(action), "subject": .string(subject),
            "subject_id": .string(subjectID.uuidString.lowercased()), "facts": facts,
        ]
        return Digest(of: previous.bytes + content.canonicalBytes())
    }
}

/// A link of a chain with what the tables say around it.
struct AuditLink: Sendable {
    let stream: String
    let position: Int64
    let eventID: AuditEvent.ID
    let hash: Digest
    /// `nil` when the event is gone.
    let record: AuditRecord?
    /// Length and head of the stream, read in the same statement; `nil` when the stream has no such row.
    let head: AuditAnchor?
}

/// A link of a chain that was written down outside the database: whoever rewrites the chain up to it is found out.
package struct AuditAnchor: Hashable, Sendable {
    package let stream: String
    package let position: Int64
    package let hash: Digest

    package init(stream: String, position: Int64, hash: Digest) {
        self.stream = stream
        self.position = position
        self.hash = hash
    }

    /// As ``text`` has it.
    ///
    /// - Returns: `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let position = Int64(parts[1]), position > 0, let hash = Digest(hexadecimal: parts[2])
        else { return nil }
        self.init(stream: parts[0], position: position, hash: hash)
    }

    /// `STREAM/POSITION/HASH`.
    package var text: String { "\(stream)/\(position)/\(hash.hexadecimal)" }
}

/// What is wrong with the audit log, and where.
package struct AuditFault: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The chain jumps over this position.
        case linkMissing = "link_missing"
        /// The link is there, its event is not.
        case eventMissing = "event_missing"
        /// The event belongs to another stream.
        case eventMisplaced = "event_misplaced"
        /// Event or link is not what was sealed.
        case hashDiffers = "hash_differs"
        /// The chain ends elsewhere than its stream says.
        case headDiffers = "head_differs"
        /// The link is another than the anchor that was kept outside.
        case anchorDiffers = "anchor_differs"
        /// The event has no link and waits for none.
        case neverSealed = "never_sealed"
    }

    package let kind: Kind
    package let stream: String
    /// From 1; `nil` for an event without a link.
    package let position: Int64?
    package let event: AuditEvent.ID?

    package var description: String {
        let place = position.map { " at position \($0)" } ?? ""
        return "\(stream)\(place): \(kind.rawValue)" + (event.map { " (event \($0))" } ?? "")
    }
}

/// Walks chains link by link, each stream in the order of its positions, and keeps of each its first fault.
struct ChainWalk {
    /// Stream and position to hash.
    private let anchors: [String: [Int64: Digest]]
    private(set) var faults: [AuditFault] = []
    private(set) var streams = 0
    private(set) var links = 0
    private var last: (link: AuditLink, hash: Digest)?
    private var isBroken = false

    init(anchors: [AuditAnchor]) {
        self.anchors = Dictionary(grouping: anchors, by: \.stream).mapValues { anchors in
            Dictionary(anchors.map { ($0.position, $0.hash) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Goes on behind a link that was held against its event before.
    ///
    /// - Parameter link: what stands there now; `nil` for none.
    mutating func goOn(behind anchor: AuditAnchor, _ link: AuditLink?) {
        guard let link, link.stream == anchor.stream, link.position == anchor.position else {
            faults.append(
                AuditFault(kind: .anchorDiffers, stream: anchor.stream, position: anchor.position, event: nil))
            return
        }
        last = (link, link.hash)
        if link.hash != anchor.hash { report(.anchorDiffers, link, at: link.position) }
    }

    mutating func take(_ link: AuditLink) {
        if last?.link.stream != link.stream { endStream() }
        if last == nil { streams += 1 }
        links += 1
        let expected = (last?.link.position ?? 0) + 1
        let previous = last?.hash ?? AuditRecord.origin(of: link.stream)
        if let kind = fault(in: link, at: expected, after: previous) {
            report(kind, link, at: kind == .linkMissing ? expected : link.position)
        }
        last = (link, link.hash)
    }

    mutating func endStream() {
        if let (link, hash) = last, link.head != AuditAnchor(stream: link.stream, position: link.position, hash: hash) {
            report(.headDiffers, link, at: link.position)
        }
        last = nil
        isBroken = false
    }

    private func fault(in link: AuditLink, at expected: Int64, after previous: Digest) -> AuditFault.Kind? {
        guard link.position == expected else { return .linkMissing }
        guard let record = link.record else { return .eventMissing }
        guard record.stream == link.stream else { return .eventMisplaced }
        guard record.hash(after: previous, at: link.position) == link.hash else { return .hashDiffers }
        if let anchor = anchors[link.stream]?[link.position], anchor != link.hash { return .anchorDiffers }
        return nil
    }

    private mutating func report(_ kind: AuditFault.Kind, _ link: AuditLink, at position: Int64) {
        guard !isBroken else { return }
        isBroken = true
        faults.append(AuditFault(kind: kind, stream: link.stream, position: position, event: link.eventID))
    }
}
