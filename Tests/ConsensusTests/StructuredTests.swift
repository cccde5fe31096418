import Consensus
import Testing

@Suite("Fields, spans, ratings and outcomes") struct StructuredTests {
    @Test(
        "The same thing written in two ways is the same value",
        arguments: [
            (FieldValue.Kind.date, "2026-04-01", "April 1st, 2026"),
            (.date, "1 Apr 2026", "the 1st day of April, 2026"),
            (.date, "25/12/2026", "December 25, 2026"), (.amount, "$1,200.50", "USD 1200.5"),
            (.amount, "1.200,50 EUR", "€1,200.50"), (.amount, "$2,000,000", "2000000 dollars"),
            (.amount, "12 %", "12.0%"),
            (.party, "Castellan & Rook, S.A.", "castellan and rook SA"), (.party, "The Acme Co.", "Acme Company"),
            (.text, "Laws of the State of New York", "laws of the state of new york."),
        ])
    func same(kind: FieldValue.Kind, one: String, other: String) {
        #expect(FieldValue(one, as: kind) == FieldValue(other, as: kind))
        #expect(FieldValue(one, as: kind).likeness(to: FieldValue(other, as: kind)) == 1)
    }

    @Test(
        "What differs stays different, and what is not of its kind is text",
        arguments: [
            (FieldValue.Kind.date, "2026-04-01", "2026-01-04"), (.date, "2026-02-30", "2026-02-28"),
            (.date, "4/5/2026", "2026-04-05"), (.amount, "$5", "€5"), (.amount, "1.5", "15"),
            (.amount, "1,234", "1.234,5"),
            (.party, "Acme", "Acme Holdings"), (.text, "New York", "New Jersey"),
        ])
    func different(kind: FieldValue.Kind, one: String, other: String) {
        #expect(FieldValue(one, as: kind) != FieldValue(other, as: kind))
        #expect(FieldValue(one, as: kind).likeness(to: FieldValue(other, as: kind)) < 1)
    }

    @Test("No text makes a value fail", arguments: FieldValue.Kind.allCases)
    func fuzz(kind: FieldValue.Kind) {
        var random = SeededRandom(seed: 3)
        let pieces = [
            "1", "99999999999999999999", "31", "/", "-", ".", ",", " ", "$", "€", "may", "٣", "é", "inc", "of", "%",
            "\u{0}",
        ]
        for _ in 0..<2_000 {
            let text = (0..<random.below(8)).map { _ in pieces[random.below(pieces.count)] }.joined()
            let value = FieldValue(text, as: kind)
            #expect(value.likeness(to: value) == 1, "\(text)")
        }
    }

    @Test("Fields are merged to the value nearest to all; only those that differ go to a person")
    func merge() {
        func answer(_ worker: Int32, _ key: String, _ text: String, _ kind: FieldValue.Kind = .text) -> FieldAnswer {
            FieldAnswer(worker: worker, key: key, value: FieldValue(text, as: kind))
        }
        let answers = [
            answer(0, "date", "2026-04-01", .date), answer(1, "date", "1 April 2026", .date),
            answer(2, "date", "2026-04-02", .date), answer(0, "law", "State of New York"),
            answer(1, "law", "laws of the State of New York"), answer(2, "law", "the State of New York"),
            answer(2, "cap", "$5", .amount),
        ]
        let merged = FieldMerge.merge(answers, workers: [0, 1, 2])
        #expect(merged.map(\.key) == ["cap", "date", "law"])
        #expect(merged[0].value == nil && abs(merged[0].agreement - 2.0 / 3) < 1e-12 && merged[0].needsAdjudication)
        #expect(merged[1].value == .date(year: 2026, month: 4, day: 1) && merged[1].needsAdjudication)
        #expect(merged[2].value == .text(["the", "state", "of", "new", "york"]) && !merged[2].needsAdjudication)
        let weighted = FieldMerge.merge(answers, workers: [0, 1, 2], weights: [2: 5])
        #expect(weighted[1].value == .date(year: 2026, month: 4, day: 2) && weighted[0].value != nil)
        #expect(FieldMerge.merge([], workers: []) == [])
    }

    @Test("Spans agree by overlap, each matched once and only with its kind")
    func spans() {
        let one = [("date", 0..<10), ("party", 20..<30)]
        let other = [("date", 0..<9), ("party", 26..<40), ("date", 0..<10)]
        func likeness(_ overlapMin: Double) -> Double {
            SpanAgreement.likeness(
                one.map { (kind: $0.0, range: $0.1) }, other.map { (kind: $0.0, range: $0.1) }, overlapMin: overlapMin)
        }
        #expect(likeness(1) == 2 * 1 / 5.0 && likeness(0.5) == 2 * 1 / 5.0 && likeness(0.1) == 2 * 2 / 5.0)
        #expect(SpanAgreement.likeness([], []) == 1 && SpanAgreement.likeness([(kind: "a", range: 0..<1)], []) == 0)
        #expect(SpanAgreement.overlap(0..<10, 5..<15) == 5.0 / 15 && SpanAgreement.overlap(3..<3, 3..<3) == 1)
        let medoid = SpanAgreement.medoid([
            4: [(kind: "a", range: 0..<10)], 2: [(kind: "a", range: 1..<10)], 9: [(kind: "a", range: 50..<60)],
        ])
        #expect(medoid?.worker == 2 && medoid?.agreement == 0.5)
        #expect(SpanAgreement.medoid([:]) == nil)
    }

    @Test("Ratings come to their weighted median")
    func ratings() {
        #expect(Ratings.median([(1, 1), (5, 1), (2, 1)]) == 2)
        #expect(Ratings.median([(1, 1), (2, 1), (4, 1), (5, 1)]) == 3)
        #expect(Ratings.median([(1, 1), (2, 1), (5, 3)]) == 5)
        #expect(Ratings.median([(.nan, 1), (3, 0), (7, -2)]) == nil)
    }

    @Test("Where good workers stand on two sides the distribution is kept; a lone voice contests nothing")
    func contested() throws {
        var labels: [Label] = []
        for item in 0..<Int32(40) {
            // Item 0 is disputed; on item 1 one worker differs; all agree on the rest.
            for worker in 0..<Int32(6) {
                let answer: Int32 = item == 0 && worker < 2 || item == 1 && worker == 0 ? 1 : 0
                labels.append(Label(item: item, worker: worker, answer: item % 2 == 0 ? answer : 1 - answer))
            }
        }
        let set = try Labels(itemCount: 40, workerCount: 6, answerCount: 2, labels: labels)
        let fit = try FitMethod.oneCoin.fit(set)
        guard case .contested(let shares) = set.outcome(of: 0, fit) else {
            Issue.record("item 0 is \(set.outcome(of: 0, fit))")
            return
        }
        #expect(abs(shares[1] - 1.0 / 3) < 0.03 && abs(shares.reduce(0, +) - 1) < 1e-12)
        #expect(set.outcome(of: 2, fit) == .settled(answer: 0, confidence: fit.posterior(item: 2, answer: 0)))
        if case .contested = set.outcome(of: 1, fit) { Issue.record("a lone voice contests") }
        #expect(set.outcome(of: 40, fit) == .open)
    }

    @Test("The method is chosen by held-out gold, and is never worse there than the majority", arguments: 1...3)
    func choice(seed: Int) throws {
        let world = try DrawnWorld(
            items: 300, each: 5, answers: 3, skills: (0..<15).map { 0.1 + 0.055 * Double($0) }, seed: UInt64(seed))
        let gold = world.truth.filter { $0.key < 150 }
        let choice = try MethodChoice(world.labels, gold: gold)
        let majority = try #require(choice.scores.first { $0.method == .majority })
        let chosen = try #require(choice.scores.first { $0.method == choice.fit.method })
        #expect(choice.scores.count == 5 && chosen.accuracy >= majority.accuracy)
        #expect(chosen.surprise <= majority.surprise && choice.fit.method != .majority)
        let held = world.truth.filter { $0.key >= 150 }
        #expect(CalibrationError(choice.fit, gold: held).error < 0.1)
        let few = try MethodChoice(world.labels, gold: gold.filter { $0.key < 40 })
        #expect(few.scores == [] && few.fit.method == .dawidSkene)
    }
}
