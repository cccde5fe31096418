internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Where a table goes, and in which form.
struct TableOptions: ParsableArguments {
    @Option(help: "csv for spreadsheets, html for a page to print or to make a PDF of.") var format = "csv"
    @Option(help: "The file to write; it appears when it is complete. Standard output if left out.")
    var output: String?

    /// - Parameter body: writes the table and says how many rows it has.
    func write(_ noun: String, _ body: (TableForm, ([UInt8]) throws -> Void) async throws -> Int) async throws {
        let form = try choice(format, of: TableForm.self, field: "format")
        let file = try ResultFile(output)
        let rows: Int
        do {
            rows = try await body(form, file.write)
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
        Console.note("\(rows) \(noun)")
    }
}

extension WorkerCommand {
    struct Advice: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a payment to a worker is for: a remittance advice.",
            discussion: """
                Each piece of work, bonus and top-up, then what was withheld, then what was sent, paid or returned; \
                the amounts above add up to it. `guildhall payout list` has the payouts.

                Example: guildhall worker advice L01 0198… --format html --output advice.html
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var table: TableOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The payout batch, by id.") var payout: String
        @Option(help: .actor("the worker, or somebody in finance")) var by = "finance-maker"

        func run() async throws {
            guard let id = PayoutBatch.ID(payout) else { throw BadInput("payout", "must be the id of a payout batch") }
            try await withSession(options) { session in
                let worker = try await session.market.worker(worker)
                let actor = try await session.market.person(named: by)
                try await table.write("earnings") { form, write in
                    try await WriteRemittanceAdvice(market: session.market)(
                        of: id, to: worker, as: form, by: actor, to: write)
                }
            }
        }
    }

    struct Statement: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All payments to a worker in a year, what was withheld, and the sums.",
            discussion: """
                A payment belongs to the year of the day on which the bank is to pay (paid_on), as in reports to \
                authorities. One that came back from the bank is listed as `returned` and counts for nothing.

                Example: guildhall worker statement L01 --year 2026 --format html --output 2026.html
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var table: TableOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "The calendar year.") var year: Int
        @Option(help: .actor("the worker, or somebody in finance")) var by = "finance-maker"

        func run() async throws {
            try await withSession(options) { session in
                let worker = try await session.market.worker(worker)
                let actor = try await session.market.person(named: by)
                try await table.write("payments") { form, write in
                    try await WriteEarningsStatement(market: session.market)(
                        of: worker, year: year, as: form, by: actor, to: write)
                }
            }
        }
    }
}
