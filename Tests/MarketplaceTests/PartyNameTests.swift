import Marketplace
import TestSupport
import Testing

@Suite("Names of parties")
struct PartyNameTests {
    @Test(
        "that differ in case, width, punctuation or the company's form are one party",
        arguments: [
            ("Acme, Inc.", "ACME"), ("Acme LLC", "acme l.l.c."), ("The Acme Company", "Acme Co"),
            ("Ａｃｍｅ Corp", "acme"), ("Müller GmbH & Co. KG", "MÜLLER"), ("Straße AG", "STRASSE"),
            ("Johnson & Johnson", "johnson and johnson, Inc"), ("McDonald’s Corporation", "McDonald's"),
            ("深圳市腾讯计算机系统有限公司", "深圳市腾讯计算机系统"), ("株式会社日立製作所", "日立製作所"),
            ("㈱日立", "日立"), ("삼성전자 주식회사", "삼성전자"), ("Société Générale S.A.", "société générale"),
            ("Enel S.p.A.", "ENEL"), ("  A.B.C.  Ltd ", "abc limited"), ("ΟΔΟΣ ΑΕ", "οδος αε"),
            ("Cafe\u{301} SARL", "Café"),
        ]
    )
    func equal(left: String, right: String) {
        #expect(PartyName.normalised(left) == PartyName.normalised(right))
        #expect(!PartyName.normalised(left).isEmpty)
    }

    @Test(
        "that differ in a word stay two, and a name that is all form stays itself",
        arguments: [
            ("Acme Holdings Inc", "Acme Inc"), ("Company", "Limited"), ("Bank of China", "China Bank"),
            ("公司", "有限公司"), ("Müller", "Muller"), ("AB 1", "AB 2"), ("Incyte", "yte"),
        ]
    )
    func different(left: String, right: String) {
        #expect(PartyName.normalised(left) != PartyName.normalised(right))
        #expect(!PartyName.normalised(left).isEmpty && !PartyName.normalised(right).isEmpty)
    }

    @Test("do not change when they are normalised again, whatever they are made of")
    func idempotent() {
        let pieces = [
            "Acme", "the", "Inc", ".", " ", "&", "公司", "有限公司", "株式会社", "é", "ß", "İ", "Σ", "ﬁ", "-", "'", "Ａ",
            "1", "²", "㈱", "GmbH", "\u{301}", "ﷺ", "co", "ς", "주식회사",
        ]
        var dice = SplitMix64(seed: 41)
        for _ in 0..<2_000 {
            let name = (0..<Int.random(in: 1...8, using: &dice)).map { _ in
                pieces.randomElement(using: &dice) ?? ""
            }.joined()
            let once = PartyName.normalised(name)
            #expect(PartyName.normalised(once) == once, "\(name)")
        }
    }

    @Test("are bounded, and have a letter or a digit")
    func bounds() throws {
        #expect(throws: BadInput.self) { try PartyName("") }
        #expect(throws: BadInput("party", "must have a letter or a digit")) { try PartyName("…!?") }
        #expect(throws: BadInput.self) { try PartyName(String(repeating: "a", count: 201)) }
        #expect(throws: BadInput.self) { try PartyName(String(repeating: "ﷺ", count: 200)) }
        #expect(throws: BadInput("parties", "are more than 50")) {
            try PartyName.list((0...50).map { "party \($0)" })
        }
        #expect(try PartyName.list(["Acme Inc", "ACME", "Other"]).map(\.normalised) == ["acme", "other"])
    }

    @Test("meet in the first that is on both sides")
    func conflict() {
        #expect(Interest.conflict(of: ["b", "c"], with: ["c", "a", "b"]) == "b")
        #expect(Interest.conflict(of: ["d"], with: ["c", "a", "b"]) == nil)
        #expect(Interest.conflict(of: [], with: []) == nil)
    }
}
