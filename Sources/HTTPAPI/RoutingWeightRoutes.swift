internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What routing goes by: weights and reference rates, the prices of hours, and how well hours were forecast.
struct RoutingWeightRoutes {
    private static let path = "/v1/routing-weights"
    private static let operators = Access.platform([.operator])
    private static let weight = Shape.object(
        "RoutingWeight",
        ["name": .text, "in_force": .integer, "default": .integer, "unit": .text, "meaning": .text])
    private static let policy = Shape.object(
        "RoutingPolicy",
        ["version": .count, "weights": .anyObject, "set_by": .id, "set_at": .time, "reason": .text])
    private static let inForce = Shape.object(
        "RoutingWeights",
        [
            "weights": .list(weight),
            "rates": Shape.anyObject.described("By rate_XXX, in micros of the reference currency for one unit."),
            "currencies_at_par": .list(.currency), "set": policy.orNull,
        ])
    private static let solve = Shape.object(
        "PriceSolve",
        [
            "solved_on": .day, "demands": .count, "workers": .count, "certificate_millionths": .integer,
            "price_most_micros": .integer, "policy_version": .integer,
        ])
    private static let price = Shape.object(
        "HourPrice", ["worker": .id, "price_micros": .integer, "units": .count])
    private static let backtest = Shape.object(
        "ForecastBacktest",
        [
            "week": .day, "workers": .count, "forecast_minutes": .integer, "worked_minutes": .integer,
            "error_bps": .bps, "promises": .count, "promises_kept": .count,
        ])
    let market: Market

    var endpoints: [Endpoint] { weights + hours }

    /// Whoever sets them writes over what was set before; the currencies of work that goes on do not matter.
    private var guarded: Guarded {
        Guarded(["set"], lock: { _, change in try await change.lockSchedulerPolicy() }, read: show)
    }

    private var weights: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "showRoutingWeights",
                "What routing, the ladder and the prices of hours go by, and how that was set", .operations,
                for: Self.operators, guards: guarded, gives: .ok(Self.inForce), by: show),
            Endpoint(
                .put, Self.path, "setRoutingWeights",
                "Set it, all of it, from the next rounds on; what is left out has its default", .operations,
                for: Self.operators,
                takes: .json([
                    "weights": Shape.anyObject.described(
                        "Whole numbers by name; rate_XXX, by ISO 4217, in micros of the reference currency."),
                    "reason": .text(1...500),
                ]),
                guards: guarded, needsMatch: true, gives: .ok(["version": .count]), by: set),
        ]
    }

    private var hours: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/hour-prices", "listHourPrices",
                "What a quarter of an hour of each worker is worth to the days ahead, as the last night found",
                .operations, for: Self.operators, query: Parameter.pagingOn,
                gives: .ok([
                    "solve": Self.solve.orNull, "items": .list(Self.price), "next": Shape.id.orNull,
                ]), by: prices),
            Endpoint(
                .get, "/v1/forecast-backtests", "listForecastBacktests",
                "How well each week's hours were forecast, the newest first", .operations, for: Self.operators,
                query: [.next("before", .day), .limit()],
                gives: .ok(.page(Self.backtest, next: .day)), by: backtests),
        ]
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        .json(try await ShowSchedulerWeights(market: market)(by: try call.actor).json)
    }

    @Sendable private func set(_ call: Call) async throws -> Outcome {
        let (actor, reason) = (try call.actor, try call.string("reason"))
        let weights = call["weights"] ?? [:]
        try Self.check(weights)
        return try await call.once(200, { (version: Int) in ["version": .integer(Int64(version))] }) {
            try await SetSchedulerWeights(market: $0)(weights, reason: reason, by: actor)
        }
    }

    /// Says which weight is wrong by its place in the body.
    private static func check(_ weights: JSON) throws {
        do throws(BadInput) {
            _ = try SchedulerSettings(json: weights)
        } catch {
            let pointer = error.field == "weights" ? "/weights" : "/weights".pointer(to: error.field)
            throw Problem(
                error.status, error.code, error.message,
                errors: [.init(part: .pointer, name: pointer, code: error.code, detail: error.reason)])
        }
    }

    @Sendable private func prices(_ call: Call) async throws -> Outcome {
        let found = try await ListHourPrices(market: market)(
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        let page = found?.page ?? []
        let next = page.count >= call.limit ? page.last.map { JSON.string("\($0.worker)") } : nil
        return .json([
            "solve": found?.solve.json ?? .null, "items": .array(page.map(\.json)), "next": next ?? .null,
        ])
    }

    @Sendable private func backtests(_ call: Call) async throws -> Outcome {
        let before = try call.query["before"].map { text in
            guard let day = CalendarDate(iso: text) else { throw BadInput("before", "must be yyyy-MM-dd") }
            return day
        }
        let found = try await ListBacktests(market: market)(before: before, limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.weekStartsOn)" }, \.json)
    }
}
