using System.Collections.Concurrent;
using System.Text;
using Holdfast.Embedded;
using Holdfast.Tests.Embedded.Simulation;

namespace Holdfast.Tests.Embedded;

/// <summary>A snapshot that can't be made is tried again, less and less often.</summary>
public sealed class CheckpointFailureTests
{
    [Fact]
    public void What_fails_is_left_alone_for_a_second_then_twice_as_long_up_to_a_minute()
    {
        var clock = new SetClock();
        var pause = new RetryPause(new StoreClock(clock));
        Assert.True(pause.IsOver);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            AssertPauses(seconds);
        }

        pause.Lengthen();
        pause.End();
        Assert.True(pause.IsOver);
        AssertPauses(1);

        void AssertPauses(int seconds)
        {
            pause.Lengthen();
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.False(pause.IsOver);
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.True(pause.IsOver);
        }
    }

    /// <summary>A snapshot that does not fit leaves the room to the log that it took, and is made once it does, though the log in its new segment is short.</summary>
    [Fact]
    public async Task One_that_did_not_fit_is_removed_at_once_and_made_when_there_is_room()
    {
        var clock = new SimulatedClock();
        var disk = new SimulatedDisk(new Random(1), new StringBuilder(), PlantedBug.None);
        var events = new ConcurrentQueue<string>();
        var options = new StateEngineOptions { PartitionCount = 1, Clock = clock, Log = Note };
        await using var engine = await EmbeddedEngine.OpenAsync(
            "/store", options, new EmbeddedSettings { Disk = disk, IsStepped = true, MinLogBytes = 1000 });
        for (var i = 0; i < 20; i++)
        {
            Assert.True(engine.Begin(new Commit(RecordChange.Update(new Address("a", $"{i}")).Set("v", new byte[100])), default).Result.IsCommitted);
        }

        engine.StepLog();
        Assert.True(engine.IsCheckpointDue);
        Run(engine, () =>
        {
            if (HasSnapshot())
            {
                disk.Begin(new DiskFaults(FullFrom: 0));
            }
        });
        Assert.Contains("CheckpointFailed", events);
        Assert.False(HasSnapshot(), "It keeps the room that it could not use.");
        Assert.False(engine.IsCheckpointDue, "It is tried again at once.");

        disk.Begin(new DiskFaults());
        clock.Advance(1000);
        Assert.True(engine.IsCheckpointDue, "It is not tried again.");
        Run(engine, static () => { });
        Assert.Contains("SnapshotMade", events);
        Assert.True(HasSnapshot());
        Assert.False(engine.IsCheckpointDue);

        // It fails, as it should not, and that changes nothing.
        void Note(EngineEvent item)
        {
            events.Enqueue(item.Name);
            throw new IOException("The application's log is full.");
        }

        bool HasSnapshot() => disk.NamesIn("/store").Any(static name => name.StartsWith("snapshot", StringComparison.Ordinal));
    }

    private static void Run(EmbeddedEngine engine, Action betweenSteps)
    {
        foreach (var awaited in engine.CheckpointSteps())
        {
            while (!awaited.IsCompleted)
            {
                engine.StepLog();
            }

            betweenSteps();
        }
    }
}
