internal import Formats
internal import Marketplace

/// How far judged answers are what annotators had said before, or what was settled: of a contract clause by clause.
struct KnownAgreement: Sendable {
    struct Owner: Hashable, Sendable {
        let requester: Requester.ID
        let project: Project.ID
    }

    private static let sources: Set = ["annotators", "settled"]
    private var same = 0
    private var compared = 0

    /// In ten-thousandths, rounded half up; `nil` where nothing was compared.
    var basisPoints: Int? { compared == 0 ? nil : (20_000 * same + compared) / (2 * compared) }

    static func read(_ market: Market) async throws -> [Owner: KnownAgreement] {
        var (found, last): ([Owner: KnownAgreement], ReadJudgedAnswers.Place?) = ([:], nil)
        repeat {
            let page = try await ReadJudgedAnswers(market: market)(after: last)
            for answer in page.answers {
                let owner = Owner(requester: answer.requester, project: answer.project)
                for (source, known) in answer.known where sources.contains(source) {
                    found[owner, default: KnownAgreement()].compare(answer.answer, with: known)
                }
            }
            last = page.end
        } while last != nil
        return found
    }

    private mutating func compare(_ answer: JSON, with known: JSON) {
        for (name, value) in known.objectValue ?? [:] where name != "rationale" {
            let isField = value.objectValue != nil
            let given = isField ? answer[name]?["answer"] : answer[name]
            compared += 1
            if given == (isField ? value["answer"] : value) { same += 1 }
        }
    }
}
