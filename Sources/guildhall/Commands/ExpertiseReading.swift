internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// What the commands on profiles, credentials, exams and tiers read and print alike.
struct ExpertiseOptions: ParsableArguments {
    @OptionGroup var database: DatabaseOptions
    @Option(help: .actor("an operator")) var by = "operator"
    @Flag(help: "Print JSON.") var json = false

    /// Runs a command as that person and prints what comes back.
    ///
    /// - Parameter command: whose options they are; a server may be asked in its place.
    func run(
        remotely command: some ParsableCommand,
        _ body: @Sendable (_ market: Market, _ actor: Principal.ID) async throws -> (json: JSON, text: String)
    ) async throws {
        try await withSession(database, remotely: command as? any RemoteCommand) { session in
            let (result, text) = try await body(session.market, try await session.market.person(named: by))
            if json { Console.result(result) } else { Console.result(text) }
        }
    }

    /// The same for a page of a list, one line an entry.
    func list(
        remotely command: some ParsableCommand,
        _ body: @Sendable (_ market: Market, _ actor: Principal.ID) async throws -> [(json: JSON, text: String)]
    ) async throws {
        try await run(remotely: command) { market, actor in
            let entries = try await body(market, actor)
            let text = entries.isEmpty ? "None." : entries.map(\.text).joined(separator: "\n")
            return (.array(entries.map(\.json)), text)
        }
    }
}

/// A page of a list.
struct PageOptions: ParsableArguments {
    @Option(help: "Begin after this entry, as the page before printed its last.") var after: String?
    @Option(help: "Most entries, 1 to 200.") var limit = 50

    mutating func validate() throws {
        guard (1...200).contains(limit) else { throw ValidationError("--limit must be 1 to 200.") }
    }

    func id<Entity>(_ type: Entity.Type = Entity.self) throws -> Identifier<Entity>? {
        guard let after else { return nil }
        return try readID(after, "after")
    }
}

/// Words from the command line, as the domain's values.
func readID<Entity>(_ text: String, _ field: String = "id") throws -> Identifier<Entity> {
    guard let id = Identifier<Entity>(text) else { throw BadInput(field, "must be a UUID") }
    return id
}

func readProfession(_ text: String) throws -> Profession {
    guard let profession = Profession(text) else { throw BadInput("profession", "must be a code of the catalogue") }
    return profession
}

func readTier(_ text: String) throws -> Tier {
    guard let tier = Tier(rawValue: text) else {
        throw BadInput("tier", "must be one of " + Tier.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return tier
}

func readKind(_ text: String) throws -> CredentialKindCode {
    guard let kind = CredentialKindCode(rawValue: text) else {
        throw BadInput("kind", "must be a code of the catalogue")
    }
    return kind
}

func readDay(_ text: String, _ field: String) throws -> CalendarDate {
    guard let day = CalendarDate(iso: text) else { throw BadInput(field, "must be a day such as 2026-03-02") }
    return day
}

func readInstant(_ text: String) throws -> Date {
    guard let instant = try? Date(text, strategy: .iso8601) else {
        throw BadInput("at", "must be an instant such as 2026-03-02T09:00:00Z")
    }
    return instant
}

func readFile(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else { throw NotFound("file '\(path)'") }
    return Array(data)
}

/// A file of JSON, or JSON itself where the argument begins with a bracket.
func readJSON(_ argument: String, _ field: String) throws -> JSON {
    let bytes = argument.hasPrefix("{") || argument.hasPrefix("[") ? Array(argument.utf8) : try readFile(argument)
    do {
        return try JSON.parse(bytes)
    } catch {
        throw BadInput(field, "is not JSON: \(error)")
    }
}
