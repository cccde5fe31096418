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
            at once where the rule is automatic. A loss is proposed when the rule of the tier held is met no more; it \
            takes effect by a decision with reasons only, which the worker can appeal for 14 days.
            """,
        subcommands: [
            Rules.self, PublishRule.self, Propose.self, Review.self, List.self, Decide.self, Withdraw.self, Lower.self,
            History.self, At.self,
        ]
    )

    struct Rules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What the tiers of a profession ask for now.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The profession.") var profession: String

        func run() async throws {
            try await options.list(remotely: self) { market, _ in
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
            try await options.run(remotely: self) { market, actor in
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
            try await options.run(remotely: self) { market, actor in
                let outcome = try await ProposeTier(market: market)(
                    in: try readProfession(profession), for: try await market.worker(worker), by: actor
                )
                switch outcome {
                case .granted(let tier): return (["granted": .string(tier.rawValue)], "Granted \(tier.rawValue).")
                case .proposed(let proposal):
                    return (proposal.json, "\(proposal.id): \(proposal.tier.rawValue) proposed")
                }
            }
        }
    }

    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold everybody against the rules now; the scheduler does so every hour.",
            discussion: """
                Proposes promotions and losses, gives what automatic rules give, and takes back proposals that do \
                not hold any more. What was declined is not proposed again while the same conditions are met and missed.
                """
        )
        @OptionGroup var options: ExpertiseOptions

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                var sum = ReviewTiers.Outcome()
                repeat {
                    let page = try await ReviewTiers(market: market)(after: sum.next, by: actor)
                    sum.reviewed += page.reviewed
                    sum.granted += page.granted
                    sum.proposed += page.proposed
                    sum.withdrawn += page.withdrawn
                    sum.next = page.next
                } while sum.next != nil
                let text =
                    "\(sum.reviewed) reviewed, \(sum.granted) granted, \(sum.proposed) proposed, "
                    + "\(sum.withdrawn) withdrawn"
                return (
                    [
                        "reviewed": .integer(Int64(sum.reviewed)), "granted": .integer(Int64(sum.granted)),
                        "proposed": .integer(Int64(sum.proposed)), "withdrawn": .integer(Int64(sum.withdrawn)),
                    ], text
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The promotions and losses that wait for a decision, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await TierHistory(market: market).openProposals(
                    after: try page.id(), limit: page.limit, by: actor
                ).map { proposal in
                    let change = "\(proposal.held?.rawValue ?? "none") to \(proposal.tier.rawValue)"
                    return (
                        proposal.json,
                        "\(proposal.id): \(proposal.isLoss ? "loss" : "promotion") of \(proposal.worker), "
                            + "\(proposal.profession), \(change)"
                    )
                }
            }
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Grant or decline what a rule proposed.",
            discussion: """
                What no longer holds is not granted. Granting a loss is a decision: the worker is told --reasons and \
                can appeal for 14 days. Declining needs --reasons too.
                """
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The proposal's id, as `list` printed it.") var id: String
        @Argument(help: "grant or decline.") var answer: String
        @Option(help: "For the worker to read; needed for a loss, and to decline.") var reasons: String?

        mutating func validate() throws {
            guard ["grant", "decline"].contains(answer) else { throw ValidationError("Say grant or decline.") }
            guard answer == "grant" || reasons != nil else { throw ValidationError("--reasons is needed to decline.") }
        }

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let isGrant = answer == "grant"
                try await DecideTierProposal(market: market)(
                    try readID(id), declineNote: isGrant ? nil : reasons, lossReasons: isGrant ? reasons : nil,
                    by: actor
                )
                let state: TierProposalState = isGrant ? .granted : .declined
                return (["proposal": .string(id), "state": .string(state.rawValue)], "\(id) is \(state.rawValue).")
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an open proposal back.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The proposal's id.") var id: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
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
            try await options.run(remotely: self) { market, actor in
                let loss = TierLoss(rule: rule, facts: [:], reasons: reasons)
                try await GrantTier(market: market)(
                    try readTier(tier), in: try readProfession(profession), to: try await market.worker(worker),
                    loss: loss, by: actor
                )
                return (["worker": .string(worker), "tier": .string(tier)], "\(worker): \(tier) of \(profession).")
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The tiers that a worker has held, newest first, each with its ground.",
            discussion: "--after takes an instant; --on shows only what was held as that day ended, in UTC."
        )
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "A day such as 2026-03-02.") var on: String?

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                let end = try on.map { try readDay($0, "on").midnightUTC + 86_400 }
                return try await TierHistory(market: market)(
                    of: try await market.worker(worker), before: try end ?? page.after.map(readInstant),
                    limit: page.limit, by: actor
                ).filter { period in end.map { (period.until ?? .distantFuture) >= $0 } ?? true }.map { period in
                    let until = period.until.map(utcText) ?? "now"
                    let span = "\(utcText(period.from)) to \(until)"
                    let ground = "by \(period.ground.rawValue): \(period.reasons)"
                    return (period.json, "\(period.profession) \(period.tier.rawValue): \(span), \(ground)")
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
            try await options.run(remotely: self) { market, actor in
                let tier = try await TierHistory(market: market).tier(
                    of: try await market.worker(worker), in: try readProfession(profession),
                    at: try readInstant(instant), by: actor
                )
                return (["tier": tier.map { .string($0.rawValue) } ?? .null], tier?.rawValue ?? "none")
            }
        }
    }
}
