internal import Formats
internal import HTTPTypes
internal import Marketplace

/// An object that is read by one endpoint and changed by others, and what a change with `If-Match` is held against.
///
/// Its ETag has two halves: the first is of what people change, whatever `fields` asks for, the second of the bytes
/// that were sent. `If-None-Match` goes by both, `If-Match` by the first, so that a change is not refused because work
/// went on meanwhile.
struct Guarded: Sendable {
    /// The members that people change; all where there are none.
    let members: Set<String>
    /// Takes the lock that every change of it takes first.
    let lock: @Sendable (Call, Change) async throws -> Void
    /// What the object is read by.
    let read: @Sendable (Call) async throws -> Outcome

    init(
        _ members: Set<String> = [], lock: @escaping @Sendable (Call, Change) async throws -> Void,
        read: @escaping @Sendable (Call) async throws -> Outcome
    ) {
        (self.members, self.lock, self.read) = (members, lock, read)
    }

    /// The first half of the ETag.
    func mark(of object: JSON) -> String {
        let changed = object.objectValue?.filter { members.isEmpty || members.contains($0.key) } ?? [:]
        return JSON.object(changed).mark
    }

    /// The market for a change with `If-Match`: its next change is made only if the object is still as it was read.
    func market(for call: Call, match: String) -> Market {
        call.market.provided(
            allowed: { _ = try await read(call) }, locking: { try await lock(call, $0) },
            {
                guard case .json(let object, _) = try await read(call) else { return }
                guard match == "*" || Self.marks(of: match).contains(Substring(mark(of: object))) else {
                    throw RequestRefusal.changedMeanwhile
                }
            })
    }

    /// The first halves of a list of ETags; weak ones match nothing.
    private static func marks(of match: String) -> Set<Substring> {
        Set(
            match.split(separator: ",").compactMap { item in
                let tag = item.trimmingPrefix { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
                guard tag.hasPrefix("\""), tag.hasSuffix("\""), tag.count > 2 else { return nil }
                return tag.dropFirst().dropLast().split(separator: "-", omittingEmptySubsequences: false).first
            })
    }
}

extension JSON {
    /// Half of an ETag: of the canonical bytes.
    var mark: String { String(Digest(of: canonicalBytes()).hexadecimal.prefix(32)) }
}
