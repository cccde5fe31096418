internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct LedgerReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            """
            Aging of what is owed to workers, what they owe, take rate, cost of an accepted answer, what every kind of \
            account holds, and whether the books agree.
            """,
        discussion: "Example: guildhall ledger report --from 2026-03-01T00:00:00Z --to 2026-04-01T00:00:00Z"
    )
    @OptionGroup var options: LedgerOptions
    @Option(help: "Beginning of the time of take rate and cost, ISO 8601 in UTC.") var from: String
    @Option(help: "Its end, not part of it.") var to: String

    func run() async throws {
        try await options.run(remotely: self) { session, actor in
            let report = try await ReportFinance(market: session.market)(
                from: try utcInstant(from, field: "from"), to: try utcInstant(to, field: "to"), by: actor)
            return (report.json, report.text)
        }
    }
}

extension FinanceReport {
    fileprivate var text: String {
        let owed = aging.map { "owed, \($0.age): \($0.amount) for \($0.earnings) earnings of \($0.workers) workers" }
        let taken = take.map {
            "accepted: \($0.accepted) for \($0.pay), fees \($0.fees), top-ups \($0.topUps), bonuses \($0.bonuses); "
                + "take rate \(Double($0.takeBasisPoints) / 100) %, one answer costs \($0.costOfOneMinor) minor units"
        }
        let claimed = receivables.map {
            "owed by \($0.workers) workers: \($0.owed) of \($0.claims) clawbacks, of which \($0.resting) rests"
        }
        let held = liabilities.map { "\($0.kind.rawValue): \($0.balanceMinor) minor units of \($0.currency.code)" }
        let books = booksAgree ? "the books agree" : "THE BOOKS DO NOT AGREE: run 'guildhall doctor'"
        return (owed + claimed + taken + held + [books]).joined(separator: "\n")
    }
}
