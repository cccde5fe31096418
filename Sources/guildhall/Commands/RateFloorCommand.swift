internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct RateFloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "The least that an hour of work must come to.",
        discussion: """
            The scheduler takes the median active time of a batch's newest accepted answers. Where an hour of the \
            least paid of them comes to less than the floor, the batch is flagged (`guildhall batch show`), and \
            everybody paid so far gets what is missing at that median: out of the share of the hold that the batch \
            keeps for it (top_up_bps), and what does not fit there from the platform. Closing a batch looks a last time.
            """,
        subcommands: [Set.self, List.self]
    )

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a floor from an instant on; the one for the same work that holds until then ends.",
            discussion: """
                Of several floors the narrowest counts, the profession before the tier.

                Example: guildhall rate floor set --currency USD --hourly-minor 1600 --profession lawyer \
                --median-of 20 --reason "Pay policy 4"
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "ISO 4217 code.") var currency = "USD"
        @Option(name: .customLong("hourly-minor"), help: "The least of an hour, in minor units.")
        var hourlyMinor: Int64
        @Option(name: .customLong("median-of"), help: "Of how many newest accepted answers of a batch, 1 to 200.")
        var medianOf = 20
        @Option(help: "The code of a profession; any if left out.") var profession: String?
        @Option(help: "generalist, specialist, expert or principal; any if left out.") var tier: String?
        @Option(help: "Where the rule comes from.") var reason: String
        @Option(help: "The instant, such as 2026-03-02T09:00:00Z; now if left out.") var from: String?
        @Option(help: "The finance checker: it binds the platform's own money.") var by = "finance-checker"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let id = try await SetPayFloor(market: session.market)(
                    try floor(), from: try from.map { try Date(instant: $0, field: "from") },
                    by: try await session.market.person(named: by)
                )
                Console.result(["pay_floor": .string("\(id)")], "\(id)", asJSON: json)
            }
        }

        private func floor() throws -> PayFloor {
            guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
            guard let hourly = try? Money(hourlyMinor, currency) else {
                throw BadInput("hourly_minor", "is out of range")
            }
            let profession = try profession.map { code in
                guard let profession = Profession(code) else {
                    throw BadInput("profession", "must be the code of a profession, such as lawyer")
                }
                return profession
            }
            let tier = try tier.map { name in
                guard let tier = Tier(rawValue: name) else {
                    throw BadInput("tier", "must be one of \(Tier.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return tier
            }
            return try PayFloor(
                profession: profession, tier: tier, hourly: hourly, medianOf: medianOf, reason: reason
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all floors that were ever set, newest first; go on with --before the last one shown.")
        @OptionGroup var options: DatabaseOptions
        @Option(help: "Only floors older than this one.") var before: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "An operator, or somebody in finance.") var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let floors = try await ListPayFloors(market: session.market)(
                    before: try pageID(before, of: PayFloor.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(floors.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }
}

extension PayFloorPeriod {
    fileprivate var json: JSON {
        [
            "pay_floor": .string("\(id)"), "profession": floor.profession.map { .string($0.code) } ?? .null,
            "tier": floor.tier.map { .string($0.rawValue) } ?? .null,
            "hourly_minor": .integer(floor.hourly.minorUnits), "currency": .string(floor.hourly.currency.code),
            "median_of": .integer(Int64(floor.medianOf)), "reason": .string(floor.reason),
            "from": inForce.lower.map { .string($0.ISO8601Format()) } ?? .null,
            "until": inForce.upper.map { .string($0.ISO8601Format()) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let from = inForce.lower.map { " from \($0.ISO8601Format())" } ?? ""
        let until = inForce.upper.map { " until \($0.ISO8601Format())" } ?? ""
        return
            "\(id) \(floor.key): \(floor.hourly) an hour, median of \(floor.medianOf)\(from)\(until): \(floor.reason)"
    }
}
