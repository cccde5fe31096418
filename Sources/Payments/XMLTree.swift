internal import Formats

/// An element of a message, read whole: its texts, attributes and children. Bounded by ``MessageWalker``.
struct XMLTree: Hashable, Sendable {
    let name: String
    let line: Int
    /// Without spaces at its ends.
    fileprivate(set) var text = ""
    let attributes: [String: String]
    fileprivate(set) var children: [XMLTree] = []

    /// The first child of that name.
    subscript(name: String) -> XMLTree? { children.first { $0.name == name } }

    /// The element at the end of names, each a child of the one before.
    func at(_ names: String...) -> XMLTree? {
        names.reduce(self as XMLTree?) { $0?[$1] }
    }

    /// The text of the element there; `nil` where there is none, or an empty one.
    func text(_ names: String...) -> String? {
        let found = names.reduce(self as XMLTree?) { $0?[$1] }
        return found.flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }
}

/// Walks through a message: containers are opened and closed, so that they may have any length; every other element is
/// handed over whole.
struct MessageWalker {
    enum Part: Hashable {
        case opened(String, line: Int)
        case element(XMLTree)
        case closed(String)
        case finished
    }

    private static let nodesMax = 20_000
    private static let bytesMax = 4 << 20

    private let scanner: XMLScanner
    private let containers: Set<String>
    /// Open containers, each with how many children of a name it has had.
    private var open: [(label: String, name: String, counts: [String: Int])] = []
    /// Of the root element.
    private(set) var space = ""
    private var lastLabel = ""

    init(_ reader: ByteReader, limits: XMLLimits, containers: Set<String>) {
        scanner = XMLScanner(reader, limits: limits)
        self.containers = containers
    }

    var line: Int { scanner.line }

    /// Of the innermost open container, with the place of each among its like: `/Document/CstmrCdtTrfInitn/PmtInf[1]`.
    var path: String { open.map { "/\($0.label)" }.joined() }

    /// Of the element that was handed over or the container that was closed last.
    var elementPath: String { "\(path)/\(lastLabel)" }

    /// - Throws: ``XMLFault``; ``FormatError``.
    mutating func next() throws -> Part {
        while true {
            switch try scanner.next() {
            case .text(let text):
                // A container has elements only; what else stands in it is between them.
                guard text.utf8.allSatisfy({ $0 <= 0x20 }) else {
                    throw XMLFault(line: scanner.line, reason: "there is text between the elements of \(path)")
                }
            case .end:
                guard let last = open.popLast() else { continue }
                lastLabel = last.label
                return .closed(last.name)
            case .finished: return .finished
            case .start(let name, let space, let attributes):
                let line = scanner.line
                let label = place(of: name)
                if open.isEmpty { self.space = space }
                // What is in another namespace is somebody's own; it is read over.
                if space != self.space { _ = try tree(name, attributes, line); continue }
                lastLabel = label
                if containers.contains(name) {
                    open.append((label, name, [:]))
                    return .opened(name, line: line)
                }
                return .element(try tree(name, attributes, line))
            }
        }
    }

    private mutating func place(of name: String) -> String {
        guard !open.isEmpty else { return name }
        let count = (open[open.count - 1].counts[name] ?? 0) + 1
        open[open.count - 1].counts[name] = count
        return Self.repeated.contains(name) ? "\(name)[\(count)]" : name
    }

    private static let repeated: Set = [
        "PmtInf", "CdtTrfTxInf", "Stmt", "Ntfctn", "Ntry", "NtryDtls", "TxDtls", "Bal", "OrgnlPmtInfAndSts",
        "TxInfAndSts",
    ]

    /// The element that has just begun, to its end.
    private func tree(_ name: String, _ attributes: [String: String], _ line: Int) throws -> XMLTree {
        var stack = [XMLTree(name: name, line: line, attributes: attributes)]
        var (nodes, bytes) = (1, 0)
        while true {
            switch try scanner.next() {
            case .start(let name, let space, let attributes):
                nodes += 1
                guard nodes <= Self.nodesMax else {
                    throw XMLFault(
                        line: scanner.line, reason: "<\(stack[0].name)> has more than \(Self.nodesMax) elements")
                }
                // Its name would be taken for one of the message.
                let own = space == self.space ? name : "\(space) \(name)"
                bytes += attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
                stack.append(XMLTree(name: own, line: scanner.line, attributes: attributes))
            case .text(let text):
                bytes += text.utf8.count
                guard bytes <= Self.bytesMax else {
                    throw XMLFault(
                        line: scanner.line, reason: "<\(stack[0].name)> has more than \(Self.bytesMax) bytes")
                }
                stack[stack.count - 1].text += text
            case .end:
                var element = stack.removeLast()
                element.text = Self.trimmed(element.text)
                guard !stack.isEmpty else { return element }
                stack[stack.count - 1].children.append(element)
            case .finished:
                throw XMLFault(line: scanner.line, reason: "the file ends within <\(name)>")
            }
        }
    }

    private static func trimmed(_ text: String) -> String {
        let bytes = text.utf8
        guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 })
        else {
            return ""
        }
        return String(text[first...last])
    }
}
