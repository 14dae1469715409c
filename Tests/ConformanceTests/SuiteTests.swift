import Foundation
import Testing

struct SuiteTests {
    @Test
    func listNamesEveryFile() throws {
        let found = try #require(FileManager.default.enumerator(atPath: Vectors.directory.path()))
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }
        #expect(found.sorted() == Vectors.list.map(\.path))
    }

    @Test(arguments: Vectors.list.map(\.path))
    func fileIsWellFormed(_ path: String) throws {
        let bytes = try #require(Vectors.bytes(path))
        #expect(bytes.count < 1_000_000)
        #expect(bytes.allSatisfy { $0 < 0x7F })
        let file = try #require(JSON(bytes))
        #expect(file["schema"]?.integer == 1)
        let cases = file["cases"]?.array ?? []
        #expect(cases.count == Vectors.list.first { $0.path == path }?.count)
        let stem = file["op"]?.text?.replacing(".", with: "/") ?? ""
        for vector in cases {
            #expect(vector["id"]?.text?.hasPrefix(stem + "/") == true, "\(vector["id"]?.text ?? "")")
            #expect(vector["req"]?.array.isEmpty == false, "\(vector["id"]?.text ?? "")")
        }
    }

    @Test
    func idsAreUnique() {
        var seen: Set<String> = []
        for (path, _) in Vectors.list {
            let file = Vectors.bytes(path).flatMap { JSON($0) }
            for id in file?["cases"]?.array.compactMap({ $0["id"]?.text }) ?? [] {
                #expect(seen.insert(id).inserted, "\(id)")
            }
        }
    }

    /// A case that no test takes up would pass unseen.
    @Test
    func everyCaseIsExecuted() {
        let executed =
            Vectors.encode.count + Vectors.extract.count + Vectors.strip.count + Vectors.carrier.count
            + Vectors.rewriteRequest.count + Vectors.embed.count + Vectors.embedStream.count
        let listed = Vectors.list.filter { $0.path.hasPrefix("signature/") || $0.path.hasPrefix("exchange/") }
        #expect(executed == listed.reduce(0) { $0 + $1.count })
        #expect(executed > 0)
    }
}
