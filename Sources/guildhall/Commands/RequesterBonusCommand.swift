internal import ArgumentParser
internal import Formats
internal import Marketplace

struct RequesterBonusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bonus", abstract: "Pay more for accepted work than was agreed, out of the wallet.",
        discussion: """
            The worker is told, with the reason. The same reference again is the same bonus.

            guildhall requester bonus acme --assignment ASSIGNMENT --amount-minor 500 --reference B-7 \
            --reason "Found the clause that everybody else missed"
            """
    )
    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The requester's key.") var key: String
    @Option(help: "The accepted assignment's id.") var assignment: String
    @Option(name: .customLong("amount-minor"), help: "In minor units: cents, yen.") var amountMinor: Int64
    @Option(help: "ISO 4217 code; that of the work.") var currency = "USD"
    @Option(help: "The requester's own name for it, 1 to 200 characters.") var reference: String
    @Option(help: "For the worker to read.") var reason: String
    @Option(help: .actor("who publishes for the requester")) var by = "operator"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(database) { session in
            guard let amount = try? Money(amountMinor, try readCurrency(currency)) else {
                throw BadInput("amount_minor", "is out of range")
            }
            let entry = try await PayBonus(market: session.market)(
                amount, for: try readID(assignment, "assignment"), of: try await session.requester(key),
                reference: reference, reason: reason, by: try await session.market.person(named: by)
            )
            Console.result(["entry": .string("\(entry)")], "\(entry): \(amount)", asJSON: json)
        }
    }
}
