using System.Globalization;
using System.Net;
using Holdfast.EndToEnd.Tests.Shoppers;

namespace Holdfast.EndToEnd.Tests.Causality;

/// <summary>
/// A client with cookies that writes and reads numbers, one request at a time, and holds every answer against all that it
/// has been told before: what it wrote is there, and nothing that it has seen goes back; but for what the site tells it was lost of that.
/// </summary>
internal sealed class CausalClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    /// <summary>
    /// A gateway gives what a silent instance has to another one once it has answered nothing for four seconds. Each client soon has a request there, so
    /// that hardly any comes within the last of them.
    /// </summary>
    private static readonly TimeSpan LeastSilence = TimeSpan.FromSeconds(1);

    private static readonly PartitionMap Partitions = new(PartitionMap.DefaultCount);

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

    private readonly bool mayLose;
    private readonly int ownPartition;
    private int sessionPartition = -1;
    private long written;

    // Whether the last number in the session, and in the record beside it, is lost: an earlier one is there, or none.
    private bool isSessionLost;
    private bool isOwnLost;

    /// <param name="site">The gateways.</param>
    /// <param name="number">Which client it is.</param>
    /// <param name="seed">Decides what it does.</param>
    /// <param name="violations">Where it writes down what should not have been.</param>
    /// <param name="mayLose">Whether the store fails over, may lose what it acknowledged, and may keep requests waiting for longer than they do.</param>
    public CausalClient(Uri site, int number, int seed, List<string> violations, bool mayLose)
    {
        (name, random, this.violations, this.mayLose) = ($"client-{number}", new Random(seed), violations, mayLose);
        ownPartition = Partitions.PartitionOf(new Address("own", name));

        // A cookie lists eight partitions. Half of the clients see more, so that theirs overflows; what is lost in those that it does not list is told to nobody.
        shared = [.. Enumerable.Range(0, number % 2 == 0 || mayLose ? 3 : 20).Select(static i => $"number-{i}")];
        http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() }) { BaseAddress = site, Timeout = Patience };
    }

    /// <summary>Where its requests are counted that have no answer yet.</summary>
    public RequestsInFlight InFlight { get; init; } = new();

    /// <summary>How many requests were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>How many requests had to be repeated, because the gateway that had them died, or the store was failing over.</summary>
    public long Repeated { get; private set; }

    /// <summary>How many times it was told that something is lost that it was shown.</summary>
    public long Told { get; private set; }

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
        (isSessionLost, isOwnLost) = (false, false);
        if (Repeated > repeatedBefore || TimeProvider.System.GetElapsedTime(started) > LeastSilence)
        {
            late.Add(written);
        }
    }

    private async Task ReadOwnAsync()
    {
        var told = await SendAsync(HttpMethod.Get, $"/own/{name}");
        var numbers = told.Split(' ').Select(static number => number.Length == 0 ? 0 : long.Parse(number, CultureInfo.InvariantCulture)).ToList();
        Check(IsMine(numbers[0], isSessionLost) && IsMine(numbers[1], isOwnLost), $"wrote {written} and was told '{told}'; {late.Count} writes may come late");
    }

    private bool IsMine(long number, bool isLost) => number == written || late.Contains(number) || (isLost && number < written);

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

    /// <summary>Takes note of what a response tells besides: where the session is, and in which partitions something was lost.</summary>
    private void Hear(HttpResponseMessage response)
    {
        foreach (var partition in response.Headers.TryGetValues("Lost-In", out var lost) ? lost.Select(static text => int.Parse(text, CultureInfo.InvariantCulture)) : [])
        {
            Told++;
            isSessionLost |= partition == sessionPartition;
            isOwnLost |= partition == ownPartition;
            foreach (var which in shared.Where(which => Partitions.PartitionOf(new Address("shared", which)) == partition))
            {
                seen.Remove(which);
            }
        }

        if (response.Headers.TryGetValues("Session-In", out var place))
        {
            sessionPartition = int.Parse(place.Single(), CultureInfo.InvariantCulture);
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
            var begun = InFlight.Begin();
            try
            {
                using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Put ? new ByteArrayContent([]) : null };
                using var response = await http.SendAsync(request);
                var body = await response.Content.ReadAsStringAsync();
                Hear(response);
                if (mayLose && response.StatusCode == HttpStatusCode.ServiceUnavailable && TimeProvider.System.GetElapsedTime(started) < Patience)
                {
                    Repeated++;
                    await Task.Delay(50);
                    continue;
                }

                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{name}: {method} {path} answered {(int)response.StatusCode} {body}");
                Answered++;
                return body;
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                Repeated++;
            }
            finally
            {
                InFlight.End(begun);
            }
        }
    }
}
