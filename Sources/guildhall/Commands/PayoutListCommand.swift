internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct PayoutListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Payouts, newest first, with source, form and day; --after takes the last of the page before.")
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var page: PageOptions
    @Option(help: "prepared, approved, issued or cancelled; all without.") var state: String?
    @Option(help: .actor("somebody in finance")) var by = "finance-maker"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let found = try await ListPayouts(market: session.market)(
                in: try state.map { try choice($0, of: PayoutBatchState.self, field: "state") },
                before: try page.id(), limit: page.limit, by: try await session.market.person(named: by))
            Console.list(found.map { ($0.listed, $0.text) }, asJSON: json)
        }
    }
}

extension PayoutListCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/payouts", RemoteServer.page(before: page.after, page.limit, ["state": state]))
    }
}

extension PayoutBatch {
    fileprivate var listed: JSON {
        let own: [String: JSON] = [
            "payout_batch": .string("\(id)"), "state": .string(state.rawValue), "total": .string(total.decimalText),
            "currency": .string(total.currency.code), "lines": .integer(Int64(lineCount)),
            "content_hash": .string(contentHash.hexadecimal), "prepared_by": .string("\(preparedBy)"),
            "approved_by": approvedBy.map { .string("\($0)") } ?? .null,
        ]
        return .object(own.merging(terms) { $1 })
    }

    fileprivate var text: String {
        "\(id): \(state.rawValue), \(total) in \(lineCount) lines" + (run.map { ", \($0.text)" } ?? "") + warning
    }
}
