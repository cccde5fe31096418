internal import Foundation

/// Which trace a piece of work is part of, as callers hand it on and as it is handed on to others.
///
/// Source: W3C Trace Context, section 3.2 (`traceparent`).
package struct TraceContext: Hashable, Sendable {
    /// 32 hexadecimal digits.
    package let traceID: String
    /// 16 hexadecimal digits: of this piece of work.
    package let spanID: String
    /// Two hexadecimal digits.
    package let flags: String

    /// What the present task works on.
    @TaskLocal package static var current: TraceContext?

    private init(traceID: String, spanID: String, flags: String) {
        (self.traceID, self.spanID, self.flags) = (traceID, spanID, flags)
    }

    /// - Returns: `nil` for what is not of version 00, or all zeros.
    package init?(header: String) {
        let parts = header.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        func isHexadecimal(_ text: String, _ length: Int) -> Bool {
            text.utf8.count == length
                && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        }
        guard parts.count == 4, parts[0] == "00", isHexadecimal(parts[1], 32), isHexadecimal(parts[2], 16),
            isHexadecimal(parts[3], 2), parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.init(traceID: parts[1], spanID: parts[2], flags: parts[3])
    }

    /// A trace of its own.
    package static func fresh() -> TraceContext {
        TraceContext(traceID: digits(of: 2), spanID: digits(of: 1), flags: "00")
    }

    /// Another piece of work of the same trace.
    package func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.digits(of: 1), flags: flags)
    }

    package var header: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// Never all zeros.
    private static func digits(of words: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<words).map { _ in
            let digits = String(UInt64.random(in: 1 ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}
