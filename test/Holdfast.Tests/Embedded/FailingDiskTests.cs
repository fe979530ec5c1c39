using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>The disk fails one call: nothing is acknowledged after it, and nothing that was acknowledged is missing.</summary>
public sealed class FailingDiskTests
{
    private const int Writers = 4;
    private const int Commits = 60;

    [Theory]
    [Trait("Experiment", "R4")]
    [InlineData("pwrite64")]
    [InlineData("pwritev2")]
    [InlineData("ftruncate")]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    [InlineData("rename")]
    public async Task An_input_or_output_error_at_any_call_ends_writing_and_loses_nothing(string call)
    {
        var step = Experiment.Count(small: 13, large: 1);
        var hits = 0;
        for (var place = 1; ; place += step)
        {
            using var store = new StoreCopy();
            using var beside = new StoreCopy();
            var trace = beside["trace"];
            using var writer = new CrashWriter(
                store.Folder, Writers, minLogBytes: 24 << 10, Commits, "strace", "-f", "-qq", "-o", trace, "-e", $"trace={call}", "-e", $"inject={call}:error=EIO:when={place}");
            await writer.EndAsync();
            var isHit = File.ReadAllText(trace).Contains("(INJECTED)", StringComparison.Ordinal);
            Assert.True(writer.HasEndedWriting || writer.HasClosed, $"{call} {place}: it ended otherwise than it should.");
            if (!isHit)
            {
                break;
            }

            hits++;
            await CheckAsync(store, writer);
        }

        Assert.True(hits > 0, $"There was no {call} to fail.");
    }

    private static async Task CheckAsync(StoreCopy store, CrashWriter writer)
    {
        long[] acknowledged = [.. Enumerable.Range(0, Writers).Select(index => writer.Acknowledged.GetValueOrDefault(index))];
        if (acknowledged.Sum() > 0)
        {
            await StoreCheck.CheckAsync(store, acknowledged);
        }
        else
        {
            // It failed before the store was open: what it left is a store, or the beginning of one.
            await using var engine = await store.OpenAsync(new StateEngineOptions());
        }
    }
}
