internal import ArgumentParser
internal import Formats
internal import Marketplace

struct RequesterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requester", abstract: "The organisations that publish work and pay for it.",
        discussion: """
            guildhall requester add acme --name "Acme Law"
            guildhall requester fund acme --amount-minor 5000000 --currency USD --reference WIRE-2026-118
            guildhall project create --file samples/project.json --requester acme

            A batch is published only if the wallet covers its worst case.
            """,
        subcommands: [Add.self, List.self, Fund.self, RequesterBonusCommand.self, Score.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enter a requester; the same key is the same requester, left as it is.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The key that `--requester` takes, 1 to 200 characters.") var key: String
        @Option(help: "What people call it.") var name: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let id = try await CreateRequester(market: market)(externalKey: key, name: name, by: actor)
                return (["requester": .string("\(id)"), "external_key": .string(key)], "\(id): \(key)")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Requesters with what is in their wallets, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListRequesters(market: market)(after: try page.id(), limit: page.limit, by: actor).map {
                    ($0.json, $0.line)
                }
            }
        }
    }

    struct Fund: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Book money that a requester has paid in.",
            discussion: "The same reference again is the same booking: a repeat books nothing."
        )
        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The requester's key.") var key: String
        @Option(name: .customLong("amount-minor"), help: "In minor units: cents, yen.") var amountMinor: Int64
        @Option(help: "ISO 4217 code.") var currency = "USD"
        @Option(help: "The payment's reference at the bank, 1 to 200 characters.") var reference: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(database) { session in
                let currency = try readCurrency(currency)
                guard let amount = try? Money(amountMinor, currency) else {
                    throw BadInput("amount_minor", "is out of range")
                }
                let transfer = try await FundRequester(market: session.market)(
                    try await session.requester(key), with: amount,
                    reference: Reference.uuid(of: reference, in: "funding"),
                    by: try await session.market.person(named: by)
                )
                Console.result(["transfer": .string("\(transfer)")], "\(transfer): \(amount)", asJSON: json)
            }
        }
    }
}

extension RequesterLine {
    fileprivate var json: JSON {
        [
            "requester": .string("\(id)"), "external_key": .string(externalKey), "name": .string(name),
            "wallets": .array(
                wallets.map { ["minor": .integer($0.minorUnits), "currency": .string($0.currency.code)] }),
        ]
    }

    fileprivate var line: String {
        let money = wallets.isEmpty ? "nothing paid in" : wallets.map { "\($0)" }.joined(separator: ", ")
        return "\(id): \(externalKey), \(name); \(money)"
    }
}
