internal import ArgumentParser
internal import Formats
internal import Marketplace

struct TaxDefaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default", abstract: "By which rules those are taxed who have chosen none, by country.",
        discussion: """
            The country is the worker's, or that of the agency which is paid in their place.

            guildhall tax default set DE eu --source "DAC7, section 2 PStTG"
            """,
        subcommands: [Set.self, End.self, List.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put rules in force from now on.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "ISO 3166-1 alpha-2.") var country: String
        @Argument(help: "A rule set; `guildhall tax rules` lists them.") var rules: String
        @Option(help: "The law, or whose advice it is.") var source: String
        @Option(help: .actor("a finance checker")) var by = "finance-checker"

        func run() async throws {
            try await withSession(options) { session in
                try await SetTaxDefault(market: session.market)(
                    country, ruleSet: rules, source: source, by: try await session.market.person(named: by))
                Console.result("\(country): \(rules)")
            }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End what is in force.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "ISO 3166-1 alpha-2.") var country: String
        @Option(help: "The law, or whose advice it is.") var source: String
        @Option(help: .actor("a finance checker")) var by = "finance-checker"

        func run() async throws {
            try await withSession(options) { session in
                try await SetTaxDefault(market: session.market)(
                    country, ruleSet: nil, source: source, by: try await session.market.person(named: by))
                Console.result("\(country): none")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is in force; --after takes a country.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "The last country of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 50
        @Option(help: .actor("somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await SetTaxDefault(market: session.market).all(
                    after: after, limit: limit, by: try await session.market.person(named: by))
                Console.list(
                    found.map { ($0.json, "\($0.country): \($0.ruleSet), by \($0.source)") }, asJSON: json)
            }
        }
    }
}

struct TaxClaimCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claim",
        abstract: "Exempt income, deductions and reliefs of workers under cumulative rules, by evidence.",
        discussion: """
            One person of finance enters a claim, another who has seen its paper verifies it; then it counts in the \
            next payout of its year, and so do those of earlier months that were late. China: special is social \
            insurance and housing fund, additional is children, education, rent, and so on; an adviser must say which \
            of them a payer may take into account.

            guildhall tax claim enter L01 --kind special --month 2026-03 --amount-minor 120000 \
            --evidence "Slip of March, folder 7" --reference TC-1
            """,
        subcommands: [Enter.self, Verify.self, Withdraw.self, List.self])

    struct Enter: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enter a claim of a month.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "\(TaxClaimKind.allCases.map(\.rawValue).joined(separator: ", ")).") var kind: String
        @Option(help: "yyyy-mm.") var month: String
        @Option(help: "Minor units.") var amountMinor: Int64
        @Option(help: "ISO 4217 code.") var currency = "CNY"
        @Option(help: "Which paper, and where it is.") var evidence: String
        @Option(help: "How finance calls it; again with the same it is the same claim.") var reference: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                guard let day = CalendarDate(iso: month + "-01") else { throw BadInput("month", "must be yyyy-mm") }
                guard let amount = try? Money(amountMinor, try readCurrency(currency)) else {
                    throw BadInput("amount_minor", "is out of range")
                }
                let id = try await EnterTaxClaim(market: session.market)(
                    TaxClaimDraft(
                        kind: try choice(kind, of: TaxClaimKind.self, field: "kind"), month: day, amount: amount,
                        evidence: evidence),
                    of: try await session.worker(worker), reference: reference,
                    by: try await session.market.person(named: by))
                Console.result("Entered \(id).")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that its paper was seen.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The claim's id.") var id: String
        @Option(help: .actor("a finance checker who did not enter it")) var by = "finance-checker"

        func run() async throws {
            try await withSession(options) { session in
                let id: TaxClaim.ID = try readID(id)
                try await EndTaxClaim(market: session.market).verify(
                    id, by: try await session.market.person(named: by))
                Console.result("Verified \(id).")
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take it back; it counts no more.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The claim's id.") var id: String
        @Option(help: .actor("a finance maker")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                let id: TaxClaim.ID = try readID(id)
                try await EndTaxClaim(market: session.market).withdraw(
                    id, by: try await session.market.person(named: by))
                Console.result("Withdrew \(id).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a worker's claims, the newest month first.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: .actor("the worker, or a finance maker")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListTaxClaims(market: session.market)(
                    of: try await session.worker(worker), before: try page.id(), limit: page.limit,
                    by: try await session.market.person(named: by))
                Console.list(
                    found.map { claim in
                        let standing =
                            claim.withdrawnAt != nil
                            ? "withdrawn" : claim.verifiedBy == nil ? "not verified" : "verified"
                        return (
                            claim.json,
                            "\(claim.id): \(claim.draft.kind.rawValue) \(claim.draft.amount), "
                                + "\(claim.draft.month), \(standing)"
                        )
                    }, asJSON: json)
            }
        }
    }
}
