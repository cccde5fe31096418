import Foundation
import Testing

@testable import Formats

@Suite("The sample market in samples/")
struct SampleTests {
    private let samples = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("samples").path

    private func contracts() throws -> (contracts: [CUADContract], faults: [RecordFault]) {
        try readCUAD(CUADReader(answersPath: samples + "/master_clauses.csv", textsPath: samples + "/contracts"))
    }

    @Test("eight contracts are read; the placeholder date and the row without a text are told")
    func planned() throws {
        let (contracts, faults) = try contracts()
        #expect(contracts.count == 8)
        #expect(
            faults.map(\.description) == [
                "master_clauses.csv line 7: there is no text for "
                    + "“Thistledown Freight Cooperative - WAREHOUSING AGREEMENT”"
            ])
        #expect(
            contracts.flatMap(\.remarks).map(\.description) == [
                "master_clauses.csv line 5, Agreement Date-Answer: “[]/[]/2020” is a date with parts left open"
            ])
        #expect(contracts.contains { $0.fileName == "Castellan & Rook, S.A. - DISTRIBUTION AGREEMENT.txt" })
    }

    @Test("each contract is 2,000 to 5,000 characters long and every marked passage occurs in it")
    func passages() throws {
        let contracts = try contracts().contracts
        for contract in contracts {
            #expect((2_000...5_000).contains(contract.text.count), "\(contract.fileName)")
            for clause in contract.clauses {
                for span in clause.spans {
                    #expect(contract.text.contains(span), "\(contract.fileName): \(clause.clause)")
                }
                if clause.kind == .yesNo { #expect((clause.answer == "Yes") == !clause.spans.isEmpty) }
            }
        }
        for (clause, _) in CUADClauses.all {
            let answers = contracts.flatMap(\.clauses).filter { $0.clause == clause }
            #expect(answers.contains { !$0.spans.isEmpty }, "\(clause)")
        }
    }

    @Test("eight questions are read, some with experts who differ, and the ninth is a fault")
    func questions() throws {
        var questions: [PubMedQuestion] = []
        var faults: [String] = []
        for item in try PubMedQAReader(path: samples + "/pubmedqa.json") {
            switch item {
            case .question(let question): questions.append(question)
            case .fault(let fault): faults.append(fault.description)
            }
        }
        #expect(questions.count == 8)
        #expect(questions.count { $0.firstAnswer != $0.secondAnswer } == 3)
        #expect(Set(questions.map(\.settled)) == Set(PubMedAnswer.allCases))
        let reason = "reasoning_free_pred is “perhaps”, which is none of yes, no, maybe"
        #expect(faults == ["pubmedqa.json record 90000009: \(reason)"])
    }

    @Test("24 lawyers and 14 physicians are read, with as many able to work as the sample market needs")
    func workers() throws {
        let (entries, faults) = try readRoster(WorkerRoster(path: samples + "/workers.csv"))
        let today = try #require(CalendarDate(iso: "2026-01-01"))
        let later = try #require(CalendarDate(iso: "2028-01-01"))
        func count(_ profession: RosterEntry.Profession, _ condition: ([RosterEntry]) -> Bool) -> Int {
            let workers = Dictionary(grouping: entries.filter { $0.profession == profession }, by: \.workerKey)
            return workers.values.count(where: condition)
        }
        func holds(_ entry: RosterEntry, on day: CalendarDate) -> Bool {
            entry.standing == .active && entry.expiresOn.map { $0 >= day } ?? true
        }
        func isSenior(_ entry: RosterEntry) -> Bool { entry.tier == .expert || entry.tier == .principal }
        func isAmerican(_ entry: RosterEntry) -> Bool { entry.jurisdiction.hasPrefix("US-") }
        #expect(faults.isEmpty)
        #expect(count(.lawyer) { _ in true } == 24)
        #expect(count(.physician) { _ in true } == 14)
        #expect(count(.lawyer) { !$0.contains { holds($0, on: today) } } == 4)
        #expect(count(.physician) { !$0.contains { holds($0, on: today) } } == 2)
        #expect(count(.lawyer) { !$0.contains(where: isAmerican) } == 4)
        #expect(count(.lawyer) { $0.contains { isAmerican($0) && isSenior($0) && holds($0, on: later) } } == 14)
        #expect(
            count(.physician) {
                $0.contains { $0.credentialKind == .medicalLicence && isSenior($0) && holds($0, on: later) }
            } == 10)
        #expect(entries.allSatisfy { (5...30).contains($0.weeklyHours) })
        #expect(entries.allSatisfy { holds($0, on: today) == holds($0, on: later) })
    }
}
