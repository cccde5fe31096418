import Testing

@testable import Formats

@Suite("Files of a tar archive")
struct TarReaderTests {
    private func file(_ name: String, _ text: String) -> TarItem {
        .file(TarEntry(name: name, size: text.utf8.count, bytes: Array(text.utf8)))
    }

    @Test("regular files are read in order; folders and links are passed over")
    func regular() throws {
        let archive =
            tarEntry("folder/", [], type: "5") + tarEntry("folder/a.txt", Array("one".utf8))
            + tarEntry("link", [], type: "2") + tarEntry("b.txt", Array(String(repeating: "x", count: 512).utf8))
            + tarEntry("empty", []) + tarEnd
        let expected = [
            file("folder/a.txt", "one"), file("b.txt", String(repeating: "x", count: 512)), file("empty", ""),
        ]
        #expect(try readTar(archive) == expected)
        #expect(try readTar(gzipMember(archive)) == expected)
    }

    @Test("a GNU long name belongs to the entry after it, and to no other")
    func longName() throws {
        let name = String(repeating: "long/", count: 40) + "é.txt"
        let archive =
            tarEntry("././@LongLink", Array(name.utf8) + [0], type: "L") + tarEntry("short", Array("one".utf8))
            + tarEntry("b", Array("two".utf8)) + tarEnd
        #expect(try readTar(archive) == [file(name, "one"), file("b", "two")])
    }

    @Test("a pax header gives the path and the size of the entry after it")
    func pax() throws {
        let records = "27 mtime=1716213600.123456\n" + "21 path=r\u{e9}sum\u{e9}.txt\n" + "9 size=3\n"
        let archive =
            tarEntry("PaxHeaders/x", Array(records.utf8), type: "x")
            + tarEntry("resume.txt", Array("one".utf8), size: 0) + tarEntry("b", Array("two".utf8)) + tarEnd
        #expect(try readTar(archive) == [file("r\u{e9}sum\u{e9}.txt", "one"), file("b", "two")])
    }

    @Test(
        "a pax record with a wrong length is an error",
        arguments: ["99 path=a\n", "x path=a\n", "3 a", "-5 path=a\n"])
    func badPax(record: String) {
        let archive = tarEntry("x", Array(record.utf8), type: "x") + tarEntry("a", [1]) + tarEnd
        #expect(throws: FormatError.self) { try readTar(archive) }
    }

    @Test("an entry over the bound is skipped and reported, and the next is read")
    func oversized() throws {
        let archive = tarEntry("big", [UInt8](repeating: 1, count: 2_000)) + tarEntry("b", Array("two".utf8)) + tarEnd
        let fault = RecordFault(position: "tar entry big", reason: "holds 2000 bytes, more than the 1999 that are read")
        #expect(try readTar(archive, entryBytesMax: 1_999) == [.fault(fault), file("b", "two")])
        let big = file("big", String(repeating: "\u{1}", count: 2_000))
        #expect(try readTar(archive, entryBytesMax: 2_000) == [big, file("b", "two")])
    }

    @Test("names alone can be read")
    func namesOnly() throws {
        let archive = tarEntry("a", [1, 2, 3]) + tarEntry("b", []) + tarEnd
        let tar = TarReader(try ByteReader(bytes: archive, name: "test.tar"), readsContents: false)
        #expect(try tar.next() == .file(TarEntry(name: "a", size: 3, bytes: [])))
        #expect(try tar.next() == .file(TarEntry(name: "b", size: 0, bytes: [])))
        #expect(try tar.next() == nil)
    }

    @Test("an archive cut short anywhere is an error with its position, never a shorter archive")
    func cutShort() {
        let archive = tarEntry("a.txt", Array("one".utf8)) + tarEntry("b.txt", Array("two".utf8)) + tarEnd
        for count in stride(from: 0, to: archive.count - 1024 + 512, by: 7) {
            let error = #expect(throws: FormatError.self) { try readTar(Array(archive.prefix(count))) }
            guard case .malformed("test.tar", count, "the tar archive is cut short") = error else {
                Issue.record("after \(count) bytes: \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a damaged header is an error at its position, and reading ends there")
    func checksum() throws {
        var archive = tarEntry("a.txt", Array("one".utf8)) + tarEntry("b.txt", Array("two".utf8)) + tarEnd
        archive[1024] = UInt8(ascii: "c")
        let tar = TarReader(try ByteReader(bytes: archive, name: "test.tar"))
        #expect(try tar.next() == file("a.txt", "one"))
        let reason = "the checksum of a tar header is wrong"
        #expect(throws: FormatError.malformed(path: "test.tar", position: 1024, reason: reason)) { try tar.next() }
        #expect(try tar.next() == nil)
    }

    @Test("a name that is not UTF-8 is reported and its entry skipped")
    func badName() throws {
        var archive = tarEntry("a.txt", Array("one".utf8)) + tarEnd
        archive[0] = 0xff
        let items = try readTar(withChecksum(archive))
        #expect(items == [.fault(RecordFault(position: "tar entry \u{fffd}.txt", reason: "the name is not UTF-8"))])
    }
}
