using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace BelgiCom.Streaming.Bench;

/// <summary>What a client asks, and how fast.</summary>
/// <param name="Url">Where.</param>
/// <param name="Customers">Number of customers.</param>
/// <param name="SessionsOfEach">Parallel sessions of each.</param>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Seconds">For how long, after the sessions were created.</param>
internal sealed record SmfPlan(Uri Url, int Customers, int SessionsOfEach, int PerSecond, int Seconds);

/// <summary>
/// A client of online charging as an SMF is one: few HTTP/2 connections, many sessions, each of which creates, updates eight times,
/// releases, and begins anew. Open loop: each request has a planned moment, and its latency counts from there, also when its session still
/// waited for the answer before (no coordinated omission).
/// </summary>
internal sealed class SmfClient : IDisposable
{
    private const int UpdatesOfSession = 8;
    private const int WantedOctets = 4_000_000;
    private const int MostUsed = 2_000_000;
    private const int CreatesPerSecond = 500;
    private const string Root = "/nchf-convergedcharging/v3/chargingdata";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly SmfPlan _plan;
    private readonly Session[] _sessions;
    private readonly HttpClient[] _connections;
    private readonly ConcurrentQueue<long> _latencies = [];
    private readonly ConcurrentDictionary<string, int> _refusals = [];
    private int _open;
    private int _retries;
    private long _octets;

    public SmfClient(SmfPlan plan, int connections = 4)
    {
        _plan = plan;
        _sessions = [.. Enumerable.Range(0, plan.Customers * plan.SessionsOfEach).Select(number => new Session(number, plan.Customers))];
        _connections =
        [
            .. Enumerable.Range(0, connections).Select(_ => new HttpClient(new SocketsHttpHandler())
            {
                DefaultRequestVersion = HttpVersion.Version20,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Timeout = TimeSpan.FromSeconds(30),
            }),
        ];
    }

    /// <summary>Creates all sessions, which does not count, then asks by plan, and releases the sessions at the end.</summary>
    /// <returns>What was measured, in milliseconds.</returns>
    public async Task<SmfResult> RunAsync(CancellationToken stopping)
    {
        await SendByPlanAsync(_sessions, _sessions.Length, CreatesPerSecond, stopping);
        _latencies.Clear();
        _retries = 0;
        int requests = _plan.PerSecond * _plan.Seconds;
        long started = Stopwatch.GetTimestamp();
        double late = await SendByPlanAsync(_sessions, requests, _plan.PerSecond, stopping);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long[] latencies = [.. _latencies.Order()];
        Session[] open = [.. _sessions.Where(session => session.Path.Length > 0)];
        foreach (Session session in open)
        {
            session.Updates = UpdatesOfSession;
        }

        await SendByPlanAsync(open, open.Length, CreatesPerSecond, stopping);
        return new SmfResult(
            latencies.Length, latencies.Length / seconds, At(latencies, 0.5), At(latencies, 0.95), At(latencies, 0.99), At(latencies, 1),
            late, Volatile.Read(ref _retries), Interlocked.Read(ref _octets), new SortedDictionary<string, int>(_refusals));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HttpClient connection in _connections)
        {
            connection.Dispose();
        }
    }

    private static double At(long[] sorted, double part) => sorted.Length == 0
        ? 0
        : Stopwatch.GetElapsedTime(0, sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))]).TotalMilliseconds;

    /// <summary>Sends requests at a fixed rate, sessions in turn, and waits for the answers.</summary>
    /// <returns>How late the p99 of them was sent at most because this program was, in milliseconds.</returns>
    private async Task<double> SendByPlanAsync(
        Session[] sessions, int requests, int perSecond, CancellationToken stopping)
    {
        double lateness = await Task.Factory.StartNew(
            () =>
            {
                List<long> late = new(requests);
                double interval = (double)Stopwatch.Frequency / perSecond;
                long started = Stopwatch.GetTimestamp();
                for (int sent = 0; sent < requests;)
                {
                    long now = Stopwatch.GetTimestamp();
                    for (; sent < requests && started + (long)(sent * interval) <= now; sent++)
                    {
                        Session session = sessions[sent % sessions.Length];
                        long planned = started + (long)(sent * interval);
                        late.Add(now - planned);
                        session.Planned.Enqueue(planned);
                        if (Interlocked.Exchange(ref session.IsBusy, 1) == 0)
                        {
                            Interlocked.Increment(ref _open);
                            ThreadPool.UnsafeQueueUserWorkItem(_ => _ = RunSessionAsync(session, stopping), null);
                        }
                    }

                    Thread.Sleep(1);
                    stopping.ThrowIfCancellationRequested();
                }

                late.Sort();
                return At([.. late], 0.99);
            },
            stopping, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (Volatile.Read(ref _open) > 0)
        {
            await Task.Delay(10, stopping);
        }

        return lateness;
    }

    /// <summary>Sends what is planned of a session, one request after the other.</summary>
    private async Task RunSessionAsync(Session session, CancellationToken stopping)
    {
        do
        {
            while (session.Planned.TryDequeue(out long planned))
            {
                await AskAsync(session, stopping);
                _latencies.Enqueue(Stopwatch.GetTimestamp() - planned);
            }

            Volatile.Write(ref session.IsBusy, 0);
        }
        while (!session.Planned.IsEmpty && Interlocked.Exchange(ref session.IsBusy, 1) == 0);

        Interlocked.Decrement(ref _open);
    }

    private async Task AskAsync(Session session, CancellationToken stopping)
    {
        HttpStatusCode expected = session.Next(out string path, out long used, out byte[] body);
        while (true)
        {
            using ByteArrayContent content = new(body);
            content.Headers.ContentType = Json;
            using HttpResponseMessage response = await _connections[session.Number % _connections.Length].PostAsync(
                new Uri(_plan.Url, Root + path), content, stopping);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Interlocked.Increment(ref _retries);
                await Task.Delay(5, stopping);
                continue;
            }

            if (response.StatusCode != expected)
            {
                _refusals.AddOrUpdate($"{(int)response.StatusCode}", 1, (_, count) => count + 1);
                session.Forget();
                return;
            }

            Interlocked.Add(ref _octets, used);
            session.Answered(response.Headers.Location, await response.Content.ReadAsByteArrayAsync(stopping));
            return;
        }
    }

    /// <summary>One session, over and over.</summary>
    private sealed class Session(int number, int customers)
    {
        private readonly Random _random = new(number);
        private int _sequence;
        private int _container;
        private long _granted;
        private int _lives;

        /// <summary>1 while a request of it is under way.</summary>
        public int IsBusy;

        public int Number => number;

        /// <summary>When its requests should be sent.</summary>
        public ConcurrentQueue<long> Planned { get; } = [];

        /// <summary>Where it is; empty before it is created.</summary>
        public string Path { get; private set; } = "";

        /// <summary>Updates since it was created.</summary>
        public int Updates { get; set; }

        public HttpStatusCode Next(out string path, out long used, out byte[] body)
        {
            bool isCreate = Path.Length == 0;
            bool isRelease = !isCreate && Updates >= UpdatesOfSession;
            path = isCreate ? "" : isRelease ? $"{Path}/release" : $"{Path}/update";
            used = isCreate ? 0 : _random.NextInt64(Math.Min(_granted, MostUsed) + 1);
            body = Encoding.UTF8.GetBytes(Body(used, !isCreate, !isRelease));
            return isCreate ? HttpStatusCode.Created : isRelease ? HttpStatusCode.NoContent : HttpStatusCode.OK;
        }

        public void Answered(Uri? location, byte[] answer)
        {
            if (location is not null)
            {
                (Path, Updates) = ("/" + location.Segments[^1], 0);
            }
            else if (answer.Length == 0)
            {
                Forget();
                return;
            }
            else
            {
                Updates++;
            }

            using JsonDocument read = JsonDocument.Parse(answer);
            JsonElement unit = read.RootElement.GetProperty("multipleUnitInformation")[0];
            _granted = unit.TryGetProperty("grantedUnit", out JsonElement granted) ? granted.GetProperty("totalVolume").GetInt64() : 0;
        }

        public void Forget()
        {
            (Path, _sequence, _granted) = ("", 0, 0);
            _lives++;
        }

        private string Body(long used, bool reports, bool asks)
        {
            int customer = number % customers;
            string now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            string container = reports
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""
                    ,"usedUnitContainer":[{"localSequenceNumber":{{++_container}},"totalVolume":{{used}},"triggerTimestamp":"{{now}}"}]
                    """)
                : "";
            string wanted = asks
                ? string.Create(CultureInfo.InvariantCulture, $",\"requestedUnit\":{{\"totalVolume\":{WantedOctets}}}") : "";
            (string mcc, string mnc) = OnlineCustomers.IsPrepaid(customer) ? ("206", "01") : ("001", "01");
            return string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {"subscriberIdentifier":"imsi-{{OnlineCustomers.Imsi(customer)}}",
                "nfConsumerIdentification":{"nFName":"smf-1","nodeFunctionality":"SMF"},
                "invocationTimeStamp":"{{now}}","invocationSequenceNumber":{{_sequence++}},
                "multipleUnitUsage":[{"ratingGroup":10{{wanted}}{{container}}}],
                "pDUSessionChargingInformation":{"chargingId":{{(_lives * 1_000_000L) + number + 1}},
                "userInformation":{"servedGPSI":"msisdn-{{OnlineCustomers.Msisdn(customer)}}"},
                "pduSessionInformation":{"pduSessionID":{{(number / customers) + 1}},"dnnId":"internet",
                "servingCNPlmnId":{"mcc":"{{mcc}}","mnc":"{{mnc}}"} } } }
                """);
        }
    }
}

/// <summary>What a client measured.</summary>
/// <param name="Answered">Requests that were answered.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="Median">Median of the latency from the planned moment to the answer, milliseconds.</param>
/// <param name="At95">Its 95th percentile.</param>
/// <param name="At99">Its 99th percentile.</param>
/// <param name="Most">The longest.</param>
/// <param name="SentLate">How late the client itself sent, p99, milliseconds.</param>
/// <param name="Retries">Requests that were sent again after 503.</param>
/// <param name="Octets">Octets reported and answered, in the whole run.</param>
/// <param name="Refusals">Other answers than expected, by status.</param>
internal sealed record SmfResult(
    int Answered, double PerSecond, double Median, double At95, double At99, double Most, double SentLate, int Retries, long Octets,
    IReadOnlyDictionary<string, int> Refusals);
