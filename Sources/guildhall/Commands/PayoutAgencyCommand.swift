internal import ArgumentParser
internal import Formats
internal import Marketplace

struct PayoutAgencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agency-statement",
        abstract: "What a payment to an agency is for: what each of its people earned, what was kept, what is theirs.",
        discussion: "Example: guildhall payout agency-statement LINE --format html --output statement.html")
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableOptions
    @Argument(help: "The payment, as `payout lines` printed its id.") var line: String
    @Option(help: .actor("a manager of the agency, or somebody in finance")) var by = "finance-maker"

    func run() async throws {
        let id: PayoutLine.ID = try readID(line, "line")
        try await withSession(options) { session in
            let actor = try await session.market.person(named: by)
            try await table.write("people") { form, write in
                try await WriteAgencyStatement(market: session.market)(of: id, as: form, by: actor, to: write)
            }
        }
    }
}

extension TeamCommand {
    struct Account: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write where an agency is paid in its people's place; the account is read from standard input.",
            discussion: """
                One line: an IBAN, or with --bank another account's number. Two operators name the same within a \
                week. It is kept encrypted, and paid to 72 hours later; the agency's managers are told.
                """)
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The team's key.") var key: String
        @Option(help: "BIC, routing or sort code; not needed with an IBAN.") var bank: String?
        @Option(help: "The account's holder.") var holder: String
        @Option(help: "The bank's country, ISO 3166-1.") var country: String
        @Option(help: "ISO 4217 code.") var currency = "USD"
        @OptionGroup var address: PayeeAddressOptions
        @Option(help: .actor("an operator")) var by = "operator"

        func run() async throws {
            try await withSession(options) { session in
                let method = try PayoutMethod(
                    account: readLine() ?? "", bank: bank, holder: holder, country: country, currency: currency,
                    address: try address.given)
                let isDone = try await SetTeamPayoutMethod(market: session.market, keys: try session.market.ring)(
                    method, of: try await session.team(key).id, by: try await session.market.person(named: by))
                Console.result(
                    isDone ? "Set the account of \(key)." : "proposed: another operator has to name the same account")
            }
        }
    }
}
