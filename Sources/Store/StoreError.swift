/// Why the store could not do what it was asked. A refusal by a rule of the market is not among these.
package enum StoreError: Error, Hashable, Sendable {
    /// The server answered with an error.
    case server(ServerError)
    /// The connection broke while a statement ran; its transaction did not commit.
    case connectionLost(String)
    /// The connection broke while COMMIT was on its way and nobody could find out whether it arrived. Not done is
    /// not implied: look the effect up before trying again.
    case commitOutcomeUnknown(String)
    /// No connection could be opened within the acquire timeout.
    case unreachable(String)
    /// Every connection stayed busy for the whole acquire timeout, or too many callers were waiting already.
    case poolExhausted
    /// The pool is draining or closed.
    case poolClosed
    /// A value that PostgreSQL cannot hold: U+0000 in text, a date out of range.
    case invalidParameter(String)
    /// A column did not hold what the code expected.
    case decoding(table: String?, column: String, reason: String)
    /// The body of a transaction went on after a failed statement and asked to commit.
    case transactionAborted
    /// A COPY was left before its end, so its transaction cannot be committed.
    case copyAbandoned
    /// The statement returned another number of rows than its caller relies on.
    case unexpectedRowCount(Int)
    /// Others hold what the transaction needs, and it holds too much to wait for them: it is run again, and knows then
    /// (``Transaction/isRepeated``) that it had better wait before it takes anything.
    case contended

    /// An error as PostgreSQL reported it (`PG_DIAG_*`).
    package struct ServerError: Hashable, Sendable {
        /// Five characters, Appendix A of PostgreSQL's manual.
        package let sqlState: String
        package let message: String
        package let detail: String?
        package let constraint: String?
        package let table: String?
        package let column: String?
    }
}

extension StoreError {
    /// The name of the violated constraint, if that is what happened (class 23).
    package var violatedConstraint: String? {
        guard case .server(let error) = self, error.sqlState.hasPrefix("23") else { return nil }
        return error.constraint
    }

    package var sqlState: String? {
        guard case .server(let error) = self else { return nil }
        return error.sqlState
    }

    /// True if running the whole transaction again may succeed and cannot do harm: a serialization failure, a
    /// deadlock, or a prepared statement that the server has forgotten or whose plan is out of date.
    var isRetryable: Bool {
        if self == .contended { return true }
        guard let sqlState else { return false }
        return sqlState == "40001" || sqlState == "40P01" || invalidatesPreparedStatements
    }

    var invalidatesPreparedStatements: Bool {
        guard case .server(let error) = self else { return false }
        return error.sqlState == "26000" || error.sqlState == "42P05"
            || (error.sqlState == "0A000" && error.message.contains("cached plan"))
    }

    /// What an outsider may read: never SQL, names of tables or values.
    package var publicMessage: String {
        switch self {
        case .server(let error) where error.sqlState == "57014": "The request took too long and was stopped."
        case .server(let error) where error.sqlState.hasPrefix("53"): "The service is short of resources. Try again."
        case .server, .decoding, .transactionAborted, .copyAbandoned, .unexpectedRowCount: "Something went wrong here."
        case .connectionLost, .unreachable, .poolExhausted, .poolClosed, .contended:
            "The service is busy. Try again shortly."
        case .commitOutcomeUnknown: "It is not known whether the change was made. Repeat it with the same key."
        case .invalidParameter(let reason): reason
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// For the log: everything but parameter values (the server is told not to repeat those).
    package var description: String {
        switch self {
        case .server(let error):
            let place = [error.table, error.column, error.constraint].compactMap(\.self).joined(separator: ".")
            return "PostgreSQL \(error.sqlState): \(error.message)" + (place.isEmpty ? "" : " [\(place)]")
        case .connectionLost(let reason): return "connection lost: \(reason)"
        case .commitOutcomeUnknown(let reason): return "commit outcome unknown: \(reason)"
        case .unreachable(let reason): return "PostgreSQL cannot be reached: \(reason)"
        case .poolExhausted: return "no free connection within the acquire timeout"
        case .contended: return "others hold what the transaction needs"
        case .poolClosed: return "the connection pool is closed"
        case .invalidParameter(let reason): return "invalid parameter: \(reason)"
        case .decoding(let table, let column, let reason):
            return "cannot read \(table.map { $0 + "." } ?? "")\(column): \(reason)"
        case .transactionAborted: return "commit asked for after a failed statement"
        case .copyAbandoned: return "a COPY was left before its end"
        case .unexpectedRowCount(let count): return "expected one row, got \(count)"
        }
    }
}
