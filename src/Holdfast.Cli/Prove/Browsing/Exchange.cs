using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>Sends one request and reads what comes back, within limits.</summary>
internal static class Exchange
{
    /// <summary>Most bytes of a body that are read.</summary>
    public const int MaxBodyBytes = 2 * 1024 * 1024;

    /// <summary>How long the beginning of an answer may take.</summary>
    public static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a body may take; it is compared as far as it came.</summary>
    public static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long an event stream, which need not end, is listened to, and an answer of which is known that it doesn't.</summary>
    public static readonly TimeSpan EventStreamTimeout = TimeSpan.FromMilliseconds(300);

    /// <summary>The exchange, with its answer or the failure to get one.</summary>
    public static async Task<Hop> MakeAsync(Instance instance, HttpRequestMessage request, Hop hop, EndlessAnswers endless, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(HeadTimeout);
        try
        {
            using var response = await instance.Client.SendAsync(request, limit.Token);
            hop = hop with
            {
                Status = (int)response.StatusCode,
                Headers = [.. HeadersOf(response)],
                Set = [.. CookiesOf(response, hop.Target, clock.GetUtcNow())],
            };
            return hop with { Body = await ReadAsync(response, hop, endless, limit, cancellationToken) };
        }
        catch (HttpRequestException error)
        {
            return hop with { Status = 0, Failure = error.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => $"no TLS connection: {error.InnerException?.Message ?? error.Message}",
                HttpRequestError.ConnectionError => "connection refused",
                HttpRequestError.ResponseEnded => "the connection was closed",
                _ => $"{error.HttpRequestError}",
            } };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return hop with { Status = 0, Failure = $"nothing within {HeadTimeout.TotalSeconds:0} s" };
        }
    }

    private static async Task<ResponseBody> ReadAsync(HttpResponseMessage response, Hop hop, EndlessAnswers endless, CancellationTokenSource limit, CancellationToken cancellationToken)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "";
        limit.CancelAfter(mediaType == "text/event-stream" || endless.Has(hop) ? EventStreamTimeout : BodyTimeout);
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            while (await body.ReadAsync(buffer, limit.Token) is var read and > 0)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > MaxBodyBytes)
                {
                    return new ResponseBody(bytes.ToArray(), mediaType, IsWhole: false);
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            if (error is OperationCanceledException)
            {
                endless.Add(hop);
            }

            return new ResponseBody(bytes.ToArray(), mediaType, IsWhole: false);
        }

        return new ResponseBody(bytes.ToArray(), mediaType, IsWhole: true);
    }

    private static IEnumerable<KeyValuePair<string, string>> HeadersOf(HttpResponseMessage response) =>
        from header in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
        let name = header.Key.ToLowerInvariant()
        where name != "set-cookie"
        select KeyValuePair.Create(name, header.Value.ToString());

    private static IEnumerable<Cookie> CookiesOf(HttpResponseMessage response, string target, DateTimeOffset now) =>
        response.Headers.NonValidated.TryGetValues("Set-Cookie", out var values)
            ? values.Select(value => Cookie.Parse(value, target.Split('?')[0], now)).OfType<Cookie>()
            : [];
}
