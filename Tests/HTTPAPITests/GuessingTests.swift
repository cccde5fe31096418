import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Guesses and strangers are few a minute", .scratchDatabase)
struct GuessingTests {
    private func settings(_ change: (inout ServerSettings) -> Void) -> ServerSettings {
        var settings = ServerSettings()
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        change(&settings)
        return settings
    }

    private func signIn(
        _ server: LiveServer, _ name: String, headers: [String: String] = [:]
    ) async throws -> LiveServer.Answer {
        try await server.send(
            "POST", "/v1/sessions", json: ["email": .string("\(name)@example.org"), "password": "wrong password"],
            headers: headers)
    }

    @Test("sign-ins and resets of one address are counted together, whatever header comes with them")
    func address() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: settings { $0.attemptsPerMinute = 4 }) { server in
            for number in 0..<3 {
                let answer = try await signIn(server, "a\(number)", headers: ["Authorization": "Bearer \(number)"])
                #expect(answer.status == 401 && answer.code == "sign_in_failed")
                #expect(answer.headers["ratelimit-policy"]?.hasPrefix("\"attempts\";q=") == true)
            }
            let reset = try await server.send("POST", "/v1/password-resets", json: ["email": "b@example.org"])
            #expect(reset.status == 202)
            let late = try await signIn(server, "a4", headers: ["Authorization": "Bearer another"])
            #expect(late.status == 429 && late.code == "rate_limited" && late.headers["retry-after"] != nil)
            let code = try await server.send(
                "POST", "/v1/passwords", json: ["code": "gt_0", "password": "another password"])
            #expect(code.status == 429)
            // What is no guess goes on.
            let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 60, by: small.manager)
            #expect(try await server.send("GET", "/v1/tokens", token: token.secret).status == 200)
        }
    }

    @Test("guesses at one name are counted wherever they come from, as a trusted proxy tells")
    func name() async throws {
        let small = try await SmallMarket()
        let settings = settings {
            $0.attemptsPerMinute = 6
            $0.trustedProxies = [NetworkRange("127.0.0.0/8")].compactMap { $0 }
        }
        try await LiveServer.run(small.market, settings: settings) { server in
            for number in 1...2 {
                let answer = try await signIn(server, "ada", headers: ["X-Forwarded-For": "192.0.2.\(number)"])
                #expect(answer.status == 401)
            }
            let third = try await signIn(server, " ADA", headers: ["X-Forwarded-For": "192.0.2.3"])
            #expect(third.status == 429)
            #expect(try await signIn(server, "bea", headers: ["X-Forwarded-For": "192.0.2.3"]).status == 401)
            // An address of its own has guesses of its own.
            for number in 0..<4 {
                let answer = try await signIn(server, "c\(number)", headers: ["X-Forwarded-For": "192.0.2.3"])
                #expect(answer.status == 401, "\(number)")
            }
            #expect(try await signIn(server, "c9", headers: ["X-Forwarded-For": "192.0.2.3"]).status == 429)
            #expect(try await signIn(server, "c9", headers: ["X-Forwarded-For": "192.0.2.4"]).status == 401)
        }
    }

    @Test("without a trusted proxy nobody's word is taken for where they are")
    func untrusted() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: settings { $0.attemptsPerMinute = 3 }) { server in
            for number in 1...4 {
                let answer = try await signIn(
                    server, "a\(number)", headers: ["X-Forwarded-For": "192.0.2.\(number)"])
                #expect(answer.status == (number < 4 ? 401 : 429))
            }
        }
    }

    @Test("tokens that are nobody's are counted by address, and take nothing from whoever has one")
    func strangers() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 60, by: small.manager).secret
        try await LiveServer.run(small.market, settings: settings { $0.requestsPerMinute = 3 }) { server in
            for number in 0..<5 {
                let answer = try await server.send("GET", "/v1/work", token: "gh_\(number)")
                #expect(answer.status == (number < 3 ? 401 : 429), "\(number)")
                #expect(answer.headers["ratelimit-policy"] == "\"address\";q=3;w=60")
            }
            #expect(try await server.send("GET", "/v1/tokens", token: token).status == 200)
            // All of an address together has a limit, too: ten times that of a principal.
            var statuses: [Int] = []
            for number in 0..<30 {
                statuses.append(try await server.send("GET", "/v1/work", token: "gh_\(number)").status)
            }
            #expect(statuses.allSatisfy { $0 == 429 })
            #expect(try await server.send("GET", "/v1/tokens", token: token).status == 429)
        }
    }
}
