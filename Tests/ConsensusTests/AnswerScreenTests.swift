import Consensus
import Testing

@Suite("Screens of a batch's answers") struct AnswerScreenTests {
    /// 30 workers, 300 items of five answers among three; everybody knows with that chance, takes 20 to 60 seconds.
    private static func answers(
        seed: UInt64, knows: Double = 0.85,
        _ change: (inout ScreenedAnswer, Int32, inout SeededRandom) -> Void = { _, _, _ in }
    ) -> [ScreenedAnswer] {
        var random = SeededRandom(seed: seed)
        return (0..<Int32(300)).flatMap { item in
            let truth = Int32(random.below(3))
            return (0..<Int32(30)).shuffled(using: &random).prefix(5).map { worker in
                var answer = ScreenedAnswer(
                    item: item, worker: worker,
                    answer: random.unit() < knows ? truth : Int32(random.below(3)),
                    seconds: 20 + 40 * random.unit(), characters: 1_000)
                change(&answer, truth, &random)
                return answer
            }
        }
    }

    @Test("find nothing among honest workers", arguments: 1...8 as ClosedRange<UInt64>)
    func honest(seed: UInt64) throws {
        let features = (0..<300).map { [Int32($0 % 7)] }
        let found = try AnswerScreen(Self.answers(seed: seed), features: features).findings
        #expect(found == [], "\(found.map(\.signal))")
    }

    @Test("find who is too fast, who contradicts on one feature, and who became worse; each with its items")
    func guilty() throws {
        let features = (0..<300).map { Int32($0) % 7 }
        let answers = Self.answers(seed: 3) { answer, truth, random in
            if answer.worker == 1 { answer = answer.with(seconds: 1) }
            if answer.worker == 2, features[Int(answer.item)] == 0 { answer = answer.with(choice: (truth + 1) % 3) }
            if answer.worker == 3, answer.item > 150 { answer = answer.with(choice: Int32(random.below(3))) }
        }
        let found = try AnswerScreen(answers, features: features.map { [$0] }).findings
        let speed = try #require(found.first { $0.signal == .speed })
        #expect(speed.workers == [1] && speed.items.count == answers.count { $0.worker == 1 })
        let bias = try #require(found.first { $0.signal == .targetedBias })
        #expect(bias.workers == [2] && bias.items.allSatisfy { features[Int($0)] == 0 })
        let shift = try #require(found.first { $0.signal == .skillShift })
        #expect(shift.workers == [3] && shift.items.allSatisfy { $0 > 100 })
        #expect(Set(found.flatMap(\.workers)) == [1, 2, 3])
        #expect(found.allSatisfy { $0.score > 1 && !$0.items.isEmpty && !$0.figures.isEmpty })
        #expect(found == (try AnswerScreen(answers, features: features.map { [$0] }).findings))
    }

    @Test("find workers who copy each other's choices, as one ring")
    func ring() throws {
        var said: [Int32: Int32] = [:]
        let answers = (0..<Int32(120)).flatMap { item -> [ScreenedAnswer] in
            var random = SeededRandom(seed: UInt64(item) + 1)
            let truth = Int32(random.below(3))
            return (0..<Int32(12)).map { worker in
                var choice = random.unit() < 0.7 ? truth : Int32(random.below(3))
                if worker == 0 { said[item] = choice }
                if worker == 1 || worker == 2 { choice = said[item] ?? choice }
                return ScreenedAnswer(item: item, worker: worker, answer: choice, seconds: 30 + 10 * random.unit())
            }
        }
        let found = try AnswerScreen(answers).findings
        #expect(found.map(\.signal) == [.agreement] && found[0].workers == [0, 1, 2])
        #expect(found[0].figures["pairs"] == 3 && found[0].items.count == 120)
    }

    @Test("find texts of two workers that are nearly the same, but not what a third wrote too, nor short ones")
    func texts() throws {
        func text(_ item: Int, _ worker: Int, words: Int = 40) -> String {
            (0..<words).map { "word\(item)x\(worker)x\($0)" }.joined(separator: " ")
        }
        var answers: [ScreenedAnswer] = []
        for item in 0..<5 {
            for worker in 0..<4 {
                // Worker 1 copies worker 0 but for the last word; the others quote the task at length.
                var own = text(item, worker == 1 ? 0 : worker)
                if worker == 1 { own = String(own.dropLast(2)) + "!" }
                let said = worker < 2 ? own : text(item, 9) + " " + text(item, worker, words: 2)
                answers.append(
                    ScreenedAnswer(
                        item: Int32(item), worker: Int32(worker), answer: Int32(answers.count), seconds: 60, text: said)
                )
            }
            answers.append(
                ScreenedAnswer(
                    item: Int32(item), worker: 4, answer: Int32(answers.count), seconds: 60, text: text(item, 9)))
        }
        let found = try AnswerScreen(answers).findings
        #expect(found.map(\.signal) == [.nearDuplicate] && found[0].workers == [0, 1] && found[0].items.count == 5)
        let short = (0..<10).map {
            ScreenedAnswer(
                item: Int32($0 / 2), worker: Int32($0 % 2), answer: Int32($0), seconds: 60, text: "Yes, it is.")
        }
        #expect(try AnswerScreen(short).findings == [])
    }

    @Test("find who hands in suggestions that the others contradict; not who does so where they are right")
    func suggestions() throws {
        var answers: [ScreenedAnswer] = []
        for item in Int32(0)..<40 {
            let isWrong = item.isMultiple(of: 4)
            for worker in Int32(0)..<4 {
                let isCopy = worker == 0 || !isWrong
                answers.append(
                    ScreenedAnswer(
                        item: item, worker: worker, answer: isCopy ? 0 : 1, seconds: 60, isAsSuggested: isCopy,
                        sawSuggestion: true))
            }
        }
        let found = try AnswerScreen(answers).findings.filter { $0.signal == .suggestionCopy }
        #expect(found.map(\.workers) == [[0]] && found[0].items == (Int32(0)..<40).filter { $0.isMultiple(of: 4) })
        let right = answers.filter { !$0.item.isMultiple(of: 4) }
        #expect(try AnswerScreen(right).findings.filter { $0.signal == .suggestionCopy } == [])
    }

    @Test(
        "find who does not meet known answers as soon as that is sure; who does, and who has met too few, is not found")
    func gold() throws {
        func answers(_ worker: Int32, _ right: [Bool]) -> [ScreenedAnswer] {
            right.enumerated().map { place, isRight in
                ScreenedAnswer(item: Int32(place), worker: worker, answer: Int32(place), seconds: 60, isRight: isRight)
            }
        }
        // Five wrong in a row are enough; a sixth and what comes after is not waited for.
        let found = try AnswerScreen(
            answers(0, [Bool](repeating: false, count: 9)) + answers(1, [Bool](repeating: true, count: 60))
                + answers(2, [false, false, true])
        ).findings
        #expect(found.map(\.signal) == [.gold] && found[0].workers == [0] && found[0].items == [0, 1, 2, 3, 4])
        // Who passed begins anew.
        let late = try AnswerScreen(
            answers(3, [Bool](repeating: true, count: 30) + [Bool](repeating: false, count: 10))
        ).findings
        #expect(late.map(\.workers) == [[3]] && (late[0].items.first ?? 0) >= 30)
    }

    @Test("phrases are words and pairs of them that stand in some texts, but not in most")
    func phrases() {
        let texts = (0..<40).map { "The contract number\($0) " + ($0 < 6 ? "of Globex Corp." : "of somebody else") }
        let features = PhraseFeatures(texts.map(PhraseFeatures.marks))
        let own = Set(features.codes[0])
        // globex, corp, "of globex", "globex corp"; nothing of the others, nor what all have, nor what one has.
        #expect(own.count == 4 && own.map { features.lengths[Int($0)] }.sorted() == [1, 1, 2, 2])
        #expect(features.codes[..<6].allSatisfy { Set($0) == own } && features.codes[6...].allSatisfy(\.isEmpty))
        #expect(PhraseFeatures.marks(of: "") == [] && PhraseFeatures([]).codes == [])
    }

    @Test("take nothing, and no codes below 0")
    func bounds() throws {
        #expect(try AnswerScreen([]).findings == [])
        let odd = (0..<20).map { ScreenedAnswer(item: -1, worker: 0, answer: Int32($0 % 2), seconds: 1) }
        #expect(throws: LabelsFault.self) { try AnswerScreen(odd) }
    }
}

extension ScreenedAnswer {
    fileprivate func with(choice: Int32? = nil, seconds: Double? = nil) -> ScreenedAnswer {
        ScreenedAnswer(
            item: item, worker: worker, answer: choice ?? answer, seconds: seconds ?? self.seconds,
            characters: characters)
    }
}
