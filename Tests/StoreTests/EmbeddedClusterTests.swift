import Foundation
import Glibc
import Store
import Synchronization
import Testing

@Suite("The embedded cluster")
struct EmbeddedClusterTests {
    @Test("the first start makes a UTF-8 cluster with checksums and the database, on a socket only")
    func firstUse() async throws {
        try await withScratchFolder { folder in
            let running = try await cluster(folder).start()
            #expect(try query("show server_encoding", running) == "UTF8")
            #expect(try query("show data_checksums", running) == "on")
            #expect(try query("show listen_addresses", running) == "")
            #expect(try query("show log_parameter_max_length_on_error", running) == "0")
            let collation = "select datcollate from pg_database where datname = current_database()"
            #expect(try query(collation, running) == "C.UTF-8")
            #expect(try query("select current_database() || current_user", running) == "guildhallguildhall")
            #expect(mode(of: running.socketFolder) == 0o700)
            #expect(mode(of: running.dataDirectory) == 0o700)
            #expect(FileManager.default.fileExists(atPath: running.logFile))
            #expect(try await running.stop() == .stopped)
            #expect(running.processID == nil)
            #expect(!FileManager.default.fileExists(atPath: running.socketFolder + "/.s.PGSQL.5432"))
        }
    }

    @Test("data and own settings are kept between runs")
    func keptBetweenRuns() async throws {
        try await withScratchFolder { folder in
            let first = try await cluster(folder).start()
            _ = try query("create table kept as select 42 as answer", first)
            try await first.stop()
            try "work_mem = '7MB'".write(
                toFile: first.dataDirectory + "/local.conf", atomically: false, encoding: .utf8)
            chown(first.dataDirectory + "/local.conf", owner(of: first.dataDirectory), gid_t.max)
            let began = ContinuousClock.now
            let second = try await cluster(folder, settings: ["autovacuum_naptime": "33s"]).start()
            #expect(ContinuousClock.now - began < .seconds(60), "usually 60 ms; this is for a busy machine")
            #expect(try query("select answer from kept", second) == "42")
            #expect(try query("show work_mem", second) == "7MB")
            #expect(try query("show autovacuum_naptime", second) == "33s")
            try await second.stop()
        }
    }

    @Test("a database that was dropped is made again")
    func missingDatabase() async throws {
        try await withScratchFolder { folder in
            let first = try await cluster(folder).start()
            _ = try query("drop database guildhall", first, database: "postgres")
            try await first.stop()
            let second = try await cluster(folder).start()
            #expect(try query("select 1", second) == "1")
            try await second.stop()
        }
    }

    @Test("a pid file of a process that is no postgres does not stop the start")
    func stalePidFile() async throws {
        try await withScratchFolder { folder in
            let first = try await cluster(folder).start()
            let pidFile = first.dataDirectory + "/postmaster.pid"
            let text = try String(contentsOfFile: pidFile, encoding: .utf8)
            try await first.stop()
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let stale = (["\(getpid())"] + lines.dropFirst().map(String.init)).joined(separator: "\n")
            try stale.write(toFile: pidFile, atomically: false, encoding: .utf8)
            try stale.write(
                toFile: first.socketFolder + "/.s.PGSQL.5432.lock", atomically: false, encoding: .utf8)
            let second = try await cluster(folder).start()
            #expect(second.processID != getpid())
            #expect(try query("select 1", second) == "1")
            try await second.stop()
        }
    }

    @Test("a server that was killed starts again with its data, with a statement in flight or without")
    func killedServer() async throws {
        try await withScratchFolder { folder in
            let running = try await cluster(folder).start()
            _ = try query("create table kept as select 42 as answer", running)
            let before = running.processID
            let busy = try psql("select count(*) from generate_series(1, 2000000000)", running, database: "guildhall")
            try await running.killImmediately()
            busy.process.waitUntilExit()
            #expect(running.processID == nil)
            try await running.startAgain()
            #expect(running.processID != before)
            #expect(try query("select answer from kept", running) == "42")
            try await running.restart(mode: .immediate)
            #expect(try query("select answer from kept", running) == "42")
            try await running.stop()
        }
    }

    @Test("of two users, the last one to leave stops the server")
    func twoUsers() async throws {
        try await withScratchFolder { folder in
            let first = try await cluster(folder).start()
            let second = try await cluster(folder).start()
            #expect(first.processID == second.processID)
            #expect(try await first.stop() == .stillInUse)
            #expect(try await first.stop() == .stillInUse)
            #expect(try query("select 1", second) == "1")
            #expect(try await second.stop() == .stopped)
            #expect(second.processID == nil)
        }
    }

    @Test("of programs that start at one time, one makes the cluster and the others wait for it")
    func concurrentFirstStarts() async throws {
        try await withScratchFolder { folder in
            let counter = Counter()
            @Sendable func startAnother() async throws -> EmbeddedCluster.Running {
                try await cluster(folder) { if $0.hasPrefix("making") { counter.add() } }.start()
            }
            async let first = startAnother()
            async let second = startAnother()
            async let third = startAnother()
            let runnings = try await [first, second, third]
            #expect(counter.value == 1)
            #expect(Set(runnings.map(\.processID)).count == 1)
            var departures: [EmbeddedCluster.Running.Departure] = []
            for running in runnings { departures.append(try await running.stop()) }
            #expect(departures == [.stillInUse, .stillInUse, .stopped])
        }
    }

    @Test("a server left behind by a killed program is adopted by the next one and stopped by it")
    func adopted() async throws {
        try await withScratchFolder { folder in
            let killed = try await cluster(folder).start()
            let identifier = killed.processID
            killed.abandon()
            let next = try await cluster(folder).start()
            #expect(next.processID == identifier)
            #expect(try await next.stop() == .stopped)
            #expect(next.processID == nil)
        }
    }

    @Test("a cluster whose making was interrupted is made anew")
    func halfMade() async throws {
        try await withScratchFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/cluster.new/base", withIntermediateDirectories: true)
            try "15".write(toFile: folder + "/cluster.new/PG_VERSION", atomically: false, encoding: .utf8)
            let running = try await cluster(folder).start()
            #expect(try query("select 1", running) == "1")
            #expect(!FileManager.default.fileExists(atPath: folder + "/cluster.new"))
            try await running.stop()
        }
    }

    @Test("a server that does not come up is an error with the last lines of its log")
    func failedStart() async throws {
        try await withScratchFolder { folder in
            let thrown = await #expect(throws: ClusterError.self) {
                _ = try await cluster(folder, settings: ["shared_buffers": "a lot"]).start()
            }
            let sentence = try #require(thrown).description
            #expect(sentence.hasPrefix("PostgreSQL did not start"))
            #expect(sentence.contains("shared_buffers"))
            let running = try await cluster(folder).start()
            try await running.stop()
        }
    }

    @Test(
        "a folder with a path too long or too odd for a socket gets a short folder for it",
        arguments: [String(repeating: "long/", count: 20) + "end", "a, b's", "with \"quotes\" and \\"])
    func awkwardPath(name: String) async throws {
        try await withScratchFolder { folder in
            let running = try await cluster(folder + "/" + name).start()
            #expect((running.socketFolder + "/.s.PGSQL.5432").utf8.count <= 107)
            #expect(try query("select 1", running) == "1")
            try await running.stop()
            if !running.socketFolder.hasPrefix(folder) { rmdir(running.socketFolder) }
        }
    }

    @Test("a short folder that somebody else made first is refused")
    func squattedSocketFolder() async throws {
        try await withScratchFolder { folder in
            let long = folder + "/" + String(repeating: "long/", count: 20) + "end"
            let running = try await cluster(long).start()
            try await running.stop()
            rmdir(running.socketFolder)
            symlink("/tmp", running.socketFolder)
            defer { unlink(running.socketFolder) }
            await #expect(throws: ClusterError.socketFolderTaken(path: running.socketFolder, reason: "is no folder")) {
                _ = try await cluster(long).start()
            }
        }
    }

    @Test("data made by another major version are refused with a sentence")
    func anotherMajorVersion() async throws {
        try await withScratchFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/cluster", withIntermediateDirectories: true)
            if geteuid() == 0 { chown(folder + "/cluster", 65_534, gid_t.max) }
            try "14\n".write(toFile: folder + "/cluster/PG_VERSION", atomically: false, encoding: .utf8)
            #expect(EmbeddedCluster.majorVersion(in: folder) == 14)
            let thrown = await #expect(throws: ClusterError.self) { _ = try await cluster(folder).start() }
            #expect(try #require(thrown).description.contains("install `postgresql-14`"))
        }
    }

    @Test(
        "started by root below a closed folder, the data go to /var/lib and a link leads there",
        .enabled(if: geteuid() == 0))
    func closedFolder() async throws {
        try await withScratchFolder { folder in
            chmod(folder, 0o700)
            let running = try await cluster(folder + "/.guildhall").start()
            let home = URL(fileURLWithPath: running.dataDirectory).deletingLastPathComponent().path
            #expect(home.hasPrefix("/var/lib/guildhall/"))
            defer { try? FileManager.default.removeItem(atPath: home) }
            #expect(EmbeddedCluster.majorVersion(in: folder + "/.guildhall") == running.binaries.majorVersion)
            _ = try query("create table kept as select 42 as answer", running)
            try await running.stop()
            let again = try await cluster(folder + "/.guildhall").start()
            #expect(try query("select answer from kept", again) == "42")
            try await again.stop()
            unlink(folder + "/.guildhall/cluster")
            let fresh = try await cluster(folder + "/.guildhall").start()
            #expect(try query("select to_regclass('kept') is null", fresh) == "t")
            try await fresh.stop()
        }
    }
}

private func cluster(
    _ directory: String, settings: [String: String] = [:], report: @escaping @Sendable (String) -> Void = { _ in }
) throws -> EmbeddedCluster {
    let scratch = ["fsync": "off", "shared_buffers": "16MB"].merging(settings) { $1 }
    return EmbeddedCluster(
        directory: directory, settings: scratch, binaries: try PostgresBinaries.locate(), report: report)
}

/// A folder that every account may enter; it and a server left in it by a failed test are gone afterwards.
private func withScratchFolder(_ body: (String) async throws -> Void) async throws {
    let folder = "/tmp/guildhall-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    chmod(folder, 0o755)
    defer {
        let pidFile = try? String(contentsOfFile: folder + "/cluster/postmaster.pid", encoding: .utf8)
        if let first = pidFile?.split(separator: "\n").first, let identifier = pid_t(first), identifier != getpid() {
            kill(identifier, SIGQUIT)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
    try await body(folder)
}

private func query(
    _ text: String, _ running: EmbeddedCluster.Running, database: String = "guildhall"
) throws -> String {
    let (process, output) = try psql(text, running, database: database)
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}

private func psql(
    _ text: String, _ running: EmbeddedCluster.Running, database: String
) throws -> (process: Process, output: Pipe) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: running.binaries.program("psql"))
    process.arguments = ["-XAt", "-c", text, running.connectionString(database: database)]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    return (process, output)
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}

private func mode(of path: String) -> mode_t {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
}

private func owner(of path: String) -> uid_t {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts.st_uid : 0
}
