internal import Foundation

/// What the program costs when nobody asks anything, and how long it takes to be there.
struct ServeBenchmark {
    let program: String
    let rounds: Int
    private let directory = ".guildhall/bench-serve"

    func run() async throws {
        // The first start makes the cluster; it is not measured.
        _ = try await start()
        var starts: [Double] = []
        var memory: [Double] = []
        for _ in 0..<rounds {
            let measured = try await start()
            starts.append(measured.seconds)
            memory.append(measured.mebibytes)
        }
        line("guildhall serve with an existing embedded cluster, median of \(rounds):")
        line(
            "  start to ready \(twoDigits(starts.median)) s  (goal under 1)   "
                + "idle memory \(twoDigits(memory.median)) MiB  (goal under 64)"
        )
    }

    /// Starts the program, waits for /ready to say yes, lets it idle, reads its resident memory, stops it.
    private func start() async throws -> (seconds: Double, mebibytes: Double) {
        let server = try await ServedProcess(program) { ["serve", "--directory", directory, "--port", "\($0)"] }
        defer { server.stop() }
        try await Task.sleep(for: .seconds(1))
        return (server.readySeconds, server.residentMebibytes)
    }
}
