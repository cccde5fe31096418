package import Formats
package import Foundation
internal import Store

extension TaskFileFormat: SQLEnum {}

/// The values of the PostgreSQL enum `import_state`, in its order.
package enum ImportState: String, Sendable, CaseIterable, SQLEnum {
    case running, done
}

/// A file of tasks that can be read from its beginning as often as it takes.
package struct TaskFile: Sendable {
    /// What reports call it.
    package let name: String
    package let format: TaskFileFormat
    let open: @Sendable () throws -> ByteReader

    /// A file on the disk, gzipped or not.
    package init(path: String, format: TaskFileFormat) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.format = format
        open = { try ByteReader(path: path) }
    }

    /// Bytes in memory, gzipped or not.
    ///
    /// - Parameter unpackedMax: the most bytes that may come out of them.
    package init(
        bytes: [UInt8], name: String, format: TaskFileFormat, unpackedMax: Int = ByteReader.bytesMaxByDefault
    ) {
        self.name = name
        self.format = format
        open = { try ByteReader(bytes: bytes, name: name, bytesMax: unpackedMax) }
    }
}

/// A file on its way into a batch, as the database keeps it.
package struct ImportRun: Hashable, Sendable {
    package typealias ID = Identifier<ImportRun>

    /// How many faults of a run are kept; those beyond are counted only.
    package static let faultsMax = 1_000

    package let id: ID
    package let batch: Batch.ID
    package let sourceName: String
    package let format: TaskFileFormat
    package internal(set) var state: ImportState
    package internal(set) var counts: ImportCounts
    package let begunAt: Date
    package let endedAt: Date?
}

/// What came of the records of a file so far.
package struct ImportCounts: Hashable, Sendable {
    package internal(set) var added = 0
    /// Those that the batch had already, with the same content.
    package internal(set) var unchanged = 0
    package internal(set) var faulty = 0

    package var records: Int { added + unchanged + faulty }

    static func + (left: ImportCounts, right: ImportCounts) -> ImportCounts {
        ImportCounts(
            added: left.added + right.added, unchanged: left.unchanged + right.unchanged,
            faulty: left.faulty + right.faulty
        )
    }
}

/// What an import came to.
package struct ImportReport: Hashable, Sendable {
    package let run: ImportRun
    /// How many records an earlier, interrupted call had done.
    package let resumedAfter: Int
    /// In the order of the file; at most ``ImportRun/faultsMax``.
    package let faults: [TaskRecordFault]
}

/// Why a file is not imported. In order of precedence.
package enum ImportRefusal: Refusal {
    /// In a strict import: how many records are faulty, and the first of them. Nothing was taken in.
    case faulty(count: Int, first: [TaskRecordFault])
    /// In a strict import: more records than can be compared with each other beforehand.
    case tooManyForStrict
    /// The file has fewer records than were done of it.
    case sourceChanged
    /// Another process imports the same file into the same batch.
    case underWay

    package var code: String {
        switch self {
        case .faulty: "import_faulty"
        case .tooManyForStrict: "import_too_many_for_strict"
        case .sourceChanged: "import_source_changed"
        case .underWay: "import_under_way"
        }
    }

    package var message: String {
        switch self {
        case .faulty(let count, _): "Nothing was imported: \(count) records are faulty, and the import is strict."
        case .tooManyForStrict:
            """
            A strict import takes at most \(ImportTasks.strictMax) records. Split the file, or import it without \
            being strict.
            """
        case .sourceChanged: "The file was changed while it was read. Import it again."
        case .underWay: "The same file is being imported into this batch by somebody else. Wait until it is done."
        }
    }
}
