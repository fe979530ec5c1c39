using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>Commits that their caller has written itself, instead of waking the log's thread.</summary>
public sealed class WriteHereTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-write-here-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task They_are_made_when_the_call_returns_and_found_after_a_restart()
    {
        await using (var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default))
        {
            var frames = engine.LogFigures.Frames;
            var (rounds, _) = await WriteHereAsync(engine, [.. Enumerable.Range(0, 100).Select(static number => $"own/{number}")]);
            Assert.Equal(rounds * 101, engine.LogFigures.Frames - frames);
            Assert.Equal("v", (await engine.ReadAsync(new Address("own", "99"))).Record!.Text("f"));
        }

        await using var again = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default);
        Assert.Equal(101, again.CountRecords());
    }

    [Fact]
    public async Task What_waits_for_the_disk_is_left_to_the_log_and_everybody_is_answered()
    {
        await using var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default);
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Factory.StartNew(
            () =>
            {
                List<Task> durable = [];
                for (var round = 0; round < 300; round++)
                {
                    durable.Add(Begin(engine, $"mixed/{caller}-{round}", (Durability)((caller + round) % 3)));
                    if (round % 7 == 0)
                    {
                        engine.Write();
                    }
                }

                engine.Write();
                Task.WaitAll([.. durable], TimeSpan.FromSeconds(60));
                Assert.All(durable, static task => Assert.True(task.IsCompletedSuccessfully));
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(callers);
        Assert.Equal(8 * 300, engine.CountRecords());
    }

    [Fact]
    public async Task What_nobody_waits_for_reaches_the_disk_all_the_same()
    {
        await using var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default);
        var (_, syncs) = await WriteHereAsync(engine, ["alone/1"]);
        var begun = TimeProvider.System.GetTimestamp();
        while (engine.LogFigures.Syncs == syncs)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), "It was not synchronised.");
            await Task.Delay(20);
        }
    }

    /// <summary>
    /// Has commits written by their caller, after one that is synchronised, and tells in which round all were made when the call returned, and how
    /// often the log had been synchronised before. They are left to the log's thread while that is still at what came before.
    /// </summary>
    private static async Task<(int Rounds, long Syncs)> WriteHereAsync(EmbeddedEngine engine, string[] addresses)
    {
        for (var round = 1; ; round++)
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(new Address("before", "1")).Set("f", "v")) { Durability = Durability.Synced });
            while (engine.LogFigures.WaitingFrames > 0)
            {
                await Task.Delay(1);
            }

            var syncs = engine.LogFigures.Syncs;
            var durable = addresses.Select(address => Begin(engine, address, Durability.Written)).ToList();
            engine.Write();
            if (durable.TrueForAll(static task => task.IsCompletedSuccessfully))
            {
                return (round, syncs);
            }

            Assert.True(round < 20, "What its caller was to write is always left to the log's thread.");
            await Task.WhenAll(durable);
        }
    }

    private static Task Begin(EmbeddedEngine engine, string address, Durability durability) =>
        engine.Begin(
            new Commit(RecordChange.Update(Address.Parse(address)).Set("f", "v")) { Durability = durability },
            new CommitSender(null, 0, null) { Writes = true }).Durable;
}
