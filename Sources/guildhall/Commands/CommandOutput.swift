internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// An instant as commands print it: ISO 8601 in UTC, whole seconds.
func utcText(_ instant: Date) -> String { instant.formatted(.iso8601) }

/// An instant as commands read it.
func utcInstant(_ text: String, field: String) throws -> Date {
    guard let date = try? Date(text, strategy: .iso8601) else {
        throw BadInput(field, "must be ISO 8601 in UTC, such as 2026-04-01T00:00:00Z")
    }
    return date
}

extension Console {
    static func result(_ json: JSON, _ line: String, asJSON: Bool) {
        if asJSON { result(json) } else { result(line) }
    }

    /// One page of a list: an object of `items`, or a line for each.
    static func list(_ items: [(json: JSON, line: String)], asJSON: Bool) {
        if asJSON { return result(["items": .array(items.map(\.json))]) }
        if items.isEmpty { return note("Nothing.") }
        for item in items { result(item.line) }
    }
}

extension Market {
    /// A worker by the operator's own key for them, as in the roster, or by id.
    ///
    /// - Throws: ``NotFound``.
    func worker(_ key: String) async throws -> Worker.ID {
        if let id = Worker.ID(key) { return id }
        let found = try await database.read { try await $0.workerID(externalKey: key) }
        guard let found else { throw NotFound("worker '\(key)'") }
        return found
    }
}

extension Market {
    /// The requester of an operator's key.
    ///
    /// - Throws: ``NotFound``.
    func requester(_ key: String) async throws -> Requester.ID {
        let found = try await database.read { try await $0.requester(externalKey: key) }
        guard let found else { throw NotFound("requester called '\(key)'") }
        return found
    }
}

extension Session {
    /// The worker of an operator's key, or of an id.
    func worker(_ key: String) async throws -> Worker.ID { try await market.worker(key) }

    /// The requester of an operator's key.
    func requester(_ key: String) async throws -> Requester.ID { try await market.requester(key) }

    /// The team of an operator's key.
    func team(_ key: String) async throws -> Team {
        let found = try await database.read { try await $0.team(externalKey: key) }
        guard let found else { throw NotFound("team called '\(key)'") }
        return found
    }
}

/// The beginning of a file.
func fileBytes(_ path: String, most: Int) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw BadInput("file", "'\(path)' cannot be opened") }
    do {
        return [UInt8](try handle.read(upToCount: most) ?? Data())
    } catch {
        throw BadInput("file", "'\(path)' cannot be read")
    }
}

/// Refuses pages that are too long or empty.
func checkPage(_ limit: Int) throws {
    guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
}

/// One of the values of an enum, as an option names it.
func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ text: String, of type: Value.Type, field: String, but left: [Value] = []
) throws -> Value where Value: Equatable {
    let choices = type.allCases.filter { !left.contains($0) }
    guard let value = choices.first(where: { $0.rawValue == text }) else {
        throw BadInput(field, "must be one of \(choices.map(\.rawValue).joined(separator: ", "))")
    }
    return value
}

/// An id that a flag gives for paging.
func pageID<Entity>(_ text: String?, of type: Entity.Type, field: String = "before") throws -> Identifier<Entity>? {
    try text.map { try readID($0, field) }
}

/// A JSON file of at most 8 MiB.
func readJSONFile(_ path: String, _ field: String) throws -> JSON {
    guard let bytes = FileManager.default.contents(atPath: path) else { throw BadInput(field, "cannot read \(path)") }
    do throws(JSONFault) {
        return try JSON.parse(Array(bytes), limits: JSON.Limits(maxBytes: 8 << 20))
    } catch {
        throw BadInput(field, "\(path) is no JSON: \(error)")
    }
}
