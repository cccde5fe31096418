package import Foundation
internal import Store

/// What workers of one or several projects of a requester are told; its text is in its versions.
package struct Guideline: Sendable {
    package typealias ID = Identifier<Guideline>

    /// No version is longer, in characters.
    package static let textMax = 100_000

    package let id: ID
    package let requester: Requester.ID
    /// The requester's own name for it, 1 to 200 characters.
    package let externalKey: String
    package let name: String
    /// What projects follow that are not pinned to another version.
    package let newestVersion: Int
}

/// A guideline as it read from one instant on. Never changed.
package struct GuidelineVersion: Sendable {
    package let guideline: Guideline.ID
    /// From 1, one more with each; of a project that was brought over, from the number it had.
    package let number: Int
    /// Markdown.
    package let text: String
    /// SHA-256 of the text in UTF-8.
    package let hash: Digest
    /// What changed, in words.
    package let changes: String
    /// Which earlier answers are to be checked again.
    package let scope: RecheckScope
    package let publishedAt: Date
    /// `nil` for the text of a project from before guidelines stood by themselves.
    package let publishedBy: Principal.ID?
}

/// What a requester says of a new version.
package struct GuidelineDraft: Sendable {
    /// Markdown, 1 to 100,000 characters.
    package let text: String
    /// What changed, in words, 1 to 4,000 characters.
    package let changes: String
    package let scope: RecheckScope

    package init(text: String, changes: String, scope: RecheckScope) {
        self.text = text
        self.changes = changes
        self.scope = scope
    }

    /// - Throws: ``BadInput`` for the first field that is out of bounds.
    func validate() throws(BadInput) {
        try text.mustHave(1...Guideline.textMax, as: "guideline")
        try changes.mustHave(1...4_000, as: "changes")
        try scope.validate()
    }
}

/// What the workers of a new project are told.
package enum ProjectGuideline: Sendable, ExpressibleByStringLiteral {
    /// A text of the project's own, in Markdown: it becomes a guideline under the project's key.
    case text(String, version: Int = 1)
    /// A guideline that the requester has, by its key; a version to stay at, or `nil` to follow the newest.
    case existing(String, pin: Int?)

    package init(stringLiteral value: String) { self = .text(value) }

    /// - Throws: ``BadInput``.
    func validate() throws(BadInput) {
        switch self {
        case .text(let text, let version):
            try text.mustHave(1...Guideline.textMax, as: "guideline")
            guard (1...1_000_000).contains(version) else {
                throw BadInput("guideline_version", "must be 1 to 1,000,000")
            }
        case .existing(let key, _): try key.mustHave(1...200, as: "guideline")
        }
    }
}

/// Why a guideline is not changed. In order of precedence.
package enum GuidelineRefusal: Refusal {
    /// The newest version reads the same.
    case unchanged(Int)
    /// There are as many versions as there can be.
    case noMoreVersions

    package var code: String {
        switch self {
        case .unchanged: "guideline_unchanged"
        case .noMoreVersions: "guideline_versions_used_up"
        }
    }

    package var message: String {
        switch self {
        case .unchanged(let version): "Version \(version) has exactly this text. Nothing was published."
        case .noMoreVersions: "The guideline has as many versions as there can be. Add another guideline."
        }
    }
}
