import Formats
import Foundation
import Marketplace
import Testing

@Suite("A program that takes personal data out", .timeLimit(.minutes(10)))
final class ExternalDeidentifierTests {
    private let folder = NSTemporaryDirectory() + "guildhall-deidentify-\(UUID().uuidString)/"

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A shell script, as the program.
    private func program(_ script: String, seconds: Int = 20) throws -> ExternalDeidentifier {
        let path = folder + "program-\(UUID().uuidString)"
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        return try ExternalDeidentifier(path: path, limit: .seconds(seconds))
    }

    private func fault(_ program: ExternalDeidentifier, _ value: JSON = "a") -> String? {
        do throws(BadInput) {
            _ = try program(value)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("gets a value a line and answers one a line, of any size, started once")
    func answers() throws {
        let echo = try program("exec cat")
        let value: JSON = ["a": "line\nbreak", "b": [.number("1.50"), nil]]
        #expect(try echo(value) == value)
        let big = JSON.string(String(repeating: "Ä", count: 2 << 20))
        #expect(try echo(big) == big)
        let counting = try program("n=0; while read -r line; do n=$((n+1)); echo $n; done")
        #expect(try (counting("x"), counting("y")) == (1, 2))
    }

    @Test(
        "that ends, says too much, too late or no JSON is a fault that does not repeat the value",
        arguments: [
            ("exit 0", "ended"), ("read -r line; exit 1", "ended"), ("read -r line; echo no", "answered no JSON"),
            ("read -r line; printf '1\\n2\\n'; sleep 60", "answered more than one line"),
            ("yes 1; sleep 60", "answered more than one line"),
            ("sleep 60", "took longer than 1 s"), ("read -r line; head -c 9000000 /dev/zero; sleep 60", "too much"),
        ])
    func faults(script: String, reason: String) throws {
        let seconds = reason.contains("1 s") ? 1 : 20
        let message = fault(try program(script, seconds: seconds), "secret")
        #expect(message?.contains(reason) == true, "\(message ?? "none")")
        #expect(message?.contains("secret") == false)
    }

    @Test("is started anew after a fault, and no longer asked after three in a row")
    func restarts() throws {
        let moody = try program("while read -r line; do test \"$line\" = '\"bad\"' && exit 1; echo \"$line\"; done")
        #expect(try moody("a") == "a")
        for _ in 0..<2 {
            #expect(fault(moody, "bad")?.contains("ended") == true)
            #expect(fault(moody, "bad")?.contains("ended") == true)
            #expect(try moody("b") == "b", "a value that passes begins the count anew")
        }
        for _ in 0..<3 { #expect(fault(moody, "bad")?.contains("ended") == true) }
        #expect(fault(moody, "a")?.contains("not asked any more") == true)
    }

    @Test("leaves nothing behind: it has ended and was waited for when the fault is told")
    func reaped() throws {
        let note = folder + "pid"
        for script in ["read -r line; exit 1", "read -r line; echo no; sleep 60"] {
            #expect(fault(try program("echo $$ > \(note); \(script)")) != nil)
            let text = try String(contentsOfFile: note, encoding: .utf8)
            let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(kill(process, 0) == -1 && errno == ESRCH)
        }
    }

    @Test("must be there, and be one that can be run")
    func missing() throws {
        let text = folder + "text"
        try "x".write(toFile: text, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: text)
        for path in ["/nowhere", "/tmp", text] {
            #expect(throws: BadInput.self) { try ExternalDeidentifier(path: path, limit: .seconds(1)) }
        }
    }
}
