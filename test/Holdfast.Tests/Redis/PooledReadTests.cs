using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>
/// Many callers whose calls are used again and again, while answers are held back until callers have gone, come after them, or
/// are cut off: each caller is shown the record that it asked for, or a fault.
/// </summary>
public sealed class PooledReadTests : IAsyncLifetime
{
    private const int Callers = 32;
    private const int Records = 97;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private RedisServer server = null!;
    private FaultProxy proxy = null!;
    private RedisEngine engine = null!;
    private bool isOver;
    private int answered;
    private int cancelled;
    private int failed;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(isTcp: true);
        proxy = new FaultProxy(server.Port);
        await using var filling = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        for (var number = 0; number < Records; number++)
        {
            await filling.CommitAsync(new Commit(RecordChange.Update(Record(number)).Set("who", $"{Record(number)}")));
        }

        engine = await HastyEngines.OpenAsync(
            proxy.ConnectionString, new StateEngineOptions { NearCacheMaxBytes = 0, CommitTimeout = TimeSpan.FromMilliseconds(200) });
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Each_caller_is_shown_its_own_record_whatever_befalls_the_calls()
    {
        var callers = Enumerable.Range(0, Callers).Select(caller => ReadAsync(new Random(caller))).ToList();
        var chance = new Random(0);
        for (var round = 0; round < 30; round++)
        {
            await UntilGrownAsync(callers, () => Volatile.Read(ref answered), 1000);
            await TroubleAsync(callers, round % 3, chance);
        }

        Volatile.Write(ref isOver, true);
        proxy.Release();
        await Task.WhenAll(callers).WaitAsync(Patience);
        Assert.InRange(cancelled, 100, int.MaxValue);
        Assert.InRange(failed, 100, int.MaxValue);
    }

    private async Task TroubleAsync(IReadOnlyList<Task> callers, int kind, Random chance)
    {
        if (kind == 0)
        {
            proxy.FromStore.CutAfter(chance.Next(20_000));
            await UntilAsync(callers, () => proxy.FromStore.HasCut);
            return;
        }

        // Answers come late: to callers of whom some have gone, and, the second time, only once all of them have.
        proxy.Hold();
        if (kind == 1)
        {
            await UntilGrownAsync(callers, () => Volatile.Read(ref cancelled), 3);
        }
        else
        {
            await UntilGrownAsync(callers, () => Volatile.Read(ref failed), Callers);
        }

        proxy.Release();
    }

    private async Task ReadAsync(Random chance)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!Volatile.Read(ref isOver))
        {
            var asked = Record(chance.Next(Records));
            var gone = new CancellationTokenSource();
            var isGoing = chance.Next(4) == 0;
            try
            {
                var read = engine.ReadAsync(asked, Freshness.Latest, isGoing || chance.Next(2) == 0 ? gone.Token : default);
                if (isGoing)
                {
                    ThreadPool.QueueUserWorkItem(static gone => gone.Cancel(), gone, preferLocal: false);
                }

                var reading = await read;
                Assert.Equal(engine.Partitions.PartitionOf(asked), reading.At.Partition);
                Assert.Equal(asked, reading.Record!.Address);
                Assert.Equal(asked.ToString(), reading.Record.Text("who"));
                Interlocked.Increment(ref answered);
            }
            catch (OperationCanceledException fault) when (isGoing && fault.CancellationToken == gone.Token)
            {
                Interlocked.Increment(ref cancelled);
            }
            catch (StateUnavailableException)
            {
                Interlocked.Increment(ref failed);
            }
        }
    }

    private Task UntilGrownAsync(IReadOnlyList<Task> callers, Func<int> count, int by)
    {
        var before = count();
        return UntilAsync(callers, () => count() >= before + by);
    }

    private async Task UntilAsync(IReadOnlyList<Task> callers, Func<bool> isTrue)
    {
        var patience = Stopwatch.StartNew();
        while (!isTrue())
        {
            if (callers.FirstOrDefault(static caller => caller.IsCompleted) is { } ended)
            {
                await ended;
            }

            Assert.True(patience.Elapsed < Patience, $"{answered} answered, {cancelled} cancelled, {failed} failed.");
            await Task.Delay(1);
        }
    }

    private static Address Record(int number) => new("thing", $"t-{number}");
}
