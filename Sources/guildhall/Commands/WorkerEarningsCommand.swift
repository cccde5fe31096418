internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension WorkerCommand {
    struct Earnings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "What a worker has earned: pending, due, in a payout, paid; each assignment with its frozen terms.",
            discussion: """
                Newest first. --before takes the `mark` that --json prints with the last line of the page before.

                Example: guildhall worker earnings L01 --by finance-maker --json
                """
        )
        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The worker's key or id.") var key: String
        @Option(help: "The mark of the last line of the page before: INSTANT/ID.") var before: String?
        @Option(help: "Most lines, 1 to 200.") var limit = 50
        @Option(help: .actor("the worker, or somebody in finance")) var by = "finance-maker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(database) { session in
                let (sums, lines) = try await ListEarnings(market: session.market)(
                    of: try await session.market.worker(key), before: try before.map(EarningLine.Mark.init(text:)),
                    limit: limit, by: try await session.market.person(named: by)
                )
                if json {
                    Console.result([
                        "sums": .array(sums.map(\.json)), "items": .array(lines.map(\.json)),
                    ])
                    return
                }
                for sum in sums { Console.result(sum.text) }
                Console.list(lines.map { ($0.json, $0.text) }, asJSON: false)
            }
        }
    }
}

extension EarningLine.Mark {
    fileprivate init(text: String) throws {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let micros = Int64(parts[0]), let line = UUID(uuidString: String(parts[1])) else {
            throw BadInput("before", "must be the mark of a line")
        }
        self.init(at: Date(timeIntervalSince1970: Double(micros) / 1e6), line: line)
    }

    fileprivate var text: String {
        "\(Int64((at.timeIntervalSince1970 * 1e6).rounded()))/\(line.uuidString.lowercased())"
    }
}

extension EarningSum {
    fileprivate var json: JSON {
        [
            "currency": .string(pending.currency.code), "pending_minor": .integer(pending.minorUnits),
            "due_minor": .integer(due.minorUnits), "in_payout_minor": .integer(inPayout.minorUnits),
            "sent_minor": .integer(sent.minorUnits), "paid_minor": .integer(paid.minorUnits),
            "withheld_minor": .integer(withheld.minorUnits), "clawed_back_minor": .integer(kept.minorUnits),
        ]
    }

    fileprivate var text: String {
        "pending \(pending), due \(due), in a payout \(inPayout), sent \(sent), paid \(paid), of these two withheld "
            + "\(withheld), taken back \(kept)"
    }
}

extension EarningLine {
    fileprivate var json: JSON {
        [
            "mark": .string(mark.text), "assignment": .string("\(assignment)"), "batch": .string(batch),
            "standing": .string(standing.rawValue), "amount_minor": .integer(amount.minorUnits),
            "currency": .string(amount.currency.code),
            "share_bps": basisPoints.map { .integer(Int64($0)) } ?? .null, "kind": .string(kind.rawValue),
            "terms": terms, "payout_batch": payout.map { .string("\($0)") } ?? .null,
            "paid_at": paidAt.map { .string(utcText($0)) } ?? .null,
        ]
    }

    fileprivate var text: String {
        let name = kind == .topUp ? "top-up" : kind.rawValue
        return "\(utcText(mark.at)) \(assignment): \(amount), \(name) in \(batch), \(standing.rawValue)"
    }
}
