internal import Formats
internal import Foundation
package import Marketplace

/// Brings medical questions with the answers of two experts in as tasks that the scheduler offers to physicians.
/// Published at the end; importing the same file again adds and publishes nothing.
package struct ImportQuestions: Sendable {
    /// The project's external key.
    package static let projectKey = "medical-questions"
    /// Whose answers the references are: of the first and the second pass, and what was agreed upon.
    package static let sources = (first: "first expert", second: "second expert", settled: "settled")

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - path: `pqal.json`, gzipped or not.
    ///   - publisher: an operator, or the requester's key.
    /// - Throws: ``FormatError`` for a file that cannot be read at all; ``AccessRefusal``; ``BatchRefusal``.
    package func callAsFunction(
        _ path: String, of requester: Requester.ID, by publisher: Principal.ID,
        settings: ImportSettings = .questions, progress: @escaping ProgressReport = { _, _, _ in }
    ) async throws -> ImportSummary {
        let reader = try PubMedQAReader(path: path)
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: Self.projectKey, name: "Medical questions", taskKind: .judgement,
                guideline: .text(QuestionAnswers.guideline), parameters: QuestionAnswers.parameters
            ),
            of: requester, by: publisher
        )
        let task = TaskImport(
            market: market, label: "questions", project: project, requester: requester, publisher: publisher,
            settings: settings,
            draft: { name, budget in
                BatchDraft(
                    project: project, name: name, door: .offer, profession: .physician, tier: .expert,
                    requirement: Self.requirement, redundancy: settings.redundancy,
                    feeBasisPoints: settings.feeBasisPoints, budget: budget,
                    expectedMinutes: settings.expectedMinutes, leaseSeconds: settings.leaseSeconds,
                    answerSeconds: settings.answerSeconds
                )
            },
            open: { QuestionSource(reader) },
            progress: progress
        )
        return try await task.run()
    }

    /// An expert physician with a valid licence, anywhere.
    package static let requirement = Requirement.profession(.physician, leastTier: .expert)
}

/// Questions as tasks; the paper's conclusion is not shown, since it holds the answer.
private final class QuestionSource: TaskSource {
    private var reader: PubMedQAReader

    init(_ reader: PubMedQAReader) { self.reader = reader }

    func next() throws -> SourceItem? {
        switch reader.next() {
        case nil: return nil
        case .fault(let fault): return .fault(fault)
        case .question(let question):
            let sources = ImportQuestions.sources
            let draft = TaskDraft(
                externalKey: "pubmed-" + question.id.prefix(100),
                payload: [
                    "question": .string(question.question),
                    "contexts": .array(
                        question.contexts.map { part in
                            ["label": .string(part.label), "text": .string(part.text)]
                        }),
                    "metadata": ["year": question.year.map { .integer(Int64($0)) } ?? .null],
                ],
                referenceAnswers: [
                    sources.first: QuestionAnswers.answer(question.firstAnswer, question.conclusion),
                    sources.second: QuestionAnswers.answer(question.secondAnswer, question.conclusion),
                    sources.settled: QuestionAnswers.answer(question.settled, question.conclusion),
                ]
            )
            return .draft(draft, remarks: [])
        }
    }
}

/// How the answer to a question looks.
enum QuestionAnswers {
    static let rationaleMax = 2_000

    static let guideline = """
        Read the question and the parts of the abstract. Answer `yes`, `no` or `maybe` from these parts alone, and give
        in `rationale`, in one or two sentences, what your answer rests on.
        """

    static var parameters: JSON {
        [
            "answers": .array(PubMedAnswer.allCases.map { .string($0.rawValue) }),
            "rationale_length_max": .integer(Int64(rationaleMax)),
        ]
    }

    static func answer(_ answer: PubMedAnswer, _ rationale: String) -> JSON {
        let bounded = String(String.UnicodeScalarView(rationale.unicodeScalars.prefix(rationaleMax)))
        return ["answer": .string(answer.rawValue), "rationale": .string(bounded)]
    }
}
