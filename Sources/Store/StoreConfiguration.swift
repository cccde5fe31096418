/// How to reach PostgreSQL and within which bounds. Durations are wall time.
package struct StoreConfiguration: Sendable {
    /// A libpq connection string: `host=/run/postgresql dbname=guildhall` or `postgresql://…`.
    package var connectionString: String
    /// Most connections at once. Eight were measured best on two cores.
    package var poolSize = 8
    /// Most callers waiting for a connection; the next one is refused at once.
    package var waitersMax = 10_000
    package var acquireTimeout: Duration = .seconds(2)
    package var statementTimeout: Duration = .seconds(30)
    package var lockTimeout: Duration = .seconds(10)
    package var idleInTransactionTimeout: Duration = .seconds(15)
    /// How long a connection may idle before it is asked for a sign of life at its next use.
    package var healthCheckAfter: Duration = .seconds(30)
    /// Off for a pooler in transaction mode: statements go unnamed and timeouts are set in each transaction.
    package var usesNamedStatements = true
    /// The role that statements run as, if not the one that logs in.
    package var role: String?
    package var applicationName = "guildhall"
    package var retry = RetryPolicy()
    /// Who is told of the server's notices; they are dropped otherwise.
    package var notices: NoticeTap?

    package init(connectionString: String) {
        self.connectionString = connectionString
    }

    /// Timeouts and role as `-c name=value`, for the start of a session.
    var sessionOptions: String {
        var options = settings.map { "-c \($0.name)=\($0.value)" }
        if let role { options.append("-c role=\(role)") }
        return options.joined(separator: " ")
    }

    var settings: [(name: String, value: Int64)] {
        [
            ("statement_timeout", statementTimeout.wholeMilliseconds),
            ("lock_timeout", lockTimeout.wholeMilliseconds),
            ("idle_in_transaction_session_timeout", idleInTransactionTimeout.wholeMilliseconds),
        ]
    }
}

/// Is told what the server says beside its answers, such as the plans that `auto_explain` writes. On the thread of the
/// connection.
package final class NoticeTap: Sendable {
    let tell: @Sendable (String) -> Void

    package init(_ tell: @escaping @Sendable (String) -> Void) { self.tell = tell }
}

/// How a transaction that lost a race is run again: full jitter between bounds that double.
package struct RetryPolicy: Sendable {
    package var attemptsMax = 8
    package var firstDelay: Duration = .milliseconds(5)
    package var delayMax: Duration = .milliseconds(200)
    package var deadline: Duration = .seconds(5)

    /// - Parameter attempt: 1 for the pause after the first failure.
    func delay(afterAttempt attempt: Int) -> Duration {
        let ceiling = min(delayMax, firstDelay * (1 << min(attempt, 10)))
        return .nanoseconds(Int64.random(in: 0...max(1, ceiling.wholeMilliseconds * 1_000_000)))
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
