/// A rule of the market said no. Each use case has an enum of its own, its cases in order of precedence.
///
/// A refusal is an answer, not a failure: it is shown to whoever asked, and nothing was changed.
package protocol Refusal: Error, Hashable, Sendable {
    /// Stable, snake_case; what programs branch on.
    var code: String { get }
    /// One sentence for people: what is wrong and what would help.
    var message: String { get }
}

/// Input that is wrong in itself, whoever sends it.
package struct BadInput: Refusal {
    /// Which field, as the sender named it.
    package let field: String
    package let reason: String

    package init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    package var code: String { "bad_input" }
    package var message: String { "\(field): \(reason)" }
}

/// The thing asked for is not there, or not this principal's to see.
package struct NotFound: Refusal {
    package let what: String

    package init(_ what: String) {
        self.what = what
    }

    package var code: String { "not_found" }
    package var message: String { "There is no such \(what)." }
}
