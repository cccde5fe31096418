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
    /// The table that content is in, and what it is sealed for.
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

/// What is sealed under a requester's key; what was sealed as one does not open as another.
enum ContentPlace: Sendable {
    case payload(of: WorkTask.ID)
    /// A known answer from that source.
    case known(of: WorkTask.ID, source: String)
    case suggestion(of: WorkTask.ID)
    case draft(of: WorkTask.ID, by: Worker.ID)
    /// What was handed in.
    case answer(to: Assignment.ID)
    /// What the answers to a task come to, and what was decided by it.
    case posterior(of: WorkTask.ID)
    case stopping(Stopping.ID)
    /// A worker's table of confusions.
    case confusions(of: Worker.ID, in: Project.ID)
    /// What a full fit found, by its version.
    case fit(Int, of: Project.ID)
}

/// A value as a row has it: sealed, or clear from before it was.
struct StoredContent: Sendable {
    private enum Form {
        case sealed(Bytes)
        case clear(JSON)
    }

    private let form: Form

    var isSealed: Bool {
        switch form {
        case .sealed: true
        case .clear: false
        }
    }

    /// From `sealed` and that column; `nil` where neither has it.
    init?(row: Row, _ clear: String) throws {
        if let bytes: Bytes = try row["sealed"] {
            form = .sealed(bytes)
        } else if let value: JSON = try row[clear] {
            form = .clear(value)
        } else {
            return nil
        }
    }

    /// - Throws: ``VaultRefusal``, also where it is sealed and there is no key.
    func opened(by key: ContentKey?, as place: ContentPlace) throws(VaultRefusal) -> JSON {
        switch form {
        case .clear(let value): return value
        case .sealed(let bytes):
            guard let key else { throw .unreadable }
            return try key.open(bytes, as: place)
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

    func seal(_ value: JSON, as place: ContentPlace) throws -> Bytes {
        Bytes(try Envelope.seal(value, for: path(of: place), under: key))
    }

    func open(_ sealed: Bytes, as place: ContentPlace) throws(VaultRefusal) -> JSON {
        try Envelope.open(sealed.bytes, for: path(of: place), under: key)
    }

    private func path(of place: ContentPlace) -> String {
        switch place {
        case .payload(let task): "\(function.place)/\(requester)/\(task)"
        case .known(let task, let source): "reference_answer/\(requester)/\(task)/\(source)"
        case .suggestion(let task): "task_suggestion/\(requester)/\(task)"
        case .draft(let task, let worker): "answer_draft/\(requester)/\(task)/\(worker)"
        case .answer(let assignment): "submission/\(requester)/\(assignment)"
        case .posterior(let task): "task_posterior/\(requester)/\(task)"
        case .stopping(let id): "stopping/\(requester)/\(id)"
        case .confusions(let worker, let project): "confusion_table/\(requester)/\(project)/\(worker)"
        case .fit(let version, let project): "label_fit/\(requester)/\(project)/\(version)"
        }
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

    /// ``Transaction/presentKey(of:_:in:)``.
    func presentKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> ContentKey? {
        try await transaction.presentKey(of: requester, function, in: keys)
    }

    /// The same once a lock is held together with others, in one round trip.
    func presentKey(
        of requester: Requester.ID, _ function: WorkFunction, after lock: AdvisoryLock
    ) async throws -> ContentKey? {
        let ring = try contentRing
        let rows = try await transaction.sharedAdvisoryLock(
            lock, then: Transaction.requesterKey(of: requester, function))
        return try rows.first.flatMap { try ContentKey(row: $0, of: requester, function, ring) }
    }

    /// The same of the function that a task is for.
    func presentKey(ofTask task: WorkTask.ID, _ requester: Requester.ID) async throws -> ContentKey? {
        try await transaction.presentKey(ofTask: task, requester, in: keys)
    }

    /// `nil` when there is none.
    private func existingContentKey(of requester: Requester.ID, _ function: WorkFunction) async throws -> ContentKey? {
        let ring = try contentRing
        guard let row = try await transaction.holdRequesterKey(of: requester, function) else { return nil }
        return try ContentKey(row: row, of: requester, function, ring)
    }
}

extension Transaction {
    /// The key that a requester's content is sealed under, which may be destroyed meanwhile: what is sealed under it is
    /// gone with it then. No lock is taken, as everybody who hands in would share it.
    ///
    /// - Returns: `nil` when there is none, because nothing was ever sealed.
    /// - Throws: ``ContentRefusal``, ``VaultRefusal``.
    func presentKey(
        of requester: Requester.ID, _ function: WorkFunction, in keys: KeyRing?
    ) async throws -> ContentKey? {
        guard let keys else { throw ContentRefusal.keysMissing }
        guard let row = try await requesterKey(of: requester, function) else { return nil }
        return try ContentKey(row: row, of: requester, function, keys)
    }

    /// The same of the function that a task is for.
    func presentKey(
        ofTask task: WorkTask.ID, _ requester: Requester.ID, in keys: KeyRing?
    ) async throws -> ContentKey? {
        guard let function = try await workFunction(ofTask: task, requester) else { throw NotFound("task") }
        return try await presentKey(of: requester, function, in: keys)
    }
}
