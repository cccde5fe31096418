internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Logging
internal import Marketplace
internal import Store

/// What a command says: results on standard output, everything else on standard error.
enum Console {
    static func result(_ text: String) {
        FileHandle.standardOutput.write(Data((text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n").utf8))
    }

    static func result(_ json: JSON) { result(json.prettyText) }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// An error as one sentence for a person.
    ///
    /// Exit codes: 1 refused or failed, 64 wrong usage (ArgumentParser's), 69 the database cannot be reached.
    static func failure(_ error: any Error) -> any Error {
        switch error {
        case is ExitCode, is ValidationError, is CleanExit: return error
        case let refusal as any Refusal: note("guildhall: \(refusal.message) [\(refusal.code)]")
        case let error as StoreError:
            note("guildhall: \(error)")
            if case .unreachable = error { return ExitCode(69) }
        default: note("guildhall: \(error)")
        }
        return ExitCode.failure
    }
}

/// A progress bar on standard error where that is a terminal, a line now and then where it is not.
final class ProgressBar {
    private static let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    private var lastDrawn = ContinuousClock.now - .seconds(10)
    private var label = ""

    func update(done: Int, total: Int?, label: String) {
        let isNew = label != self.label
        if isNew, !self.label.isEmpty, Self.isTerminal { Console.note("") }
        self.label = label
        let isEnd = total == done
        let pause: Duration = Self.isTerminal ? .milliseconds(100) : .seconds(5)
        guard isNew || isEnd || ContinuousClock.now - lastDrawn > pause else { return }
        lastDrawn = .now
        let text: String
        if let total, total > 0 {
            let width = 30
            let filled = min(width, width * done / total)
            let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
            text = "\(label) \(bar) \(done)/\(total)"
        } else {
            text = "\(label) \(done)"
        }
        if Self.isTerminal {
            FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
        } else {
            Console.note(text)
        }
    }

    func end() {
        if Self.isTerminal, !label.isEmpty { Console.note("") }
        label = ""
    }
}
