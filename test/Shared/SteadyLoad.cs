using System.Collections.Concurrent;

namespace Holdfast.TestServers;

/// <summary>Clients that ask one thing after the other, until they are told that it is enough.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Clients = 4;

    private readonly CancellationTokenSource enough = new();
    private readonly HttpClient client = new() { Timeout = HoldfastTool.Deadline };
    private readonly ConcurrentQueue<string> failures = new();
    private readonly Task[] clients;
    private int requests;

    /// <summary>Begins.</summary>
    /// <param name="ask">Sends the request of a number.</param>
    public SteadyLoad(Func<HttpClient, int, Task<HttpResponseMessage>> ask) =>
        clients = [.. Enumerable.Range(0, Clients).Select(number => RunAsync(ask, number))];

    /// <summary>What failed so far, each with its reason.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>GET and POST in turn, and now and then one that takes a second.</summary>
    public static SteadyLoad Mixed(string url) => new(async (client, turn) =>
    {
        var path = turn % 25 == 0 ? "/slow" : "/";
        using var content = new StringContent("some text");
        return turn % 2 == 0 ? await client.GetAsync(url + path) : await client.PostAsync(url + path, content);
    });

    /// <summary>Returns once this many requests more were answered.</summary>
    public async Task GoOnAsync(int more)
    {
        var wanted = Volatile.Read(ref requests) + more;
        using var deadline = new CancellationTokenSource(HoldfastTool.Deadline);
        while (Volatile.Read(ref requests) < wanted)
        {
            await Task.Delay(10, deadline.Token);
        }
    }

    /// <summary>Ends it once what is under way is answered.</summary>
    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(clients);
        client.Dispose();
        enough.Dispose();
    }

    private async Task RunAsync(Func<HttpClient, int, Task<HttpResponseMessage>> ask, int number)
    {
        for (var turn = number; !enough.IsCancellationRequested; turn++)
        {
            try
            {
                using var response = await ask(client, turn);
                if (!response.IsSuccessStatusCode)
                {
                    failures.Enqueue($"{response.RequestMessage}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                }
            }
            catch (HttpRequestException error)
            {
                failures.Enqueue(error.ToString());
            }

            Interlocked.Increment(ref requests);
        }
    }
}
