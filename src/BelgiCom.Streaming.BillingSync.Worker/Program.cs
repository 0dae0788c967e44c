using BelgiCom.Streaming.BillingSync.Worker;
using BelgiCom.Streaming.Hosting;

return await WorkerHost.RunAsync(BillingSyncWorker.Group, args, builder => builder.AddBillingSyncWorker());
