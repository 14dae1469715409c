import WhyOpsCommand

await CommandMain.run(ProxyCommand.self)
