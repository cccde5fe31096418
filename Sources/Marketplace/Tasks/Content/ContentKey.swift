internal import Crypto
internal import Formats
internal import Foundation
internal import Store

/// The values of the PostgreSQL enum `work_function`, in its order: what the answers of a project are for.
package enum WorkFunction: String, Sendable, CaseIterable, SQLEnum {
    /// What a model is to be able to do.
    case functional
    /// What it must not do. Its content is in a table and under a key of its own.
    case safety
}

extension WorkFunction {
    /// Where content is sealed for, and the table that it is in.
    fileprivate var place: String {
        switch self {
        case .functional: "task_content"
        case .safety: "safety_content"
        }
    }

    var table: SQL {
        switch self {
        case .functional: "task_content"
        case .safety: "safety_content"
        }
    }
}

/// Why content cannot be had. In order of precedence.
package enum ContentRefusal: Refusal, CaseIterable {
    /// The program was started without keys.
    case keysMissing
    /// The requester's key was destroyed, and all content with it.
    case destroyed
    /// Destroyed when its time was up.
    case emptied

    package var code: String {
        switch self {
        case .keysMissing: "content_keys_missing"
        case .destroyed: "content_destroyed"
        case .emptied: "content_emptied"
        }
    }

    package var message: String {
        switch self {
        case .keysMissing:
            "Content is encrypted, and no keys were given: name the key file with --key-file or GUILDHALL_KEY_FILE."
        case .destroyed:
            "The requester's key was destroyed. Its content cannot be read again, nor new content taken in."
        case .emptied: "The content was destroyed when the time that it is kept was over."
        }
    }
}

/// The data key that a requester's content of one function is sealed under, unwrapped for one transaction.
struct ContentKey: Sendable {
    let requester: Requester.ID
    let function: WorkFunction
    private let key: SymmetricKey
    private let markKey: SymmetricKey

    init(of requester: Requester.ID, _ function: WorkFunction, _ key: SymmetricKey) {
        self.requester = requester
        self.function = function
        self.key = key
        markKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("guildhall/content_mark".utf8), outputByteCount: 32
        )
    }

    func seal(_ payload: JSON, of task: WorkTask.ID) throws -> Bytes {
        Bytes(try Envelope.seal(payload, for: "\(function.place)/\(requester)/\(task)", under: key))
    }

    func open(_ sealed: Bytes, of task: WorkTask.ID) throws(VaultRefusal) -> JSON {
        try Envelope.open(sealed.bytes, for: "\(function.place)/\(requester)/\(task)", under: key)
    }

    func seal(draft: JSON, of task: WorkTask.ID, by worker: Worker.ID) throws -> Bytes {
        Bytes(try Envelope.seal(draft, for: "answer_draft/\(requester)/\(task)/\(worker)", under: key))
    }

    func open(draft: Bytes, of task: WorkTask.ID, by worker: Worker.ID) throws(VaultRefusal) -> JSON {
        try Envelope.open(draft.bytes, for: "answer_draft/\(requester)/\(task)/\(worker)", under: key)
    }

    /// Equal for equal content, and telling nothing without the key.
    func mark(_ content: Digest) -> Bytes {
        Bytes(Array(HMAC<SHA256>.authenticationCode(for: content.bytes, using: markKey)))
    }
}

extension ContentKey {
    /// From columns of `requester_key`; `nil` when there is none.
    ///
    /// - Throws: ``ContentRefusal/destroyed``, ``VaultRefusal``.
    init?(row: Row, of requester: Requester.ID, _ function: WorkFunction, _ ring: KeyRing) throws {
        guard try row["destroyed_at"] as Date? == nil else { throw ContentRefusal.destroyed }
        guard let wrapped: Bytes = try row["wrapped"], let name: String = try row["wrapping_key"] else { return nil }
        let owner = KeyOwner.requester(requester, function: function.rawValue)
        self.init(of: requester, function, try Envelope.unwrap(wrapped.bytes, of: owner, by: name, in: ring))
    }
}

extension Change {
    /// What seals and opens content; not handed on by whoever has it.
    ///
    /// - Throws: ``ContentRefusal/keysMissing``.
    var contentRing: KeyRing {
        get throws {
            guard let keys else { throw ContentRefusal.keysMissing }
            return keys
        }
    }

    /// The key that a requester's content is sealed under, kept from being destroyed until the transaction ends; made
    /// when there is none.
    ///
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func contentKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> ContentKey {
        let ring = try contentRing
        if let key = try await existingContentKey(of: requester, function) { return key }
        guard try await transaction.holdWrappingKey(ring.current.name) else {
            throw VaultRefusal.keyRetired(name: ring.current.name)
        }
        let fresh = SymmetricKey(size: .bits256)
        let owner = KeyOwner.requester(requester, function: function.rawValue)
        let wrapped = Bytes(try Envelope.wrap(fresh, of: owner, with: ring.current))
        if try await transaction.insertRequesterKey(wrapped, of: requester, function, by: ring.current.name) {
            return ContentKey(of: requester, function, fresh)
        }
        // Somebody else was faster.
        guard let key = try await existingContentKey(of: requester, function) else { throw NotFound("requester key") }
        return key
    }

    /// `nil` when there is none.
    private func existingContentKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> ContentKey? {
        let ring = try contentRing
        guard let row = try await transaction.holdRequesterKey(of: requester, function) else { return nil }
        return try ContentKey(row: row, of: requester, function, ring)
    }
}
