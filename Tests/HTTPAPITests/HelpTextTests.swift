import ArgumentParser
import Testing

@testable import guildhall

@Suite("What help says of rules that are elsewhere")
struct HelpTextTests {
    @Test("a week that was off counts for the next one's prices only until that one tells itself")
    func backtest() {
        let text = ScheduleCommand.Backtest.configuration.discussion
        #expect(text.contains("until a tenth of the next has passed"))
        #expect(!text.contains("the next one's prices"))
    }

    @Test("the kind that offers are told by is the one that preferences name")
    func offers() {
        #expect(NoticesCommand.Prefer.configuration.discussion.contains("'offer_made' comes once"))
    }
}
