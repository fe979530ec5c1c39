using System.Collections.Concurrent;

namespace Holdfast.Cli.Supervision;

/// <summary>Asks instances whether they can serve.</summary>
internal sealed class HealthProbe : IDisposable
{
    /// <summary>How long one question may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // A connection for each question: one that is kept would hold up an instance that drains.
    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
    })
    { Timeout = Timeout };

    private readonly ConcurrentDictionary<string, string> answers = new();

    /// <summary>Whether the answer is 2xx or 3xx.</summary>
    public async Task<bool> AnswersAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            answers[url.Authority] = $"answers {(int)response.StatusCode}";
            return (int)response.StatusCode is >= 200 and < 400 && answers.TryRemove(url.Authority, out _);
        }
        catch (HttpRequestException error)
        {
            answers[url.Authority] = $"fails ({error.HttpRequestError})";
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answers[url.Authority] = $"takes more than {Timeout.TotalSeconds:0} s";
            return false;
        }
    }

    /// <summary>What the last answer at the URL's address was, to go after its name.</summary>
    public string LastAnswer(Uri url) => answers.GetValueOrDefault(url.Authority, "was not asked");

    public void Dispose() => client.Dispose();
}
