internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

struct ReviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "What workers handed in, and what a reviewer says of it.",
        discussion: """
            A reviewer has the role 'reviewer' (`guildhall person add`), no part in the task, the clearance that its \
            batch asks for, and no interest in its parties. Looking at an answer goes on record.

            Examples:
              guildhall review list BATCH --by Rita
              guildhall review show ASSIGNMENT --by Rita
              guildhall review judge ASSIGNMENT --accept --by Rita
              guildhall review judge ASSIGNMENT --share-bps 5000 --reasons "Half of the clauses are missing." --by Rita
            """,
        subcommands: [
            List.self, Show.self, Judge.self, ReviewBackCommand.self, ReviewPolicyCommand.self,
            ReviewReviewersCommand.self,
        ]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the answers of a batch that wait, oldest first; go on with --after the last one shown.",
            discussion: """
                Tasks that the reviewer must not judge are left out. Of a disputed answer two people have said \
                different things, which `guildhall review show` prints: whoever judges it decides.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: ReviewerOptions
        @Argument(help: "The batch's id.") var batch: String
        @Option(help: "The last assignment of the page before.") var after: String?
        @Option(help: "1 to 200.") var limit = 20
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let items = try await ReviewQueue(market: session.market)(
                    of: try batchID(batch), from: requester,
                    after: try pageID(after, of: Assignment.self, field: "after"), limit: limit, by: actor
                )
                Console.list(items.map { ($0.json, $0.line) }, asJSON: json)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print an answer with its task; from then on the reviewer cannot take the task themselves.")
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: ReviewerOptions
        @Argument(help: "The assignment's id.") var assignment: String
        @Option(help: "With --server: the batch's id.") var batch: String?

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let found = try await ReadSubmission(market: session.market)(
                    try assignmentID(assignment), of: requester, by: actor)
                var json = found.item.json.objectValue ?? [:]
                json["payload"] = found.payload
                json["answer"] = found.answer
                if found.item.isDisputed { json["opinions"] = .array(found.opinions.map(\.json)) }
                Console.result(.object(json))
            }
        }
    }

    struct Judge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept an answer, accept it in part, or reject it.",
            discussion: """
                Accepted, it is paid; in part, the share of the pay that is given; rejected, its slot is open again. \
                What is not paid in full needs reasons, which the worker reads and can appeal.

                Where the project weighs fields (`guildhall review policy`), mark each in a JSON file; what is paid \
                follows from them:
                  {"fields": [{"field": "label", "mark": "right"}, {"field": "why", "mark": "wrong", \
                "quote": "..."}], "scores": {"clarity": 3}, "rule": "not_in_the_text"}

                It may be that a second person looks, who does not know what you said, and a third where you differ; \
                nothing is paid before.
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var whose: ReviewerOptions
        @Argument(help: "The assignment's id.") var assignment: String
        @Option(help: "With --server: the batch's id.") var batch: String?
        @Flag(help: "Pay it in full.") var accept = false
        @Option(name: .customLong("share-bps"), help: "Pay so many ten-thousandths, 1 to 9999.") var share: Int?
        @Flag(help: "Pay nothing.") var reject = false
        @Option(help: "A JSON file of marks, scores and rule; alone, it says what is paid.") var fields: String?
        @Option(help: "For the worker; needed unless it is accepted in full.") var reasons = ""
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            let given = [accept, share != nil, reject].filter { $0 }.count
            guard given == 1 || given == 0 && fields != nil else {
                throw ValidationError("Give one of --accept, --share-bps and --reject, or --fields.")
            }
        }

        func run() async throws {
            try await withSession(options) { session in
                let (requester, actor) = try await whose.people(in: session)
                let whole: Judgement? = accept ? .accepted : reject ? .rejected : nil
                let said = share.map { .acceptedInPart(basisPoints: $0) } ?? whole
                let (id, sheet) = (try assignmentID(assignment), try reviewSheet(fields))
                let review = try await ReviewSubmission(market: session.market)(
                    id, of: requester, said, sheet: sheet, reasons: reasons, by: actor)
                let earned = review.earned.map { "earned \($0)" } ?? "earned nothing"
                let decision = review.decision.map { "; decision \($0)" } ?? ""
                Console.result(
                    [
                        "review": review.id.map { .string("\($0)") } ?? .null,
                        "stage": .string(review.stage.rawValue),
                        "earned_minor": .integer(review.earned?.minorUnits ?? 0),
                        "currency": review.earned.map { .string($0.currency.code) } ?? .null,
                        "decision": review.decision.map { .string("\($0)") } ?? .null,
                    ],
                    review.id.map { "\($0): \(earned)\(decision)" } ?? "kept; \(review.stage.sentence)", asJSON: json)
            }
        }
    }
}

/// Not inlined: inlined into an async body, its errors end the optimizer of Swift 6.3.1 (`make release`).
@inline(never)
func reviewSheet(_ file: String?) throws -> ReviewSheet {
    guard let file else { return .empty }
    return try ReviewSheet(try readJSONFile(file, "fields"))
}

extension ReviewStage {
    fileprivate var sentence: String {
        switch self {
        case .final: "final"
        case .waitsForSecond: "a second person looks"
        case .waitsForAdjudicator: "the opinions differ, and a third person decides"
        }
    }
}

/// Whose work is reviewed, and by whom.
struct ReviewerOptions: ParsableArguments {
    @Option(help: "The requester's key.") var requester = "contract-desk"
    @Option(help: .actor("a reviewer")) var by: String

    func people(in session: Session) async throws -> (Requester.ID, Principal.ID) {
        (try await session.requester(requester), try await session.market.person(named: by))
    }
}

func assignmentID(_ text: String) throws -> Assignment.ID {
    guard let id = Assignment.ID(text) else { throw BadInput("assignment", "must be a UUID") }
    return id
}

extension ReviewItem {
    fileprivate var json: JSON {
        [
            "assignment": .string("\(assignment)"), "batch": .string("\(batch)"), "task": .string("\(task)"),
            "external_key": .string(externalKey), "guideline_version": .integer(Int64(guidelineVersion)),
            "submitted_at": .string(utcText(submittedAt)), "is_disputed": .bool(isDisputed),
        ]
    }

    fileprivate var line: String {
        "\(assignment)  \(externalKey)  handed in \(utcText(submittedAt)), guideline version \(guidelineVersion)"
            + (isDisputed ? "  disputed: you decide between two" : "")
    }
}
