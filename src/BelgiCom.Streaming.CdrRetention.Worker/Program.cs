using BelgiCom.Streaming.CdrRetention.Worker;
using BelgiCom.Streaming.Hosting;

return await WorkerHost.RunAsync(CdrRetentionWorker.Group, args, builder => builder.AddCdrRetentionWorker());
