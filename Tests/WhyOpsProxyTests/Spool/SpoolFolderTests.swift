import Foundation
import Synchronization
import Testing
import WhyOps

@testable import WhyOpsProxy

/// Whose the folder of a spool is, and what stands in it beside the files that are read (PRX-72 to PRX-74).
struct SpoolFolderTests {
    private func spool(_ folder: String) throws -> Spool {
        try Spool(SpoolConfiguration(folder: folder), logger: quiet)
    }

    @Test(arguments: [0o755, 0o777, 0o750, 0o701])
    func folderOfOthersIsRefusedAndStaysAsItIs(_ before: Int) async throws {
        try await withFolder { folder in
            try Data("theirs".utf8).write(to: URL(filePath: folder + "/lock.txt"))
            try setMode(before, of: folder)
            let error = #expect(throws: SpoolError.self) { try spool(folder) }
            #expect(error?.message.contains("'\(folder)' holds other files") == true)
            #expect(try mode(of: folder) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["lock.txt"])
        }
    }

    @Test func folderThatIsEmptyOrASpoolIsClosedToOthers() async throws {
        try await withFolder { folder in
            try setMode(0o777, of: folder)
            for _ in 0..<2 {
                _ = try spool(folder)
                #expect(try mode(of: folder) == 0o700)
                try setMode(0o755, of: folder)
            }
        }
    }

    @Test func folderThatIsMadeIsKnownToTheDisk() async throws {
        try await withFolder { folder in
            let synced = Mutex<[String]>([])
            let disk = SpoolDisk(sync: { (file) throws(SpoolError) in synced.withLock { $0.append(file.path) } })
            _ = try Spool(SpoolConfiguration(folder: folder + "/new"), logger: quiet, disk: disk)
            #expect(synced.withLock { $0 } == [folder + "/new/.."])
            _ = try? Spool(SpoolConfiguration(folder: folder + "/new"), logger: quiet, disk: disk)
            #expect(synced.withLock { $0 }.count == 1)
        }
    }

    /// PRX-175
    @Test(arguments: [
        "7fffffffffffffff", "7ffffffffffffffe", "4000000000000000", "3fffffffffffffff", "8000000000000000",
        "ffffffffffffffff",
    ])
    func fileOfAnyNumberIsNoEnd(_ number: String) async throws {
        try await withFolder { folder in
            let marker: UInt64 = 0xABCD
            var record = QueuedEntry.events([event(1)], tenant).record
            SpoolRecord.mark(&record, with: marker)
            let other = number + SpoolFolder.name(number: 1, marker: marker).dropFirst(16)
            try SpoolFile(folder + "/" + other, .new).write(record, at: 0)
            try setMode(0o700, of: folder)
            let second = try spool(folder)
            #expect(second.append(.events([event(2)], tenant)) == nil)
            #expect(second.append(.events([event(3)], tenant)) == nil)
            // A name that is no number of ours is somebody else's and stays.
            let isOurs = number.utf8.first != UInt8(ascii: "8") && number.utf8.first != UInt8(ascii: "f")
            #expect(keys(await drain(second)) == (isOurs ? ["1", "2", "3"] : ["2", "3"]))
            await second.close()
            #expect(FileManager.default.fileExists(atPath: folder + "/" + other) == !isOurs)
        }
    }

    @Test func recordOfALaterVersionIsKeptForIt() async throws {
        try await withFolder { folder in
            let place = folder + "/spool"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let marker: UInt64 = 0xABCD
            var known = QueuedEntry.events([event(1)], tenant).record
            var later = QueuedEntry.events([event(2)], tenant).record
            later[SpoolRecord.headSize] = 99
            SpoolRecord.seal(&later)
            SpoolRecord.mark(&known, with: marker)
            SpoolRecord.mark(&later, with: marker)
            let name = SpoolFolder.name(number: 7, marker: marker)
            try SpoolFile(place + "/" + name, .new).write(later + known + later, at: 0)
            // Each start that does not know it keeps it, and takes it for no damage; also where it was killed in between.
            for isKilled in [false, true, false] {
                let spool = try spool(place)
                #expect(keys(await drain(spool)).allSatisfy { $0 == "1" })
                await spool.close()
                #expect(!FileManager.default.fileExists(atPath: place + "/" + name))
                let kept = try SpoolFile(place + "/" + name + ".kept", .existing)
                #expect(try kept.read(1 << 20, at: 0) == later + later)
                if isKilled { try SpoolFile(place + "/" + name, .new).write(later + known + later, at: 0) }
            }
            // A version that knows it finds it.
            var record = QueuedEntry.events([event(2)], tenant).record
            SpoolRecord.mark(&record, with: marker)
            try SpoolFile(place + "/" + name + ".kept", .existing).write(record + record, at: 0)
            #expect(keys(await drain(try spool(place))) == ["2", "2"])
        }
    }

    @Test func sectorThatCannotBeReadCostsItsRecordsAlone() async throws {
        try await withFolder { folder in
            let first = try spool(folder + "/1")
            for number in 0..<20 { _ = first.append(.events([event(number, size: 1000)], tenant)) }
            try FileManager.default.copyItem(atPath: folder + "/1", toPath: folder + "/2")
            // As disks do it: the call fails wherever it touches the sector.
            let disk = SpoolDisk(read: { (file, count, place) throws(SpoolError) in
                if place < 8192 + 512, place + count > 8192 { throw SpoolError("no such sector") }
                return try file.read(count, at: place)
            })
            let second = try Spool(SpoolConfiguration(folder: folder + "/2"), logger: quiet, disk: disk)
            let name = try #require(segmentNames(folder + "/2").first)
            let left = keys(await drain(second))
            #expect(left.count >= 14 && left.first == "0" && left.last == "19")
            // The file is there for a person, takes its room, and is not read again.
            #expect(!FileManager.default.fileExists(atPath: folder + "/2/" + name))
            let total = try SpoolFile(folder + "/2/" + name + ".unreadable", .existing).size()
            #expect(second.state.withLock { $0.total } == total)
            try FileManager.default.copyItem(atPath: folder + "/2", toPath: folder + "/3")
            let third = try spool(folder + "/3")
            #expect(await drain(third).isEmpty)
            #expect(third.state.withLock { $0.total } == total)
        }
    }
}
