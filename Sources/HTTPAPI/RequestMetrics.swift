internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Marketplace
package import Store
internal import Synchronization

/// Requests of this process: how many, by route and status, and how long they took.
package final class RequestMetrics: Sendable {
    /// Seconds; the upper bounds of the histogram.
    static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Key: Hashable, Comparable {
        let method: String
        /// The template, never the path: what clients send in it is not kept, and there are as many as routes.
        let route: String
        let status: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.route, left.method, left.status) < (right.route, right.method, right.status)
        }
    }

    private struct Series {
        var counts = [Int](repeating: 0, count: bounds.count)
        var count = 0
        var sum = 0.0
    }

    private let series = Mutex<[Key: Series]>([:])
    private let active = Atomic<Int>(0)

    package init() {}

    func begin() { active.add(1, ordering: .relaxed) }

    func end(_ method: String, _ route: String, _ status: Int, seconds: Double) {
        active.subtract(1, ordering: .relaxed)
        series.withLock { all in
            var known = all[Key(method: method, route: route, status: status), default: Series()]
            known.count += 1
            known.sum += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { known.counts[index] += 1 }
            all[Key(method: method, route: route, status: status)] = known
        }
    }

    /// Prometheus' text format, version 0.0.4.
    package var prometheusText: String {
        let known = series.withLock { $0 }.sorted { $0.key < $1.key }
        let name = "guildhall_http_request_duration_seconds"
        var text = """
            # HELP guildhall_http_requests_active Requests that are being answered by this process.
            # TYPE guildhall_http_requests_active gauge
            guildhall_http_requests_active \(active.load(ordering: .relaxed))
            # HELP \(name) How long requests took in this process, until their answer was ready.
            # TYPE \(name) histogram

            """
        for (key, series) in known {
            let labels = "method=\"\(key.method)\",route=\"\(key.route)\",status=\"\(key.status)\""
            for (bound, count) in zip(Self.bounds, series.counts) {
                text += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(count)\n"
            }
            text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(series.count)\n"
            text += "\(name)_sum{\(labels)} \(series.sum)\n\(name)_count{\(labels)} \(series.count)\n"
        }
        return text
    }
}

extension Database {
    /// The pool of this process, in Prometheus' text format.
    package var prometheusText: String {
        let load = load
        let gauges: [(String, Int, String)] = [
            ("guildhall_pool_connections", configuration.poolSize, "Connections that this process may have."),
            ("guildhall_pool_busy", load.busy, "Connections of this process in use."),
            ("guildhall_pool_waiting", load.waiting, "Callers in this process that wait for a connection."),
        ]
        let counters: [(String, Int, String)] = [
            (
                "guildhall_transactions", statistics.transactions.load(ordering: .relaxed),
                "Transactions that this process began."
            ),
            (
                "guildhall_transaction_retries", statistics.retries.load(ordering: .relaxed),
                "Transactions that this process ran again after a lost race."
            ),
            (
                "guildhall_connections_opened", statistics.connectionsOpened.load(ordering: .relaxed),
                "Connections that this process opened."
            ),
        ]
        return gauges.map { "# HELP \($0.0) \($0.2)\n# TYPE \($0.0) gauge\n\($0.0) \($0.1)\n" }.joined()
            + counters.map { name, value, help in
                "# HELP \(name)_total \(help)\n# TYPE \(name)_total counter\n\(name)_total \(value)\n"
            }.joined()
    }
}

extension HTTPField.Name {
    static let traceParent = HTTPField.Name("traceparent") ?? .date
}

/// Times each request, logs it in one line without anything that a client sent, and makes it part of its caller's
/// trace.
///
/// The outermost middleware: what others turn into answers is seen as the answer.
struct ObservingMiddleware: RouterMiddleware {
    let metrics: RequestMetrics

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let trace = request.headers[.traceParent].flatMap(TraceContext.init(header:))?.child() ?? .fresh()
        let begun = ContinuousClock.now
        metrics.begin()
        var status = 500
        defer {
            let (seconds, attoseconds) = (ContinuousClock.now - begun).components
            let took = Double(seconds) + Double(attoseconds) / 1e18
            // A path that no route is for has no template.
            let route = context.endpointPath ?? "NotFound"
            let method = Self.methods.contains(request.method.rawValue) ? request.method.rawValue : "OTHER"
            metrics.end(method, route, status, seconds: took)
            context.logger.info(
                "request",
                metadata: [
                    "method": "\(method)", "route": "\(route)", "status": "\(status)",
                    "ms": "\((took * 1_000_000).rounded() / 1_000)", "request_id": "\(context.id)",
                    "trace_id": "\(trace.traceID)", "span_id": "\(trace.spanID)",
                ])
        }
        var response = try await TraceContext.$current.withValue(trace) { try await next(request, context) }
        status = response.status.code
        response.headers[.traceParent] = trace.header
        return response
    }

    private static var methods: Set<String> { ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] }
}
