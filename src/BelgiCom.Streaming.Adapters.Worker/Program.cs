using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Hosting;

return await WorkerHost.RunAsync("adapters", args, builder => builder.AddAdaptersWorker());
