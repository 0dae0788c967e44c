using BelgiCom.Streaming.Contracts.Generator;

return ContractsGenerator.Run(Directory.GetCurrentDirectory(), Console.Error);
