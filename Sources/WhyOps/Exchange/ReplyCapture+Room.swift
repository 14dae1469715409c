// How much of a stream is kept (EXC-39, EXC-48, PRX-210).

extension ReplyCapture {
    /// Counts an event of a stream; `false` where its content is no longer kept.
    mutating func admits(_ count: Int) -> Bool {
        streamBytes += count
        return keeps(count, of: streamBytes)
    }

    /// Counts a block or an item that a stream brings in one event; `false` where it is no longer kept.
    mutating func admits(item count: Int) -> Bool {
        itemBytes += count
        return keeps(count, of: itemBytes)
    }

    private mutating func keeps(_ count: Int, of all: Int) -> Bool {
        if all > Self.maximumStreamBytes || count > room - keptBytes { isComplete = false }
        if isComplete { keptBytes += count }
        return isComplete
    }

    /// Whether there is room for content that stands in place of all that was kept before.
    mutating func admits(whole count: Int) -> Bool {
        if count <= room { return true }
        isComplete = false
        return false
    }
}
