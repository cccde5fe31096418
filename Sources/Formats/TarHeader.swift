/// The 512-byte block before each entry of a tar archive, checked.
///
/// Source: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar's base-256 sizes.
struct TarHeader {
    enum Kind {
        case regular
        /// GNU: the contents are the name of the entry that follows.
        case longName
        /// pax: the contents are attributes of the entry that follows.
        case pax
        case other
    }

    struct Fault: Error {
        let reason: String
    }

    let name: [UInt8]
    let size: Int
    let kind: Kind

    /// - Parameter block: 512 bytes.
    init(_ block: [UInt8]) throws(Fault) {
        guard block.count == TarReader.blockBytes else { throw Fault(reason: "a tar header is 512 bytes long") }
        guard let checksum = Self.number(block[148..<156]), Self.checksums(of: block).contains(checksum) else {
            throw Fault(reason: "the checksum of a tar header is wrong")
        }
        guard let size = Self.number(block[124..<136]) else {
            throw Fault(reason: "the size in a tar header is not a number")
        }
        let kind: Kind =
            switch block[156] {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .regular
            case UInt8(ascii: "L"): .longName
            case UInt8(ascii: "x"): .pax
            default: .other
            }
        let isUstar = block[257..<262].elementsEqual("ustar".utf8)
        // GNU tar's own magic ("ustar  ") uses the prefix field for times.
        let prefix = isUstar && block[262] == 0 ? Self.text(block[345..<500]) : []
        let base = Self.text(block[0..<100])
        name = prefix.isEmpty ? base : prefix + [UInt8(ascii: "/")] + base
        // A directory of the oldest tars is a regular file whose name ends in a slash.
        self.kind = kind == .regular && base.last == UInt8(ascii: "/") ? .other : kind
        // Links and devices may carry a size and have no contents.
        self.size = UInt8(ascii: "1")...UInt8(ascii: "6") ~= block[156] ? 0 : size
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// Octal digits with spaces or zeros around them; or base 256 when the first bit is set.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            // 0xff begins a negative number, which no size is.
            guard first == 0x80 else { return nil }
            return fold(field.dropFirst(), base: 256) { Int($0) }
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        return fold(digits, base: 8) { (0x30...0x37).contains($0) ? Int($0) - 0x30 : nil }
    }

    private static func fold(_ digits: ArraySlice<UInt8>, base: Int, value: (UInt8) -> Int?) -> Int? {
        var result = 0
        for digit in digits {
            guard let value = value(digit) else { return nil }
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            // Adding cannot overflow: the base divides 2⁶⁴, so the product ends in as many zero bits as a digit has.
            guard !overflow else { return nil }
            result = product + value
        }
        return result
    }

    /// Of unsigned bytes, as the standard asks, and of signed ones, as some old tars wrote.
    private static func checksums(of block: [UInt8]) -> [Int] {
        var unsigned = 0
        var signed = 0
        for (index, byte) in block.enumerated() {
            let counted = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += Int(counted)
            signed += Int(Int8(bitPattern: counted))
        }
        return [unsigned, signed]
    }
}

/// What GNU and pax headers said about the entry that follows them.
struct TarExtension {
    var name: [UInt8]?
    var size: Int?

    /// Takes over `path` and `size` from records of the form `27 path=some/long/name\n`.
    mutating func read(pax contents: [UInt8], path: String, position: Int) throws(FormatError) {
        func fault(_ reason: String) -> FormatError { .malformed(path: path, position: position, reason: reason) }
        var rest = contents[...]
        while let first = rest.first, first != 0 {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count <= 8, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 1, length <= rest.count
            else { throw fault("a pax record has a wrong length") }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw fault("a pax record has no equals sign")
            }
            let value = record[record.index(after: equals)...]
            if record[..<equals].elementsEqual("path".utf8) { name = Array(value) }
            if record[..<equals].elementsEqual("size".utf8) {
                guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else {
                    throw fault("the size in a pax record is not a number")
                }
                size = number
            }
        }
    }
}
