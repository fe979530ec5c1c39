using Xunit;

namespace Holdfast.Testing;

/// <summary>Capabilities and the engine's own life: what it lacks is reported, and what it can't do fails clearly.</summary>
public abstract class CapabilityConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public void An_engine_tells_what_it_is()
    {
        Assert.False(string.IsNullOrWhiteSpace(Engine.Capabilities.Name));
        Assert.True(Enum.IsDefined(Engine.Capabilities.Durability));
    }

    [Fact]
    public async Task A_store_is_shared_or_refuses_a_second_engine()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("x", "1"));
        if (!Engine.Capabilities.IsShared)
        {
            await Assert.ThrowsAnyAsync<StateException>(async () => await OpenAsync());
            return;
        }

        var elsewhere = await OpenAsync();
        Assert.Equal("1", (await elsewhere.ReadAsync(Thing())).Record?.Text("x"));
    }

    [Fact]
    public async Task A_store_of_another_partition_count_is_refused()
    {
        await CommitAsync(RecordChange.Update(Thing()));
        await Engine.DisposeAsync();

        var other = new StateEngineOptions { PartitionCount = PartitionMap.DefaultCount / 2 };
        var fault = await Assert.ThrowsAsync<StateMismatchException>(async () => await OpenAsync(other));
        Assert.Contains($"{PartitionMap.DefaultCount}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_room_for_a_near_cache_none_is_reported()
    {
        await Engine.DisposeAsync();
        var engine = await OpenAsync(new StateEngineOptions { NearCacheMaxBytes = 0 });
        Assert.False(engine.Capabilities.HasNearCache);
    }

    [Fact]
    public async Task A_disposed_engine_fails_every_call()
    {
        await Engine.DisposeAsync();
        await Engine.DisposeAsync();

        await FailsAsync(async () => await Engine.ReadAsync(Thing()));
        await FailsAsync(async () => await Engine.ReadManyAsync([Thing()]));
        await FailsAsync(async () => await Engine.CommitAsync(new Commit(RecordChange.Update(Thing()))));
        await FailsAsync(async () => await Engine.ReadHeadAsync(Partition));
        await FailsAsync(async () => await Engine.ReadJournalAsync(Partition, JournalPosition.Start));
        await FailsAsync(async () => await Engine.WatchAsync(Thing()));
        await FailsAsync(async () => await Engine.ListenAsync(Affinity));
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_does_nothing()
    {
        var before = await RevisionAsync();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Engine.CommitAsync(new Commit(RecordChange.Update(Thing())), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Engine.ReadAsync(Thing(), cancellationToken: cancelled));

        Assert.Equal(before, await RevisionAsync());
        Assert.Null(await ReadAsync(Thing()));
    }

    private async Task FailsAsync(Func<Task> call)
    {
        var fault = await InTimeAsync(Record(call));
        Assert.True(fault is ObjectDisposedException or StateUnavailableException, $"A disposed engine answered with {fault?.ToString() ?? "no fault"}.");
    }

    private static async Task<Exception?> Record(Func<Task> call) => await Xunit.Record.ExceptionAsync(call);
}
