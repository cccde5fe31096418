import Foundation
import Store
import TestSupport
import Testing

@Suite("Values", .emptyDatabase)
struct ValuesTests {
    @Test("every type comes back as it went in")
    func roundTrip() async throws {
        let uuid = UUID()
        let instant = Date(timeIntervalSince1970: 1_772_442_000.123456)
        let range = InstantRange(from: instant, until: nil)
        try await Scratch.database.read { transaction in
            let row = try await transaction.oneRow(
                """
                select \(Int64.min) as i, \(true) as b, \("naïve 法律 🏛") as t, \(uuid) as u, \(instant) as d,
                       \(JSONText(#"{"a":[1,null]}"#)) as j, \(Bytes([0, 1, 255])) as y, \(range) as r,
                       \(Optional<Int>.none) as n, \([1, 2, 3]) as ia, \(["a", "", "ü"]) as ta, \([uuid]) as ua,
                       \([Int?.some(1), nil]) as na, \([String]()) as ea, \([true, false]) as ba,
                       \([instant]) as da, \([JSONText("[1]")]) as ja, \([Bytes([0, 255])]) as ya,
                       \([Numeric("1.50"), Numeric("-0.001")])::numeric[] as ma, '{{1,2},{3,4}}'::bigint[] as deep
                """)
            #expect(try row["i"] == Int64.min)
            #expect(try row["b"] == true)
            #expect(try row["t"] == "naïve 法律 🏛")
            #expect(try row["u"] == uuid)
            #expect(try row["d"] == instant)
            #expect(try row["j"] == JSONText(#"{"a": [1, null]}"#))
            #expect(try row["y"] == Bytes([0, 1, 255]))
            #expect(try row["r"] == range)
            #expect(try row["n"] == Int?.none)
            #expect(try row["ia"] == [1, 2, 3])
            #expect(try row["ta"] == ["a", "", "ü"])
            #expect(try row["ua"] == [uuid])
            #expect(try row["na"] == [1, nil])
            #expect(try row["ea"] == [String]())
            #expect(try row["ba"] == [true, false])
            #expect(try row["da"] == [instant])
            #expect(try row["ja"] == [JSONText("[1]")])
            #expect(try row["ya"] == [Bytes([0, 255])])
            #expect(try row["ma"] == [Numeric("1.50"), Numeric("-0.001")])
            #expect(throws: StoreError.self) { try row.value("deep", as: [Int].self) }
        }
    }

    @Test(
        "a numeric keeps its digits",
        arguments: ["0", "-1", "10000", "0.0001", "-120034.0050", "99999999999999999999.99", "0.10", "1e3", "12345678"]
    )
    func numeric(text: String) async throws {
        try await Scratch.database.read { transaction in
            let row = try await transaction.oneRow(
                "select \(Numeric(text)) as n, (\(Numeric(text))::numeric)::text as t")
            let read: Numeric = try row["n"]
            #expect(try read.text == row["t"])
        }
    }

    @Test("text with U+0000 is refused before it reaches libpq, which would cut it off")
    func nul() async throws {
        await #expect(throws: StoreError.invalidParameter("text must not contain U+0000")) {
            try await Scratch.database.read { try await $0.rows("select \("alice\0@evil.example")") }
        }
        await #expect(throws: StoreError.self) {
            try await Scratch.database.read { try await $0.rows("select \(["a\0"])") }
        }
    }

    @Test("a time beyond the year 9999 is refused, not trapped on", arguments: [1e300, -1e300, .infinity, .nan, 3e11])
    func absurdTime(seconds: Double) async throws {
        await #expect(throws: StoreError.invalidParameter("the time is outside the years 1 to 9999")) {
            try await Scratch.database.read {
                try await $0.rows("select \(Date(timeIntervalSinceReferenceDate: seconds))")
            }
        }
    }

    @Test("a value that reads as SQL stays a value")
    func injection() async throws {
        let evil = "'; drop table worker; --"
        let row = try await Scratch.database.read { try await $0.oneRow("select \(evil) as v") }
        #expect(try row["v"] == evil)
    }

    @Test("a decoding failure names table and column")
    func decodingFailure() async throws {
        try await Scratch.asOwner { try await $0.execute("create table gavel (weight bigint)") }
        try await Scratch.asOwner { try await $0.execute("insert into gavel values (null)") }
        await #expect(throws: StoreError.decoding(table: "gavel", column: "weight", reason: "is NULL")) {
            let row = try await Scratch.database.read { try await $0.oneRow("select weight from gavel") }
            _ = try row.value("weight", as: Int.self)
        }
        await #expect(
            throws: StoreError.decoding(table: nil, column: "width", reason: "is not among the columns of the result")
        ) {
            let row = try await Scratch.database.read { try await $0.oneRow("select weight from gavel") }
            _ = try row.value("width", as: Int?.self)
        }
    }

    @Test("more than 512 different statements on one connection are no problem")
    func manyStatements() async throws {
        let database = Scratch.connect { $0.poolSize = 1 }
        for width in 1...1_100 {
            // The number of array elements is no part of the text; the number of fragments is.
            var list: SQL = "select 1"
            for _ in 0..<(width % 700) { list = "\(fragment: list) + 1" }
            let statement = list
            let sum = try await database.read {
                try await $0.oneRow("select (\(fragment: statement)) as s").value("s", as: Int.self)
            }
            #expect(sum == width % 700 + 1)
        }
        await database.shutdown()
    }

    @Test("statements work unnamed, for poolers, with the timeouts set in each transaction")
    func unnamed() async throws {
        let database = Scratch.connect(asOwner: true) {
            $0.usesNamedStatements = false
            $0.statementTimeout = .milliseconds(1_234)
        }
        let row = try await database.transaction { transaction in
            try await transaction.oneRow("select \(7) as n, current_setting('statement_timeout') as t")
        }
        #expect(try row["n"] == 7)
        #expect(try row["t"] == "1234ms")
        let prepared = try await database.read { try await $0.rows("select from pg_prepared_statements") }
        #expect(prepared.isEmpty)
        await database.shutdown()
    }
}
