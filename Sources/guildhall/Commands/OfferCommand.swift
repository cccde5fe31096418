internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct OfferCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offer",
        abstract: "Work that was offered to a worker, for them.",
        discussion: """
            An offer reserves nothing: accepted, it ends in a lease as a claim does, or is refused for the same \
            reasons. One that others have taken all of is ended as filled, and the worker is told. What is declined is \
            not offered again on the same terms.

            Examples:
              guildhall offer list L01
              guildhall offer decline 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --worker L01 --reason too_low
              guildhall offer accept 0196f0c2-7c1e-7d3a-9a54-0242ac120002 --worker L01
            """,
        subcommands: [List.self, Accept.self, Decline.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a worker's offers, newest first; go on with --before the last one shown.")
        @OptionGroup var options: DatabaseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "Only offers older than this one.") var before: String?
        @Option(help: "1 to 200.") var limit = 20
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let offers = try await ListOffers(market: session.market)(
                    of: try await session.worker(worker), before: try pageID(before, of: Offer.self), limit: limit,
                    by: try await session.market.person(named: by)
                )
                Console.list(offers.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take what was offered, as the worker.")
        @OptionGroup var of: OfferOptions

        func run() async throws {
            try await of.run(remotely: self) { session, id, actor in
                let work = try await AcceptOffer(market: session.market)(id, by: actor)
                Console.result(
                    [
                        "assignment": .string("\(work.id)"), "lease_token": .integer(work.leaseToken),
                        "lease_until": .string(utcText(work.leaseUntil)),
                    ],
                    "Assignment \(work.id), leased until \(utcText(work.leaseUntil)).", asJSON: of.json)
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave what was offered, as the worker: it is not offered again so.",
            discussion: """
                No penalty follows. How offers are answered is counted all the same: the share that a worker accepts \
                says how likely they are to accept the next one, and work goes first to whoever is likely to take it. \
                Half of that is forgotten after 60 days; the reason is not counted. 'not_now' lets the same work be \
                offered later.

                Example: guildhall offer decline ID --worker L01 --reason not_now
                """)
        @OptionGroup var of: OfferOptions
        @Option(help: ArgumentHelp("Why: \(DeclineReason.allCases.map(\.rawValue).joined(separator: ", "))."))
        var reason: String?

        func validate() throws {
            guard reason.map({ DeclineReason(rawValue: $0) != nil }) ?? true else {
                throw ValidationError(
                    "--reason must be one of \(DeclineReason.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
        }

        func run() async throws {
            try await of.run(remotely: self) { session, id, actor in
                let state = try await DeclineOffer(market: session.market)(
                    id, because: reason.flatMap(DeclineReason.init), by: actor)
                Console.result(["state": .string(state.rawValue)], "Declined.", asJSON: of.json)
            }
        }
    }
}

/// Which offer, and whose.
struct OfferOptions: ParsableArguments {
    @OptionGroup var options: DatabaseOptions
    @Argument(help: "The offer's id.") var offer: String
    @Option(help: "The worker's key or id.") var worker: String
    @Flag(help: "Print JSON.") var json = false

    func run(
        remotely command: some ParsableCommand,
        _ body: (Session, _ offer: Offer.ID, _ actor: Principal.ID) async throws -> Void
    ) async throws {
        try await withSession(options, remotely: command as? any RemoteCommand) { session in
            guard let id = Offer.ID(offer) else { throw BadInput("offer", "must be a UUID") }
            try await body(session, id, Principal.ID(try await session.worker(worker).uuid))
        }
    }
}

extension Offer {
    fileprivate var json: JSON {
        [
            "offer": .string("\(id)"), "requester": .string("\(requester)"), "batch": .string("\(batch)"),
            "state": .string(state.rawValue), "answer_by": .string(utcText(answerBy)), "reason": reason,
            "pay_minor": .integer(pay.minorUnits), "currency": .string(pay.currency.code),
            "expected_minutes": .integer(Int64(expectedMinutes)),
            "decline_reason": declineReason.map { .string($0.rawValue) } ?? .null,
        ]
    }

    fileprivate var line: String {
        let stands =
            switch state {
            case .open: "open, to be answered by \(utcText(answerBy))"
            case .filled: "filled: others have all there was"
            case .declined: "declined\(declineReason.map { " (\($0.rawValue))" } ?? "")"
            case .accepted, .lapsed: state.rawValue
            }
        return "\(id)  \(requester)/\(batch)  \(pay) for \(expectedMinutes) minutes  \(stands)"
    }
}
