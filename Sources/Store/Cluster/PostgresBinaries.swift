import Foundation
import Glibc

/// An installed PostgreSQL server: the folder of its programs and its version.
package struct PostgresBinaries: Hashable, Sendable {
    /// The oldest major version that Guildhall runs on.
    package static let oldestMajorVersion = 15
    /// Where programs are looked for when the caller passes no `PATH`.
    package static let defaultSearchPath = "/usr/local/pgsql/bin:/usr/local/bin:/usr/bin:/bin"

    /// The folder that holds `postgres`, `initdb`, `psql` and the rest; absolute.
    package let folder: String
    /// As the server says it: `15.18`.
    package let version: String
    /// The number before the point.
    package let majorVersion: Int

    /// The absolute path of one of the programs.
    package func program(_ name: String) -> String { folder + "/" + name }

    /// Finds the server: in `folder` when the caller names one, else the newest under `versionsFolder`, else where
    /// `pg_config` says, else on the search path.
    ///
    /// - Parameters:
    ///   - folder: the only place to look, when given (`GUILDHALL_PG_BIN`).
    ///   - searchPath: folders separated by colons (`PATH`).
    ///   - majorVersion: taken before a newer one, because existing data were made by it.
    /// - Throws: ``ClusterError`` `postgresMissing`, `postgresTooOld` or `postgresUnusable`.
    package static func locate(
        folder: String? = nil,
        searchPath: String = defaultSearchPath,
        versionsFolder: String = "/usr/lib/postgresql",
        preferring majorVersion: Int? = nil
    ) throws -> PostgresBinaries {
        if let folder { return try inspectNamed(folder) }
        let onPath = searchPath.split(separator: ":").map(String.init)
        let candidates = versionFolders(versionsFolder, first: majorVersion) + configuredFolders(onPath) + onPath
        var tooOld: PostgresBinaries?
        for candidate in candidates {
            guard let found = try? inspect(candidate) else { continue }
            if found.majorVersion >= oldestMajorVersion { return found }
            if found.majorVersion > tooOld?.majorVersion ?? 0 { tooOld = found }
        }
        if let tooOld { throw ClusterError.postgresTooOld(version: tooOld.version, folder: tooOld.folder) }
        throw ClusterError.postgresMissing(places: [versionsFolder] + onPath)
    }

    private static func inspectNamed(_ folder: String) throws -> PostgresBinaries {
        let found = try inspect(URL(fileURLWithPath: folder).standardized.path)
        guard found.majorVersion >= oldestMajorVersion else {
            throw ClusterError.postgresTooOld(version: found.version, folder: found.folder)
        }
        return found
    }

    /// - Throws: `ClusterError.postgresUnusable` when a program is missing or does not say its version.
    private static func inspect(_ folder: String) throws -> PostgresBinaries {
        for name in ["postgres", "initdb", "createdb"] where access(folder + "/" + name, X_OK) != 0 {
            throw ClusterError.postgresUnusable(folder: folder, reason: "it has no program `\(name)`")
        }
        let (status, output) = try ChildProcess.run([folder + "/postgres", "--version"], secondsMax: 10)
        guard status == 0, let mark = output.range(of: "(PostgreSQL) ") else {
            throw ClusterError.postgresUnusable(folder: folder, reason: "`postgres --version` says “\(output)”")
        }
        let version = output[mark.upperBound...].prefix { !$0.isWhitespace }
        guard let majorVersion = Int(version.prefix { $0.isASCII && $0.isNumber }) else {
            throw ClusterError.postgresUnusable(folder: folder, reason: "its version “\(version)” is no number")
        }
        return PostgresBinaries(folder: folder, version: String(version), majorVersion: majorVersion)
    }

    /// Debian's layout, `15/bin`, `17/bin`: the preferred version, then newest first.
    private static func versionFolders(_ root: String, first preferred: Int?) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let versions = names.compactMap { Int($0) }.sorted(by: >)
        return (versions.filter { $0 == preferred } + versions.filter { $0 != preferred }).map { "\(root)/\($0)/bin" }
    }

    private static func configuredFolders(_ onPath: [String]) -> [String] {
        guard let program = onPath.map({ $0 + "/pg_config" }).first(where: { access($0, X_OK) == 0 }),
            let answer = try? ChildProcess.run([program, "--bindir"], secondsMax: 10), answer.status == 0
        else { return [] }
        return [answer.output]
    }
}
