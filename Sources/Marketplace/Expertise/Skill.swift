package import Store

/// A node of the skill tree by its path: `lawyer`, `lawyer/contracts/governing_law`.
///
/// Shape: parts of lower-case ASCII letters, digits and underscores between slashes, a letter first; at most 200
/// characters.
package struct Skill: Hashable, Sendable {
    package let path: String

    /// - Returns: `nil` for another shape.
    package init?(_ path: String) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain: (UInt8) -> Bool = {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
        }
        guard path.utf8.count <= 200, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isPlain) }),
            let first = path.utf8.first, (0x61...0x7a).contains(first)
        else { return nil }
        self.path = path
    }

    /// The node and all above it, itself first.
    package var lineage: [Skill] {
        var nodes = [self]
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            if let node = Skill(String(rest)) { nodes.append(node) }
        }
        return nodes
    }
}

extension Skill: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { String.typeOID }
    package func write(to wire: inout WireBuffer) { path.write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        let path = try String(cell: cell)
        guard let skill = Skill(path) else { throw .badValue("is no path of a skill: '\(path)'") }
        self = skill
    }
}

/// Answers that tell of a skill.
struct SkillTally: Hashable, Sendable {
    private(set) var right = 0
    private(set) var answers = 0

    mutating func count(isRight: Bool) {
        answers += 1
        if isRight { right += 1 }
    }

    mutating func add(_ other: SkillTally) {
        right += other.right
        answers += other.answers
    }
}
