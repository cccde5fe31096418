import Formats
import Testing

@Suite("Tables of answers") struct AnswerTableTests {
    private static func table(_ text: String, _ columns: [String] = ["task", "worker", "label"]) throws -> AnswerTable {
        try AnswerTable(ByteReader(bytes: Array(text.utf8), name: "labels.csv"), columns: columns)
    }

    private static func fault(_ text: String) -> TableFault? {
        do {
            _ = try table(text)
            return nil
        } catch {
            return error as? TableFault
        }
    }

    @Test("Columns are taken in any order, others passed over, names sorted by their bytes")
    func columns() throws {
        let table = try Self.table("label,time_s,worker,task\r\nyes,3,w2,b\n\n\"no, not\",4,w1,a\nyes,,w2,a\n")
        #expect(table.columns.map(\.names) == [["a", "b"], ["w1", "w2"], ["no, not", "yes"]])
        #expect(table.columns.map(\.codes) == [[1, 0, 0], [1, 0, 1], [1, 0, 1]])
        #expect(table.lines == [2, 4, 5])
        #expect(try Self.table("task,worker,label\n").lines.isEmpty)
    }

    @Test("What is wrong is said with its line")
    func faults() {
        #expect(Self.fault("task,label\na,b\n") == TableFault(line: 1, reason: "the header has no column 'worker'"))
        #expect(Self.fault("task,worker,label\na,b,c\n,b,c\n") == TableFault(line: 3, reason: "task is empty"))
        #expect(Self.fault("task,worker,label\na,b,c\na,b\n")?.line == 3)
        #expect(Self.fault("task,worker,label\na,\"b\n\nc,c\n")?.line == 2)
        let long = String(repeating: "x", count: 1_001)
        #expect(
            Self.fault("task,worker,label\na,\(long),c\n")
                == TableFault(line: 2, reason: "worker has more than 1000 bytes"))
        #expect(Self.fault("task,worker,label\na,b,\(long.dropLast())\n") == nil)
        #expect(TableFault(line: 7, reason: "task is empty").description == "line 7: task is empty")
    }

    @Test("No bytes make the reading fail otherwise than with an error")
    func fuzz() {
        var source = MutationSource(seed: 5)
        let original = Array("task,worker,label\na,b,c\n\"d\",e,f\r\n".utf8)
        for _ in 0..<2_000 {
            let bytes = source.mutated(original)
            if let table = try? AnswerTable(
                ByteReader(bytes: bytes, name: "fuzz"), columns: ["task", "worker", "label"])
            {
                #expect(table.columns.allSatisfy { $0.codes.count == table.lines.count })
            }
        }
    }
}
