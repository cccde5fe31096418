import Foundation

/// The texts of CUAD: the `.txt` files of a folder, or of a tar archive, one at a time.
final class CUADTexts {
    private enum Source {
        case archive(TarReader)
        case folder(path: String, names: [String])
    }

    /// A text as it lies there; `nil` bytes with a fault when it cannot be read.
    struct Item {
        let position: String
        let name: String
        let bytes: Result<[UInt8], RecordFault>
    }

    private var source: Source

    /// - Parameter readsContents: `false` gives names only, for the pass that matches them with the answers.
    init(path: String, readsContents: Bool) throws(FormatError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            source = .archive(try TarReader(path: path, readsContents: readsContents))
            return
        }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter(Self.isText)
            // Popped from the end.
            source = .folder(path: path, names: names.sorted().reversed())
            self.readsContents = readsContents
        } catch {
            throw .unreadable(path: path, reason: "the folder cannot be listed")
        }
    }

    private var readsContents = true

    /// The next text; `nil` at the end.
    func next() throws(FormatError) -> Item? {
        switch source {
        case .archive(let tar): return try nextEntry(of: tar)
        case .folder(let path, var names):
            guard let name = names.popLast() else { return nil }
            source = .folder(path: path, names: names)
            let position = "file \(name)"
            guard readsContents else { return Item(position: position, name: name, bytes: .success([])) }
            do throws(FormatError) {
                let bytes = try ByteReader(path: "\(path)/\(name)").rest(limit: TarReader.entryBytesMaxByDefault)
                return Item(position: position, name: name, bytes: .success(bytes))
            } catch {
                let fault = RecordFault(position: position, reason: error.description)
                return Item(position: position, name: name, bytes: .failure(fault))
            }
        }
    }

    private func nextEntry(of tar: TarReader) throws(FormatError) -> Item? {
        while let item = try tar.next() {
            switch item {
            case .fault(let fault):
                return Item(position: fault.position, name: "", bytes: .failure(fault))
            case .file(let entry):
                let name = fileName(ofPath: entry.name)
                guard Self.isText(name) else { continue }
                return Item(position: "tar entry \(entry.name)", name: name, bytes: .success(entry.bytes))
            }
        }
        return nil
    }

    /// Files such as `._contract.txt` are what macOS adds to archives.
    private static func isText(_ name: String) -> Bool {
        name.lowercased().hasSuffix(".txt") && !name.hasPrefix(".")
    }

    /// The text in the bytes, and remarks on what had to be mended.
    ///
    /// - Throws: the fault when it is in no known encoding, or empty.
    static func decode(
        _ bytes: [UInt8], position: String
    ) throws(RecordFault) -> (text: String, remarks: [RecordFault]) {
        let content = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
        var remarks: [RecordFault] = []
        var text: String
        if let decoded = String(validating: content, as: UTF8.self) {
            text = decoded
        } else if let decoded = Windows1252.decode(content) {
            text = decoded
            remarks.append(RecordFault(position: position, reason: "is not UTF-8 and was read as Windows-1252"))
        } else {
            throw RecordFault(position: position, reason: "is neither UTF-8 nor Windows-1252")
        }
        let nulCount = content.count { $0 == 0 }
        if nulCount > 0 {
            text = text.replacing("\0", with: "\u{FFFD}")
            let reason = "holds \(nulCount) NUL bytes, which were replaced by U+FFFD"
            remarks.append(RecordFault(position: position, reason: reason))
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw RecordFault(position: position, reason: "is empty")
        }
        return (text, remarks)
    }
}
