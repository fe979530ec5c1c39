using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Asks an instance all the time while it is asked to end, as users do: what they get that is no answer, a rolling deploy will give them too.</summary>
internal sealed class RestartMeasure(Laboratory laboratory, Walk walk)
{
    /// <summary>How many users ask at once, each again as soon as it is answered.</summary>
    private const int Users = 4;

    /// <summary>How long they ask before the instance is to end.</summary>
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(300);

    private readonly Lock access = new();
    private int asked;
    private int failed;

    public async Task RunAsync()
    {
        var instance = (LaunchedInstance)laboratory.Runner.Instances[0];
        if (walk.Requests.FirstOrDefault(static request => request.Step.IsSafe && !request.Step.Names.Any()) is not { Step.Path: var path })
        {
            path = new Template(instance.Health);
        }

        if (!instance.IsRunning)
        {
            await instance.StartAsync(laboratory.Cancelled);
        }

        using var client = instance.CreateProbe();
        using var enough = new CancellationTokenSource();
        var url = new Uri(instance.Address, path.ToString());
        var users = Enumerable.Range(0, Users).Select(_ => AskAsync(client, url, enough.Token)).ToArray();
        await Task.Delay(Lead, laboratory.Runner.Clock, laboratory.Cancelled);
        laboratory.Runner.Timings.Stopped(await instance.StopAsync());
        await enough.CancelAsync();
        await Task.WhenAll(users);
        laboratory.Runner.Timings.Asked(asked, failed);
    }

    private async Task AskAsync(HttpMessageInvoker client, Uri url, CancellationToken enough)
    {
        var isFailing = false;
        while (!enough.IsCancellationRequested && !isFailing)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                using var response = await client.SendAsync(request, enough);
                await response.Content.CopyToAsync(Stream.Null, enough);
                isFailing = (int)response.StatusCode >= 500;
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // It listens no more: a gateway asks another one.
                return;
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                isFailing = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            lock (access)
            {
                asked++;
                failed += isFailing ? 1 : 0;
            }
        }
    }
}
