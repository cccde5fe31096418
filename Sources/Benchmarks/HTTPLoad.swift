internal import Formats
internal import Foundation

/// Claims and submissions over HTTP on connections that are kept alive, one request at a time on each. One thread and
/// poll(2): the client costs little, and the same whatever serves.
struct HTTPLoad {
    struct Measured {
        let requestsPerSecond: Double
        let milliseconds: [Double]

        var p99: Double {
            let sorted = milliseconds.sorted()
            return sorted.isEmpty ? .nan : sorted[min(sorted.count * 99 / 100, sorted.count - 1)]
        }
    }

    let market: EdgeMarket
    var connections = 64
    /// Claims, each with its submission.
    let pairs: Int

    func run(on port: Int) throws -> Measured {
        var clients = try (0..<connections).map { _ in Client(descriptor: try PlainSocket.connected(to: port)) }
        defer { clients.forEach { close($0.descriptor) } }
        var begun = 0
        var times: [Double] = []
        times.reserveCapacity(2 * pairs)
        let start = ContinuousClock.now
        for place in clients.indices where begun < pairs {
            try clients[place].claim(market.nextErrand(), in: market)
            begun += 1
        }
        while times.count < 2 * pairs {
            var polled = clients.map { pollfd(fd: $0.isBusy ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), 30_000) > 0 else {
                throw BenchmarkError(reason: "no answer within 30 s, after \(times.count)")
            }
            for (place, each) in polled.enumerated() where each.revents != 0 {
                guard let answer = try clients[place].receive() else { continue }
                times.append((ContinuousClock.now - clients[place].began).seconds * 1_000)
                if try clients[place].submit(after: answer) { continue }
                guard begun < pairs else { continue }
                try clients[place].claim(market.nextErrand(), in: market)
                begun += 1
            }
        }
        return Measured(
            requestsPerSecond: Double(times.count) / (ContinuousClock.now - start).seconds, milliseconds: times)
    }
}

private struct Client {
    let descriptor: Int32
    private(set) var began = ContinuousClock.now
    private(set) var isBusy = false
    private var received: [UInt8] = []
    private var token = ""
    private var isClaiming = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    mutating func claim(_ errand: EdgeMarket.Errand, in market: EdgeMarket) throws {
        (token, isClaiming) = (errand.token, true)
        try post("/v1/claims", "{\"requester_id\":\"\(market.requester)\",\"batch_id\":\"\(errand.batch)\"}")
    }

    /// - Returns: `false` when that was the answer to a submission.
    mutating func submit(after answer: JSON) throws -> Bool {
        guard isClaiming else { return false }
        guard let assignment = answer["assignment_id"]?.stringValue, let lease = answer["lease_token"]?.integerValue
        else { throw BenchmarkError(reason: "a claim was answered by \(answer.canonicalText)") }
        isClaiming = false
        try post(
            "/v1/assignments/\(assignment)/submission",
            "{\"lease_token\":\(lease),\"answer\":\(EdgeMarket.answer.canonicalText)}")
        return true
    }

    private mutating func post(_ path: String, _ body: String) throws {
        let request =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
            + "Idempotency-Key: \(UUID().uuidString)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        (began, isBusy) = (.now, true)
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw BenchmarkError(reason: "a request could not be sent")
        }
    }

    /// - Returns: the body, once all of it has come.
    mutating func receive() throws -> JSON? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw BenchmarkError(reason: "the server closed the connection") }
        received += buffer.prefix(count)
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self).lowercased()
        guard let field = head.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length:") }),
            let length = Int(field.dropFirst(15).trimmingCharacters(in: .whitespaces))
        else { throw BenchmarkError(reason: "an answer without a length: \(head)") }
        guard received.count >= end.upperBound + length else { return nil }
        let body = Array(received[end.upperBound...])
        guard head.dropFirst(9).hasPrefix("20") else {
            throw BenchmarkError(reason: "\(head.prefix(12)): \(String(decoding: body, as: UTF8.self))")
        }
        (received, isBusy) = ([], false)
        return try JSON.parse(body)
    }
}
