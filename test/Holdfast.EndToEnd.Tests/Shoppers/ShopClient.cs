using System.Net;
using System.Text;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>
/// A shopper's browser, as far as it matters: cookies of its own, and a POST whose answer is 502 or 503 is repeated
/// under the same key, also while it is told that the first one still runs, which an instance that died holds up for a moment. Every other
/// answer than the expected one, whatever the method, is a failure; none at all is one, too, unless the gateway that had the request has died.
/// </summary>
internal sealed class ShopClient : IDisposable
{
    /// <summary>Ten times what a repeated POST may need: the gateway waits 5 s for an instance, the engine 5 s for the store.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private static readonly TimeSpan PauseBeforeRepeat = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http;
    private readonly History history;
    private readonly Lenience lenience;
    private readonly string keys;
    private int posts;
    private int repeats;
    private int breaks;
    private int closed;

    /// <summary>Opens a browser.</summary>
    /// <param name="url">The gateway.</param>
    /// <param name="history">Where to write down what happens.</param>
    /// <param name="keys">Begins every key, so that no two shoppers use the same.</param>
    /// <param name="lenience">What it puts up with.</param>
    public ShopClient(Uri url, History history, string keys, Lenience lenience)
    {
        (this.history, this.keys, this.lenience) = (history, keys, lenience);
        var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false };
        http = new HttpClient(handler) { BaseAddress = url, Timeout = Patience };
    }

    /// <summary>How often a POST had to be repeated.</summary>
    public int Repeats => repeats;

    /// <summary>How many requests got no answer, because their gateway died.</summary>
    public int Breaks => breaks;

    /// <summary>How many requests that change nothing were answered 503, because the store was away for too long.</summary>
    public int Closed => closed;

    public Task<Reply> GetAsync(string path, HttpStatusCode expected = HttpStatusCode.OK) => SendAsync(HttpMethod.Get, path, null, null, expected);

    /// <summary>Deletes; under a key where gateways die, so that one who had it can't have it done later than the one who answers.</summary>
    public Task<Reply> DeleteAsync(string path) => lenience.GatewaysDie
        ? RepeatAsync(HttpMethod.Delete, path, null, NextKey(), HttpStatusCode.NoContent)
        : SendAsync(HttpMethod.Delete, path, null, null, HttpStatusCode.NoContent);

    /// <summary>A name for a POST.</summary>
    public string NextKey() => $"{keys}-{Interlocked.Increment(ref posts)}";

    /// <summary>Posts under a key, again and again until it is answered.</summary>
    public Task<Reply> PostAsync(string path, string? json, string key, HttpStatusCode expected) => RepeatAsync(HttpMethod.Post, path, json, key, expected);

    public void Dispose() => http.Dispose();

    private async Task<Reply> RepeatAsync(HttpMethod method, string path, string? json, string key, HttpStatusCode expected)
    {
        var started = History.Now;
        while (true)
        {
            var reply = await SendAsync(method, path, json, key, expected, HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict);
            if (reply.Status == expected && !reply.IsRunning)
            {
                return reply;
            }

            if (!lenience.MayPostFail(started) || History.Now - started > Patience || (reply.Status == HttpStatusCode.Conflict && !reply.IsRunning))
            {
                throw history.Failure($"{method} {path} answered {(int)reply.Status}, which no death of an instance explains.");
            }

            Interlocked.Increment(ref repeats);
            await Task.Delay(PauseBeforeRepeat);
        }
    }

    private async Task<Reply> SendAsync(HttpMethod method, string path, string? json, string? key, params HttpStatusCode[] expected)
    {
        while (true)
        {
            var started = History.Now;
            if (await TrySendAsync(method, path, json, key) is not { } reply)
            {
                Interlocked.Increment(ref breaks);
            }
            else if (reply.Status == HttpStatusCode.ServiceUnavailable && !expected.Contains(reply.Status) && lenience.MayBeClosed(started))
            {
                Interlocked.Increment(ref closed);
            }
            else
            {
                return expected.Contains(reply.Status)
                    ? reply
                    : throw history.Failure($"{method} {path} answered {(int)reply.Status}, not {string.Join(" or ", expected.Select(static code => (int)code))}.");
            }
        }
    }

    /// <summary>The answer; null if there is none because the gateway has died.</summary>
    private async Task<Reply?> TrySendAsync(HttpMethod method, string path, string? json, string? key)
    {
        var started = History.Now;
        var what = $"{method} {path} {json}{(key is null ? "" : $" [{key}]")}";
        var sent = lenience.InFlight.Begin();
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
            var reply = new Reply(response.StatusCode, instance, await response.Content.ReadAsStringAsync())
            {
                IsRunning = response is { StatusCode: HttpStatusCode.Conflict, Headers.RetryAfter: not null },
            };
            history.Add($"{what} → {(int)reply.Status} by {reply.Instance} in {(History.Now - started).TotalMilliseconds:0} ms: {reply.Body}");
            return reply;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            history.Add($"{what} → {fault.Message}");
            return fault is HttpRequestException && lenience.MayBreak(started) ? null : throw history.Failure($"{method} {path} got no answer: {fault}");
        }
        finally
        {
            lenience.InFlight.End(sent);
        }
    }
}
