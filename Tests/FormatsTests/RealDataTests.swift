import Foundation
import Testing

@testable import Formats

/// Where the real data lies, for those who have it; it is no part of the repository.
private let dataFolder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"]

/// The counts were taken from the same files with Python's `csv`, `ast.literal_eval`, `datetime` and `json`.
@Suite("The real data sets", .enabled(if: dataFolder != nil))
struct RealDataTests {
    private func cuad(_ answers: String? = nil) throws -> CUADReader {
        let folder = try #require(dataFolder) + "/cuad"
        return try CUADReader(
            answersPath: answers ?? folder + "/master_clauses.csv.gz", textsPath: folder + "/contracts_txt.tar.gz")
    }

    @Test("all 370 contracts of CUAD are read, and every answer is as Python reads it")
    func contracts() throws {
        let (contracts, faults) = try readCUAD(cuad())
        #expect(faults.isEmpty)
        #expect(contracts.count == 370)
        #expect(contracts.reduce(0) { $0 + $1.text.utf8.count } == 18_949_708)
        let clauses = contracts.flatMap(\.clauses)
        #expect(clauses.count == 370 * 41)
        #expect(clauses.reduce(0) { $0 + $1.spans.count } == 9_414)
        #expect(clauses.reduce(0) { $0 + $1.spans.reduce(0) { $0 + $1.utf8.count } } == 2_567_623)
        #expect(clauses.count { $0.kind == .yesNo && $0.answer == "Yes" } == 2_658)
        #expect(clauses.count { $0.kind == .yesNo && $0.answer == "No" } == 370 * 33 - 2_658)
        let values = [
            "Document Name": 370, "Parties": 369, "Agreement Date": 304, "Effective Date": 236, "Expiration Date": 225,
            "Renewal Term": 121, "Notice Period To Terminate Renewal": 73, "Governing Law": 315,
        ]
        for (clause, count) in values {
            #expect(clauses.count { $0.clause == clause && $0.answer != nil } == count, "\(clause)")
        }
    }

    @Test("the dates that cannot be used are told, one remark each")
    func dates() throws {
        let contracts = try readCUAD(cuad()).contracts
        let remarks = contracts.flatMap(\.remarks)
        func count(_ clause: String) -> Int { remarks.count { $0.position.hasSuffix(", \(clause)-Answer") } }
        #expect(count("Agreement Date") == 34)
        #expect(count("Effective Date") == 22)
        #expect(count("Expiration Date") == 16)
        #expect(remarks.count == 72)
        #expect(remarks.count { $0.reason == "“31/01/2025” is not a day of the calendar (m/d/yyyy)" } == 1)
        let agreed = contracts.flatMap(\.clauses).filter { $0.clause == "Agreement Date" }.compactMap(\.answer)
        #expect(agreed.min() == "1992-05-20")
        #expect(agreed.max() == "2020-07-06")
    }

    @Test("without the column txt_file, as upstream has it, the same answers are found for every text")
    func upstream() throws {
        let folder = try #require(dataFolder) + "/cuad"
        let csv = try CSVReader(path: folder + "/master_clauses.csv.gz")
        var writer = CSVWriter(header: Array(csv.header.names.dropFirst()))
        while case .record(let record) = try csv.next() {
            writer.append(record.fields.dropFirst().map(CSVCell.text))
        }
        let temporary = try TemporaryFolder()
        let path = try temporary.write("master_clauses.csv", writer.take())
        let (contracts, faults) = try readCUAD(cuad(path))
        let expected = try readCUAD(cuad()).contracts
        #expect(faults.isEmpty)
        #expect(contracts.map(\.fileName) == expected.map(\.fileName))
        // Document names are free of formula signs, so that the writer's guard did not change them.
        #expect(contracts.map { $0.clauses.first?.answer } == expected.map { $0.clauses.first?.answer })
    }

    @Test("all 500 questions of PubMedQA are read")
    func questions() throws {
        let path = try #require(dataFolder) + "/pubmedqa/pqal.json.gz"
        let questions = try PubMedQAReader(path: path).compactMap { item in
            if case .question(let question) = item { question } else { nil }
        }
        #expect(questions.count == 500)
        #expect(questions.map(\.id) == questions.map(\.id).sorted())
        #expect(questions.reduce(0) { $0 + $1.contexts.count } == 1_669)
        #expect(questions.count { $0.year == nil } == 36)
        func counts(_ answer: KeyPath<PubMedQuestion, PubMedAnswer>) -> [Int] {
            PubMedAnswer.allCases.map { word in questions.count { $0[keyPath: answer] == word } }
        }
        #expect(counts(\.firstAnswer) == [309, 154, 37])
        #expect(counts(\.secondAnswer) == [269, 169, 62])
        #expect(counts(\.settled) == [276, 169, 55])
    }
}
