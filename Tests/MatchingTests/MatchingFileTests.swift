import Matching
import Testing

@Suite struct MatchingFileTests {
    private func solve(_ text: String, chunk: Int = 1 << 16) throws -> MatchingProblem.Solution {
        var file = MatchingFile()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try file.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
        }
        return try file.finish().solve(exact: true, looksMax: 20_000)
    }

    static let assignmentText = """
        c a remark
        p asn 4 4
        n 1
        n 3

        a 1 2 5
        a 1 4 -2
        a 3 2 7
        a\t3  4 1
        """

    @Test("An assignment file ends at the least total cost, in its own node numbers, however the bytes come")
    func assignment() throws {
        for chunk in [1, 3, 1_000] {
            for text in [Self.assignmentText, Self.assignmentText.replacing("\n", with: "\r\n") + "\r\n"] {
                let solution = try solve(text, chunk: chunk)
                #expect(solution.optimum == 5 && solution.bound == 5 && solution.isProven)
                #expect(solution.pairs.map { [$0.left, $0.right] } == [[1, 4], [3, 2]])
            }
        }
    }

    @Test("With fewer right nodes than left ones every right one gets a partner; with none on a side, nobody does")
    func turned() throws {
        let solution = try solve("p asn 3 2\nn 1\nn 2\na 1 3 9\na 2 3 4\n")
        #expect(solution.optimum == 4 && solution.pairs.map { [$0.left, $0.right] } == [[2, 3]])
        #expect(try solve("p asn 0 0\n").pairs.isEmpty)
        #expect(try solve("p asn 2 0\n").optimum == 0)
    }

    static let marketText = """
        p mat max 3 3 8
        t 1 2 4
        t 2 1 2
        t 3 1 4
        w 1 8
        w 2 6
        w 3 4 1
        a 1 1 90
        a 1 2 80
        a 1 3 60
        a 2 1 40
        a 2 2 55
        a 3 1 70
        a 3 2 75 6
        a 3 3 -20
        """

    @Test("A market has slots, time, tasks at most and own times; what is worth less than nothing is never chosen")
    func market() throws {
        let solution = try solve(Self.marketText)
        #expect(solution.optimum == 295 && solution.bound >= 295 && solution.openSlots == 0)
        #expect(solution.pairs.map { [$0.left, $0.right] } == [[1, 1], [1, 2], [2, 2], [3, 1]])
        let narrow = try solve(Self.marketText.replacing("w 1 8", with: "w 1 3"))
        #expect(narrow.optimum == 195 && narrow.openSlots == 1)
    }

    @Test("min and max-full fill every slot, max leaves open what costs", arguments: ["max", "max-full", "min"])
    func goals(goal: String) throws {
        let solution = try solve("p mat \(goal) 2 2 3\na 1 1 -5\na 1 2 3\na 2 2 4\n")
        #expect(solution.optimum == (goal == "max" ? 4 : -1) && solution.bound == solution.optimum)
        #expect(solution.openSlots == (goal == "max" ? 1 : 0))
    }

    @Test("What cannot be filled is infeasible, with the line of one that goes short")
    func infeasible() {
        func expect(_ text: String, line: Int?, _ part: String) {
            #expect {
                try solve(text)
            } throws: { error in
                guard let fault = error as? MatchingFault else { return false }
                return fault.isInfeasible && fault.line == line && fault.description.contains(part)
            }
        }
        expect("p asn 4 2\nn 1\nn 2\na 1 3 1\na 2 3 1\n", line: 5, "at most 1 of 2")
        expect("p mat min 1 2 1\nt 1 2\na 1 1 1\n", line: 2, "at most 1 of 2")
        expect("p mat min 2 1 2\nw 1 5\nt 1 1 2\nt 2 1 4\na 1 1 1\na 2 1 1\n", line: nil, "1 of 2 at best")
    }

    static let wrong: [(text: String, line: Int?, part: String)] = [
        ("", nil, "no problem line"), ("c only\n", nil, "no problem line"),
        ("n 1\np asn 2 1\n", 1, "must come first"), ("p asn 2 1\np asn 2 1\n", 2, "second problem line"),
        ("p\n", 1, "no problem"), ("p max 2 1\n", 1, "only asn and mat"), ("p mat most 1 1 1\n", 1, "goal"),
        ("p asn 2\n", 1, "numbers where"), ("p asn 2 x\n", 1, "whole number, not 'x'"),
        ("p asn 99999999999 1\n", 1, "out of bounds"), ("p asn 2 -1\n", 1, "out of bounds"),
        ("p asn 2 99999999999999999999\n", 1, "whole number"), ("p asn 2 1\nq 1\n", 2, "unknown line 'q'"),
        ("p asn 2 1\nn 3\n", 2, "node 3 is out of bounds"), ("p asn 2 1\nn 1\nn 1\n", 3, "named twice"),
        ("p asn 2 1\nn 1\na 1 2\n", 3, "numbers where"), ("p asn 2 1\nn 1\na 1 2 1.5\n", 3, "not '1.5'"),
        ("p asn 2 1\nn 1\na 1 2 500000000001\n", 3, "cost"), ("p asn 2 1\nn 1\na 1 2 3 4\n", 3, "numbers where"),
        ("p asn 2 1\nn 1\na 2 1 3\n", 3, "not named by an 'n' line"),
        ("p asn 3 1\nn 1\nn 2\na 1 2 3\n", 4, "is a left node"),
        ("p asn 2 2\nn 1\na 1 2 3\n", nil, "announces 2"), ("p asn 2 1\nn 1\na 1 2 3\na 1 2 3\n", 4, "more 'a' lines"),
        ("p asn 2 2\nn 1\na 1 2 3\na 1 2 3\n", 4, "paired in line 3"),
        ("p mat max 1 1 1\nt 2 1\n", 2, "task 2"), ("p mat max 1 1 1\nt 1 1001\n", 2, "slots"),
        ("p mat max 1 1 1\nt 1 1 0\n", 2, "units"), ("p mat max 1 1 1\nw 1 400001\n", 2, "units"),
        ("p mat max 1 1 1\nw 1 1\nw 1 1\n", 3, "described twice"), ("p mat max 1 1 1\na 1 1 1 0\n", 2, "units"),
        ("p asn 0 0\nn 1\n", 2, "announces no node"), ("p asn 0 1\na 1 2 3\n", 2, "announces no left node"),
        ("p mat max 1 0 1\nw 1 1\n", 2, "no worker"),
        ("p mat max 0 1 1\nt 1 1\n", 2, "no task"), ("p mat max 0 1 1\na 1 1 1\n", 2, "no task"),
        ("p asn 2 1\na 1 2 3 4 5 6 7 8 9\n", 2, "too many words"),
        ("p asn 2 1\nx" + String(repeating: "y", count: 5_000) + "\n", 2, "more than 4096 bytes"),
    ]

    @Test("A malformed file is refused with its line and its reason", arguments: wrong.indices)
    func malformed(index: Int) {
        let (text, line, part) = Self.wrong[index]
        #expect {
            try solve(text)
        } throws: { error in
            guard let fault = error as? MatchingFault else { return false }
            return !fault.isInfeasible && fault.line == line && fault.description.contains(part)
        }
    }

    @Test("Any bytes are read or refused, and nothing traps")
    func anyBytes() throws {
        var random = SplitMix64(state: 12)
        let words = [
            "p", "asn", "mat", "min", "max", "n", "a", "t", "w", "c", "1", "2", "0", "-1", "9223372036854775808",
        ]
        for _ in 0..<3_000 {
            let heads = [
                "p asn 3 2\n", "p mat min 2 2 2\n", "p asn 0 0\n", "p asn 0 2\n", "p asn 1 0\n", "p mat max 0 0 2\n",
                "p mat max-full 0 2 2\n", "p mat min 2 0 0\n",
            ]
            var text = heads[random.below(heads.count)]
            for _ in 0..<random.below(12) {
                text +=
                    (0..<random.below(5)).map { _ in words[random.below(words.count)] }.joined(separator: " ") + "\n"
            }
            var bytes = Array(text.utf8)
            if random.below(3) == 0, !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            var file = MatchingFile()
            do {
                try file.feed(bytes)
                let solution = try file.finish().solve(exact: true, looksMax: 1_000)
                #expect(solution.pairs.count <= 3)
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}
