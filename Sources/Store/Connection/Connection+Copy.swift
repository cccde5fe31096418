internal import CLibPQ
internal import Foundation

extension Connection {
    enum CopyDirection { case fromClient, toClient }

    /// Starts a COPY … FROM STDIN or … TO STDOUT.
    func beginCopy(_ sql: SQL, _ direction: CopyDirection, lease: UInt64) throws {
        try checkLease(lease)
        guard !isInCopy else { throw StoreError.copyAbandoned }
        guard sql.values.isEmpty else { throw StoreError.invalidParameter("COPY takes no parameters") }
        try gate.beginStatement()
        let result = PQexec(pointer, sql.text)
        let status = PQresultStatus(result)
        guard status == PGRES_COPY_IN || status == PGRES_COPY_OUT else {
            throw translated(failure(result), isCancelled: gate.endStatement())
        }
        PQclear(result)
        isInCopy = true
        guard (status == PGRES_COPY_IN) == (direction == .fromClient) else {
            abandonCopy()
            throw StoreError.invalidParameter("the COPY goes the other way")
        }
    }

    /// Sends bytes; waits while the server is behind, and with it the producer.
    func putCopy(_ bytes: [UInt8], lease: UInt64) throws {
        try checkLease(lease)
        let sent = bytes.withUnsafeBytes { buffer in
            PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        guard sent == 1 else { throw try endFailedCopy(nil) }
    }

    /// Ends a COPY … FROM STDIN.
    ///
    /// - Parameter reason: makes the server discard the rows; the transaction can then only roll back.
    /// - Returns: the number of rows copied.
    func endCopyIn(failure reason: String?, lease: UInt64) throws -> Int {
        try checkLease(lease)
        guard PQputCopyEnd(pointer, reason) == 1 else { throw try endFailedCopy(nil) }
        let result = PQgetResult(pointer)
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw try endFailedCopy(result) }
        defer { PQclear(result) }
        try finishCopy()
        return PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The next rows of a COPY … TO STDOUT, at least `bytesWanted` bytes where there are so many; `nil` at the end.
    func nextCopyOut(bytesWanted: Int, lease: UInt64) throws -> [UInt8]? {
        try checkLease(lease)
        guard isInCopy else { return nil }
        var chunk: [UInt8] = []
        while chunk.count < bytesWanted {
            var buffer: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(pointer, &buffer, 0)
            if let buffer {
                UnsafeRawBufferPointer(start: buffer, count: Int(max(length, 0))).withMemoryRebound(to: UInt8.self) {
                    chunk.append(contentsOf: $0)
                }
                PQfreemem(buffer)
            }
            guard length > 0 else {
                let result = PQgetResult(pointer)
                guard length == -1, PQresultStatus(result) == PGRES_COMMAND_OK else { throw try endFailedCopy(result) }
                PQclear(result)
                try finishCopy()
                break
            }
        }
        return chunk.isEmpty ? nil : chunk
    }

    /// Leaves a COPY in either direction before its end.
    func abandonCopy() {
        guard isInCopy else { return }
        abandonedCopy = true
        gate.cancelNow()
        _ = PQputCopyEnd(pointer, "abandoned")
        var buffer: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(pointer, &buffer, 0) > 0 {
            PQfreemem(buffer)
            buffer = nil
        }
        try? finishCopy()
    }

    private func finishCopy() throws {
        while let rest = PQgetResult(pointer) { PQclear(rest) }
        isInCopy = false
        gate.endStatement()
    }

    private func endFailedCopy(_ result: OpaquePointer?) throws -> any Error {
        let result = result ?? PQgetResult(pointer)
        let error = failure(result)
        while let rest = PQgetResult(pointer), PQstatus(pointer) == CONNECTION_OK { PQclear(rest) }
        isInCopy = false
        return translated(error, isCancelled: gate.endStatement())
    }
}
