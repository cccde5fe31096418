internal import CLibPQ
internal import Foundation

/// Why no connection came up, in libpq's words.
struct ConnectFault: Error {
    let reason: String
}

extension StoreConfiguration {
    /// Connects; blocks the thread, at most two seconds an address. A peer that vanished is noticed within a minute.
    func open() -> Result<OpaquePointer, ConnectFault> {
        var parameters = [
            ("dbname", connectionString), ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("connect_timeout", "2"), ("tcp_user_timeout", "20000"), ("keepalives_idle", "30"),
            ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ]
        if usesNamedStatements { parameters.append(("options", sessionOptions)) }
        let connection = withCStrings(parameters.map(\.0)) { keywords in
            withCStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
        }
        guard let connection else { return .failure(ConnectFault(reason: "out of memory")) }
        guard PQstatus(connection) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines)
            PQfinish(connection)
            return .failure(ConnectFault(reason: message))
        }
        // The connection keeps this configuration, and with it the tap, for as long as it is open.
        PQsetNoticeProcessor(
            connection,
            { tap, message in
                guard let tap, let message else { return }
                Unmanaged<NoticeTap>.fromOpaque(tap).takeUnretainedValue().tell(String(cString: message))
            },
            notices.map { Unmanaged.passUnretained($0).toOpaque() }
        )
        return .success(connection)
    }

    private func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers: [UnsafePointer<CChar>?] = copies.map { copy in copy.map { UnsafePointer($0) } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
