import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Behind a proxy with another name", .scratchDatabase)
struct PublicAddressTests {
    @Test(
        "a page of the public address changes something by its cookie, whatever name the proxy asks by",
        arguments: ["https://Guildhall.example.org", "https://guildhall.example.org:443/"])
    func origin(publicAddress: String) async throws {
        let small = try await SmallMarket()
        var settings = ServerSettings()
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        settings.identity.publicAddress = publicAddress
        let code = try await small.invitation(of: small.maker, email: "maker@example.org")
        try await RedeemTicket(market: small.market, hasher: PasswordHasher(settings.identity.passwordCost))(
            code, password: "correct horse battery")
        try await LiveServer.run(small.market, settings: settings) { server in
            let begun = try await server.send(
                "POST", "/v1/sessions", json: ["email": "maker@example.org", "password": "correct horse battery"])
            let cookie = begun.headers["set-cookie"]?.split(separator: ";").first.map(String.init) ?? ""
            let body: JSON = ["name": "x", "scopes": ["read"], "days": 1]
            let origins: [(String, Int)] = [
                ("https://guildhall.example.org", 201), ("http://127.0.0.1:\(server.port)", 201),
                ("http://guildhall.example.org", 403), ("https://guildhall.example.org.evil.example", 403),
                ("https://evil.example/guildhall.example.org", 403), ("https://guildhall.example.org:8443", 403),
                ("null", 403),
            ]
            for (origin, status) in origins {
                let headers = ["Cookie": cookie, "Origin": origin, "Idempotency-Key": origin]
                let answer = try await server.send("POST", "/v1/tokens", json: body, headers: headers)
                #expect(answer.status == status, "\(origin)")
            }
        }
    }
}
