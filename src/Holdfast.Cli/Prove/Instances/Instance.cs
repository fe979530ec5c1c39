namespace Holdfast.Cli.Prove.Instances;

/// <summary>One of the instances that requests are sent to.</summary>
internal abstract class Instance(int number) : IAsyncDisposable
{
    /// <summary>From 1.</summary>
    public int Number => number;

    /// <summary>How it is called towards people.</summary>
    public string Name => $"instance {number}";

    /// <summary>Where it listens now.</summary>
    public abstract Uri Address { get; }

    /// <summary>What sends requests to it.</summary>
    public abstract HttpMessageInvoker Client { get; }

    /// <summary>The Host that requests name; null for the address's own.</summary>
    public abstract string? Host { get; }

    /// <summary>Why it no longer runs, to go after its name; null while nothing is known.</summary>
    public virtual ValueTask<string?> WhyDeadAsync() => new((string?)null);

    /// <summary>Whether the URL leads to this instance and no other.</summary>
    public virtual bool IsAt(Uri url) => url.Authority == Address.Authority;

    public abstract ValueTask DisposeAsync();

    /// <summary>A client that leaves redirects, cookies and proxies to its caller.</summary>
    protected static HttpMessageInvoker CreateClient(System.Net.Security.RemoteCertificateValidationCallback? validate = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = System.Net.DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(5),

            // Servers close connections that idle for some seconds, two the soonest. A request that is sent at that moment
            // gets no answer, and would look like one that failed.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1),
            ActivityHeadersPropagator = null,
        };
        handler.SslOptions.RemoteCertificateValidationCallback = validate;
        return new HttpMessageInvoker(handler);
    }
}
