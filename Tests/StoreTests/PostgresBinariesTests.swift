import Foundation
import Glibc
import Store
import Testing

@Suite("Finding PostgreSQL's programs")
struct PostgresBinariesTests {
    @Test("the installed server is found, with its version")
    func installed() throws {
        let found = try PostgresBinaries.locate()
        #expect(found.majorVersion >= PostgresBinaries.oldestMajorVersion)
        #expect(found.version.hasPrefix("\(found.majorVersion)"))
        #expect(access(found.program("initdb"), X_OK) == 0)
    }

    @Test("a missing server is one sentence that says what to install")
    func missing() throws {
        try withFakes([:]) { folder in
            let thrown = #expect(throws: ClusterError.self) {
                try PostgresBinaries.locate(searchPath: folder, versionsFolder: folder)
            }
            #expect(
                thrown?.description
                    == "PostgreSQL 15 or newer is not installed (looked in \(folder), \(folder)): "
                    + "install it with `apt-get install postgresql`.")
        }
    }

    @Test("a server that is too old is one sentence that says what to install", arguments: [true, false])
    func tooOld(named: Bool) throws {
        try withFakes(["9": "9.6.24", "13": "13.14 (Debian 13.14-1)"]) { folder in
            let thrown = #expect(throws: ClusterError.self) {
                try PostgresBinaries.locate(
                    folder: named ? folder + "/13/bin" : nil, searchPath: "", versionsFolder: folder)
            }
            #expect(
                thrown?.description
                    == "PostgreSQL 13.14 in \(folder)/13/bin is too old, Guildhall needs 15 or newer: "
                    + "install it with `apt-get install postgresql`.")
        }
    }

    @Test("the newest server is taken, or the one that made the data", arguments: [(nil, 17), (15, 15), (16, 17)])
    func newest(preferred: Int?, expected: Int) throws {
        try withFakes(["9": "9.6.24", "15": "15.18", "17": "17beta1"]) { folder in
            let found = try PostgresBinaries.locate(searchPath: "", versionsFolder: folder, preferring: preferred)
            #expect(found.majorVersion == expected)
        }
    }

    @Test("without Debian's folders, pg_config leads to the server, and then the search path")
    func searchPath() throws {
        try withFakes(["16": "16.2", "17": "17.1"]) { folder in
            let nowhere = folder + "/nowhere"
            let onPath = try PostgresBinaries.locate(searchPath: folder + "/16/bin", versionsFolder: nowhere)
            #expect(onPath.version == "16.2")
            try script("echo \(folder)/17/bin", at: folder + "/16/bin/pg_config")
            let configured = try PostgresBinaries.locate(searchPath: folder + "/16/bin", versionsFolder: nowhere)
            #expect(configured.version == "17.1")
        }
    }

    @Test("a named folder without a server is refused, and nothing else is looked for")
    func namedFolder() throws {
        try withFakes(["17": "17.1"]) { folder in
            #expect(
                throws: ClusterError.postgresUnusable(folder: folder, reason: "it has no program `postgres`")
            ) {
                try PostgresBinaries.locate(folder: folder, versionsFolder: folder)
            }
        }
    }
}

/// Folders in Debian's layout with scripts for programs, by major version.
private func withFakes(_ versions: [String: String], _ body: (String) throws -> Void) throws {
    let folder = "/tmp/guildhall-binaries-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (major, version) in versions {
        let programs = "\(folder)/\(major)/bin"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for name in ["postgres", "initdb", "createdb"] {
            try script("echo 'postgres (PostgreSQL) \(version)'", at: programs + "/" + name)
        }
    }
    try body(folder)
}

/// Written by a process of its own: while this one has a file open to write, none that it forks may run it.
private func script(_ line: String, at path: String) throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "printf '%s\\n' '#!/bin/sh' \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", line, path]
    try shell.run()
    shell.waitUntilExit()
    try #require(shell.terminationStatus == 0)
}
