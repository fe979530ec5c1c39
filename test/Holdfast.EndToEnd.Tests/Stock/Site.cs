using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>
/// The stock application on as many hosts as it has instances. Each request goes to another one than the last, and whoever has
/// answered a POST may be killed for it: what it remembers beyond its own memory is all that is left.
/// </summary>
public abstract class Site : IAsyncLifetime
{
    private static readonly Uri Address = new("http://ferry.example");
    private readonly string project;
    private readonly int count;
    private readonly bool killsAfterPost;
    private readonly Queue<ApplicationProcess> turns = new();
    private readonly SemaphoreSlim ready = new(0);
    private readonly List<Task> restarts = [];
    private readonly List<ApplicationProcess> instances = [];
    private ApplicationProcess? last;

    /// <param name="project">The build of the application.</param>
    /// <param name="count">How many instances.</param>
    /// <param name="killsAfterPost">Whether an instance that has answered a POST is killed, and started again.</param>
    protected Site(string project, int count, bool killsAfterPost) => (this.project, this.count, this.killsAfterPost) = (project, count, killsAfterPost);

    /// <summary>How many instances have been killed.</summary>
    public int Kills => restarts.Count;

    public async ValueTask InitializeAsync()
    {
        var state = await StartStoreAsync();
        for (var number = 1; number <= count; number++)
        {
            instances.Add(await ApplicationProcess.StartAsync($"ferry-{number}", project, state));
            Return(instances[^1]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(restarts);
        foreach (var instance in instances)
        {
            await instance.DisposeAsync();
        }

        await StopStoreAsync();
        ready.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A visitor's browser. Tests use one at a time.</summary>
    internal Browser Visit() => new(Address, new Turns(this));

    /// <summary>Starts the store, if the application has one, and tells where it is.</summary>
    protected virtual Task<string?> StartStoreAsync() => Task.FromResult<string?>(null);

    /// <summary>Ends the store.</summary>
    protected virtual ValueTask StopStoreAsync() => ValueTask.CompletedTask;

    private async Task<ApplicationProcess> NextAsync()
    {
        await ready.WaitAsync();
        lock (turns)
        {
            return turns.Dequeue();
        }
    }

    private void Return(ApplicationProcess instance)
    {
        lock (turns)
        {
            turns.Enqueue(instance);
        }

        ready.Release();
    }

    /// <summary>Who has just answered rests until another one has, if there is another: nobody answers twice in a row.</summary>
    private void Rest(ApplicationProcess instance)
    {
        var rested = count == 1 ? instance : last;
        last = instance;
        if (rested is not null)
        {
            Return(rested);
        }
    }

    private async Task ReplaceAsync(ApplicationProcess instance)
    {
        await instance.RestartAsync();
        Return(instance);
    }

    /// <summary>Takes each request to the instance whose turn it is, as a load balancer before the site would.</summary>
    private sealed class Turns(Site site)
        : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var instance = await site.NextAsync();
            var asked = request.RequestUri!;
            request.Headers.Host = asked.Authority;
            request.RequestUri = new Uri(instance.Url, asked.PathAndQuery);
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            request.RequestUri = asked;
            if (site.killsAfterPost && request.Method == HttpMethod.Post)
            {
                await instance.KillAsync();
                site.restarts.Add(site.ReplaceAsync(instance));
            }
            else
            {
                site.Rest(instance);
            }

            return response;
        }
    }
}
