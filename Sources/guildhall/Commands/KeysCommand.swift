internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and rotate the keys that task content, payout methods and tax profiles are encrypted under.",
        discussion: """
            The key file is never stored in the database. Keep a copy of it apart from the database's backups: without \
            it nothing that was encrypted can be read again.
            """,
        subcommands: [Create.self, Rotate.self, RotateMarks.self, RotateSteady.self, List.self, Record.self]
    )

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key file, readable by its owner only; an existing one is left alone."
        )
        @OptionGroup var keys: KeyOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            do {
                let file = try keys.file()
                let ring = KeyRing.generate()
                try file.create(ring)
                report(ring, json: json) { "Made \(file.path) with \($0)." }
            } catch {
                throw Console.failure(error)
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a new key, wrap every data key by it, and destroy the old ones.",
            discussion: """
                Cut off at any point, it goes on where it was when it is run again: a file with more than one key is a \
                rotation under way. Servers must be given the new file; until then they refuse to write secrets or \
                cannot open those that are wrapped anew, and lose nothing.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Data keys per transaction, 1 to 1,000.") var batch = 500
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...RewrapKeys.batchMax).contains(batch) else {
                throw ValidationError("--batch must be 1 to 1,000.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let file = try options.keyFile
                var ring = try file.read()
                let actor = try await session.market.person(named: by)
                if ring.names.count == 1 {
                    ring = ring.adding()
                    try file.replace(ring)
                }
                let rewrap = RewrapKeys(market: session.market, keys: ring)
                var count = 0
                while case let done = try await rewrap(limit: batch, by: actor), done > 0 { count += done }
                let retired = try await RetireKeys(market: session.market, keys: ring)(by: actor)
                ring = ring.dropping(retired)
                try file.replace(ring)
                if json {
                    Console.result([
                        "rewrapped": .integer(Int64(count)), "retired": .array(retired.map(JSON.string)),
                        "keys": .array(ring.names.map(JSON.string)),
                    ])
                } else {
                    Console.result("\(count) data keys rewrapped, \(retired.count) keys destroyed.")
                }
            }
        }
    }

    struct RotateMarks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key for the marks by which duplicates are found, and every mark anew.",
            discussion: """
                Payout methods are opened for it, each reading in the audit log. Cut off at any point, it goes on \
                where it was when it is run again: marks of another key than the file's are a rotation under way. \
                Give servers the new file, then run it once more: what they marked by the old key meanwhile is made \
                anew. Nothing is missed for good; a duplicate may be found later. Repeated requests and letters with \
                codes go by another key of the file, which stays: that is for `keys rotate-steady`.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Workers per transaction, 1 to 200.") var batch = 200
        @Option(help: "The operator.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (1...RemakeMarks.batchMax).contains(batch) else { throw ValidationError("--batch must be 1 to 200.") }
        }

        func run() async throws {
            try await withSession(options) { session in
                let file = try options.keyFile
                var ring = try file.read()
                let actor = try await session.market.person(named: by)
                let isUnderWay = try await RemakeMarks(market: session.market, keys: ring).isUnderWay(by: actor)
                if !isUnderWay {
                    ring = ring.changingMarkKey()
                    try file.replace(ring)
                }
                let remake = RemakeMarks(market: session.market, keys: ring)
                var count = 0
                while case let done = try await remake(limit: batch, by: actor), done > 0 { count += done }
                Console.result(
                    ["remarked": .integer(Int64(count)), "is_new_key": .bool(!isUnderWay)],
                    "\(count) workers marked anew\(isUnderWay ? ", to end the rotation under way" : "").", asJSON: json
                )
            }
        }
    }

    struct RotateSteady: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key for codes in letters and for what is kept of requests, as after a leak.",
            discussion: """
                Every invitation and reset that is under way ends, and what servers with the old file send until they \
                have the new one is worth nothing at those that have it. Repeats of requests that were stored by the \
                former key are known for three days; a server with the old file refuses those stored by the new one, \
                and does nothing twice. Run again, it makes another key, and forgets the former one.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let file = try options.keyFile
                let ring = try file.read()
                let actor = try await session.market.person(named: by)
                try file.replace(try await RotateSteadyKey(market: session.market)(ring, by: actor))
                Console.result(
                    ["state": "replaced"], "Another key makes codes from now on. Give servers the new file.",
                    asJSON: json)
            }
        }
    }

    struct Record: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Print the public key that records of workers are checked with; make the key where there is none.",
            discussion: "It stays the same through rotations, so that what was signed can be checked for ever.")
        @OptionGroup var keys: KeyOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            do {
                var ring = try keys.ring()
                if ring.recordKey == nil {
                    let file = try keys.file()
                    ring = try file.read().addingRecordKey()
                    try file.replace(ring)
                }
                let key = ring.recordKey?.publicHexadecimal ?? ""
                Console.result(["public_key": .string(key)], key, asJSON: json)
            } catch {
                throw Console.failure(error)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Name the keys of the file, oldest first.")
        @OptionGroup var keys: KeyOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            do {
                report(try keys.ring(), json: json) { $0 }
            } catch {
                throw Console.failure(error)
            }
        }
    }
}

private func report(_ ring: KeyRing, json: Bool, _ text: (String) -> String) {
    if json {
        Console.result(["keys": .array(ring.names.map(JSON.string))])
    } else {
        Console.result(text(ring.names.joined(separator: "\n")))
    }
}
