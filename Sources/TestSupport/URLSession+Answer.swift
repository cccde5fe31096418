package import Foundation
package import FoundationNetworking

extension URLSession {
    /// The answer to a request, waited for to its end, also by a task that is cancelled meanwhile.
    ///
    /// Foundation's own `data(for:)` cancels the request then, and where the answer comes at that instant both wait for
    /// each other for ever: who cancels holds the lock of the task's state and wants the session's queue, which
    /// wants that lock to resume the task. All requests of the process wait behind them.
    package func answer(to request: URLRequest) async throws -> (Data, URLResponse) {
        try await withCheckedThrowingContinuation { continuation in
            let task = dataTask(with: request) { data, response, error in
                if let data, let response {
                    continuation.resume(returning: (data, response))
                } else {
                    continuation.resume(throwing: error ?? URLError(.unknown))
                }
            }
            task.resume()
        }
    }

    /// The same for what is at an address.
    package func answer(from url: URL) async throws -> (Data, URLResponse) {
        try await answer(to: URLRequest(url: url))
    }
}
