internal import Formats
internal import HTTPTypes

/// For supervisors and load balancers.
struct HealthRoutes {
    let isReady: @Sendable () async -> String?

    var endpoints: [Endpoint] {
        [
            // The process lives; asks nobody, so that it answers while the database is frozen.
            Endpoint(
                .get, "/health", "showHealth", "The process lives; asks nobody", .service, for: .everybody,
                gives: .ok(["status": .words("ok")])
            ) { _ in .json(["status": "ok"]) },
            Endpoint(
                .get, "/ready", "showReadiness",
                "The database answers and has this program's schema, or 503 with a reason", .service, for: .everybody,
                gives: .ok(["status": .words("ready")]), refuses: ["not_ready"]
            ) { [isReady] _ in
                if let reason = await isReady() { throw Problem(.serviceUnavailable, "not_ready", reason) }
                return .json(["status": "ready"])
            },
        ]
    }
}
