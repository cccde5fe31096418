import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// What is sensitive of people, looked for wherever it must not be: in the database, in logs and in answers.
@Suite("Personal data, under soak", .scratchDatabase)
struct PersonalDataSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static let people = isSoak ? 1_000 : 10
    /// In each account and taxpayer number, in holders, and in names and addresses.
    private static let sealed = ["7777777777", "777-77-", "secret holder"]
    private static let personal = "canary"

    /// An IBAN that has the marker in it.
    private static func iban(_ number: Int) -> String {
        let account = "7777777777" + String(10_000_000 + number)
        // DE and 00 behind it, letters as 10 to 35.
        let rest = (account + "131400").utf8.reduce(0) { ($0 * 10 + Int($1) - 0x30) % 97 }
        let check = 98 - rest
        return "DE\(check < 10 ? "0" : "")\(check)\(account)"
    }

    private static func account(_ iban: String) -> JSON {
        ["account": .string(iban), "holder": "Secret Holder", "country": "DE", "currency": "EUR"]
    }

    /// In how many rows of all tables one of these stands.
    private func hits(_ markers: [String]) async throws -> Int {
        try await Scratch.asOwner { transaction in
            try await transaction.execute(
                """
                create function pg_temp.hits(marker text) returns bigint language plpgsql as $$
                declare
                    place record;
                    found bigint;
                    sum bigint := 0;
                begin
                    for place in select table_name from information_schema.tables
                                  where table_schema = 'public' and table_type = 'BASE TABLE'
                    loop
                        execute format('select count(*) from %I as held where position($1 in lower(held::text)) > 0',
                                       place.table_name) into found using marker;
                        sum := sum + found;
                    end loop;
                    return sum;
                end
                $$
                """)
            var sum = 0
            for marker in markers {
                let found: Int = try await transaction.oneRow("select pg_temp.hits(\(marker)::text) as n")["n"]
                sum += found
            }
            return sum
        }
    }

    /// Everybody says where they are paid and what they are taxed by, first wrongly.
    ///
    /// - Returns: how many answers repeat what was sent.
    private func tell(_ workers: [(id: Worker.ID, token: String)], _ server: LiveServer) async throws -> Int {
        var repeated = 0
        for (number, worker) in workers.enumerated() {
            let iban = Self.iban(number)
            let number4 = String(String(10_000 + number).suffix(4))
            let tax: JSON = ["residence": "US", "taxpayer_number": .string("777-77-\(number4)"), "form": "w9"]
            let profile = "/v1/workers/\(worker.id)/tax-profile"
            let calls: [(path: String, body: JSON, status: Int)] = [
                ("/v1/payout-method", Self.account("DE00" + iban.dropFirst(4)), 422),
                ("/v1/payout-method", Self.account(iban), 200), (profile, tax.with(residence: "XX"), 422),
                (profile, tax, 200),
            ]
            for (place, call) in calls.enumerated() {
                let answer = try await server.send(
                    "PUT", call.path, token: worker.token, key: "\(number)-\(place)", json: call.body)
                #expect(answer.status == call.status, "\(call.path): \(answer.body)")
                let text = answer.body.canonicalText.lowercased()
                if Self.sealed.contains(where: { text.contains($0) }) { repeated += 1 }
            }
        }
        return repeated
    }

    @Test(
        "it is sealed, in no log and no answer, can be read through a rotation under load, and is gone once erased",
        .turnLimit(minutes: 15, inSoak: 120))
    func canaries() async throws {
        let small = try await SmallMarket()
        let log = ReadableLog()
        var made: [(id: Worker.ID, token: String)] = []
        for number in 0..<Self.people {
            let id = try await small.worker("\(Self.personal)-\(number)")
            made.append((id, try await small.bearer(id)))
        }
        let workers = made
        let repeated = Mutex(0)
        try await LiveServer.run(small.market, logger: log.logger("server")) { server in
            let count = try await tell(workers, server)
            repeated.withLock { $0 = count }
        }
        let unreadable = try await rotate(small, workers, log)
        let said = log.text.lowercased()
        let logged = (Self.sealed + [Self.personal]).filter { said.contains($0) }.count
        let stored = try await hits(Self.sealed)
        for worker in workers {
            try await CloseWorker(market: small.market)(ownAccount: worker.id)
            #expect(try await EraseWorker(market: small.market)(worker.id, by: small.manager))
        }
        let left = try await hits(Self.sealed + [Self.personal])
        let told = repeated.withLock { $0 }
        #expect(stored == 0 && logged == 0 && told == 0 && unreadable == 0 && left == 0)
        #expect(try await small.ills() == [])
        print(
            "scorecard row 21 | of \(Self.people) people: \(stored) rows, \(logged) in logs,",
            "\(told) answers with what is sealed; \(unreadable) unreadable after a rotation under load;",
            "\(left) rows left once erased | 0, 0 and 0")
    }

    /// Wraps all keys anew while half of the people change their account.
    ///
    /// - Returns: how many secrets cannot be read afterwards by the new ring without the old key.
    private func rotate(
        _ small: SmallMarket, _ workers: [(id: Worker.ID, token: String)], _ log: ReadableLog
    ) async throws -> Int {
        let both = Scratch.keys.adding()
        let market = Market(database: Scratch.database, identifiers: Scratch.here.identifiers, keys: both)
        try await LiveServer.run(market, logger: log.logger("server")) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while try await RewrapKeys(market: market, keys: both)(limit: 20, by: small.manager) > 0 {}
                }
                group.addTask {
                    for (number, worker) in workers.enumerated() where number.isMultiple(of: 2) {
                        let answer = try await server.send(
                            "PUT", "/v1/payout-method", token: worker.token, key: "again",
                            json: Self.account(Self.iban(number + 1_000_000)))
                        #expect(answer.status == 200, "\(answer.body)")
                    }
                }
                try await group.waitForAll()
            }
        }
        while try await RewrapKeys(market: market, keys: both)(by: small.manager) > 0 {}
        let new = both.dropping(Scratch.keys.names)
        let later = Market(database: Scratch.database, identifiers: Scratch.here.identifiers, keys: new)
        var unreadable = 0
        for (number, worker) in workers.enumerated() {
            let wanted = Self.iban(number.isMultiple(of: 2) ? number + 1_000_000 : number)
            let method = try? await ReadPayoutMethod(market: later, keys: new)(
                of: worker.id, for: .payment, by: small.maker)
            let tax = try? await ReadTaxProfile(market: later, keys: new)(
                of: worker.id, for: .taxReporting, by: small.maker)
            if method?.account != wanted { unreadable += 1 }
            if tax?.taxpayerNumber.hasPrefix("777-77-") != true { unreadable += 1 }
        }
        return unreadable
    }
}

extension JSON {
    fileprivate func with(residence: JSON) -> JSON {
        .object((objectValue ?? [:]).merging(["residence": residence]) { $1 })
    }
}
