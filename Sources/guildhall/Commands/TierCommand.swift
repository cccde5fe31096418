internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct TierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier", abstract: "Rules of tiers, promotions, and who held which tier when.",
        discussion: """
            A rule says what a tier asks for: {"licences": 1, "verifiers": 2, "years": 5, "credentials": \
            ["board_certificate"], "exams": ["contracts"], "skills": [{"skill": "lawyer/contracts", \
            "low_bps": 7000}]}. A promotion is proposed when all of it is met, and decided by an operator, or given \
            at once where the rule is automatic. A lower tier is a decision with reasons, which the worker can \
            appeal for 14 days.
            """,
        subcommands: [
            Rules.self, PublishRule.self, Propose.self, Proposals.self, Grant.self, Decline.self, Withdraw.self,
            Lower.self, History.self, At.self,
        ]
    )

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What the tiers of a profession ask for now.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The profession.") var profession: String

        func run() async throws {
            try await options.list { market, _ in
                try await ListTierRules(market: market)(of: try readProfession(profession)).map {
                    ($0.json, "\($0.tier.rawValue): \($0.conditions.json.canonicalText)")
                }
            }
        }
    }

    struct PublishRule: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what a tier asks for from now on; nobody loses what they hold."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The profession.") var profession: String
        @Argument(help: "generalist, specialist, expert or principal.") var tier: String
        @Argument(help: "The conditions as JSON, or a file of it.") var conditions: String
        @Flag(help: "Give the tier at once, without an operator's decision.") var automatic = false

        func run() async throws {
            try await options.run { market, actor in
                let id = try await PublishTierRule(market: market)(
                    try readTier(tier), in: try readProfession(profession),
                    conditions: TierConditions(json: try readJSON(conditions, "conditions")),
                    isAutomatic: automatic, by: actor
                )
                return (["rule": .string("\(id)")], "\(id): \(tier) of \(profession)")
            }
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold a worker against the rules; says the first condition that is missing."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The profession.") var profession: String

        func run() async throws {
            try await options.run { market, actor in
                let outcome = try await ProposeTier(market: market)(
                    in: try readProfession(profession), for: try await market.expert(worker), by: actor
                )
                switch outcome {
                case .granted(let tier): return (["granted": .string(tier.rawValue)], "Granted \(tier.rawValue).")
                case .proposed(let proposal):
                    return (proposal.json, "\(proposal.id): \(proposal.tier.rawValue) proposed")
                }
            }
        }
    }

    struct Proposals: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What waits for a decision, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list { market, actor in
                try await TierHistory(market: market).openProposals(
                    after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, "\($0.id): \($0.tier.rawValue) of \($0.profession) for \($0.worker)") }
            }
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Grant what a rule proposed.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The proposal's id.") var id: String

        func run() async throws {
            try await options.run { market, actor in
                try await DecideTierProposal(market: market)(try readID(id), by: actor)
                return (["proposal": .string(id), "state": "granted"], "Granted \(id).")
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decline what a rule proposed; the worker is told why.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The proposal's id.") var id: String
        @Option(help: "For the worker to read.") var note: String

        func run() async throws {
            try await options.run { market, actor in
                try await DecideTierProposal(market: market)(try readID(id), declineNote: note, by: actor)
                return (["proposal": .string(id), "state": "declined"], "Declined \(id).")
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an open proposal back.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The proposal's id.") var id: String

        func run() async throws {
            try await options.run { market, actor in
                try await WithdrawTierProposal(market: market)(try readID(id), by: actor)
                return (["proposal": .string(id), "state": "withdrawn"], "Withdrawn: \(id).")
            }
        }
    }

    struct Lower: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Decide that a worker has a lower tier from now on.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The profession.") var profession: String
        @Argument(help: "The tier from now on.") var tier: String
        @Option(help: "The rule, snake_case.") var rule: String
        @Option(help: "For the worker to read.") var reasons: String

        func run() async throws {
            try await options.run { market, actor in
                let loss = TierLoss(rule: rule, facts: [:], reasons: reasons)
                try await GrantTier(market: market)(
                    try readTier(tier), in: try readProfession(profession), to: try await market.expert(worker),
                    loss: loss, by: actor
                )
                return (["worker": .string(worker), "tier": .string(tier)], "\(worker): \(tier) of \(profession).")
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The tiers that a worker has held, newest first; --after takes an instant."
        )
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String

        func run() async throws {
            try await options.list { market, actor in
                try await TierHistory(market: market)(
                    of: try await market.expert(worker), before: try page.after.map(readInstant), limit: page.limit,
                    by: actor
                ).map { period in
                    let end = period.until?.formatted(.iso8601) ?? "now"
                    let text =
                        "\(period.profession) \(period.tier.rawValue): \(period.from.formatted(.iso8601)) to \(end)"
                    return (period.json, text)
                }
            }
        }
    }

    struct At: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Which tier a worker held at an instant.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Argument(help: "The profession.") var profession: String
        @Argument(help: "2026-03-02T09:00:00Z") var instant: String

        func run() async throws {
            try await options.run { market, actor in
                let tier = try await TierHistory(market: market).tier(
                    of: try await market.expert(worker), in: try readProfession(profession),
                    at: try readInstant(instant), by: actor
                )
                return (["tier": tier.map { .string($0.rawValue) } ?? .null], tier?.rawValue ?? "none")
            }
        }
    }
}
