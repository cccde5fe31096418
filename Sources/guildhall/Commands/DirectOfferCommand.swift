internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct DirectOfferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "direct-offer",
        abstract: "Offers of a requester to one named worker, and counter-offers.",
        discussion: """
            The requester offers an amount for each of so many tasks of an open batch; the two sides may counter in \
            turn, within the rate's band, the pay floor and what the batch holds for a task. Whoever did not speak \
            last accepts or declines; whoever did may withdraw. A worker who accepts takes the tasks at once, as many \
            as they have room for; what is left of them, and what a requester accepted, they take with `take` until \
            the deadline. With --worker the worker acts, else a person of the requester.

            guildhall direct-offer make BATCH L01 --amount-minor 4200 --quantity 8 \
            --answer-by 2026-12-01T12:00:00Z --deadline 2026-12-08T00:00:00Z --conditions "In German."
            guildhall direct-offer counter ID --worker L01 --amount-minor 5000 --quantity 8 \
            --answer-by 2026-12-02T12:00:00Z --deadline 2026-12-08T00:00:00Z
            guildhall direct-offer accept ID         the requester agrees to the worker's counter-offer
            guildhall direct-offer take ID --worker L01
            guildhall direct-offer show ID           every turn, and what was taken
            """,
        subcommands: [
            Make.self, Counter.self, Accept.self, Decline.self, Withdraw.self, Take.self, List.self, Show.self,
        ]
    )

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer tasks of a batch to a worker.",
            discussion: """
                Example: guildhall direct-offer make BATCH L01 --amount-minor 4200 --quantity 8 \
                --answer-by 2026-12-01T12:00:00Z --deadline 2026-12-08T00:00:00Z
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: RequesterOptions
        @OptionGroup var terms: DirectTermsOptions
        @Argument(help: "The batch's id.") var batch: String
        @Argument(help: "The worker's key or id.") var worker: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let id = try await MakeDirectOffer(market: session.market)(
                    of: Batch.Key(requester: requester, id: try batchID(batch)), to: try await session.worker(worker),
                    try terms.terms(), by: actor
                )
                Console.result(
                    ["direct_offer": .string("\(id)")], "\(worker) is offered it: \(id).", asJSON: json)
            }
        }
    }

    struct Counter: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Want something else; then the other side has to answer.",
            discussion: """
                Example: guildhall direct-offer counter ID --worker L01 --amount-minor 5000 --quantity 8 \
                --answer-by 2026-12-02T12:00:00Z --deadline 2026-12-08T00:00:00Z
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var which: DirectOfferOptions
        @OptionGroup var terms: DirectTermsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, party, actor) = try await which.parts(in: session)
                try await CounterDirectOffer(market: session.market)(
                    id, with: try terms.terms(), for: party, by: actor)
                Console.result(["countered": .string("\(id)")], "The other side has to answer.", asJSON: json)
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept what the other side said last; a worker takes the tasks at once.",
            discussion: "Example: guildhall direct-offer accept ID --worker L01")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var which: DirectOfferOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, party, actor) = try await which.parts(in: session)
                let taken = try await AcceptDirectOffer(market: session.market)(id, for: party, by: actor)
                Console.taken(taken, "It is agreed.", asJSON: json)
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decline what the other side said last.",
            discussion: "Example: guildhall direct-offer decline ID --worker L01")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var which: DirectOfferOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, party, actor) = try await which.parts(in: session)
                try await DeclineDirectOffer(market: session.market)(id, for: party, by: actor)
                Console.result(["declined": .string("\(id)")], "It is declined.", asJSON: json)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what your side said last, before it is answered.",
            discussion: "Example: guildhall direct-offer withdraw ID")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var which: DirectOfferOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, party, actor) = try await which.parts(in: session)
                try await WithdrawDirectOffer(market: session.market)(id, for: party, by: actor)
                Console.result(["withdrawn": .string("\(id)")], "It is withdrawn.", asJSON: json)
            }
        }
    }

    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take tasks of what was agreed, at the price that was agreed.",
            discussion: "Example: guildhall direct-offer take ID --worker L01 --count 2")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The offer's id.") var offer: String
        @Option(help: "The worker's key or id.") var worker: String
        @Option(help: "How many at most; all that are left, as far as there is room, if left out.") var count: Int?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let actor = Principal.ID(try await session.worker(worker).uuid)
                let taken = try await TakeAgreedWork(market: session.market)(
                    try directOfferID(offer), most: count ?? DirectTerms.quantityMax, by: actor)
                Console.taken(taken, "\(taken.count) taken.", asJSON: json)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A side's direct offers, newest first; go on with --before the last one shown.",
            discussion: "Example: guildhall direct-offer list --worker L01")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var side: DirectSideOptions
        @Option(help: "Of this batch only; for a requester.") var batch: String?
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those older than this one.") var before: String?
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let (party, actor) = try await side.party(in: session)
                let found = try await ListDirectOffers(market: session.market)(
                    for: party, in: try batch.map { try batchID($0) },
                    before: try pageID(before, of: DirectOffer.self), limit: limit, by: actor
                )
                Console.list(found.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A direct offer with every turn and what was taken under it.",
            discussion: "Example: guildhall direct-offer show ID --json")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var which: DirectOfferOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try await withSession(options) { session in
                let (id, party, actor) = try await which.parts(in: session)
                let shown = try await ListDirectOffers(market: session.market).one(id, for: party, by: actor)
                if json { return Console.result(shown.json) }
                Console.result(shown.offer.line)
                for turn in shown.turns { Console.result("  \(turn.line)") }
                for assignment in shown.leases { Console.result("  taken: \(assignment)") }
            }
        }
    }
}

/// What a turn wants.
struct DirectTermsOptions: ParsableArguments {
    @Option(name: .customLong("amount-minor"), help: "For one task, in minor units of the batch's currency.")
    var amountMinor: Int64
    @Option(help: "ISO 4217 code.") var currency = "USD"
    @Option(help: "Of how many tasks, 1 to 10000.") var quantity = 1
    @Option(name: .customLong("answer-by"), help: "Until when the other side may answer, 2026-12-01T12:00:00Z.")
    var answerBy: String
    @Option(help: "Until when the tasks may be taken; the same if left out.") var deadline: String?
    @Option(help: "In words, up to 2,000 characters.") var conditions = ""

    func terms() throws -> DirectTerms {
        guard let currency = Currency(currency) else { throw BadInput("currency", "must be an ISO 4217 code") }
        guard let pay = try? Money(amountMinor, currency) else { throw BadInput("amount_minor", "is out of range") }
        let answerBy = try utcInstant(answerBy, field: "answer_by")
        return try DirectTerms(
            pay: pay, quantity: quantity, answerBy: answerBy,
            deadline: try deadline.map { try utcInstant($0, field: "deadline") } ?? answerBy, conditions: conditions
        )
    }
}

/// For whom somebody bargains.
struct DirectSideOptions: ParsableArguments {
    @Option(help: "The worker who acts, by key or id; a person of the requester if left out.") var worker: String?
    @OptionGroup var whose: RequesterOptions

    func party(in session: Session) async throws -> (BargainingParty, Principal.ID) {
        if let worker { return (.worker, Principal.ID(try await session.worker(worker).uuid)) }
        let (requester, actor) = try await whose.people(in: session)
        return (.requester(requester), actor)
    }
}

/// Which offer, and for whom somebody acts.
struct DirectOfferOptions: ParsableArguments {
    @Argument(help: "The offer's id.") var offer: String
    @OptionGroup var side: DirectSideOptions

    func parts(in session: Session) async throws -> (DirectOffer.ID, BargainingParty, Principal.ID) {
        let (party, actor) = try await side.party(in: session)
        return (try directOfferID(offer), party, actor)
    }
}

private func directOfferID(_ text: String) throws -> DirectOffer.ID {
    guard let id = DirectOffer.ID(text) else { throw BadInput("offer", "must be a UUID") }
    return id
}

extension Console {
    fileprivate static func taken(_ assignments: [Assignment], _ line: String, asJSON: Bool) {
        let ids = assignments.map { "\($0.id)" }
        result(
            ["assignments": .array(ids.map { .string($0) })],
            ([line] + ids.map { "  taken: \($0)" }).joined(separator: "\n"), asJSON: asJSON
        )
    }
}

extension DirectOffer {
    fileprivate var line: String {
        "\(id)  \(state.rawValue)  \(taken) of \(turn.terms.quantity) taken  \(turn.line)"
    }
}

extension DirectTurn {
    fileprivate var line: String {
        let words = terms.conditions.isEmpty ? "" : "  \(terms.conditions)"
        return "\(number) \(side.rawValue): \(terms.pay) each for \(terms.quantity), answer by "
            + "\(utcText(terms.answerBy)), to be taken by \(utcText(terms.deadline))\(words)"
    }
}
