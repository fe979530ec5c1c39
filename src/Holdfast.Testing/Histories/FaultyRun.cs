using Xunit;

namespace Holdfast.Testing;

/// <summary>Clients at work on two engines, where the store is shared, while one fault after the other happens to it.</summary>
internal sealed class FaultyRun
{
    private const int Clients = 6;
    private const int StepsBetween = 40;

    // How long a call may take: less than most faults last, so that some outcomes stay unknown.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly Func<StateEngine, int, Dice, Task<bool>> stepAsync;
    private readonly int seed;
    private int answered;
    private bool isOver;

    private FaultyRun(int seed, Func<StateEngine, int, Dice, Task<bool>> stepAsync) => (this.seed, this.stepAsync) = (seed, stepAsync);

    /// <summary>Runs until every fault has happened, in an order that the seed decides, and clients have been answered again after each.</summary>
    /// <param name="fixture">The store and its faults.</param>
    /// <param name="own">The engine to use if the store is not shared.</param>
    /// <param name="seed">Decides what clients do and the faults' order.</param>
    /// <param name="stepAsync">One step of a client: on this engine, which client, by chance; answers whether the store answered it.</param>
    /// <returns>What happened, for messages.</returns>
    public static async Task<string> RunAsync(EngineFixture fixture, StateEngine own, int seed, Func<StateEngine, int, Dice, Task<bool>> stepAsync)
    {
        var faults = new Dice(seed).Shuffle(fixture.Faults);
        var run = new FaultyRun(seed, stepAsync);
        if (!own.Capabilities.IsShared)
        {
            await run.RunAsync([own], faults);
        }
        else
        {
            await using var one = await OpenAsync(fixture);
            await using var other = await OpenAsync(fixture);
            await run.RunAsync([one, other], faults);
        }

        return $"seed {seed}, {string.Join(", ", faults.Select(static fault => fault.Name))}";
    }

    private static async Task<StateEngine> OpenAsync(EngineFixture fixture)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                return await fixture.OpenAsync(new StateEngineOptions { CommitTimeout = CallTimeout });
            }
            catch (StateException fault) when (fault.IsTransient && !patience.IsCancellationRequested)
            {
                // A second is little for a first greeting on a busy machine.
            }
        }
    }

    private async Task RunAsync(StateEngine[] engines, IReadOnlyList<StoreFault> faults)
    {
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => WorkAsync(engines, client))];
        try
        {
            await GoOnAsync(clients, "at first");
            foreach (var fault in faults)
            {
                await fault.HappenAsync();
                await GoOnAsync(clients, $"after {fault.Name}");
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            await Task.WhenAll(clients);
        }
    }

    private async Task WorkAsync(StateEngine[] engines, int client)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var dice = new Dice((seed * Clients) + client);
        while (!Volatile.Read(ref isOver))
        {
            if (await stepAsync(engines[dice.Next(engines.Length)], client, dice))
            {
                Interlocked.Increment(ref answered);
            }

            // So many steps that histories stay small enough to be judged.
            await Task.Delay(TimeSpan.FromMilliseconds(1 + dice.Next(4)));
        }
    }

    private async Task GoOnAsync(Task[] clients, string when)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var enough = Volatile.Read(ref answered) + StepsBetween; Volatile.Read(ref answered) < enough;)
        {
            if (clients.FirstOrDefault(static client => client.IsFaulted) is { } failed)
            {
                await failed;
            }

            Assert.False(patience.IsCancellationRequested, $"Seed {seed}: {when}, clients are not answered within {Patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
