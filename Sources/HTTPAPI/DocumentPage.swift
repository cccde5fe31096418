internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// The documentation for people: one page that needs nothing but itself, and works without its script.
struct DocumentPage: Sendable {
    let html: String
    /// What the page may load: nothing but its own style and script.
    let policy: String

    init(_ endpoints: [Endpoint]) {
        let topics = Endpoint.Topic.allCases.map { topic in (topic, endpoints.filter { $0.topic == topic }) }
            .filter { !$0.1.isEmpty }
        let menu = topics.map { topic, list in
            "<a href=\"#\(topic.rawValue)\">\(Self.title(topic))</a>"
                + list.map { "<a class=\"one\" href=\"#\($0.id)\">\(Self.escaped($0.id))</a>" }.joined()
        }
        let sections = topics.map { topic, list in
            "<section><h2 id=\"\(topic.rawValue)\">\(Self.title(topic))</h2>"
                + "\(list.map(Self.article).joined())</section>"
        }
        let script = Self.script
        policy =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-\(Self.base64(of: script))'; "
            + "base-uri 'none'; frame-ancestors 'none'"
        html = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Guildhall API</title>
            <meta name="viewport" content="width=device-width,initial-scale=1"><style>\(Self.style)</style></head><body>
            <nav><b>Guildhall API</b><input id="search" type="search" placeholder="Search" aria-label="Search">
            <a href="#start">Start</a>\(menu.joined(separator: "\n"))<a href="#codes">Codes</a></nav>
            <main>\(Self.introduction)\(sections.joined(separator: "\n"))\(Self.codes)</main>
            <script>\(script)</script></body></html>
            """
    }

    private static func title(_ topic: Endpoint.Topic) -> String {
        let name = topic.rawValue.replacing("_", with: " ")
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    private static func article(_ endpoint: Endpoint) -> String {
        let method = endpoint.method.rawValue
        var parts = [
            "<article id=\"\(endpoint.id)\"><h3><span class=\"\(method.lowercased())\">\(method)</span> "
                + "<code>\(escaped(endpoint.path))</code></h3>",
            "<p>\(escaped(endpoint.summary)).</p><p class=\"rule\">\(escaped(endpoint.rule))"
                + (endpoint.isKeyed ? " Needs an <code>Idempotency-Key</code>." : "") + "</p>",
        ]
        if !endpoint.parameters.isEmpty {
            let rows = endpoint.parameters.map { parameter in
                let sentence = parameter.shape.json["description"]?.stringValue ?? ""
                let need = parameter.isRequired ? "required" : ""
                return "<tr><td><code>\(escaped(parameter.name))</code></td><td>\(parameter.place.rawValue)</td>"
                    + "<td>\(escaped(kind(parameter.shape.json)))</td><td>\(need) \(escaped(sentence))</td></tr>"
            }
            parts.append("<h4>Parameters</h4><table>\(rows.joined())</table>")
        }
        if let body = endpoint.body, body.shape.json["properties"]?.objectValue?.isEmpty == false {
            parts.append("<h4>Body</h4>\(members(body.shape.json))")
        } else if let body = endpoint.body, body.isFile {
            parts.append("<h4>Body</h4><p><code>\(escaped(body.mediaTypes.joined(separator: ", ")))</code></p>")
        }
        for answer in endpoint.answers {
            parts.append("<h4>\(answer.status)</h4>")
            parts.append(
                answer.isJSON
                    ? members(answer.shape.json)
                    : "<p><code>\(escaped(answer.mediaTypes.joined(separator: ", ")))</code></p>")
        }
        parts.append("<h4>curl</h4><pre>\(escaped(curl(endpoint)))</pre>")
        let codes = endpoint.codes.map { "<a href=\"#\($0.name)\"><code>\($0.name)</code></a>" }
        parts.append("<details><summary>Refusals</summary><p>\(codes.joined(separator: ", "))</p></details></article>")
        return parts.joined()
    }

    /// The members of an object, or of an item of a list, as rows.
    private static func members(_ shape: JSON) -> String {
        if let ways = shape["anyOf"]?.arrayValue { return ways.map(members).joined(separator: "<p>or</p>") }
        if let item = shape["properties"]?["items"]?["items"], shape["properties"]?["next"] != nil {
            return "<p><code>{\"items\": [\u{2026}], \"next\": \u{2026} or null}</code>, each item:</p>\(members(item))"
        }
        guard let properties = shape["properties"]?.objectValue else {
            return "<p>\(escaped(kind(shape)))</p>"
        }
        let required = Set(shape["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let rows = properties.sorted { $0.key < $1.key }.map { name, property in
            let nested = property["properties"] ?? property["items"]?["properties"]
            let inner = nested == nil ? "" : members(property["items"] ?? property)
            let sentence = property["description"]?.stringValue ?? ""
            return "<tr><td><code>\(escaped(name))</code></td><td>\(escaped(kind(property)))</td>"
                + "<td>\(required.contains(name) ? "" : "may be left out ")\(escaped(sentence))\(inner)</td></tr>"
        }
        return "<table>\(rows.joined())</table>"
    }

    /// What kind of value a schema asks for, in a few words.
    private static func kind(_ schema: JSON) -> String {
        if let values = schema["enum"]?.arrayValue {
            return values.map { $0.stringValue ?? $0.canonicalText }.joined(separator: " | ")
        }
        if let ways = schema["anyOf"]?.arrayValue { return ways.map(kind).joined(separator: " or ") }
        let types = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue ?? "any JSON"]
        var words = types.joined(separator: " or ")
        if let format = schema["format"]?.stringValue { words += " (\(format))" }
        if let title = schema["title"]?.stringValue { words = title }
        if let items = schema["items"] { words += " of \(kind(items))" }
        switch (schema["minimum"]?.integerValue, schema["maximum"]?.integerValue) {
        case (let least?, let most?): words += " \(least) to \(most)"
        case (let least?, nil): words += " from \(least)"
        case (nil, let most?): words += " up to \(most)"
        case (nil, nil): break
        }
        return words
    }

    private static func curl(_ endpoint: Endpoint) -> String {
        var lines = [
            "curl \(endpoint.method == .get ? "" : "-X \(endpoint.method.rawValue) ")$GUILDHALL\(endpoint.path)"
        ]
        if endpoint.access != .everybody { lines.append("-H \"Authorization: Bearer $KEY\"") }
        if endpoint.isKeyed { lines.append("-H \"Idempotency-Key: $(uuidgen)\"") }
        if let body = endpoint.body {
            lines.append("-H \"Content-Type: \(body.mediaTypes.first ?? "")\"")
            lines.append(body.isFile ? "--data-binary @FILE" : "-d '\(body.shape.example.canonicalText)'")
        }
        return lines.joined(separator: " \\\n  ")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static func base64(of text: String) -> String { Data(Digest(of: text).bytes).base64EncodedString() }

    private static var codes: String {
        let rows = Catalogue.entries.sorted { $0.key.name < $1.key.name }.map { code, entry in
            "<tr id=\"\(code.name)\"><td><code>\(code.name)</code></td><td>\(entry.status)</td>"
                + "<td>\(escaped(entry.meaning))</td></tr>"
        }
        return "<section><h2 id=\"codes\">Codes</h2><table>\(rows.joined())</table></section>"
    }
}
