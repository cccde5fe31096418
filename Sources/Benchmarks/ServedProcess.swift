internal import Foundation

/// A server that is measured as a process of its own: started, waited for, its processor time and memory read, stopped.
final class ServedProcess {
    let port: Int
    /// From the start to the first 200.
    private(set) var readySeconds = 0.0
    private let process = Process()

    /// - Parameters:
    ///   - arguments: by the port that it is to listen on.
    ///   - path: what it answers with 200 once it can work.
    init(
        _ program: String, environment: [String: String] = [:], readyAt path: String = "/ready",
        arguments: (Int) -> [String]
    ) async throws {
        port = 20_000 + Int.random(in: 0..<10_000)
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments(port)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let began = ContinuousClock.now
        try process.run()
        while !isReady(path) {
            guard process.isRunning, ContinuousClock.now - began < .seconds(60) else {
                stop()
                throw BenchmarkError(reason: "\(program) did not become ready")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        readySeconds = (ContinuousClock.now - began).seconds
    }

    /// Asks it to end. What has not ended after five seconds, it or what it started, is killed: a program that takes
    /// the signals as they were blocked here never hears of it.
    func stop() {
        let all = Self.processes(under: process.processIdentifier).map(\.id)
        if process.isRunning { process.terminate() }
        for _ in 0..<500 where process.isRunning { usleep(10_000) }
        for id in all { kill(id, SIGKILL) }
        process.waitUntilExit()
    }

    /// Of it and of whatever it started.
    var processorSeconds: Double { Self.processorSeconds(under: process.processIdentifier) }

    static func processorSeconds(under root: Int32) -> Double {
        let ticks = processes(under: root).reduce(0.0) { $0 + $1.ticks }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    var residentMebibytes: Double {
        Self.processes(under: process.processIdentifier).reduce(0.0) { sum, each in
            let status = (try? String(contentsOfFile: "/proc/\(each.id)/status", encoding: .utf8)) ?? ""
            let words = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ")
            return sum + (words?.dropFirst().first.flatMap { Double($0) } ?? .nan) / 1_024
        }
    }

    private static func processes(under root: Int32) -> [(id: Int32, ticks: Double)] {
        var all: [Int32: (parent: Int32, ticks: Double)] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = Int32(name), let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")
            else { continue }
            let fields = text[end...].split(separator: " ")
            guard fields.count > 13, let parent = Int32(fields[2]), let own = Double(fields[12]),
                let system = Double(fields[13])
            else { continue }
            all[id] = (parent, own + system)
        }
        func isUnder(_ id: Int32) -> Bool {
            var id = id
            while id != root {
                guard let next = all[id]?.parent, next > 1 else { return false }
                id = next
            }
            return true
        }
        return all.filter { isUnder($0.key) }.map { ($0.key, $0.value.ticks) }
    }

    /// Asks with a bare socket: an HTTP library would measure itself.
    private func isReady(_ path: String) -> Bool {
        guard let descriptor = try? PlainSocket.connected(to: port) else { return false }
        defer { close(descriptor) }
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard request.withCString({ send(descriptor, $0, strlen($0), 0) }) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 64)
        let received = recv(descriptor, &buffer, buffer.count, 0)
        return received > 12 && String(decoding: buffer.prefix(12), as: UTF8.self) == "HTTP/1.1 200"
    }
}

enum PlainSocket {
    /// - Returns: a descriptor that blocks.
    static func connected(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkError(reason: "no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw BenchmarkError(reason: "no connection to port \(port): \(reason)")
        }
        return descriptor
    }

    /// Lets this process have as many descriptors as the system allows it.
    static func raiseLimit(toHold count: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur >= count + 100 else {
            throw BenchmarkError(reason: "only \(limit.rlim_cur) descriptors are allowed; \(count + 100) are needed")
        }
    }
}
