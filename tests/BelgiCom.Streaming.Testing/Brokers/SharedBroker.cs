using System.Runtime.ExceptionServices;
using Xunit;
using Xunit.Sdk;

namespace BelgiCom.Streaming.Testing;

/// <summary>One broker for all tests of an assembly or a class. Where it is not to be had, each test that asks for it is skipped.</summary>
public abstract class SharedBroker(BrokerKind kind) : IAsyncLifetime
{
    private SkipException? _absence;
    private TestBroker? _broker;

    /// <summary>The running broker.</summary>
    public TestBroker Broker
    {
        get
        {
            if (_absence is not null)
            {
                ExceptionDispatchInfo.Throw(_absence);
            }

            return _broker!;
        }
    }

    /// <summary>What clients take as bootstrap.servers.</summary>
    public string BootstrapServers => Broker.BootstrapServers;

    protected bool IsAbsent => _absence is not null;

    public virtual async ValueTask InitializeAsync()
    {
        try
        {
            _broker = await TestBroker.StartAsync(kind);
        }
        catch (SkipException absence)
        {
            _absence = absence;
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

/// <summary>The broker that the environment chooses.</summary>
public sealed class ChosenBroker() : SharedBroker(TestBroker.Chosen());
