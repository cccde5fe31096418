import Formats
import Foundation
import Marketplace
import Testing

@testable import Simulation

@Suite("Parts of the simulation")
struct PartsTests {
    @Test("events come in the order of their time, and of one instant in the order of their planning")
    func timeline() {
        var timeline = Timeline()
        let start = MarketSimulation.firstMorning
        timeline.plan(.session(1), at: start + 5)
        timeline.plan(.session(2), at: start)
        timeline.plan(.session(3), at: start + 5)
        timeline.plan(.session(4), at: start + 9)
        timeline.plan(.session(5), at: start)
        var order: [SimulationEvent] = []
        while let next = timeline.next() { order.append(next.event) }
        #expect(order == [2, 5, 1, 3, 4].map(SimulationEvent.session))
    }

    @Test("a worker's days begin on working days between nine and eleven by the local clock")
    func sessions() throws {
        let row = SimulationWorkerRow(
            id: SeededIdentifiers(seed: 1).make(at: MarketSimulation.firstMorning), key: "L23",
            timeZone: "Asia/Shanghai",
            weeklyMinutes: 600, professions: [.lawyer]
        )
        var worker = SimulatedWorker(row, seed: 1)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Asia/Shanghai"))
        var instant = MarketSimulation.firstMorning
        for _ in 0..<200 {
            let next = worker.nextSession(after: instant)
            #expect(next > instant)
            #expect((2...6).contains(calendar.component(.weekday, from: next)))
            #expect((9...10).contains(calendar.component(.hour, from: next)))
            instant = next
        }
        let monday = worker.nextMonday(after: instant)
        #expect(calendar.component(.weekday, from: monday) == 2 && calendar.component(.hour, from: monday) == 0)
        #expect(monday > instant && monday.timeIntervalSince(instant) <= 7 * 86_400)
    }

    private func reference(_ random: inout Chance) -> JSON {
        .object(
            Dictionary(
                uniqueKeysWithValues: CUADClauses.all.map { name, kind in
                    let spans: [JSON] = (0..<random.index(below: 4)).map { .string("passage \($0)") }
                    let answer: JSON =
                        switch kind {
                        case .value: random.happens(0.5) ? "2020-02-29" : random.happens(0.5) ? "Delaware" : nil
                        case .yesNo: spans.isEmpty ? "No" : "Yes"
                        }
                    return (name, ["answer": answer, "spans": .array(spans)])
                }))
    }

    @Test("whatever a worker gets wrong, the schema takes it, and refuses the malformed", arguments: UInt64(1)...100)
    func answers(seed: UInt64) throws {
        var random = Chance(seed: seed, word: "test")
        let contract = [ImportContracts.source: reference(&random)]
        let sources = ImportQuestions.sources
        let question = [sources.first, sources.second, sources.settled].map {
            ($0, QuestionAnswers.answer(PubMedAnswer.allCases[random.index(below: 3)], "Because."))
        }
        var maker = AnswerMaker(errorRate: 0.5, random: random)
        let extracted = maker.answer(.extraction, references: contract, slot: 1)
        let judged = maker.answer(.judgement, references: Dictionary(uniqueKeysWithValues: question), slot: 2)
        let (clauses, words) = (
            try ProjectShape(.extraction, parameters: ContractAnswers.parameters),
            try ProjectShape(.judgement, parameters: QuestionAnswers.parameters)
        )
        #expect(clauses.faults(inAnswer: extracted, to: .null).isEmpty)
        #expect(words.faults(inAnswer: judged, to: .null).isEmpty)
        #expect(!clauses.faults(inAnswer: maker.malformed(extracted), to: .null).isEmpty)
        #expect(!words.faults(inAnswer: maker.malformed(judged), to: .null).isEmpty)
        #expect(Agreement.basisPoints(of: extracted, with: contract).share < 10_000)
    }

    @Test(
        "the agreement with two clauses",
        arguments: [
            (#"{"a":{"answer":"Yes","spans":["x"]},"b":{"answer":null,"spans":[]}}"#, 10_000, []),
            (#"{"a":{"answer":"Yes","spans":[]},"b":{"answer":null,"spans":[]}}"#, 7_500, ["a"]),
            (#"{"a":{"answer":"No","spans":["x"]},"b":{"answer":null,"spans":[]}}"#, 5_000, ["a"]),
            (#"{"b":{"answer":"Yes","spans":[]}}"#, 0, ["a", "b"]),
            ("null", 0, ["a", "b"]),
        ]
    )
    func agreement(answer: String, share: Int, differing: [String]) throws {
        let known = try JSON.parse(#"{"a":{"answer":"Yes","spans":["x"]},"b":{"answer":null,"spans":[]}}"#)
        let found = Agreement.basisPoints(of: try JSON.parse(answer), with: [ImportContracts.source: known])
        #expect(found.share == share)
        #expect(found.differing == differing)
    }

    @Test("a judgement that any expert gave is right", arguments: [("yes", 10_000), ("maybe", 10_000), ("no", 0)])
    func judgement(word: String, share: Int) {
        let references: [String: JSON] = [
            "first expert": ["answer": "yes"], "second expert": ["answer": "maybe"], "settled": ["answer": "maybe"],
        ]
        #expect(Agreement.basisPoints(of: ["answer": .string(word)], with: references).share == share)
    }

    @Test(
        "names of files become external keys",
        arguments: [
            ("Castellan & Rook, S.A. - DISTRIBUTION AGREEMENT.txt", "castellan-rook-s-a-distribution-agreement"),
            ("folder/ÉCLAIR_2020.TXT", "eclair-2020"), ("合同 1.txt", "合同-1"),
        ]
    )
    func keys(name: String, key: String) {
        #expect(FileKey.key(ofFile: name) == key)
    }

    @Test("a long name is cut to 200 characters and stays apart from its like; one of signs alone has a key too")
    func longKeys() {
        let long = String(repeating: "a", count: 300)
        let (one, other) = (FileKey.key(ofFile: long + "1.txt"), FileKey.key(ofFile: long + "2.txt"))
        #expect(one != other)
        #expect(one.count <= 200 && !FileKey.key(ofFile: "!!.txt").isEmpty)
    }
}
