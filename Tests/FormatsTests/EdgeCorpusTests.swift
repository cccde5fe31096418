import EdgeFuzz
import Foundation
import Testing

@testable import Formats

/// The corpus that the fuzzer starts from, and all that it ever found.
@Suite("The corpus of the JSON edge")
struct EdgeCorpusTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    private static let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.folder.appending(path: name)))
    }

    @Test("every input is taken or refused, and what holds of any holds of it")
    func replay() throws {
        try #require(Self.names.count >= 60)
        for name in Self.names {
            do {
                try EdgeProbe.probe(try bytes(name))
                // As the fuzzer calls it.
                let entered = try bytes(name).withUnsafeBufferPointer { fuzzOne($0.baseAddress, $0.count) }
                #expect(entered == 0)
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    @Test(
        "the known traps are refused for their reason",
        arguments: [
            ("depth-over-limit.json", JSONFault.Reason.tooDeep), ("depth-unclosed.json", .tooDeep),
            ("nul-raw.json", .nul), ("nul-escaped.json", .nul), ("nul-in-name.json", .nul), ("nul-at-end.json", .nul),
            ("surrogate-high-alone.json", .loneSurrogate), ("surrogate-low-alone.json", .loneSurrogate),
            ("surrogate-high-twice.json", .loneSurrogate), ("surrogate-in-utf8.json", .invalidUTF8),
            ("utf8-truncated.json", .invalidUTF8), ("utf8-overlong.json", .invalidUTF8),
            ("utf8-beyond.json", .invalidUTF8), ("bom.json", .byteOrderMark), ("empty.json", .unexpectedEnd),
            ("duplicate-member.json", .duplicateKey), ("duplicate-escaped.json", .duplicateKey),
            ("duplicate-normalised.json", .duplicateKey), ("number-too-many-digits.json", .malformedNumber),
            ("number-huge-exponent.json", .malformedNumber), ("number-leading-zero.json", .malformedNumber),
            ("trailing-bytes.json", .trailingBytes),
            ("control-raw.json", .controlCharacter), ("escape-unknown.json", .malformedEscape),
        ])
    func traps(name: String, reason: JSONFault.Reason) throws {
        let bytes = try bytes(name)
        #expect(throws: JSONFault.self, "\(name)") { try JSON.parse(bytes) }
        do { _ = try JSON.parse(bytes) } catch { #expect(error.reason == reason, "\(name)") }
    }

    @Test(
        "what is at a bound is read",
        arguments: [
            "depth-at-limit.json", "number-many-digits.json", "number-fraction.json", "integer-limits.json",
            "surrogate-pair.json",
            "control-escaped.json",
        ])
    func bounds(name: String) throws {
        _ = try JSON.parse(try bytes(name))
    }
}
