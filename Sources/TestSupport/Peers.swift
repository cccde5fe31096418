internal import Formats
package import Foundation
internal import Testing

/// Other people's programs that ours are held against; `make peers` installs them.
package enum Peers {
    private static let folder = ScratchServer.root + "/.guildhall/peers/bin/"
    package static var areInstalled: Bool { FileManager.default.isExecutableFile(atPath: folder + "python") }

    /// Runs a Python program.
    ///
    /// - Parameter input: what it reads.
    /// - Returns: what it prints; a test fails where it does not end well.
    package static func python(_ program: String, input: String) throws -> String {
        let note = NSTemporaryDirectory() + "peers-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: note) }
        try Data(input.utf8).write(to: URL(fileURLWithPath: note))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: folder + "python")
        process.arguments = ["-c", program]
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: note))
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Starts one of the installed programs, which goes on by itself.
    ///
    /// - Returns: its process id, to be ended by who started it.
    package static func start(_ program: String, _ arguments: [String]) throws -> pid_t {
        try DetachedProcess.start(folder + program, arguments)
    }
}

/// A process that is the child of a shell that has ended, without what it would inherit: whoever waits for another
/// child of this process waits until nobody holds that child's descriptors.
package enum DetachedProcess {
    /// - Returns: its process id.
    package static func start(_ program: String, _ arguments: [String]) throws -> pid_t {
        let note = NSTemporaryDirectory() + "detached-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: note) }
        let script = """
            for path in /proc/self/fd/*; do
                number=${path##*/}
                [ "$number" -gt 2 ] && eval "exec $number>&-"
            done
            note=$1
            shift
            "$@" </dev/null >/dev/null 2>&1 &
            echo $! >"$note"
            """
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", script, "bash", note, program] + arguments
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        let text = try String(contentsOfFile: note, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(pid_t(text))
    }
}
