using System.Net;
using System.Text;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>
/// A shopper's browser, as far as it matters: cookies of its own, and a POST whose answer is 502 or 503 is repeated
/// under the same key, also while it is told that the first one still runs, which an instance that died holds up for a moment. Every other
/// answer than the expected one, whatever the method, is a failure.
/// </summary>
internal sealed class ShopClient : IDisposable
{
    /// <summary>Ten times what a repeated POST may need: the gateway waits 5 s for an instance, the engine 5 s for the store.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private static readonly TimeSpan PauseBeforeRepeat = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http;
    private readonly History history;
    private readonly Func<bool> mayPostFail;
    private readonly string keys;
    private int posts;
    private int repeats;

    /// <summary>Opens a browser.</summary>
    /// <param name="url">The gateway.</param>
    /// <param name="history">Where to write down what happens.</param>
    /// <param name="keys">Begins every key, so that no two shoppers use the same.</param>
    /// <param name="mayPostFail">Whether instances are being killed by now, so that a POST may answer 502 or 503.</param>
    public ShopClient(Uri url, History history, string keys, Func<bool> mayPostFail)
    {
        (this.history, this.keys, this.mayPostFail) = (history, keys, mayPostFail);
        var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false };
        http = new HttpClient(handler) { BaseAddress = url, Timeout = Patience };
    }

    /// <summary>How often a POST had to be repeated.</summary>
    public int Repeats => repeats;

    public Task<Reply> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK) => SendAsync(HttpMethod.Get, path, null, null, expected);

    public Task<Reply> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null, null, HttpStatusCode.NoContent);

    /// <summary>A name for a POST.</summary>
    public string NextKey() => $"{keys}-{Interlocked.Increment(ref posts)}";

    /// <summary>Posts under a key, again and again until it is answered.</summary>
    public async Task<Reply> PostAsync(string path, string? json, string key, HttpStatusCode expected)
    {
        var deadline = History.Now + Patience;
        while (true)
        {
            var reply = await SendAsync(HttpMethod.Post, path, json, key, expected, HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict);
            if (reply.Status == expected && !reply.IsRunning)
            {
                return reply;
            }

            if (!mayPostFail() || History.Now > deadline || (reply.Status == HttpStatusCode.Conflict && !reply.IsRunning))
            {
                throw history.Failure($"POST {path} answered {(int)reply.Status}, which no death of an instance explains.");
            }

            Interlocked.Increment(ref repeats);
            await Task.Delay(PauseBeforeRepeat);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<Reply> SendAsync(HttpMethod method, string path, string? json, string? key, params HttpStatusCode[] expected)
    {
        var started = History.Now;
        var what = $"{method} {path} {json}{(key is null ? "" : $" [{key}]")}";
        Reply reply;
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (json is not null)
            {
                request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            }

            if (key is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
            }

            using var response = await http.SendAsync(request);
            var instance = response.Headers.TryGetValues("X-Instance", out var values) ? values.Single() : "no instance";
            reply = new Reply(response.StatusCode, instance, await response.Content.ReadAsStringAsync())
            {
                IsRunning = response is { StatusCode: HttpStatusCode.Conflict, Headers.RetryAfter: not null },
            };
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            history.Add($"{what} → {fault.Message}");
            throw history.Failure($"{method} {path} got no answer: {fault}");
        }

        history.Add($"{what} → {(int)reply.Status} by {reply.Instance} in {(History.Now - started).TotalMilliseconds:0} ms: {reply.Body}");
        return expected.Contains(reply.Status)
            ? reply
            : throw history.Failure($"{method} {path} answered {(int)reply.Status}, not {string.Join(" or ", expected.Select(static code => (int)code))}.");
    }
}
