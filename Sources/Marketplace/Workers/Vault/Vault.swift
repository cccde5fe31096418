internal import Crypto
internal import Formats
internal import Foundation
internal import Store

extension Change {
    /// Seals a worker's secret under their data key, which is made when they have none.
    ///
    /// - Throws: ``VaultRefusal``.
    func keep(_ secret: JSON, of worker: Worker.ID, in table: SealedTable, _ ring: KeyRing) async throws {
        let key = try await dataKey(of: worker, ring)
        let sealed = try Envelope.seal(secret, of: worker, in: table, under: key)
        try await transaction.upsertSealed(sealed, of: worker, in: table)
    }

    /// Opens a worker's secret and records that it was read, by whom and for what.
    ///
    /// - Throws: ``NotFound``, ``VaultRefusal``.
    func disclose(
        _ table: SealedTable, of worker: Worker.ID, for purpose: ReadingPurpose, by actor: Principal.ID, _ ring: KeyRing
    ) async throws -> JSON {
        guard let row = try await transaction.sealed(of: worker, in: table) else {
            throw NotFound(table.rawValue.replacingOccurrences(of: "_", with: " "))
        }
        let wrapped: Bytes = try row["wrapped"]
        let sealed: Bytes = try row["sealed"]
        let key = try Envelope.unwrap(wrapped.bytes, of: .worker(worker), by: try row["wrapping_key"], in: ring)
        let secret = try Envelope.open(sealed.bytes, of: worker, in: table, under: key)
        try await record(
            "\(table.rawValue)_read", by: actor, on: "worker", worker.uuid, in: .worker(worker),
            facts: ["purpose": .string(purpose.rawValue)]
        )
        return secret
    }

    /// Seals where an agency is paid under its data key, which is made when it has none.
    ///
    /// - Throws: ``VaultRefusal``.
    func keep(_ method: PayoutMethod, of team: Team.ID, _ ring: KeyRing) async throws {
        let key: SymmetricKey
        if let row = try await transaction.lockTeamKey(of: team) {
            let wrapped: Bytes = try row["wrapped"]
            key = try Envelope.unwrap(wrapped.bytes, of: .team(team), by: try row["wrapping_key"], in: ring)
        } else {
            key = SymmetricKey(size: .bits256)
            guard try await transaction.holdWrappingKey(ring.current.name) else {
                throw VaultRefusal.keyRetired(name: ring.current.name)
            }
            let wrapped = try Envelope.wrap(key, of: .team(team), with: ring.current)
            try await transaction.insertTeamKey(wrapped, of: team, by: ring.current.name)
        }
        let sealed = try Envelope.seal(method.json, for: "team_payout_method/\(team)", under: key)
        try await transaction.upsertTeamMethod(sealed, of: team)
    }

    private func dataKey(of worker: Worker.ID, _ ring: KeyRing) async throws -> SymmetricKey {
        if let row = try await transaction.lockWorkerKey(of: worker) {
            let wrapped: Bytes = try row["wrapped"]
            return try Envelope.unwrap(wrapped.bytes, of: .worker(worker), by: try row["wrapping_key"], in: ring)
        }
        let key = SymmetricKey(size: .bits256)
        guard try await transaction.holdWrappingKey(ring.current.name) else {
            throw VaultRefusal.keyRetired(name: ring.current.name)
        }
        let wrapped = try Envelope.wrap(key, of: .worker(worker), with: ring.current)
        try await transaction.insertWorkerKey(wrapped, of: worker, by: ring.current.name)
        return key
    }
}
