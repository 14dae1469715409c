import WhyOpsStore

extension ServiceSetup {
    /// How much is kept of projects that do not say it themselves.
    package func retention(_ options: RetentionOptions) throws -> RetentionConfiguration {
        var retention = RetentionConfiguration()
        retention.limits.age = try settings.parsed(
            "retention-age",
            flag: options.retentionAge,
            expected: Amount.ageForm,
            Amount.age
        )
        retention.limits.bytes = try settings.parsed(
            "retention-size",
            flag: options.retentionSize,
            expected: Amount.sizeForm,
            Amount.size
        )
        if let seconds = try settings.seconds("retention-interval", flag: options.retentionInterval) {
            retention.interval = .seconds(seconds)
        }
        return retention
    }
}
