import Consensus
import Testing

@Suite("Labels, majority and agreement") struct ConsensusTests {
    /// Six items, four workers, three answers; the last item has no labels.
    static let triples: [(item: Int32, worker: Int32, answer: Int32)] = [
        (0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 0, 1), (1, 1, 1), (1, 2, 1), (2, 0, 2), (2, 1, 0), (2, 2, 1), (3, 0, 0),
        (3, 2, 1), (4, 0, 2), (4, 1, 2), (4, 3, 0),
    ]

    static func small() throws -> Labels {
        try Labels(itemCount: 6, workerCount: 4, answerCount: 3, labels: triples.map(Label.init))
    }

    /// Krippendorff 2011, example C: four observers, twelve units, five values, nil where somebody did not look.
    static let exampleC: [[Int32?]] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nil, nil, nil],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nil, 3],
        [nil, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nil],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nil],
    ]

    static func labels(_ table: [[Int32?]], answers: Int) throws -> Labels {
        var labels: [Label] = []
        for (worker, row) in table.enumerated() {
            for (item, answer) in row.enumerated() {
                guard let answer else { continue }
                labels.append(Label(item: Int32(item), worker: Int32(worker), answer: answer))
            }
        }
        return try Labels(
            itemCount: table.first?.count ?? 0, workerCount: table.count, answerCount: answers, labels: labels)
    }

    @Test("The majority is shared fairly on a tie, and nobody's without labels")
    func majority() throws {
        let majorities = try Self.small().majorities()
        #expect(majorities.map(\.winners) == [[0], [1], [0, 1, 2], [0, 1], [2], []])
        #expect(majorities.map(\.votes) == [2, 3, 1, 1, 2, 0])
        #expect(majorities.map(\.voteCount) == [3, 3, 3, 2, 3, 0])
        #expect(majorities.map { $0.share(of: 1) } == [0, 1, 1.0 / 3, 0.5, 0, 0])
    }

    @Test("Percent agreement counts pairs of workers within items")
    func percentAgreement() throws {
        let agreement = try Self.small().percentAgreement()
        #expect(agreement.agreeingPairs == 5 && agreement.pairs == 13)
        #expect(agreement.share == 5.0 / 13)
        let single = try Labels(
            itemCount: 1, workerCount: 1, answerCount: 1, labels: [Label(item: 0, worker: 0, answer: 0)])
        #expect(single.percentAgreement().share == nil)
    }

    @Test("Malformed labels are refused with what is wrong")
    func refusals() {
        func fault(items: Int = 2, workers: Int = 2, answers: Int = 2, _ labels: [Label] = []) -> LabelsFault? {
            do throws(LabelsFault) {
                _ = try Labels(itemCount: items, workerCount: workers, answerCount: answers, labels: labels)
                return nil
            } catch {
                return error
            }
        }
        let (item, worker) = (Label(item: 2, worker: 0, answer: 0), Label(item: 0, worker: -1, answer: 0))
        let (answer, good) = (Label(item: 0, worker: 0, answer: 2), Label(item: 1, worker: 1, answer: 1))
        #expect(fault([good]) == nil)
        #expect(fault([item]) == .noSuchItem(item))
        #expect(fault([worker]) == .noSuchWorker(worker))
        #expect(fault([answer]) == .noSuchAnswer(answer))
        #expect(fault([good, good]) == nil)
        #expect(fault(items: -1) == .sizeOutOfBounds && fault(workers: .max) == .sizeOutOfBounds)
        #expect(fault(answers: 0) == .sizeOutOfBounds && fault(items: 50_000_000, answers: 10_000) == .sizeOutOfBounds)
    }
}
