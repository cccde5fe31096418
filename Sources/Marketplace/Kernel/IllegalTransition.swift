/// Something cannot happen in the state that its subject is in.
package struct IllegalTransition: Refusal {
    /// What was to change: `worker`, `credential`.
    package let subject: String
    /// The stored name of the state.
    package let state: String
    /// What was to happen, as a verb: `activate`.
    package let event: String

    package init(_ subject: String, in state: String, event: String) {
        self.subject = subject
        self.state = state
        self.event = event
    }

    package var code: String { "illegal_transition" }
    package var message: String { "Cannot \(event) this \(subject): it is \(state)." }
}
