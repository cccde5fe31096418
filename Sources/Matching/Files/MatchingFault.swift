/// Why a file of a matching was refused, and in which line.
package struct MatchingFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1; nil when no one line is at fault.
    package let line: Int?
    /// A clause in lower case, without a full stop.
    package let reason: String

    /// Whether the file is well-formed, and no assignment is what it asks for, or none was found.
    package let isInfeasible: Bool

    init(_ line: Int?, _ reason: String, isInfeasible: Bool = false) {
        (self.line, self.reason, self.isInfeasible) = (line, reason, isInfeasible)
    }

    /// `line 7: …`
    package var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}
