import WhyOpsCommand

await CommandMain.run(RootCommand.self)
