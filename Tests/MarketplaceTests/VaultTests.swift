import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Secrets and their keys")
struct SecretRulesTests {
    @Test(
        "a payout method is refused with the first field that is wrong",
        arguments: [
            ("DE89370400440532013001", nil, "n", "DE", "EUR", "account"), ("DE89", nil, "n", "DE", "EUR", "account"),
            ("DE89370400440532013000", nil, "n", "FR", "EUR", "account"),
            ("12", "021000021", "n", "US", "USD", "account"),
            ("12345678", nil, "n", "US", "USD", "account"), ("12345678", "02", "n", "US", "USD", "bank"),
            ("12345678", "021000021", " ", "US", "USD", "holder"),
            ("12345678", "021000021", "n", "XX", "USD", "country"),
            ("12345678", "021000021", "n", "US", "dollars", "currency"),
            ("1234ä678", "021000021", "n", "US", "USD", "account"),
        ] as [(String, String?, String, String, String, String)])
    func badPayoutMethods(
        account: String, bank: String?, holder: String, country: String, currency: String, field: String
    ) {
        let fault = #expect(throws: BadInput.self) {
            try PayoutMethod(account: account, bank: bank, holder: holder, country: country, currency: currency)
        }
        #expect(fault?.field == field)
        #expect(fault?.message.contains(account) == false, "a fault must not repeat the account")
    }

    @Test("IBANs of three countries are taken, with and without spaces")
    func ibans() throws {
        for iban in ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "NL91ABNA0417164300"] {
            #expect(try PayoutMethod.sample(iban).account == iban.replacingOccurrences(of: " ", with: ""))
        }
    }

    @Test("a tax profile's form fits its residence")
    func taxForms() throws {
        #expect(throws: BadInput.self) { try TaxProfile(residence: "DE", taxpayerNumber: "1234567", form: .w9) }
        #expect(throws: BadInput.self) { try TaxProfile(residence: "US", taxpayerNumber: "1234567", form: .w8ben) }
        #expect(throws: BadInput.self) { try TaxProfile(residence: "XX", taxpayerNumber: "1234567", form: .w8ben) }
        #expect(throws: BadInput.self) { try TaxProfile(residence: "DE", taxpayerNumber: "123", form: .w8ben) }
        #expect(try TaxProfile(residence: "US", taxpayerNumber: "123-45-6789", form: .w9).form == .w9)
    }

    @Test("no secret shows itself in a text, however it is asked for")
    func silent() throws {
        let keys = KeyRing.generate()
        let secret = try #require(keys.file["mark_key"]?.stringValue)
        var text = "\(keys) \(String(reflecting: keys))"
        dump(keys, to: &text)
        #expect(!text.contains(secret) && keys.file.canonicalText.contains(secret))
        let (method, profile) = (try PayoutMethod.sample(), try TaxProfile.sample())
        text =
            "\(method) \(String(reflecting: method)) \(profile) \(String(reflecting: profile)) \([method]) \([profile])"
        dump(method, to: &text)
        dump(profile, to: &text)
        #expect(!text.contains("3704") && !text.contains("86095742719") && !text.contains("Hopper"))
    }

    @Test("a key file is read back as it was written; anything else is refused")
    func keyFiles() throws {
        let ring = KeyRing.generate().adding()
        let bytes = ring.file.canonicalBytes()
        let again = try KeyRing(file: bytes)
        #expect(again.names == ring.names && again.file.canonicalBytes() == bytes && ring.names.count == 2)
        for cut in 0..<bytes.count { #expect(throws: BadInput.self) { try KeyRing(file: Array(bytes[..<cut])) } }
        let name = try #require(ring.names.last)
        let twice = ring.file.canonicalText.replacingOccurrences(of: ring.names[0], with: name)
        #expect(throws: BadInput.self) { try KeyRing(file: Array(twice.utf8)) }
        #expect(ring.dropping(ring.names).names == [name], "the current key is never dropped")
    }

    @Test("what is sealed opens for its worker, table and key, and not with one bit changed")
    func binding() throws {
        let identifiers = SeededIdentifiers(seed: 4)
        let (worker, other): (Worker.ID, Worker.ID) = (
            identifiers.make(at: Scratch.start), identifiers.make(at: Scratch.start)
        )
        let ring = KeyRing.generate()
        let wrapped = try Envelope.wrap(ring.current.key, of: .worker(worker), with: ring.current)
        let key = try Envelope.unwrap(wrapped, of: .worker(worker), by: ring.current.name, in: ring)
        let secret: JSON = ["account": "4711"]
        let sealed = try Envelope.seal(secret, of: worker, in: .payoutMethod, under: key)
        #expect(
            try Envelope.open(sealed, of: worker, in: .payoutMethod, under: key).canonicalText == secret.canonicalText)
        #expect(throws: VaultRefusal.unreadable) {
            try Envelope.open(sealed, of: other, in: .payoutMethod, under: key)
        }
        #expect(throws: VaultRefusal.unreadable) { try Envelope.open(sealed, of: worker, in: .taxProfile, under: key) }
        #expect(throws: VaultRefusal.unreadable) {
            try Envelope.unwrap(wrapped, of: .worker(other), by: ring.current.name, in: ring)
        }
        #expect(throws: VaultRefusal.keyUnknown(name: "k")) {
            try Envelope.unwrap(wrapped, of: .worker(worker), by: "k", in: ring)
        }
        for bit in 0..<sealed.count * 8 {
            var altered = sealed
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: VaultRefusal.unreadable) {
                try Envelope.open(altered, of: worker, in: .payoutMethod, under: key)
            }
        }
        #expect(throws: VaultRefusal.unreadable) { try Envelope.open([], of: worker, in: .payoutMethod, under: key) }
    }
}

@Suite("Secrets in the database", .scratchDatabase)
struct VaultTests {
    @Test(
        "a secret is read by whom its purpose is for, and each reading is an audit event",
        arguments: [
            ("finance", ReadingPurpose.payment, "none", "purpose_does_not_fit"),
            ("finance", .taxReporting, "purpose_does_not_fit", "none"),
            ("finance", .legalRequest, "role_missing", "role_missing"),
            ("finance", .ownAccess, "role_missing", "role_missing"),
            ("chief", .payment, "role_missing", "role_missing"),
            ("chief", .legalRequest, "none", "none"), ("chief", .ownAccess, "role_missing", "role_missing"),
            ("self", .ownAccess, "none", "none"), ("self", .payment, "role_missing", "role_missing"),
            ("other", .ownAccess, "role_missing", "role_missing"),
        ])
    func readings(reader: String, purpose: ReadingPurpose, method: String, tax: String) async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        let (worker, other) = (try await crew.worker("w1"), try await crew.worker("w2"))
        try await SetPayoutMethod(market: crew.market, keys: keys)(.sample(), of: worker, by: Principal.ID(worker.uuid))
        try await SetTaxProfile(market: crew.market, keys: keys)(.sample(), of: worker, by: crew.chief)
        let maker = try await crew.person("maker", .financeMaker)
        let actor =
            [
                "finance": maker, "chief": crew.chief, "self": Principal.ID(worker.uuid),
                "other": Principal.ID(other.uuid),
            ][reader] ?? crew.chief
        let seen = await Crew.refusal {
            let read = try await ReadPayoutMethod(market: crew.market, keys: keys)(of: worker, for: purpose, by: actor)
            #expect(read.account == "DE89370400440532013000")
        }
        #expect(seen == method)
        let seenTax = await Crew.refusal {
            let read = try await ReadTaxProfile(market: crew.market, keys: keys)(of: worker, for: purpose, by: actor)
            #expect(read.taxpayerNumber == "86095742719")
        }
        #expect(seenTax == tax)
        let events: Int = try await crew.market.database.read {
            try await $0.oneRow(
                """
                select count(*) as n from audit_event
                 where action in ('payout_method_read', 'tax_profile_read') and subject_id = \(worker)
                   and actor_id = \(actor) and facts->>'purpose' = \(purpose.rawValue)
                """)["n"]
        }
        #expect(events == [method, tax].count { $0 == "none" })
    }

    @Test("who has nothing on file has nothing to read, and nobody writes another's")
    func absent() async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        let (worker, other) = (try await crew.worker("w1"), try await crew.worker("w2"))
        await #expect(throws: NotFound.self) {
            try await ReadPayoutMethod(market: crew.market, keys: keys)(of: worker, for: .legalRequest, by: crew.chief)
        }
        await #expect(throws: AccessRefusal.self) {
            try await SetPayoutMethod(market: crew.market, keys: keys)(
                .sample(), of: worker, by: Principal.ID(other.uuid))
        }
    }

    @Test("a ciphertext moved to another worker's row is refused, and the reading leaves no event")
    func moved() async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        let (worker, other) = (try await crew.worker("w1"), try await crew.worker("w2"))
        let set = SetPayoutMethod(market: crew.market, keys: keys)
        try await set(.sample(), of: worker, by: crew.chief)
        try await set(.sample("NL91ABNA0417164300"), of: other, by: crew.chief)
        try await crew.market.database.transaction {
            try await $0.execute(
                """
                update payout_method set sealed = (select sealed from payout_method where worker_id = \(other))
                 where worker_id = \(worker)
                """)
        }
        await #expect(throws: VaultRefusal.unreadable) {
            try await ReadPayoutMethod(market: crew.market, keys: keys)(of: worker, for: .legalRequest, by: crew.chief)
        }
        let events: Int = try await crew.market.database.read {
            try await $0.oneRow("select count(*) as n from audit_event where action = 'payout_method_read'")["n"]
        }
        #expect(events == 0)
    }

    @Test("no table holds in clear what was sealed")
    func sealedEverywhere() async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        let worker = try await crew.worker()
        try await SetPayoutMethod(market: crew.market, keys: keys)(
            .sample(holder: "Canary Holder"), of: worker, by: crew.chief)
        try await SetTaxProfile(market: crew.market, keys: keys)(.sample(), of: worker, by: crew.chief)
        for canary in ["0532013000", "Canary Holder", "86095742719"] {
            #expect(try await Residue.tables(with: canary) == [])
        }
        #expect(try await Residue.tables(with: "Grace Hopper") == ["worker_person"], "the search can find something")
    }

    @Test("a rotation that was cut off goes on, loses nothing, and shuts the old key out")
    func rotation() async throws {
        let crew = try await Crew()
        let old = KeyRing.generate()
        var workers: [Worker.ID] = []
        for number in 1...7 {
            let worker = try await crew.worker("w\(number)")
            try await SetTaxProfile(market: crew.market, keys: old)(.sample(), of: worker, by: crew.chief)
            workers.append(worker)
        }
        let both = old.adding()
        #expect(try await RewrapKeys(market: crew.market, keys: both)(limit: 3, by: crew.chief) == 3)
        #expect(try await RetireKeys(market: crew.market, keys: both)(by: crew.chief) == [], "four still need it")
        for worker in workers {
            _ = try await ReadTaxProfile(market: crew.market, keys: both)(
                of: worker, for: .legalRequest, by: crew.chief)
        }
        // A process with the old file still writes while the rotation is under way.
        let late = try await crew.worker("late")
        try await SetTaxProfile(market: crew.market, keys: old)(.sample(), of: late, by: crew.chief)
        let again = try KeyRing(file: both.file.canonicalBytes())
        let rewrap = RewrapKeys(market: crew.market, keys: again)
        #expect(try await rewrap(limit: 3, by: crew.chief) == 3)
        #expect(try await rewrap(limit: 3, by: crew.chief) == 2)
        #expect(try await rewrap(by: crew.chief) == 0)
        let retired = try await RetireKeys(market: crew.market, keys: again)(by: crew.chief)
        #expect(retired == old.names)
        let new = again.dropping(retired)
        #expect(new.names.count == 1 && new.names != old.names)
        for worker in workers + [late] {
            _ = try await ReadTaxProfile(market: crew.market, keys: new)(of: worker, for: .legalRequest, by: crew.chief)
        }
        await #expect(throws: VaultRefusal.keyRetired(name: old.names[0])) {
            try await SetTaxProfile(market: crew.market, keys: old)(
                .sample(), of: try await crew.worker("x"), by: crew.chief)
        }
        await #expect(throws: VaultRefusal.keyUnknown(name: new.names[0])) {
            try await ReadTaxProfile(market: crew.market, keys: old)(of: late, for: .legalRequest, by: crew.chief)
        }
        await #expect(throws: AccessRefusal.self) { try await rewrap(by: Principal.ID(late.uuid)) }
    }

    @Test("secrets written while keys rotate stay readable")
    func rotationUnderLoad() async throws {
        let crew = try await Crew()
        let old = KeyRing.generate()
        let both = old.adding()
        var workers: [Worker.ID] = []
        for number in 1...12 { workers.append(try await crew.worker("w\(number)")) }
        for worker in workers[..<4] {
            try await SetTaxProfile(market: crew.market, keys: old)(.sample(), of: worker, by: crew.chief)
        }
        let late = workers[4...]
        let retired = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in late {
                group.addTask {
                    // Whoever still has the old file is either heard or refused; never lost.
                    do {
                        try await SetTaxProfile(market: crew.market, keys: old)(.sample(), of: worker, by: crew.chief)
                    } catch VaultRefusal.keyRetired {
                        try await SetTaxProfile(market: crew.market, keys: both)(.sample(), of: worker, by: crew.chief)
                    } catch VaultRefusal.keyUnknown {
                        Issue.record("a worker without a data key has no unknown one")
                    }
                    return []
                }
            }
            group.addTask {
                var retired: [String] = []
                while retired.isEmpty {
                    while try await RewrapKeys(market: crew.market, keys: both)(limit: 2, by: crew.chief) > 0 {}
                    retired = try await RetireKeys(market: crew.market, keys: both)(by: crew.chief)
                }
                return retired
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        #expect(retired == old.names)
        let new = both.dropping(retired)
        for worker in workers {
            let profile = try await ReadTaxProfile(market: crew.market, keys: new)(
                of: worker, for: .legalRequest, by: crew.chief)
            #expect(profile.taxpayerNumber == "86095742719")
        }
    }
}

/// Looks for texts in every row of every table.
enum Residue {
    static func tables(with text: String) async throws -> [String] {
        try await tables(withEach: [text])[text] ?? []
    }

    /// Which tables hold which text, as it is or in bytes; texts that none holds are left out.
    static func tables(withEach texts: [String]) async throws -> [String: [String]] {
        try await Scratch.asOwner {
            try await $0.rows(
                """
                with dump as materialized (
                    select relname::text as relation,
                           query_to_xml(format('select * from %I', relname), true, false, '')::text
                           || query_to_xml(format('select t::text from %I t', relname), true, false, '')::text as rows
                      from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
                )
                select wanted, array_agg(relation order by relation) as relations
                  from dump, unnest(\(texts)::text[]) as wanted
                 where strpos(rows, wanted) > 0 or strpos(rows, encode(convert_to(wanted, 'UTF8'), 'hex')) > 0
                 group by wanted
                """
            ).reduce(into: [:]) { $0[try $1["wanted"]] = try $1["relations"] }
        }
    }
}
