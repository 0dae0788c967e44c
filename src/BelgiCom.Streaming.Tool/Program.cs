return await BelgiCom.Streaming.Tool.CommandLine.RunAsync(args);
