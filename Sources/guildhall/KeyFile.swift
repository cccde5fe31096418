internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

/// Where a command finds the keys of the vault.
struct KeyOptions: ParsableArguments {
    @Option(
        name: .customLong("key-file"),
        help: ArgumentHelp(
            "The key file that `guildhall keys create` made.",
            discussion: """
                The environment's GUILDHALL_KEY_FILE names one too; GUILDHALL_KEYS holds its content. The embedded \
                database keeps its own, keys.json in its folder, where none is named.
                """,
            valueName: "file"
        )
    )
    var keyFile: String?

    /// - Throws: ``BadInput`` when no keys are named, or the file is not one of keys.
    func ring() throws -> KeyRing {
        guard let ring = try ringIfNamed() else {
            throw BadInput("key_file", "is missing: give --key-file, GUILDHALL_KEY_FILE or GUILDHALL_KEYS")
        }
        return ring
    }

    /// The file, where one is named.
    var fileIfNamed: KeyFile? { (keyFile ?? Environment.keyFile).map(KeyFile.init) }

    /// `nil` when no keys are named anywhere.
    func ringIfNamed() throws -> KeyRing? {
        if let file = fileIfNamed { return try file.read() }
        return try Environment.keys.map { try KeyRing(file: Array($0.utf8)) }
    }

    /// The file, for what must be able to write it.
    func file() throws -> KeyFile {
        guard let file = fileIfNamed else {
            throw BadInput("key_file", "is missing: give --key-file or GUILDHALL_KEY_FILE")
        }
        return file
    }
}

extension DatabaseOptions {
    /// The embedded database's own, in its folder.
    private var ownKeyFile: KeyFile { KeyFile(path: directory + "/keys.json") }

    /// The file that this database's keys are in, for what must be able to write it.
    ///
    /// - Throws: ``BadInput`` for a server of somebody's own, when none is named.
    var keyFile: KeyFile {
        get throws { serverURL == nil && Environment.keys == nil ? keys.fileIfNamed ?? ownKeyFile : try keys.file() }
    }

    /// The keys of this database. The embedded one makes its own; for another server `nil` when none are named.
    func ring() throws -> KeyRing? {
        if let named = try keys.ringIfNamed() { return named }
        return serverURL == nil ? try ownKeyFile.readOrCreate() : nil
    }
}

extension Market {
    /// - Throws: ``BadInput`` when the session has no keys.
    var ring: KeyRing {
        get throws {
            guard let keys else {
                throw BadInput("key_file", "is missing: give --key-file, GUILDHALL_KEY_FILE or GUILDHALL_KEYS")
            }
            return keys
        }
    }
}

extension Environment {
    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    static var keyFile: String? { variable("GUILDHALL_KEY_FILE") }
    static var keys: String? { variable("GUILDHALL_KEYS") }
}

/// A file of keys, for its owner's eyes only.
struct KeyFile {
    let path: String

    /// - Throws: ``BadInput`` for a file that others may read, or that is no key file; `POSIXError`.
    func read() throws -> KeyRing {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault("cannot be opened") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw fault("must be for its owner only: chmod 600 '\(path)'")
        }
        return try KeyRing(file: Array(try file.read(upToCount: 1 << 16) ?? Data()))
    }

    /// Writes a file where there is none.
    func create(_ ring: KeyRing) throws {
        try write(ring, to: path, fault: "exists already, or cannot be made")
    }

    /// The file's keys; new ones where there is no file. Of several who make it at once, one does.
    func readOrCreate() throws -> KeyRing {
        if access(path, F_OK) != 0 {
            let next = "\(path).\(getpid())"
            unlink(next)
            try write(.generate(), to: next, fault: "cannot be made")
            let isMade = link(next, path) == 0 || errno == EEXIST
            unlink(next)
            guard isMade else { throw fault("cannot be made") }
        }
        return try read()
    }

    /// Puts a new file in the place of the old one, whole or not at all.
    func replace(_ ring: KeyRing) throws {
        let next = path + ".next"
        unlink(next)
        try write(ring, to: next, fault: "cannot be written")
        guard rename(next, path) == 0 else { throw fault("cannot be replaced") }
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private func write(_ ring: KeyRing, to path: String, fault reason: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fault(reason) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data((ring.file.prettyText + "\n").utf8))
        try file.synchronize()
    }

    private func fault(_ reason: String) -> BadInput { BadInput("key_file", "'\(path)' \(reason)") }
}
