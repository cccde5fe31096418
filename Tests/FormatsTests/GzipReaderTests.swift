import Foundation
import Testing

@testable import Formats

@Suite("Bytes of plain and gzipped files")
struct GzipReaderTests {
    private func contents(_ bytes: [UInt8], bytesMax: Int = 1 << 30) throws -> [UInt8] {
        try ByteReader(bytes: bytes, name: "test", bytesMax: bytesMax).rest(limit: 1 << 30)
    }

    private let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }

    @Test("a plain file is read as it is", arguments: [0, 1, 2, 3, 65_535, 65_536, 65_537, 200_000])
    func plain(count: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("plain", long.prefix(count))
        #expect(try ByteReader(path: path).rest(limit: 1 << 20) == Array(long.prefix(count)))
    }

    @Test("a gzipped file is gunzipped", arguments: [0, 1, 65_536, 200_000])
    func gzipped(count: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("file.gz", gzipMember(Array(long.prefix(count))))
        #expect(try ByteReader(path: path).rest(limit: 1 << 20) == Array(long.prefix(count)))
    }

    @Test("what gzip compressed is gunzipped")
    func compressed() throws {
        let data = try #require(Data(base64Encoded: "H4sIAAAAAAACA8tIzcnJV8hAJ7kAAIhZCxgAAAA="))
        #expect(try contents(Array(data)) == Array("hello hello hello hello\n".utf8))
    }

    @Test("members one after the other are one file, and zeros after them are padding")
    func members() throws {
        let bytes = gzipMember([1, 2]) + gzipMember([]) + gzipMember([3]) + [UInt8](repeating: 0, count: 700)
        #expect(try contents(bytes) == [1, 2, 3])
    }

    @Test("a gzip file cut short anywhere is an error with its position")
    func cutShort() {
        let whole = gzipMember(Array("a text that is long enough".utf8))
        for count in 2..<whole.count {
            let error = #expect(throws: FormatError.self) { try contents(Array(whole.prefix(count))) }
            guard case .malformed("test", count, _) = error else {
                Issue.record("after \(count) bytes: \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a wrong checksum, damaged data and bytes after the last member are errors")
    func damaged() {
        let whole = gzipMember([1, 2, 3, 4])
        var checksum = whole
        checksum[whole.count - 8] ^= 1
        var block = whole
        block[10] = 0x07
        for bytes in [checksum, block, whole + [7]] {
            #expect(throws: FormatError.self) { try contents(bytes) }
        }
    }

    @Test("more decompressed bytes than allowed are an error")
    func bounded() throws {
        let bytes = gzipMember(long)
        #expect(try contents(bytes, bytesMax: 200_000).count == 200_000)
        #expect(throws: FormatError.tooLarge(path: "test", limit: 199_999)) { try contents(bytes, bytesMax: 199_999) }
        #expect(throws: FormatError.tooLarge(path: "test", limit: 1)) { try contents([5, 6], bytesMax: 1) }
    }

    @Test("read and skip count exactly and stop at the end")
    func counting() throws {
        let reader = try ByteReader(bytes: gzipMember(long), name: "test")
        #expect(try reader.read(70_000) == Array(long.prefix(70_000)))
        #expect(try reader.skip(100_000) == 100_000)
        #expect(reader.position == 170_000)
        #expect(try reader.read(1_000_000) == Array(long.dropFirst(170_000)))
        #expect(try reader.skip(5) == 0)
        #expect(try reader.next() == nil)
    }

    @Test("a missing file and a folder are errors that name the path", arguments: ["/no/such/file", "/tmp"])
    func unreadable(path: String) {
        let error = #expect(throws: FormatError.self) { try ByteReader(path: path) }
        guard case .unreadable(path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
