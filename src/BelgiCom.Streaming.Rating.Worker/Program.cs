using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating.Worker;

return await WorkerHost.RunAsync("rating", args, builder => builder.AddRatingWorker());
