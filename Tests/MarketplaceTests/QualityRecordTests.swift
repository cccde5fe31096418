import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("A worker's record", .scratchDatabase)
struct QualityRecordTests {
    @Test("counts what judgements are final of, by profession and kind, with an interval and the quarters")
    func counted() async throws {
        let desk = try await JudgingDesk()
        let small = desk.small
        let ann = try await small.lawyer("ann")
        let actor = Principal.ID(ann.uuid)
        let show = ShowQualityRecord(market: small.market)
        #expect(try await show(of: ann, by: actor).lines.isEmpty)
        let works = try await desk.submitted(by: ann, 4)
        for work in works.prefix(2) { try await desk.judge(work, .accepted, by: 0) }
        try await desk.judge(works[2], .acceptedInPart(basisPoints: 5_000), by: 0)
        Scratch.clock.advance(by: 100 * 86_400)
        let rejected = try #require(try await desk.judge(works[3], .rejected, by: 1).decision)
        let line = try #require(try await show(of: ann, by: small.manager).lines.first)
        #expect(line.profession == .lawyer && line.kind == .extraction)
        #expect(line.judged == 4 && line.accepted == 2 && line.acceptedInPart == 1 && line.rejected == 1)
        // 2.5 of 4 are right, rounded to 3.
        #expect(line.quality == BetaEstimate(right: 3, answers: 4) && line.history.map(\.judged) == [3, 1])
        #expect(line.history.map(\.meanBps) == [8_333, 0] && line.firstAt < line.lastAt)
        let appeal = try await FileAppeal(market: small.market)(rejected, statement: "No.", by: actor)
        try await AnswerAppeal(market: small.market)(
            appeal.id, isOverturned: true, answer: "Right.", by: small.second)
        let after = try #require(try await show(of: ann, by: actor).lines.first)
        #expect(after.accepted == 3 && after.rejected == 0 && after.overturned == 1)
        // What is withdrawn is no part of it.
        _ = try await WithdrawContribution(market: small.market)(
            of: ann, from: small.project, of: small.requester, reasons: "Copied.", by: small.manager)
        #expect(try await show(of: ann, by: actor).lines.isEmpty)
        let other = try await small.lawyer("other")
        await #expect(throws: AccessRefusal.self) { try await show(of: ann, by: Principal.ID(other.uuid)) }
        await #expect(throws: NotFound.self) { try await show(of: Worker.ID(small.project.uuid), by: small.manager) }
        #expect(try await small.ills() == [])
    }

    @Test("is exported under the platform's signature, which nothing that was changed bears")
    func signed() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        try await small.earn(ann, small.batch(small.draft("b"), tasks: 1))
        let show = ShowQualityRecord(market: small.market)
        let document = try await show.signed(of: ann, by: Principal.ID(ann.uuid))
        let key = try #require(small.market.keys?.recordKey?.publicHexadecimal)
        #expect(document["public_key"] == .string(key) && key.count == 64)
        let read = try JSON.parse(document.canonicalText)
        #expect(try VerifyQualityRecord.check(read, by: key)["name"] == "Worker ann")
        var changed = read.objectValue ?? [:]
        var record = changed["record"]?.objectValue ?? [:]
        record["name"] = "Somebody else"
        changed["record"] = .object(record)
        #expect(throws: RecordRefusal.invalid) { try VerifyQualityRecord.check(.object(changed), by: key) }
        let foreign = RecordKey.generate()
        #expect(throws: RecordRefusal.otherKey) {
            try VerifyQualityRecord.check(read, by: foreign.publicHexadecimal)
        }
        var resigned = read.objectValue ?? [:]
        resigned["signature"] = .string(try foreign.signature(of: signedBytes(of: read)))
        #expect(throws: RecordRefusal.invalid) { try VerifyQualityRecord.check(.object(resigned), by: key) }
        #expect(throws: RecordRefusal.invalid) { try VerifyQualityRecord.check([:], by: key) }
        #expect(
            try await small.count("select count(*) as n from audit_event where action = 'record_exported'") == 1)
        let without = Market(
            database: small.market.database, identifiers: small.market.identifiers,
            keys: try KeyRing(file: Array(Self.old.utf8)))
        await #expect(throws: RecordRefusal.keyMissing) {
            try await ShowQualityRecord(market: without).signed(of: ann, by: small.manager)
        }
    }

    private func signedBytes(of document: JSON) -> [UInt8] { (document["record"] ?? .null).canonicalBytes() }

    /// As a key file was before records were signed.
    private static let old = """
        {"version": 1, "mark_key": "\(String(repeating: "0", count: 64))",
         "wrapping_keys": [{"name": "a", "key": "\(String(repeating: "1", count: 64))"}]}
        """

    @Test("its key is kept in the key file, survives rotations, and is shown to nobody")
    func key() throws {
        let ring = KeyRing.generate()
        let key = try #require(ring.recordKey)
        let read = try KeyRing(file: ring.adding().changingMarkKey().dropping(ring.names).file.canonicalBytes())
        #expect(read.recordKey?.publicHexadecimal == key.publicHexadecimal)
        #expect("\(key)" == "***" && String(reflecting: key) == "***" && !"\(dump(key))".contains(key.hexadecimal))
        let old = try KeyRing(file: Array(Self.old.utf8))
        #expect(old.recordKey == nil && old.file["record_key"] == nil)
        let added = old.addingRecordKey()
        #expect(added.recordKey != nil && added.names == old.names)
        #expect(added.addingRecordKey().recordKey?.publicHexadecimal == added.recordKey?.publicHexadecimal)
        #expect(throws: BadInput.self) {
            try KeyRing(
                file: Array(Self.old.replacing("\"version\": 1", with: "\"version\": 1, \"record_key\": \"x\"").utf8))
        }
        // RFC 8032, section 7.1, the test of the empty message.
        let known = try #require(
            RecordKey(hexadecimal: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        #expect(known.publicHexadecimal == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        let signature =
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            + "d25bf5f0595bbe24655141438e7a100b"
        #expect(RecordKey.isValid(signature, of: [], by: known.publicHexadecimal))
        #expect(!RecordKey.isValid(signature, of: [0], by: known.publicHexadecimal))
        #expect(!RecordKey.isValid("", of: [], by: known.publicHexadecimal))
    }
}
