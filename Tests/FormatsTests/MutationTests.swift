import Testing

@testable import Formats

/// 2,000 damaged inputs for each reader: it may refuse them, it must end, and it must not crash.
@Suite("Damaged input")
struct MutationTests {
    private static let seeds: Range<UInt64> = 0..<2_000

    @Test("damaged CSV ends in records and faults")
    func csv() {
        let original = Array("\u{feff}a,b,c\r\n1,\"two, \"\"2\"\"\",3\n\"line\nend\",é,\n\nx,y,z".utf8)
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            let rows = try? readCSV(source.mutated(original))
            #expect((rows?.count ?? 0) < 200, "seed \(seed)")
        }
    }

    @Test("a damaged file of tasks ends in records, faults or an error", arguments: TaskFileFormat.allCases)
    func tasks(format: TaskFileFormat) {
        let original: [TaskFileFormat: String] = [
            .jsonl:
                "{\"external_key\":\"a\",\"payload\":{\"x\":[1]},\"parties\":[\"P\"]}\n\n[1]\r\n{\"external_key\":2}",
            .csv: "external_key,n:integer,j:json,parties,reference:r\r\na,1,\"{\"\"x\"\":1}\",P;Q,true\n,,,,\nb,x,{,,",
            .labelStudio: #"""
            [{"id":1,"data":{"t":"]\""},"annotations":[{"ground_truth":true,"result":[{"from_name":"a","type":"labels",
            "value":{"start":1,"end":2,"labels":["L"]},"meta":{"guildhall":"spans"}},{"from_name":"b","type":"textarea",
            "value":{"text":["[1]"]},"meta":{"guildhall":"json"}}]}]},{"id":"x","data":{}},[]]
            """#,
        ]
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            let items = try? readTasks(source.mutated(Array((original[format] ?? "").utf8)), format)
            #expect((items?.count ?? 0) < 500, "seed \(seed)")
        }
    }

    @Test("a damaged tar archive ends in entries or an error")
    func tar() {
        let original =
            tarEntry("x", Array("21 path=some/name.tx\n9 size=3\n".utf8), type: "x") + tarEntry("a", [1, 2, 3])
            + tarEntry("@", Array("a long name".utf8), type: "L") + tarEntry("b", [4, 5]) + tarEnd
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            let items = try? readTar(source.mutated(original))
            #expect((items?.count ?? 0) < 10, "seed \(seed)")
        }
    }

    @Test("a tar header of any bytes with a right checksum is read or refused")
    func tarHeader() {
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            var archive = tarEntry("a", Array("11 size=99\n".utf8), type: seed % 2 == 0 ? "x" : "0") + tarEnd
            for place in 124..<136 { archive[place] = UInt8.random(in: 0...255, using: &source) }
            if seed % 3 == 0 { archive.replaceSubrange(124..<126, with: [0x80, 0]) }
            let items = try? readTar(withChecksum(archive))
            #expect((items?.count ?? 0) < 10, "seed \(seed)")
        }
    }

    @Test("damaged gzip ends in bytes or an error")
    func gzip() throws {
        let original = gzipMember(Array("some text".utf8)) + gzipMember((0..<255).map { $0 })
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            let bytes = source.mutated(original)
            let contents = try? ByteReader(bytes: bytes, name: "test", bytesMax: 1 << 20).rest(limit: 1 << 20)
            #expect((contents?.count ?? 0) <= 1 << 20, "seed \(seed)")
        }
    }

    @Test("a damaged list of strings is read or refused")
    func lists() {
        let original = Array(#"['one', "it's", 'a\nb\x41\u00e9\U0001f600\101\\', '', 'é']"#.utf8)
        for seed in Self.seeds {
            var source = MutationSource(seed: seed)
            let text = String(decoding: source.mutated(original), as: UTF8.self)
            let strings = try? PythonStringList.parse(text)
            #expect((strings?.count ?? 0) < 200, "seed \(seed)")
        }
    }
}
