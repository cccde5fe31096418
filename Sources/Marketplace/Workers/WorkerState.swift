internal import Store

extension Worker {
    /// Where a worker stands: the values of the PostgreSQL enum `worker_state`, in its order.
    package enum State: String, Sendable, CaseIterable, SQLEnum {
        case registered, applicant, active, paused, suspended, closed
    }

    /// What can happen to a worker's standing.
    package enum Event: String, Sendable, CaseIterable {
        case apply, activate, pause, resume, suspend, reinstate, close
        /// An appeal against the closing was granted.
        case reopen
    }
}

extension Worker.State {
    /// The state after an event. Whom the operator vouches for is activated without an application.
    ///
    /// - Throws: ``IllegalTransition`` when the event cannot happen here.
    package func after(_ event: Worker.Event) throws(IllegalTransition) -> Worker.State {
        switch (self, event) {
        case (.registered, .apply): .applicant
        case (.registered, .activate), (.applicant, .activate), (.paused, .resume), (.suspended, .reinstate): .active
        case (.active, .pause): .paused
        // As somebody new; what they were is moved to from there.
        case (.closed, .reopen): .registered
        case (.active, .suspend), (.paused, .suspend): .suspended
        case (.registered, .close), (.applicant, .close), (.active, .close), (.paused, .close), (.suspended, .close):
            .closed
        case (.registered, _), (.applicant, _), (.active, _), (.paused, _), (.suspended, _), (.closed, _):
            throw IllegalTransition("worker", in: rawValue, event: event.rawValue)
        }
    }
}
