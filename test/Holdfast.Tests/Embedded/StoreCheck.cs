namespace Holdfast.Tests.Embedded;

/// <summary>Reads back what <see cref="CrashWriter"/> left.</summary>
internal static class StoreCheck
{
    /// <summary>
    /// Each writer's two records and events tell one number: at least that of its last acknowledged commit, at most that of the one
    /// under way. Raises the acknowledged numbers to what was found.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="acknowledged">For each writer the last commit that must be there.</param>
    /// <param name="ahead">How many later ones may be there.</param>
    public static async Task CheckAsync(StoreCopy store, long[] acknowledged, long ahead = 1)
    {
        await using var engine = await store.OpenAsync(new StateEngineOptions());
        for (var index = 0; index < acknowledged.Length; index++)
        {
            acknowledged[index] = await CheckAsync(engine, $"w{index}", acknowledged[index], ahead);
        }
    }

    private static async Task<long> CheckAsync(EmbeddedEngine engine, string affinity, long acknowledged, long ahead)
    {
        var left = (await engine.ReadAsync(new Address("left", affinity))).Record;
        var right = (await engine.ReadAsync(new Address("right", affinity))).Record;
        var number = left?.Counter("n") ?? 0;
        Assert.InRange(number, acknowledged, acknowledged + ahead);
        Assert.Equal(number, right?.Counter("n") ?? 0);
        Assert.Equal(left?.Revision, right?.Revision);
        Assert.Equal(number == 0 ? null : $"{number}", left?.Text("text"));
        Assert.Equal(number == 0 ? null : $"{number}", right?.Text("text"));
        if (left is null)
        {
            return 0;
        }

        var page = await engine.ReadJournalAsync(engine.Partitions.PartitionOf(affinity), new JournalPosition(left.Revision - 1, int.MaxValue));
        Assert.Equal($"{number}", Assert.Single(page.Events, item => item.Position.Revision == left.Revision).Type);
        var repeated = await engine.CommitAsync(new Commit(RecordChange.Update(left.Address).Add("n", 1))
        {
            Request = new RequestId($"{affinity}-{number}"),
        });
        Assert.Equal(CommitOutcome.DifferentCommit, repeated.Outcome);
        return number;
    }
}
