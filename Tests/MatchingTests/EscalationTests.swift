import Matching
import Testing

@Suite struct EscalationTests {
    private func step(
        slack: Int64, reach: Int = 3, pay: Int64 = 1_000, band: Int64 = 1_500, budget: Int64 = 2_000, chance: Int = 0,
        raiseHelps: Bool = true
    ) -> Escalation {
        Escalation(
            .init(
                slackSeconds: slack, serviceP90Seconds: 100, reachLeft: reach, payMinor: pay, bandMaxMinor: band,
                budgetMinor: budget, chanceMillionths: chance, raiseHelps: raiseHelps))
    }

    @Test("Nearer the deadline the rung is higher, and what cannot be done is skipped")
    func rungs() {
        #expect(step(slack: 900).rung == .usual)
        #expect(step(slack: 700).rung == .reach)
        #expect(step(slack: 700, reach: 0).rung == .price)
        #expect(step(slack: 300).rung == .price)
        #expect(step(slack: 300, band: 1_000).rung == .reach)
        #expect(step(slack: 300, reach: 0, band: 1_000).rung == .usual)
        #expect(step(slack: 150).rung == .price && step(slack: 150).isForced)
        #expect(step(slack: 150, band: 1_000).rung == .alert)
        #expect(step(slack: 50).rung == .alert && step(slack: -50).rung == .alert)
        #expect(!step(slack: 200).isForced && step(slack: 199).isForced)
        #expect(step(slack: 150, chance: 960_000).rung == .usual)
    }

    @Test("A price that wins nobody is passed by, and who can be asked comes before the operator while there is time")
    func useless() {
        #expect(step(slack: 300, raiseHelps: false).rung == .reach)
        #expect(step(slack: 300, reach: 0, raiseHelps: false).rung == .usual)
        #expect(step(slack: 150, raiseHelps: false).rung == .reach)
        #expect(step(slack: 150, reach: 0, raiseHelps: false).rung == .alert)
        #expect(step(slack: 50, raiseHelps: false).rung == .alert)
        #expect([300, 150, 50].allSatisfy { step(slack: $0, raiseHelps: false).payMinor == 1_000 })
        #expect(Escalation.isForced(slackSeconds: 199, serviceP90Seconds: 100))
        #expect(!Escalation.isForced(slackSeconds: 200, serviceP90Seconds: 100))
    }

    @Test("Pay rises by a step, within band and budget, and never falls")
    func pay() {
        #expect(step(slack: 300).payMinor == 1_100)
        #expect(step(slack: 300, band: 1_050).payMinor == 1_050)
        #expect(step(slack: 300, budget: 1_020).payMinor == 1_020)
        #expect(step(slack: 300, budget: 900).payMinor == 1_000)
        #expect(step(slack: 900).payMinor == 1_000)
        #expect(step(slack: 300, pay: 1, band: .max, budget: .max).payMinor == 2)
        #expect(step(slack: 300, pay: .max, band: .max, budget: .max).payMinor == .max)
    }
}
