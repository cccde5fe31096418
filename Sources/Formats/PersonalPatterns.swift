/// Takes what looks like personal data out of the values of one task: e-mail addresses, international telephone
/// numbers, IBANs, payment-card numbers, US social security numbers, IP addresses.
///
/// Each becomes a placeholder, `[EMAIL-1]`; equal values, however they are spaced, get equal placeholders within the
/// task. Texts are looked at, and whole numbers that are card numbers; names of members stay as they are.
///
/// What carries a check digit counts only with the right one: IBAN by ISO 13616 (mod 97), cards by ISO/IEC 7812 (Luhn).
/// A telephone number begins with + and has 7 to 15 digits (ITU-T E.164).
package struct PersonalPatterns: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case email, iban, ssn, ip, card, phone
    }

    /// How many values were replaced.
    package private(set) var counts: [Kind: Int] = [:]
    private var placeholders: [Kind: [String: String]] = [:]

    package init() {}

    /// The value without what was found in it.
    package mutating func clean(_ value: JSON) -> JSON {
        switch value {
        case .null, .bool, .number: return value
        case .integer(let number):
            let (text, cleaned) = (String(number), clean(String(number)))
            return text == cleaned ? value : .string(cleaned)
        case .string(let text): return .string(clean(text))
        case .array(let elements):
            var cleaned: [JSON] = []
            for element in elements { cleaned.append(clean(element)) }
            return .array(cleaned)
        case .object(let members):
            var cleaned: [String: JSON] = [:]
            // In one order, so that the same content gets the same placeholders.
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { cleaned[name] = clean(member) }
            return .object(cleaned)
        }
    }

    /// The text without what was found in it.
    package mutating func clean(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var (kept, start, place): ([UInt8], Int, Int) = ([], 0, 0)
        while place < bytes.count {
            guard let found = PatternScanner(bytes: bytes).match(at: place) else {
                place += 1
                continue
            }
            kept += bytes[start..<place]
            kept += Array(placeholder(found.kind, found.value).utf8)
            place = found.end
            start = place
        }
        guard start > 0 else { return text }
        return String(decoding: kept + bytes[start...], as: UTF8.self)
    }

    private mutating func placeholder(_ kind: Kind, _ value: String) -> String {
        counts[kind, default: 0] += 1
        if let known = placeholders[kind]?[value] { return known }
        let fresh = "[\(kind.rawValue.uppercased())-\((placeholders[kind]?.count ?? 0) + 1)]"
        placeholders[kind, default: [:]][value] = fresh
        return fresh
    }
}

/// Looks for one pattern at one place; each look is bounded, so that a text is read in linear time.
private struct PatternScanner {
    struct Found {
        let kind: PersonalPatterns.Kind
        /// In the form in which two are equal.
        let value: String
        let end: Int
    }

    let bytes: [UInt8]

    func match(at place: Int) -> Found? {
        let first = bytes[place]
        let before = place > 0 ? bytes[place - 1] : 0x20
        if first == 0x2b { return before.isWord ? nil : phone(at: place) }
        if Self.isLocal(first), !Self.isLocal(before), let found = email(at: place) { return found }
        guard !before.isWord, first.isWord || first == 0x3a else { return nil }
        if first.isLetter, let found = iban(at: place) { return found }
        if before != 0x3a, before != 0x2e, let found = address(at: place) { return found }
        guard first.isDigit, before != 0x2d, before != 0x2e else { return nil }
        return ssn(at: place) ?? card(at: place)
    }

    // MARK: E-mail

    private static func isLocal(_ byte: UInt8) -> Bool { byte.isWord || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte) }

    private func email(at place: Int) -> Found? {
        guard let at = bytes[place...].prefix(65).firstIndex(of: 0x40), at > place,
            bytes[place..<at].allSatisfy(Self.isLocal)
        else { return nil }
        var end = at + 1
        while end < bytes.count, end - at <= 254, bytes[end].isWord || bytes[end] == 0x2e || bytes[end] == 0x2d {
            end += 1
        }
        while end > at + 1, !bytes[end - 1].isWord { end -= 1 }
        let labels = bytes[(at + 1)..<end].split(separator: 0x2e, omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), let top = labels.last, top.count >= 2,
            top.contains(where: \.isLetter)
        else { return nil }
        return found(.email, place, end) { $0.lowercased() }
    }

    // MARK: Numbers

    private func phone(at place: Int) -> Found? {
        let (digits, end) = digits(from: place + 1, most: 15, marks: " -.()/")
        guard (7...15).contains(digits.count), digits.first != 0x30, !isWord(at: end) else { return nil }
        return Found(kind: .phone, value: String(decoding: digits, as: UTF8.self), end: end)
    }

    private func card(at place: Int) -> Found? {
        let (digits, end) = digits(from: place, most: 19, marks: " -")
        guard (13...19).contains(digits.count), !isWord(at: end), !digits.allSatisfy({ $0 == 0x30 }) else { return nil }
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let value = Int(digit - 0x30) * (index % 2 == 0 ? 1 : 2)
            sum += value > 9 ? value - 9 : value
        }
        guard sum % 10 == 0 else { return nil }
        return Found(kind: .card, value: String(decoding: digits, as: UTF8.self), end: end)
    }

    /// Digits with single marks between them.
    private func digits(from place: Int, most: Int, marks: String) -> (digits: [UInt8], end: Int) {
        var (digits, end, next): ([UInt8], Int, Int) = ([], place, place)
        while next < bytes.count, digits.count <= most, next - end <= 2 {
            if bytes[next].isDigit {
                digits.append(bytes[next])
                end = next + 1
            } else if !marks.utf8.contains(bytes[next]) {
                break
            }
            next += 1
        }
        return (digits, end)
    }

    /// `123-45-6789`, but numbers that are never given out.
    private func ssn(at place: Int) -> Found? {
        let end = place + 11
        guard end <= bytes.count, !isWord(at: end), end == bytes.count || bytes[end] != 0x2d else { return nil }
        let part = bytes[place..<end]
        for (index, byte) in part.enumerated() {
            guard index == 3 || index == 6 ? byte == 0x2d : byte.isDigit else { return nil }
        }
        let text = String(decoding: part, as: UTF8.self)
        let (area, group, serial) = (text.prefix(3), text.dropFirst(4).prefix(2), text.suffix(4))
        guard area != "000", area != "666", area.first != "9", group != "00", serial != "0000" else { return nil }
        return Found(kind: .ssn, value: text, end: end)
    }

    // MARK: IBAN

    private func iban(at place: Int) -> Found? {
        var (letters, end, next): ([UInt8], Int, Int) = ([], place, place)
        var best: (letters: [UInt8], end: Int)?
        while next < bytes.count, letters.count < 34 {
            if bytes[next].isWord {
                letters.append(bytes[next].uppercase)
                end = next + 1
            } else if bytes[next] != 0x20 || next != end {
                break
            }
            next += 1
            if letters.count == 4, !(letters[0...1].allSatisfy(\.isLetter) && letters[2...3].allSatisfy(\.isDigit)) {
                return nil
            }
            if letters.count >= 15, end == next, !isWord(at: end), Self.isValid(letters) { best = (letters, end) }
        }
        return best.map { Found(kind: .iban, value: String(decoding: $0.letters, as: UTF8.self), end: $0.end) }
    }

    private static func isValid(_ iban: [UInt8]) -> Bool {
        var rest = 0
        for byte in iban[4...] + iban[..<4] {
            rest = byte.isDigit ? (rest * 10 + Int(byte - 0x30)) % 97 : (rest * 100 + Int(byte - 0x41) + 10) % 97
        }
        return rest == 1
    }

    // MARK: IP addresses

    private func address(at place: Int) -> Found? {
        var end = place
        while end < bytes.count, end - place < 46, bytes[end].isHexadecimal || bytes[end] == 0x3a || bytes[end] == 0x2e
        {
            end += 1
        }
        guard !isWord(at: end) else { return nil }
        while end > place,
            bytes[end - 1] == 0x2e || (bytes[end - 1] == 0x3a && bytes[..<end].suffix(2) != [0x3a, 0x3a])
        {
            end -= 1
        }
        let part = bytes[place..<end]
        guard Self.isVersion4(part) || Self.isVersion6(part) else { return nil }
        return found(.ip, place, end) { $0.lowercased() }
    }

    private static func isVersion4(_ part: ArraySlice<UInt8>) -> Bool {
        let groups = part.split(separator: 0x2e, omittingEmptySubsequences: false)
        return groups.count == 4
            && groups.allSatisfy { group in
                (1...3).contains(group.count) && group.allSatisfy(\.isDigit)
                    && group.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    /// RFC 4291: eight groups of up to four digits, once `::` for a run of zeros; the last two may be of version 4.
    private static func isVersion6(_ part: ArraySlice<UInt8>) -> Bool {
        guard part.contains(0x3a), part.contains(where: \.isHexadecimal) else { return false }
        var groups = part.split(separator: 0x3a, omittingEmptySubsequences: false)
        var most = 8
        if let last = groups.last, last.contains(0x2e) {
            guard isVersion4(last) else { return false }
            groups[groups.count - 1] = "0"[...].utf8.map { $0 }[...]
            most = 7
        }
        let inside = groups.dropFirst().dropLast().filter(\.isEmpty).count
        let ends = [groups.first, groups.last].filter { $0?.isEmpty == true }.count
        guard groups.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isHexadecimal) }) else { return false }
        let named = groups.filter { !$0.isEmpty }.count
        return inside == 0 && ends == 0 ? named == most : inside == 1 && ends <= 1 && named < most
    }

    // MARK: Parts

    private func isWord(at place: Int) -> Bool { place < bytes.count && bytes[place].isWord }

    private func found(_ kind: PersonalPatterns.Kind, _ start: Int, _ end: Int, _ form: (String) -> String) -> Found {
        Found(kind: kind, value: form(String(decoding: bytes[start..<end], as: UTF8.self)), end: end)
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
    fileprivate var isLetter: Bool { (0x61...0x7a).contains(self) || (0x41...0x5a).contains(self) }
    fileprivate var isWord: Bool { isDigit || isLetter }
    fileprivate var isHexadecimal: Bool {
        isDigit || (0x61...0x66).contains(self) || (0x41...0x46).contains(self)
    }
    fileprivate var uppercase: UInt8 { (0x61...0x7a).contains(self) ? self - 0x20 : self }
}
