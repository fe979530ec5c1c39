using System.Globalization;
using System.Net;

namespace Holdfast.EndToEnd.Tests.Causality;

/// <summary>
/// A client with cookies that writes and reads numbers, one request at a time, and holds every answer against all that it
/// has been told before: what it wrote is there, and nothing that it has seen goes back.
/// </summary>
internal sealed class CausalClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>
    /// A gateway gives what a silent instance has to another one once it has answered nothing for four seconds. Each client soon has a request there, so
    /// that hardly any comes within the last of them.
    /// </summary>
    private static readonly TimeSpan LeastSilence = TimeSpan.FromSeconds(1);

    private readonly string name;
    private readonly HttpClient http;
    private readonly Random random;
    private readonly string[] shared;
    private readonly Dictionary<string, long> seen = [];
    private readonly List<string> violations;

    /// <summary>
    /// Numbers that were, or may have been, sent twice: an instance may finish, at any time, what it was given by a gateway that died, and what a gateway
    /// gave to another one when it was silent.
    /// </summary>
    private readonly HashSet<long> late = [];

    private long written;

    /// <param name="site">The gateways.</param>
    /// <param name="number">Which client it is.</param>
    /// <param name="seed">Decides what it does.</param>
    /// <param name="violations">Where it writes down what should not have been.</param>
    public CausalClient(Uri site, int number, int seed, List<string> violations)
    {
        (name, random, this.violations) = ($"client-{number}", new Random(seed), violations);

        // A cookie lists eight partitions. Half of the clients see more, so that theirs overflows.
        shared = [.. Enumerable.Range(0, number % 2 == 0 ? 3 : 20).Select(static i => $"number-{i}")];
        http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = site, Timeout = Patience };
    }

    /// <summary>How many requests were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>How many requests had to be repeated, because the gateway that had them died.</summary>
    public long Repeated { get; private set; }

    /// <summary>Makes requests until told to stop. Most writes are read at once, which another instance answers.</summary>
    public async Task WorkAsync(Func<bool> isDone)
    {
        while (!isDone())
        {
            var which = shared[random.Next(shared.Length)];
            switch (random.Next(6))
            {
                case 0 or 1:
                    await WriteOwnAsync();
                    await ReadOwnAsync();
                    break;
                case 2:
                    await WriteSharedAsync(which);
                    await ReadSharedAsync(which);
                    break;
                case 3:
                    await ReadOwnAsync();
                    break;
                default:
                    await ReadSharedAsync(which);
                    break;
            }
        }
    }

    public void Dispose() => http.Dispose();

    private async Task WriteOwnAsync()
    {
        var (repeatedBefore, started) = (Repeated, TimeProvider.System.GetTimestamp());
        await SendAsync(HttpMethod.Put, $"/own/{name}/{written + 1}");
        written++;
        if (Repeated > repeatedBefore || TimeProvider.System.GetElapsedTime(started) > LeastSilence)
        {
            late.Add(written);
        }
    }

    private async Task ReadOwnAsync()
    {
        var told = await SendAsync(HttpMethod.Get, $"/own/{name}");
        var numbers = told.Split(' ').Select(static number => number.Length == 0 ? 0 : long.Parse(number, CultureInfo.InvariantCulture));
        Check(numbers.All(number => number == written || late.Contains(number)), $"wrote {written} and was told '{told}'; {late.Count} writes may come late");
    }

    private async Task WriteSharedAsync(string which)
    {
        var next = seen.GetValueOrDefault(which) + random.Next(1, 3);
        Saw(which, await SendAsync(HttpMethod.Put, $"/shared/{which}/{next}"), next);
    }

    private async Task ReadSharedAsync(string which) =>
        Saw(which, await SendAsync(HttpMethod.Get, $"/shared/{which}"), seen.GetValueOrDefault(which));

    private void Saw(string which, string told, long atLeast)
    {
        var number = long.Parse(told, CultureInfo.InvariantCulture);
        Check(number >= atLeast, $"{which} was {atLeast} and went back to {number}");
        seen[which] = Math.Max(number, seen.GetValueOrDefault(which));
    }

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            lock (violations)
            {
                violations.Add($"{name} after {Answered} requests: {otherwise}");
            }
        }
    }

    /// <summary>
    /// A request is answered with 200, whatever instance dies. One whose gateway dies is made again, as often as it takes. A write has content,
    /// if none to speak of: without, .NET's client would repeat it by itself and not tell.
    /// </summary>
    private async Task<string> SendAsync(HttpMethod method, string path)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Put ? new ByteArrayContent([]) : null };
                using var response = await http.SendAsync(request);
                var body = await response.Content.ReadAsStringAsync();
                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{name}: {method} {path} answered {(int)response.StatusCode} {body}");
                Answered++;
                return body;
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                Repeated++;
            }
        }
    }
}
