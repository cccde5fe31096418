import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Second factors", .scratchDatabase)
struct SecondFactorTests {
    @Test("codes are those of RFC 6238, appendix B")
    func vectors() {
        let secret = Array("12345678901234567890".utf8)
        let expected: [(Int64, String)] = [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
            (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ]
        for (seconds, code) in expected {
            let step = TOTP.step(at: Date(timeIntervalSince1970: TimeInterval(seconds)))
            #expect(TOTP.code(of: secret, step: step) == code)
        }
        #expect(TOTP.base32(Array("foobar".utf8)) == "MZXW6YTBOI")
        #expect(TOTP.base32(secret) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    }

    @Test("once it is on, a code is asked for, and none counts twice")
    func replay() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let (secret, _) = try await door.secondFactor(of: person)
        await #expect(throws: SignInRefusal.codeMissing) { try await door.signIn() }
        let now = TOTP.step(at: Scratch.clock.now())
        // The one that confirmed it is used up, as is all before.
        for step in [now - 1, now] {
            await #expect(throws: SignInRefusal.failed) {
                try await door.signIn(code: TOTP.code(of: secret, step: step))
            }
        }
        #expect(try await door.signIn(code: TOTP.code(of: secret, step: now + 1)).method == .totp)
        await #expect(throws: SignInRefusal.failed) {
            try await door.signIn(code: TOTP.code(of: secret, step: now + 1))
        }
        await #expect(throws: SignInRefusal.failed) {
            try await door.signIn(code: TOTP.code(of: secret, step: now + 2))
        }
        Scratch.clock.advance(by: 60)
        #expect(try await door.signIn(code: TOTP.code(of: secret, step: now + 2)).method == .totp)
    }

    @Test("of many who use a code at once, one signs in")
    func replayRace() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let (secret, _) = try await door.secondFactor(of: person)
        Scratch.clock.advance(by: 30)
        let code = TOTP.code(of: secret, step: TOTP.step(at: Scratch.clock.now()))
        let signedIn = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 { group.addTask { (try? await door.signIn(code: code)) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(signedIn == 1)
    }

    @Test("a recovery code stands in once")
    func recovery() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let (_, codes) = try await door.secondFactor(of: person)
        #expect(Set(codes).count == 10)
        let code = try #require(codes.first)
        #expect(try await door.signIn(code: code.lowercased()).method == .recoveryCode)
        await #expect(throws: SignInRefusal.failed) { try await door.signIn(code: code) }
    }

    @Test("it is taken away by password and code, or by an operator who is somebody else")
    func removal() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let (_, codes) = try await door.secondFactor(of: person)
        let remove = RemoveSecondFactor(market: door.market, hasher: door.hasher)
        await #expect(throws: OwnSignInRefusal.alreadyOn) {
            try await BeginSecondFactor(market: door.market, hasher: door.hasher)(
                password: Doorstep.password, by: person)
        }
        await #expect(throws: OwnSignInRefusal.notConfirmed) {
            try await remove(password: Doorstep.password, code: "000000", by: person)
        }
        await #expect(throws: OwnSignInRefusal.notConfirmed) {
            try await remove(password: "wrong password", code: codes[0], by: person)
        }
        try await remove(password: Doorstep.password, code: codes[0], by: person)
        #expect(try await door.signIn().method == .password)
        _ = try await door.secondFactor(of: person)
        await #expect(throws: BadInput.self) { try await remove(of: door.small.manager, by: door.small.manager) }
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await remove(of: person, by: door.small.checker)
        }
        try await remove(of: person, by: door.small.manager)
        #expect(try await door.signIn().method == .password)
    }

    @Test("its secret is wrapped, moves to a new key, and holds the old one until then")
    func rotation() async throws {
        let door = try await Doorstep()
        let person = try await door.invited()
        let (secret, _) = try await door.secondFactor(of: person)
        let ring = Scratch.keys.adding()
        #expect(try await RewrapKeys(market: door.market, keys: ring)(by: door.small.manager) == 1)
        #expect(try await RewrapKeys(market: door.market, keys: ring)(by: door.small.manager) == 0)
        #expect(
            try await Scratch.database.read { try await $0.keptSecret(.totp, of: person.uuid, ring) } == secret)
        await #expect(throws: VaultRefusal.keyUnknown(name: try #require(ring.names.last))) {
            try await Scratch.database.read { try await $0.keptSecret(.totp, of: person.uuid, Scratch.keys) }
        }
        #expect(try await RetireKeys(market: door.market, keys: ring)(by: door.small.manager) == Scratch.keys.names)
    }

    @Test("a hash is read by the cost that it was made at, and what is no hash fits nothing")
    func hashes() async throws {
        let cheap = PasswordHasher(.init(logRounds: 4, blockSize: 1, parallelism: 1))
        let dear = PasswordHasher(.init(logRounds: 6, blockSize: 2, parallelism: 2))
        let hash = try await cheap.hash("Ünicode passwörd")
        #expect(try await dear.matches("U\u{308}nicode passwo\u{308}rd", hash))
        #expect(try await !dear.matches("Unicode password", hash))
        for broken in ["", "$scrypt$", "$scrypt$ln=40,r=8,p=1$AAAA$AAAA", hash + "$", "$scrypt$ln=4,r=1,p=1$$"] {
            #expect(try await !cheap.matches("Ünicode passwörd", broken), "\(broken)")
        }
        #expect(try await !cheap.matches("Ünicode passwörd", nil))
        #expect(try await cheap.hash("a") != cheap.hash("a"))
    }
}
