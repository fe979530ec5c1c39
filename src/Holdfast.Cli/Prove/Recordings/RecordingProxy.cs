using System.Globalization;
using System.Net;
using System.Text;
using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Instances;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>Stands before an instance on a loopback port, and keeps what goes through: every request, and what was answered.</summary>
internal sealed class RecordingProxy : IAsyncDisposable
{
    /// <summary>Most exchanges that are kept; a scenario has no use for more.</summary>
    private const int MaxExchanges = 2000;

    /// <summary>What belongs to one connection and not to the message (RFC 9110, 7.6.1), or is made anew for the next one.</summary>
    private static readonly HashSet<string> OfConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "accept-encoding",
    };

    private readonly WebApplication server;
    private readonly Instance instance;
    private readonly List<RecordedExchange> exchanges = [];

    private RecordingProxy(WebApplication server, Instance instance) => (this.server, this.instance) = (server, instance);

    /// <summary>What has gone through, in the order of the requests' ends.</summary>
    public IReadOnlyList<RecordedExchange> Exchanges
    {
        get
        {
            lock (exchanges)
            {
                return [.. exchanges];
            }
        }
    }

    /// <summary>Where users find it.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="CommandException">Somebody else listens on the port.</exception>
    public static async Task<RecordingProxy> StartAsync(Instance instance, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, port);
            options.AddServerHeader = false;
        });
        var proxy = new RecordingProxy(builder.Build(), instance);
        proxy.server.Run(proxy.ForwardAsync);
        try
        {
            await proxy.server.StartAsync();
        }
        catch (IOException)
        {
            await proxy.DisposeAsync();
            throw new CommandException($"port {port} is taken: end what listens there, or name another with --port");
        }

        proxy.Address = new Uri(proxy.server.Urls.First());
        return proxy;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task ForwardAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            using var request = RequestTo(context.Request, body.ToArray());
            using var response = await instance.Client.SendAsync(request, context.RequestAborted);
            var answer = await AnswerAsync(context, response);
            Keep(context.Request, body.ToArray(), response, answer);
        }
        catch (HttpRequestException error)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            await context.Response.WriteAsync($"{instance.Name} does not answer: {error.Message}\n", context.RequestAborted);
        }
    }

    private HttpRequestMessage RequestTo(HttpRequest from, byte[] body)
    {
        var target = from.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(instance.Address, target));
        request.Content = body.Length == 0 ? null : new ByteArrayContent(body);
        foreach (var (name, values) in from.Headers.Where(static header => !OfConnection.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    /// <summary>Passes the answer on as it comes, and returns as much of its body as is kept.</summary>
    private static async Task<byte[]> AnswerAsync(HttpContext context, HttpResponseMessage response)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).Where(static header => !OfConnection.Contains(header.Key)))
        {
            context.Response.Headers[header.Key] = header.Value.ToArray();
        }

        var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        while (await body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            kept.Write(buffer, 0, (int)Math.Min(read, Exchange.MaxBodyBytes - kept.Length));
        }

        return kept.ToArray();
    }

    private void Keep(HttpRequest request, byte[] body, HttpResponseMessage response, byte[] answer)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var page = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{request.Host}{target}"));
        var exchange = new RecordedExchange
        {
            Method = request.Method,
            Target = target,
            Headers = [.. request.Headers.Select(static header => KeyValuePair.Create(header.Key, header.Value.ToString()))],
            BodyType = RecordedExchange.MediaType(request.ContentType),
            Body = body.Length == 0 ? null : Encoding.UTF8.GetString(body),
            Status = (int)response.StatusCode,
            Location = response.Headers.Location is { } location && Uri.TryCreate(page, location, out var next) && next.Authority == page.Authority ? next.PathAndQuery : null,
            AnswerType = RecordedExchange.MediaType(response.Content.Headers.ContentType?.ToString()),
            Answer = Encoding.UTF8.GetString(answer),
        };
        lock (exchanges)
        {
            if (exchanges.Count < MaxExchanges)
            {
                exchanges.Add(exchange);
            }
        }
    }
}
