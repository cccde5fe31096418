package import Formats
package import Foundation
internal import Store

/// How a worker's judged work stands, of one profession and kind of task.
package struct QualityRecordLine: Hashable, Sendable {
    /// A quarter of a year, and what was judged in it.
    package struct Quarter: Hashable, Sendable {
        /// `2026-Q4`, by UTC.
        package let name: String
        package let judged: Int
        /// The mean share that was accepted, in ten-thousandths.
        package let meanBps: Int
    }

    package let profession: Profession
    package let kind: TaskKind
    /// Answers that a judgement is final of; what was withdrawn is none of them.
    package let judged: Int
    /// Of them accepted in full, in part, and rejected; what an appeal overturned counts as accepted in full.
    package let accepted: Int
    package let acceptedInPart: Int
    package let rejected: Int
    /// Of those in full, how many are so by an appeal, and how many since nobody judged them in time.
    package let overturned: Int
    package let unjudged: Int
    /// The share of their work that is right, with its central 95 %.
    package let quality: BetaEstimate
    package let firstAt: Date
    package let lastAt: Date
    /// The newest 40, the oldest of them first.
    package let history: [Quarter]

    package var json: JSON {
        [
            "profession": .string(profession.code), "kind": .string(kind.rawValue),
            "counted": [
                "judged": .integer(Int64(judged)), "accepted": .integer(Int64(accepted)),
                "accepted_in_part": .integer(Int64(acceptedInPart)), "rejected": .integer(Int64(rejected)),
                "overturned": .integer(Int64(overturned)), "unjudged": .integer(Int64(unjudged)),
            ],
            "quality": [
                "mean_bps": .integer(Int64(quality.meanBps)), "low_bps": .integer(Int64(quality.lowBps)),
                "high_bps": .integer(Int64(quality.highBps)),
            ],
            "first_at": .string(firstAt.formatted(.iso8601)), "last_at": .string(lastAt.formatted(.iso8601)),
            "history": .array(
                history.map {
                    [
                        "quarter": .string($0.name), "judged": .integer(Int64($0.judged)),
                        "mean_bps": .integer(Int64($0.meanBps)),
                    ]
                }),
        ]
    }
}

/// What a worker has done here, for themselves, and to show elsewhere.
package struct QualityRecord: Sendable {
    package let worker: Worker.ID
    package let name: String
    package let issuedAt: Date
    /// By profession and kind.
    package let lines: [QualityRecordLine]

    /// What is signed.
    package var json: JSON {
        [
            "format": "guildhall-worker-record", "version": 1, "worker": .string("\(worker)"),
            "name": .string(name), "issued_at": .string(issuedAt.formatted(.iso8601)),
            "lines": .array(lines.map(\.json)),
        ]
    }
}

/// Why a record is not signed, or what is said to be one is none. In order of precedence.
package enum RecordRefusal: Refusal, CaseIterable {
    /// The key file has no key to sign records.
    case keyMissing
    /// It is no record, or not the one that was signed.
    case invalid
    /// It is signed by another key.
    case otherKey

    package var code: String {
        switch self {
        case .keyMissing: "record_key_missing"
        case .invalid: "record_invalid"
        case .otherKey: "record_other_key"
        }
    }

    package var message: String {
        switch self {
        case .keyMissing: "There is no key to sign records. Make one with `guildhall keys record`."
        case .invalid: "This is no record of a worker, or it was changed after it was signed."
        case .otherKey: "The record is signed by another key than the one it was checked with."
        }
    }
}

/// Shows a worker's record, and writes it out signed.
package struct ShowQualityRecord: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, whatever their standing, or an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(of worker: Worker.ID, by actor: Principal.ID) async throws -> QualityRecord {
        try await market.database.read { transaction in
            if worker.uuid != actor.uuid { try await transaction.authorize(actor, toSeeAs: .operator) }
            return try await transaction.qualityRecord(of: worker)
        }
    }

    /// `{"record", "public_key", "signature"}`: Ed25519 over the record's canonical JSON, key and signature in
    /// hexadecimal digits. Goes on record.
    ///
    /// - Throws: as above; ``RecordRefusal/keyMissing``.
    package func signed(of worker: Worker.ID, by actor: Principal.ID) async throws -> JSON {
        guard let key = market.keys?.recordKey else { throw RecordRefusal.keyMissing }
        return try await market.change { change in
            if worker.uuid != actor.uuid { try await change.transaction.authorize(actor, as: .operator) }
            let record = try await change.transaction.qualityRecord(of: worker).json
            try await change.record(
                "record_exported", by: actor, on: "worker", worker.uuid, in: .worker(worker),
                facts: ["hash": .string("\(Digest(of: record))"), "public_key": .string(key.publicHexadecimal)])
            return [
                "record": record, "public_key": .string(key.publicHexadecimal),
                "signature": .string(try key.signature(of: record.canonicalBytes())),
            ]
        }
    }
}

/// Checks a record that was written out, without a database.
package enum VerifyQualityRecord {
    /// - Parameters:
    ///   - document: as ``ShowQualityRecord/signed(of:by:)`` made it.
    ///   - publicKey: 64 hexadecimal digits, from whoever runs the platform, not from the document.
    /// - Returns: the record.
    /// - Throws: ``RecordRefusal``.
    package static func check(_ document: JSON, by publicKey: String) throws(RecordRefusal) -> JSON {
        guard let record = document["record"], record["format"] == "guildhall-worker-record",
            let signature = document["signature"]?.stringValue, let named = document["public_key"]?.stringValue
        else { throw .invalid }
        guard named.lowercased() == publicKey.lowercased() else { throw .otherKey }
        guard RecordKey.isValid(signature, of: record.canonicalBytes(), by: publicKey) else { throw .invalid }
        return record
    }
}
