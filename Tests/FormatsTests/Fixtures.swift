import Foundation

@testable import Formats

/// The seeded generator of the mutation tests. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
struct MutationSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to eight of them changed, inserted, or removed, or runs of up to 40 doubled or cut out.
    mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...8, using: &self) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.insert("\"',\r\n\\[]x\0".utf8.randomElement(using: &self) ?? 0, at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            default:
                let run = bytes[place..<min(place + 40, bytes.count)]
                if Bool.random(using: &self) {
                    bytes.insert(contentsOf: run, at: place)
                } else {
                    bytes.removeSubrange(run.indices)
                }
            }
        }
        return bytes
    }
}

/// A folder that is there as long as a test runs.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "formats-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and gives its path.
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// A gzip member that stores the bytes without compressing them, so that no compressor is needed (RFC 1951, 3.2.4).
func gzipMember(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
        let block = rest.prefix(60_000)
        rest = rest.dropFirst(60_000)
        let length = UInt16(block.count)
        result.append(rest.isEmpty ? 1 : 0)
        result += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
        result += block
    } while !rest.isEmpty
    return result + littleEndian(crc32(bytes)) + littleEndian(UInt32(bytes.count))
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0xedb8_8320 : remainder >> 1 }
    }
    return ~remainder
}

private func littleEndian(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

/// One entry of a tar archive: a ustar header and the contents, padded.
func tarEntry(_ name: String, _ contents: [UInt8], type: Character = "0", size: Int? = nil) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
        for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
    }
    func octal(_ number: Int, width: Int) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: width - digits.count) + digits
    }
    put(String(decoding: name.utf8.prefix(100), as: UTF8.self), at: 0)
    put(octal(0o644, width: 7), at: 100)
    put(octal(size ?? contents.count, width: 11), at: 124)
    put(String(type), at: 156)
    put("ustar\u{0}00", at: 257)
    let padding = (512 - contents.count % 512) % 512
    return withChecksum(header) + contents + [UInt8](repeating: 0, count: padding)
}

/// The archive with the checksum of its first header made right.
func withChecksum(_ archive: [UInt8]) -> [UInt8] {
    var result = archive
    result.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
    let digits = String(result.prefix(512).reduce(0) { $0 + Int($1) }, radix: 8)
    let field = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
    result.replaceSubrange(148..<156, with: field.utf8)
    return result
}

/// The two blocks of zeros that end a tar archive.
let tarEnd = [UInt8](repeating: 0, count: 1024)

/// All that a tar archive yields; the error, if it ends with one, comes after.
func readTar(_ bytes: [UInt8], entryBytesMax: Int = 1 << 20) throws -> [TarItem] {
    let tar = TarReader(try ByteReader(bytes: bytes, name: "test.tar"), entryBytesMax: entryBytesMax)
    var items: [TarItem] = []
    while let item = try tar.next() { items.append(item) }
    return items
}

/// All that a CSV file yields after its header.
func readCSV(_ text: String, limits: CSVLimits = CSVLimits()) throws -> [CSVRow] {
    try readCSV(Array(text.utf8), limits: limits)
}

func readCSV(_ bytes: [UInt8], limits: CSVLimits = CSVLimits()) throws -> [CSVRow] {
    let csv = try CSVReader(try ByteReader(bytes: bytes, name: "test.csv"), limits: limits)
    var rows: [CSVRow] = []
    while let row = try csv.next() { rows.append(row) }
    return rows
}

/// All that CUAD files yield.
func readCUAD(_ reader: CUADReader) throws -> (contracts: [CUADContract], faults: [RecordFault]) {
    var contracts: [CUADContract] = []
    var faults: [RecordFault] = []
    while let item = try reader.next() {
        switch item {
        case .contract(let contract): contracts.append(contract)
        case .fault(let fault): faults.append(fault)
        }
    }
    return (contracts, faults)
}

/// All that a roster yields.
func readRoster(_ roster: WorkerRoster) throws -> (entries: [RosterEntry], faults: [RecordFault]) {
    var entries: [RosterEntry] = []
    var faults: [RecordFault] = []
    while let item = try roster.next() {
        switch item {
        case .entry(let entry): entries.append(entry)
        case .fault(let fault): faults.append(fault)
        }
    }
    return (entries, faults)
}
