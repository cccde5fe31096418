import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite(
    "Webhooks, checked by the library of Standard Webhooks", .scratchDatabase,
    .enabled(if: Peers.areInstalled, "standardwebhooks is not installed; `make peers` does it"))
struct WebhookPeerTests {
    private static let verifier = """
        import base64, json, sys
        from standardwebhooks import Webhook
        for line in sys.stdin:
            message = json.loads(line)
            body = base64.b64decode(message["body"])
            try:
                told = Webhook(message["secret"]).verify(body, message["headers"])
                print("valid", told["type"])
            except Exception as error:
                print("refused", type(error).__name__)
        """

    @Test("it takes what we sign, by the old secret and by the new one while both sign, and nothing that was altered")
    func verified() async throws {
        // The library asks the machine's clock.
        let small = try await SmallMarket()
        let database = Scratch.connect(serverClock: true)
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let server = KeptCalls()
        let made = try await RegisterWebhook(market: market)(
            url: "https://hooks.example.org/", of: small.requester, by: small.manager)
        let new = try await RotateWebhookSecret(market: market)(made.endpoint, by: small.manager)
        _ = try await TestWebhook(market: market)(made.endpoint, by: small.manager)
        _ = try await DeliverWebhooks(market: market)(through: server, by: try await market.systemPrincipal())
        await database.shutdown()
        let call = try #require(server.calls.first)
        func line(_ secret: String, _ body: [UInt8], _ headers: [String: String]) -> String {
            let message: JSON = [
                "secret": .string(secret), "body": .string(Data(body).base64EncodedString()),
                "headers": .object(headers.mapValues { .string($0) }),
            ]
            return message.canonicalText
        }
        var late = call.headers
        late["webhook-timestamp"] = "1772442000"
        let lines = [
            line(made.secret, call.body, call.headers), line(new.secret, call.body, call.headers),
            line(new.secret, call.body + [0x20], call.headers), line(new.secret, call.body, late),
            line("whsec_" + Data(repeating: 1, count: 32).base64EncodedString(), call.body, call.headers),
        ]
        let said = try Peers.python(Self.verifier, input: lines.joined(separator: "\n") + "\n")
        #expect(
            said.split(separator: "\n") == [
                "valid webhook.test", "valid webhook.test", "refused WebhookVerificationError",
                "refused WebhookVerificationError", "refused WebhookVerificationError",
            ])
    }
}
