internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct PayoutMethodCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout", abstract: "Where a worker is paid; encrypted, and each reading is in the audit log.",
        subcommands: [Set.self, Read.self]
    )

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write where a worker is paid; the account is read from standard input.",
            discussion: """
                One line: an IBAN, or with --bank another account's number. Not on the command line, which others on \
                the machine can see.

                Whoever had an account before is told of the change, at addresses of the last 30 days, too; the \
                environment's GUILDHALL_FORMER_CONTACT_DAYS says another number, 0 to 3650.
                """
        )
        @OptionGroup var event: WorkerEventOptions
        @Option(help: "BIC, routing or sort code; not needed with an IBAN.") var bank: String?
        @Option(help: "The account's holder.") var holder: String
        @Option(help: "The bank's country, ISO 3166-1.") var country: String
        @Option(help: "ISO 4217 code.") var currency = "USD"
        @Flag(help: "It is a savings account, in the United States.") var savings = false
        @OptionGroup var address: PayeeAddressOptions

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                let method = try PayoutMethod(
                    account: readLine() ?? "", bank: bank, holder: holder, country: country, currency: currency,
                    isSavings: savings, address: try address.given)
                try await SetPayoutMethod(
                    market: market, keys: try market.ring, formerContactDays: try Self.formerContactDays())(
                        method, of: worker, by: actor)
                return [:]
            }
        }

        /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
        @inline(never)
        private static func formerContactDays() throws -> Int {
            let text = ProcessInfo.processInfo.environment["GUILDHALL_FORMER_CONTACT_DAYS"] ?? ""
            guard !text.isEmpty else { return SetPayoutMethod.formerContactDays }
            guard let days = Int(text), (0...3_650).contains(days) else {
                throw BadInput("GUILDHALL_FORMER_CONTACT_DAYS", "must be 0 to 3650")
            }
            return days
        }
    }

    struct Read: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a worker's payout method for a stated purpose.")
        @OptionGroup var reading: SecretReading

        func run() async throws {
            try await reading.run(remotely: self) { worker, purpose, market, keys, actor in
                try await ReadPayoutMethod(market: market, keys: keys)(of: worker, for: purpose, by: actor).json
            }
        }
    }
}

struct TaxProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tax", abstract: "What a worker's income is reported by; encrypted, each reading is audited.",
        subcommands: [Set.self, Read.self]
    )

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a worker's tax profile; the taxpayer number is read from standard input.")
        @OptionGroup var event: WorkerEventOptions
        @Option(help: "Tax residence, ISO 3166-1.") var residence: String
        @Option(help: "w9, w8ben or declaration.") var form = "declaration"

        func run() async throws {
            try await event.run(remotely: self) { worker, market, actor in
                let form = try choice(form, of: TaxForm.self, field: "form")
                let profile = try TaxProfile(residence: residence, taxpayerNumber: readLine() ?? "", form: form)
                try await SetTaxProfile(market: market, keys: try market.ring)(profile, of: worker, by: actor)
                return [:]
            }
        }
    }

    struct Read: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Open a worker's tax profile for a stated purpose.")
        @OptionGroup var reading: SecretReading

        func run() async throws {
            try await reading.run(remotely: self) { worker, purpose, market, keys, actor in
                try await ReadTaxProfile(market: market, keys: keys)(of: worker, for: purpose, by: actor).json
            }
        }
    }
}

/// Where the holder of an account lives.
struct PayeeAddressOptions: ParsableArguments {
    @Option(help: "The holder's street.") var street: String?
    @Option(help: "The number of the building.") var buildingNumber: String?
    @Option(help: "The post code.") var postCode: String?
    @Option(help: "The town; with --address-country, where anything of an address is given.") var town: String?
    @Option(help: "The country of the address, ISO 3166-1.") var addressCountry: String?

    var given: PayeeAddress? {
        get throws {
            try PayeeAddress.given(
                street: street, buildingNumber: buildingNumber, postCode: postCode, town: town,
                country: addressCountry)
        }
    }

    /// As the server takes it; `nil` where nothing is given.
    var json: JSON? {
        let given = [
            ("street", street), ("building_number", buildingNumber), ("post_code", postCode), ("town", town),
            ("country", addressCountry),
        ]
        let members = given.compactMap { name, text in text.map { (name, JSON.string($0)) } }
        return members.isEmpty ? nil : .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
    }
}

/// What every reading of something sealed takes.
struct SecretReading: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The worker's key or id.") var key: String
    @Option(help: "payment, tax_reporting or legal_request; it is recorded.") var purpose: String
    @Option(help: "Who reads: finance for payments and taxes, an operator for authorities.") var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run(
        remotely command: some ParsableCommand,
        _ read: (Worker.ID, ReadingPurpose, Market, KeyRing, Principal.ID) async throws -> JSON
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            let purpose = try choice(
                purpose, of: ReadingPurpose.self, field: "purpose", but: [.ownAccess, .marking]
            )
            let secret = try await read(
                try await session.market.worker(key), purpose, session.market, try session.market.ring,
                try await session.market.person(named: by)
            )
            if json { return Console.result(secret) }
            for (name, value) in (secret.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) where !value.isNull {
                Console.result("\(name): \(value.stringValue ?? value.canonicalText)")
            }
        }
    }
}

struct DuplicatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates", abstract: "Accounts that may be one person's: find, list and decide.",
        subcommands: [List.self, Decide.self, Find.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List cases in one state, a page at a time.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "open, same_person or different_people.") var state = "open"
        @Option(help: "The last case's id of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 50
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let state = try choice(state, of: DuplicateState.self, field: "state")
                let page = try await ListDuplicates(market: session.market)(
                    in: state, after: try after.map { try readID($0, "after") }, limit: limit,
                    by: try await session.market.person(named: by)
                )
                if json {
                    Console.result([
                        "cases": .array(
                            page.map { found in
                                [
                                    "case": .string("\(found.id)"), "ground": .string(found.ground.rawValue),
                                    "workers": .array(found.externalKeys.map(JSON.string)),
                                    "opened_at": .string(found.openedAt.formatted(.iso8601)),
                                    "reasons": found.reasons.map(JSON.string) ?? .null,
                                ]
                            })
                    ])
                } else {
                    if page.isEmpty { Console.note("Nothing.") }
                    for found in page {
                        let keys = found.externalKeys.joined(separator: "  ")
                        Console.result("\(found.id)  \(found.ground.rawValue)  \(keys)")
                    }
                }
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether two accounts are one person's.",
            discussion: "Of one person, only one account can be activated; close or suspend the other."
        )
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The case's id.") var id: String
        @Argument(help: "same_person or different_people.") var finding: String
        @Option(help: "For other operators to read.") var reasons: String
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let finding = try choice(finding, of: DuplicateFinding.self, field: "finding")
                try await DecideDuplicate(market: session.market)(
                    try readID(id), finding, reasons: reasons,
                    by: try await session.market.person(named: by)
                )
                if json {
                    Console.result(["case": .string(id), "state": .string(finding.rawValue)])
                } else {
                    Console.result("Decided \(id): \(finding.rawValue).")
                }
            }
        }
    }

    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare the workers who were registered without a key file.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let find = FindDuplicates(market: session.market, keys: try session.market.ring)
                let actor = try await session.market.person(named: by)
                var count = 0
                while case let marked = try await find(by: actor), marked > 0 { count += marked }
                if json {
                    Console.result(["compared": .integer(Int64(count))])
                } else {
                    Console.result("Compared \(count) workers.")
                }
            }
        }
    }
}
