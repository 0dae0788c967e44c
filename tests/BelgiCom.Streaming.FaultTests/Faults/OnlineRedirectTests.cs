using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>Online charging by two workers that share the partitions: each sends what is not its own to the other.</summary>
public sealed class OnlineRedirectTests
{
    private const int Customers = 24;
    private const string Root = "/nchf-convergedcharging/v3/chargingdata";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(10),
    };

    [Fact]
    public async Task Request_ForASubscriberOfAnotherInstance_IsRedirectedToItsOwner()
    {
        using TemporaryFolder keys = new();
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: 1);
        OnlineKillTests.OnlineCustomer[] customers =
        [
            .. Enumerable.Range(1, Customers).Select(number => new OnlineKillTests.OnlineCustomer(number, keys.FullPath)),
        ];
        OnlineKillTests.Publish(platform, customers);
        Uri first = await StartAsync(platform, "first", keys.FullPath);
        Uri second = await StartAsync(platform, "second", keys.FullPath);

        int redirected = 0;
        foreach (OnlineKillTests.OnlineCustomer customer in customers)
        {
            redirected += await IsRedirectedAsync(first, second, customer) ? 1 : 0;
        }

        Assert.InRange(redirected, 1, Customers - 1);
    }

    private static async Task<Uri> StartAsync(RatingPlatform platform, string name, string keys)
    {
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        string url = $"http://{free.LocalEndpoint}";
        free.Stop();
        RatingProcess worker = platform.StartWorker(name, settings: new Dictionary<string, string>
        {
            ["Rating__Online__Url"] = url,
            ["Rating__Online__PublicUrl"] = url,
            ["Keys__Directory"] = keys,
        });
        await worker.LineAsync(
            text => text.Contains("Online charging answers at", StringComparison.Ordinal), "the address of online charging");
        return new Uri(url);
    }

    /// <summary>
    /// Asks the first worker until it answers or names the other one, which then answers: create and update. While partitions move, either
    /// may say that it does not know, or still name the other.
    /// </summary>
    private static async Task<bool> IsRedirectedAsync(Uri first, Uri second, OnlineKillTests.OnlineCustomer customer)
    {
        for (int attempt = 0; attempt < 300; attempt++)
        {
            (HttpStatusCode status, Uri? to) = await PostAsync(new Uri(first, Root), Body(customer, sequence: 0));
            if (status == HttpStatusCode.Created)
            {
                Assert.Equal(first.Port, to!.Port);
                return false;
            }

            if (status == HttpStatusCode.TemporaryRedirect)
            {
                Assert.Equal(new Uri(second, Root), to);
                (HttpStatusCode created, Uri? session) = await PostAsync(to!, Body(customer, sequence: 0));
                if (created == HttpStatusCode.Created)
                {
                    Assert.Equal(second.Port, session!.Port);
                    Uri update = new(session + "/update");
                    (status, to) = await PostAsync(new Uri(first, update.AbsolutePath), Body(customer, sequence: 1));
                    Assert.Equal((HttpStatusCode.TemporaryRedirect, update), (status, to));
                    Assert.Equal(HttpStatusCode.OK, (await PostAsync(to!, Body(customer, sequence: 1))).Status);
                    return true;
                }

                status = created;
            }

            Assert.True(status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TemporaryRedirect, $"{status}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("Neither worker owns the partition.");
    }

    private static async Task<(HttpStatusCode Status, Uri? Location)> PostAsync(Uri uri, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using HttpResponseMessage response = await Http.PostAsync(uri, content, TestContext.Current.CancellationToken);
        return (response.StatusCode, response.Headers.Location);
    }

    private static string Body(OnlineKillTests.OnlineCustomer customer, int sequence) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"subscriberIdentifier":"imsi-{{customer.Imsi}}","nfConsumerIdentification":{"nFName":"smf-1","nodeFunctionality":"SMF"},
        "invocationTimeStamp":"{{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}}","invocationSequenceNumber":{{sequence}},
        "multipleUnitUsage":[{"ratingGroup":10,"requestedUnit":{"totalVolume":1000} }],
        "pDUSessionChargingInformation":{"chargingId":{{customer.Number}},
        "userInformation":{"servedGPSI":"msisdn-{{customer.Msisdn}}"},
        "pduSessionInformation":{"pduSessionID":1,"dnnId":"internet","servingCNPlmnId":{"mcc":"001","mnc":"01"} } } }
        """);
}
