using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.Hosting;

/// <summary>An address to listen on: one address of the machine, loopback by name, or all addresses.</summary>
/// <param name="Host">As written in the URL.</param>
/// <param name="Address">What the socket is bound to.</param>
/// <param name="Port">0 to 65,535; 0 takes any free port.</param>
internal sealed record ListenAddress(string Host, IPAddress Address, int Port)
{
    /// <summary>The form Kestrel takes.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://{Host}:{Port}");

    /// <summary>Reads <c>http://HOST:PORT</c>; null when the text is no address to listen on.</summary>
    public static ListenAddress? TryParse(string url)
    {
        const string Scheme = "http://";
        int colon = url.LastIndexOf(':');
        if (!url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || colon < Scheme.Length
            || !ushort.TryParse(url.AsSpan(colon + 1).TrimEnd('/'), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return null;
        }

        string host = url[Scheme.Length..colon];
        IPAddress? address = host switch
        {
            "+" or "*" => IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            _ => IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? parsed) ? parsed : null,
        };
        return address is null ? null : new ListenAddress(host == "localhost" ? "127.0.0.1" : host, address, port);
    }

    /// <summary>True when another process listens on the address now.</summary>
    public bool IsTaken()
    {
        if (Port == 0)
        {
            return false;
        }

        using Socket probe = new(Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(Address, Port));
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return true;
        }
        catch (SocketException exception)
        {
            throw new ConfigurationFaultException($"Http:Url: cannot listen on {Url}: {exception.Message} (set as Http__Url)");
        }
    }
}
