internal import Formats
internal import Hummingbird

/// For supervisors and load balancers.
struct HealthRoutes {
    let isReady: @Sendable () async -> String?

    func add(to router: Router<BasicRequestContext>) {
        // The process lives; asks nobody, so that it answers while the database is frozen.
        router.get("healthz") { _, _ in Response(json: ["status": "ok"]) }
        router.get("readyz") { _, _ in
            guard let reason = await isReady() else { return Response(json: ["status": "ready"]) }
            return Response(json: ["status": "not_ready", "reason": .string(reason)], status: .serviceUnavailable)
        }
    }
}
