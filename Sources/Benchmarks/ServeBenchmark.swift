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
        let port = 20_000 + Int.random(in: 0..<20_000)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["serve", "--directory", directory, "--port", "\(port)"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let began = ContinuousClock.now
        try process.run()
        defer { process.waitUntilExit() }
        defer { process.terminate() }
        while !isReady(port) {
            guard process.isRunning, ContinuousClock.now - began < .seconds(60) else {
                throw BenchmarkError(reason: "guildhall serve did not become ready")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        let elapsed = (ContinuousClock.now - began).seconds
        try await Task.sleep(for: .seconds(1))
        return (elapsed, try residentMebibytes(process.processIdentifier))
    }

    private func residentMebibytes(_ process: Int32) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let value = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ").dropFirst()
            .first
        return (value.flatMap { Double($0) } ?? .nan) / 1_024
    }

    /// Asks with a bare socket: an HTTP library would measure itself.
    private func isReady(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return false }
        let request = "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard request.withCString({ send(descriptor, $0, strlen($0), 0) }) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 64)
        let received = recv(descriptor, &buffer, buffer.count, 0)
        return received > 12 && String(decoding: buffer.prefix(12), as: UTF8.self) == "HTTP/1.1 200"
    }
}
