import Foundation
import Testing

@testable import Formats

@Suite("Printed tables")
struct PrintedTableTests {
    private func table(_ form: TableForm) throws -> String {
        var table = PrintedTable(
            form, title: "A <b> & \"c\"", facts: [("Name", "<script>alert('1')</script>")], header: ["kind", "amount"])
        let amount = try #require(CSVDecimal("-12.50"))
        table.append([.text("=1+1\u{0}<"), .decimal(amount)])
        table.append([.text("total"), .number(7)], isTotal: true)
        table.finish()
        return String(decoding: table.take(), as: UTF8.self)
    }

    @Test("are CSV without the facts, guarded against formulas")
    func csv() throws {
        let text = try table(.csv)
        #expect(text == "kind,amount\r\n'=1+1\u{0}<,-12.50\r\ntotal,7\r\n")
    }

    @Test("are one page that takes nothing from elsewhere and runs nothing that is in it")
    func html() throws {
        let text = try table(.html)
        #expect(text.contains("<h1>A &lt;b&gt; &amp; &quot;c&quot;</h1>"))
        #expect(text.contains("<dd>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;</dd>"))
        #expect(text.contains("<td>=1+1\u{fffd}&lt;</td><td class=\"n\">-12.50</td>"))
        #expect(text.contains("<tr class=\"t\"><td>total</td><td class=\"n\">7</td></tr>"))
        #expect(!text.contains("<script") && !text.contains("http") && !text.contains("url("))
        #expect(text.hasPrefix("<!doctype html>") && text.hasSuffix("</html>\n") && text.contains("@page"))
    }

    @Test("are well-formed XML but for the first line, so that no cell can break out of its place")
    func wellFormed() throws {
        let hostile = String(String.UnicodeScalarView((0..<0x2ff).compactMap(Unicode.Scalar.init)))
        var table = PrintedTable(.html, title: hostile, facts: [(hostile, hostile)], header: [hostile])
        table.append([.text(hostile)])
        table.finish()
        let page = String(decoding: table.take(), as: UTF8.self)
        let body = page.split(separator: "\n").dropFirst().joined(separator: "\n")
            .replacingOccurrences(of: "<meta charset=\"utf-8\">", with: "")
            .replacingOccurrences(of: "<meta name=\"viewport\" content=\"width=device-width\">", with: "")
        let tags = body.matches(of: /<\/?([a-z0-9]+)[^>]*>/).map { String($0.output.0) }
        var open: [String] = []
        for tag in tags {
            let name = String(tag.drop { "</".contains($0) }.prefix { $0.isLetter || $0.isNumber })
            if tag.hasPrefix("</") { #expect(open.popLast() == name) } else { open.append(name) }
        }
        #expect(open.isEmpty)
    }
}
