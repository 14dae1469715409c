import WhyOpsCommand

await CommandMain.run(IngestCommand.self)
