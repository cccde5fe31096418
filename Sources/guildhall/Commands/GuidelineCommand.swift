internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct GuidelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guideline",
        abstract:
            "What workers are told: texts in versions that projects share, and what a change asks to check again.",
        discussion: """
            guildhall guideline add clauses --name "Clauses" --file clauses.md
            guildhall guideline publish clauses --file clauses-2.md --changes "Exhibits count." --scope scope.json
            guildhall guideline rechecks clauses --version 2          exactly the answers that this touches
            guildhall guideline recheck clauses --version 2 --file batch.json    a draft that checks them; publish it

            Whoever holds a lease reads the version that it was taken under. A project follows the newest version, or \
            the one that `follow` pins it to.
            """,
        subcommands: [
            Add.self, Publish.self, List.self, Show.self, Diff.self, Follow.self, GuidelineRechecks.self,
            GuidelineRecheck.self,
        ]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a guideline with its first version; the same key is the same guideline.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "Your own key for it.") var key: String
        @Option(help: "What people call it.") var name: String
        @Option(help: "Its text (Markdown, at most 100,000 characters).") var file: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let text = try guidelineText(file)
                let (requester, actor) = try await whose.people(in: session)
                let id = try await AddGuideline(market: session.market)(
                    externalKey: key, name: name, text: text, of: requester, by: actor
                )
                Console.result(["guideline": .string("\(id)")], "\(id)", asJSON: json)
            }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a new version, and list which earlier answers are to be checked again.",
            discussion: """
                --scope is all, none, or a JSON file: "all"; "none"; {"versions": [1, 2]}, those given under them; \
                {"projects": ["key"]}; {"answer": {"pointer": "/label", "values": ["a"]}}, those that have one of the \
                values there, or without values those that have anything there; {"all": […]} and {"any": […]} of such. \
                Answers that count are looked at: handed in, or accepted in full or in part. What is handed in later \
                under an earlier version joins the list by itself. Cut off, `guideline rechecks` goes on.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The guideline's key.") var key: String
        @Option(help: "The new text (Markdown).") var file: String
        @Option(help: "What changed, in words.") var changes: String
        @Option(help: "Which earlier answers it touches: all, none or a JSON file.") var scope: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let draft = GuidelineDraft(
                    text: try guidelineText(file), changes: changes, scope: try recheckScope(scope))
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListGuidelines(market: session.market).one(key, of: requester, by: actor)
                var listing = try await PublishGuideline(market: session.market)(
                    draft, of: found.id, from: requester, by: actor
                )
                while !listing.isComplete {
                    listing = try await ListOn(market: session.market)(
                        listing.version, of: found.id, from: requester, by: actor
                    )
                }
                Console.result(
                    listing.json, "Version \(listing.version); \(listing.listed) answers to check again.", asJSON: json
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a requester's guidelines, oldest first.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Option(help: "Only guidelines after this one (its id).") var after: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let page = try await ListGuidelines(market: session.market)(
                    of: requester, after: try pageID(after, of: Guideline.self, field: "after"), limit: limit, by: actor
                )
                Console.list(
                    page.map { guideline in
                        let json: JSON = [
                            "guideline": .string("\(guideline.id)"), "external_key": .string(guideline.externalKey),
                            "name": .string(guideline.name),
                            "newest_version": .integer(Int64(guideline.newestVersion)),
                        ]
                        let line =
                            "\(guideline.id) \(guideline.externalKey): \(guideline.name), "
                            + "version \(guideline.newestVersion)"
                        return (json, line)
                    }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the versions of a guideline, newest first, or the text of one.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The guideline's key.") var key: String
        @Option(help: "Print this version whole.") var version: Int?
        @Option(help: "Only versions before this one.") var before: Int?
        @Option(help: "How many, 1 to 50.") var limit = 20
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListGuidelines(market: session.market).one(key, of: requester, by: actor)
                let show = ShowGuideline(market: session.market)
                if let version {
                    let one = try await show.version(version, of: found.id, from: requester, by: actor)
                    return Console.result(one.json, one.text, asJSON: json)
                }
                let page = try await show(found.id, of: requester, before: before, limit: limit, by: actor)
                Console.list(page.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what changed from one version to another, line by line: - gone, + new.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The guideline's key.") var key: String
        @Argument(help: "The earlier version.") var old: Int
        @Argument(help: "The later version.") var new: Int
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListGuidelines(market: session.market).one(key, of: requester, by: actor)
                let show = ShowGuideline(market: session.market)
                let from = try await show.version(old, of: found.id, from: requester, by: actor)
                let to = try await show.version(new, of: found.id, from: requester, by: actor)
                let lines = LineDiff.lines(from: from.text, to: to.text)
                Console.list(lines.map { ($0.json, $0.text) }, asJSON: json)
            }
        }
    }

    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which guideline a project's workers are told, from the next lease on.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @Argument(help: "The project's key.") var project: String
        @Argument(help: "The guideline's key.") var guideline: String
        @Option(help: "Stay at this version, whatever is published later.") var pin: Int?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ListGuidelines(market: session.market).one(guideline, of: requester, by: actor)
                let follower = try await session.database.read {
                    try await $0.project(of: requester, externalKey: project)
                }
                guard let follower else { throw NotFound("project called '\(project)'") }
                try await FollowGuideline(market: session.market)(
                    found.id, pin: pin, by: follower.id, of: requester, actor: actor
                )
                let version = pin.map { "version \($0)" } ?? "the newest version"
                Console.result(
                    ["project": .string("\(follower.id)"), "pin": pin.map { .integer(Int64($0)) } ?? .null],
                    "\(follower.externalKey) follows \(version) of \(found.externalKey).", asJSON: json
                )
            }
        }
    }
}

func guidelineText(_ path: String) throws -> String {
    let bytes = try fileBytes(path, most: 4 * Guideline.textMax + 1)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw BadInput("file", "is not UTF-8") }
    return text
}

private func recheckScope(_ text: String) throws -> RecheckScope {
    switch text {
    case "all": .everything
    case "none": .nothing
    default: try RecheckScope(json: try readJSONFile(text, "scope"))
    }
}

extension RecheckListing {
    var json: JSON {
        [
            "version": .integer(Int64(version)), "rechecks": .integer(Int64(listed)), "is_complete": .bool(isComplete),
        ]
    }
}

extension GuidelineVersion {
    fileprivate var json: JSON {
        [
            "version": .integer(Int64(number)), "text": .string(text), "text_sha256": .string(hash.hexadecimal),
            "changes": .string(changes), "scope": scope.json, "published_at": .string(utcText(publishedAt)),
            "published_by": publishedBy.map { .string("\($0)") } ?? .null,
        ]
    }

    fileprivate var line: String {
        "\(number) of \(utcText(publishedAt)), touches \(scope.json.canonicalText): \(changes)"
    }
}

extension LineDiff.Line {
    fileprivate var text: String {
        switch self {
        case .kept(let line): "  \(line)"
        case .removed(let line): "- \(line)"
        case .added(let line): "+ \(line)"
        }
    }

    fileprivate var json: JSON {
        switch self {
        case .kept(let line): ["kept": .string(line)]
        case .removed(let line): ["removed": .string(line)]
        case .added(let line): ["added": .string(line)]
        }
    }
}
