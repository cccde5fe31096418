internal import Crypto
package import Formats
internal import Foundation

/// The keys of the vault: those that wrap data keys, the one that identity marks are made with, and one for what must
/// come out the same after every rotation.
///
/// It comes from a key file or the environment, is never stored in the database, and does not show what it holds.
package struct KeyRing: Sendable {
    struct WrappingKey: Sendable {
        let name: String
        let key: SymmetricKey
    }

    /// A key that another has taken the place of, and until when what was made with it is known still.
    struct FormerKey: Sendable {
        let key: SymmetricKey
        let until: Date
    }

    /// Oldest first; the last one wraps what is written now.
    private(set) var wrappingKeys: [WrappingKey]
    private(set) var markKey: SymmetricKey
    /// What fingerprints of requests and codes of letters follow from; it stays when others rotate. A file from before
    /// there was one has its mark key in its place, and keeps that when marks get another.
    private(set) var steadyKey: SymmetricKey
    private var formerSteadyKey: FormerKey?
    /// What records of workers are signed with; `nil` in a file from before there was one.
    package private(set) var recordKey: RecordKey?

    /// Tells marks of one key from those of another; says nothing about the key.
    var markKeyName: String {
        let code = HMAC<SHA256>.authenticationCode(for: Array("guildhall/mark_key".utf8), using: markKey)
        return String(SymmetricKey(data: Array(code)).hexadecimal.prefix(16))
    }

    var current: WrappingKey { wrappingKeys[wrappingKeys.count - 1] }

    private init(
        _ wrappingKeys: [WrappingKey], markKey: SymmetricKey, steadyKey: SymmetricKey, former: FormerKey? = nil,
        recordKey: RecordKey?
    ) {
        self.wrappingKeys = wrappingKeys
        self.markKey = markKey
        self.steadyKey = steadyKey
        formerSteadyKey = former
        self.recordKey = recordKey
    }

    /// A ring with one wrapping key, from the system's random generator.
    package static func generate() -> KeyRing {
        KeyRing(
            [.generate()], markKey: SymmetricKey(size: .bits256), steadyKey: SymmetricKey(size: .bits256),
            recordKey: .generate())
    }

    /// The names of the wrapping keys, oldest first.
    package var names: [String] { wrappingKeys.map(\.name) }

    private func with(_ change: (inout KeyRing) -> Void) -> KeyRing {
        var ring = self
        change(&ring)
        return ring
    }

    /// The same ring with a new key that wraps from now on.
    package func adding() -> KeyRing { with { $0.wrappingKeys.append(.generate()) } }

    /// The same ring without keys that are retired; the current one stays.
    package func dropping(_ names: [String]) -> KeyRing {
        with { ring in ring.wrappingKeys.removeAll { names.contains($0.name) && $0.name != current.name } }
    }

    /// The same ring with another key for marks; see ``RemakeMarks``.
    package func changingMarkKey() -> KeyRing { with { $0.markKey = SymmetricKey(size: .bits256) } }

    /// The same ring with another steady key; fingerprints by the one of now are known for a while. See
    /// ``RotateSteadyKey``.
    func changingSteadyKey(knownUntil until: Date) -> KeyRing {
        with {
            $0.formerSteadyKey = FormerKey(key: steadyKey, until: until)
            $0.steadyKey = SymmetricKey(size: .bits256)
        }
    }

    /// The same ring with a key to sign records, where it has none.
    package func addingRecordKey() -> KeyRing { with { $0.recordKey = recordKey ?? .generate() } }

    /// What is kept of a request that may have a short secret in it: without the key nobody can try out which.
    func fingerprint(of request: Digest) -> Digest { Self.fingerprint(of: request, by: steadyKey) }

    /// The same by the steady key before, as long as that is known.
    func formerFingerprint(of request: Digest, at instant: Date) -> Digest? {
        formerSteadyKey.flatMap { $0.until > instant ? Self.fingerprint(of: request, by: $0.key) : nil }
    }

    private static func fingerprint(of request: Digest, by key: SymmetricKey) -> Digest {
        request.keyed(by: key, for: "guildhall/request/1/")
    }

    func wrappingKey(named name: String) -> SymmetricKey? { wrappingKeys.first { $0.name == name }?.key }
}

extension KeyRing {
    /// Reads a key file.
    ///
    /// Shape: `{"version": 1, "mark_key": HEX, "steady_key"?: HEX, "former_steady_key"?: {"key": HEX, "until": TIME},
    /// "record_key"?: HEX, "wrapping_keys": [{"name": NAME, "key": HEX}, …]}`; keys of 32 bytes in 64 hexadecimal
    /// digits, oldest first, the last one current.
    /// - Throws: ``BadInput``, which does not repeat what was read.
    package init(file bytes: [UInt8]) throws(BadInput) {
        let fault = BadInput("key_file", "is no key file; make one with `guildhall keys create`")
        guard let json = try? JSON.parse(bytes, limits: JSON.Limits(maxDepth: 4, maxBytes: 1 << 16)),
            json["version"]?.integerValue == 1, let markKey = Self.key(json["mark_key"])
        else { throw fault }
        var keys: [WrappingKey] = []
        for member in json["wrapping_keys"]?.arrayValue ?? [] {
            guard let name = member["name"]?.stringValue, let key = Self.key(member["key"]),
                (1...60).contains(name.utf8.count),
                name.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }),
                !keys.contains(where: { $0.name == name })
            else { throw fault }
            keys.append(WrappingKey(name: name, key: key))
        }
        guard (1...100).contains(keys.count) else { throw fault }
        let recordKey = json["record_key"]?.stringValue.flatMap(RecordKey.init(hexadecimal:))
        guard (json["record_key"] == nil) == (recordKey == nil) else { throw fault }
        guard let steadyKey = json["steady_key"] == nil ? markKey : Self.key(json["steady_key"]) else { throw fault }
        var former: FormerKey?
        if let member = json["former_steady_key"] {
            guard let key = Self.key(member["key"]), let text = member["until"]?.stringValue,
                let until = try? Date(text, strategy: .iso8601)
            else { throw fault }
            former = FormerKey(key: key, until: until)
        }
        self.init(keys, markKey: markKey, steadyKey: steadyKey, former: former, recordKey: recordKey)
    }

    /// What belongs in the key file. Secret.
    package var file: JSON {
        var members: [String: JSON] = [
            "version": 1, "mark_key": .string(markKey.hexadecimal), "steady_key": .string(steadyKey.hexadecimal),
            "wrapping_keys": .array(
                wrappingKeys.map { ["name": .string($0.name), "key": .string($0.key.hexadecimal)] }),
        ]
        members["former_steady_key"] = formerSteadyKey.map {
            ["key": .string($0.key.hexadecimal), "until": .string($0.until.formatted(.iso8601))]
        }
        members["record_key"] = recordKey.map { .string($0.hexadecimal) }
        return .object(members)
    }

    private static func key(_ json: JSON?) -> SymmetricKey? {
        json?.stringValue.flatMap(Digest.init(hexadecimal:)).map { SymmetricKey(data: $0.bytes) }
    }
}

extension KeyRing: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension KeyRing.WrappingKey {
    /// Named at random: a name must never come back after its key was destroyed.
    fileprivate static func generate() -> Self {
        Self(
            name: "key-" + SymmetricKey(size: .bits128).hexadecimal.prefix(16), key: SymmetricKey(size: .bits256)
        )
    }
}

extension SymmetricKey {
    fileprivate var hexadecimal: String { withUnsafeBytes { $0.hexadecimal } }
}
