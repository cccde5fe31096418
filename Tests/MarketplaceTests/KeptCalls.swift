import Formats
import Foundation
import Marketplace
import Synchronization

/// A server that keeps what it is sent and answers as it is told.
final class KeptCalls: OutboundHTTP {
    private let state: Mutex<(calls: [OutboundRequest], answer: @Sendable (OutboundRequest) -> OutboundAnswer)>

    init(_ answer: @escaping @Sendable (OutboundRequest) -> OutboundAnswer = { _ in .answered(status: 204, body: []) })
    {
        state = Mutex(([], answer))
    }

    var calls: [OutboundRequest] { state.withLock { $0.calls } }
    var types: [String] { calls.compactMap { $0.json["type"]?.stringValue } }

    func answer(_ answer: @escaping @Sendable (OutboundRequest) -> OutboundAnswer) {
        state.withLock { $0.answer = answer }
    }

    func send(_ request: OutboundRequest) async -> OutboundAnswer {
        let answer = state.withLock { state in
            state.calls.append(request)
            return state.answer
        }
        return answer(request)
    }
}

extension OutboundRequest {
    var json: JSON { (try? JSON.parse(body)) ?? .null }
}
