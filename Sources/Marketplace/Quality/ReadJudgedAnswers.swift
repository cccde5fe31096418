package import Formats
internal import Store

/// An answer that was accepted or rejected, beside what was known of its task beforehand.
package struct JudgedAnswer: Sendable {
    package let requester: Requester.ID
    package let project: Project.ID
    package let answer: JSON
    /// By source.
    package let known: [String: JSON]
}

/// Judged answers to tasks of which something was known beforehand, by pages.
package struct ReadJudgedAnswers: Sendable {
    /// Where a page ended.
    package typealias Place = (requester: Requester.ID, assignment: Assignment.ID)

    private static let pageSize = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter last: the end of the page before.
    /// - Returns: with where to go on; `nil` when there are no more. What cannot be opened any more is left out.
    package func callAsFunction(after last: Place? = nil) async throws -> (answers: [JudgedAnswer], end: Place?) {
        try await market.database.read { transaction in
            let page = try await transaction.judgedAnswers(after: last, limit: Self.pageSize)
            var answers: [JudgedAnswer] = []
            for (requester, items) in Dictionary(grouping: page, by: \.requester).sorted(by: { $0.key < $1.key }) {
                do {
                    let known = try await transaction.knownAnswers(of: items.map(\.task), requester, in: market.keys)
                    for item in items {
                        let key = try await transaction.presentKey(of: requester, item.function, in: market.keys)
                        answers.append(
                            JudgedAnswer(
                                requester: requester, project: item.project,
                                answer: try item.content.opened(by: key, as: .answer(to: item.assignment)),
                                known: known[item.task] ?? [:]
                            ))
                    }
                } catch is ContentRefusal {
                    continue
                }
            }
            return (answers, page.last.map { ($0.requester, $0.assignment) })
        }
    }
}

/// A judged answer as it is stored.
struct StoredJudgedAnswer: Sendable {
    let requester: Requester.ID
    let project: Project.ID
    let task: WorkTask.ID
    let assignment: Assignment.ID
    let function: WorkFunction
    let content: StoredContent
}
