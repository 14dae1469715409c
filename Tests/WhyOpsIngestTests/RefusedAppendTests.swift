import HTTPTypes
import Testing
import WhyOps
import WhyOpsStore

@testable import WhyOpsIngest

/// ING-119, ING-10
@Suite struct RefusedAppendTests {
    @Test func whatCanNeverBeStoredIsNoReasonToTryAgain() {
        let refusal = Refusal(StoreError(.refused, "The database can never take it."))
        #expect(refusal.reply.status == 400)
        #expect(refusal.headers[.retryAfter] == nil)
        #expect((try? JSONDocument(refusal.reply.body).root)?["error"]?.string == "Refused")
    }

    @Test(arguments: [StoreError.Code.unavailable, .overloaded, .closed])
    func whatCannotBeStoredNowIs(_ code: StoreError.Code) {
        let refusal = Refusal(StoreError(code, "Later."))
        #expect(refusal.reply.status == 503)
        #expect(refusal.headers[.retryAfter] == "1")
    }
}
