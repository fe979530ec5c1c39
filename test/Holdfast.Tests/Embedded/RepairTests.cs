using System.Security.Cryptography;
using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A damaged store that was repaired starts; what is left was there once, and stamps tell what is not.</summary>
public sealed class RepairTests : IAsyncLifetime
{
    private const int SectorBytes = 512;
    private readonly Random random = new(7);
    private KnownStore known = null!;

    public async ValueTask InitializeAsync() => known = await KnownStore.MakeAsync();

    public ValueTask DisposeAsync()
    {
        known.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_sound_store_is_left_alone()
    {
        var before = Contents(known.Store.Folder);
        var report = await EmbeddedFolder.RepairAsync(known.Store.Folder, KnownStore.Options);
        Assert.True(report.IsSound);
        Assert.Equal((null, 4, 0, 0), (report.Copy, report.Partitions, report.Losses.Count, report.MissingFrames));
        Assert.Equal(before, Contents(known.Store.Folder));
    }

    [Fact]
    [Trait("Experiment", "R6")]
    public async Task Flipped_bits_are_repaired()
    {
        for (var run = 0; run < Experiment.Count(small: 60, large: 3_000); run++)
        {
            await CheckAsync(Anywhere(static (bytes, random) => bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8))));
        }
    }

    [Fact]
    [Trait("Experiment", "R7")]
    public async Task Truncated_zeroed_and_swapped_sectors_are_repaired()
    {
        for (var run = 0; run < Experiment.Count(small: 20, large: 1_000); run++)
        {
            await CheckAsync(AnywhereCut);
            await CheckAsync(Anywhere(static (bytes, random) => Sector(bytes, random).Clear()));
            await CheckAsync(Anywhere(static (bytes, random) =>
            {
                var (one, other) = (random.Next(bytes.Length / SectorBytes), random.Next(bytes.Length / SectorBytes));
                var kept = bytes.AsSpan(one * SectorBytes, Math.Min(SectorBytes, bytes.Length)).ToArray();
                bytes.AsSpan(other * SectorBytes, kept.Length).CopyTo(bytes.AsSpan(one * SectorBytes));
                kept.CopyTo(bytes.AsSpan(other * SectorBytes));
            }));
        }
    }

    [Theory]
    [Trait("Experiment", "R8")]
    [InlineData("manifest")]
    [InlineData("synced")]
    [InlineData("snapshot-000001")]
    [InlineData("log-000002")]
    public async Task Missing_emptied_and_zeroed_files_are_repaired(string file)
    {
        await CheckAsync(copy => File.Delete(copy[file]));
        await CheckAsync(copy => File.WriteAllBytes(copy[file], []));
        await CheckAsync(copy => File.WriteAllBytes(copy[file], new byte[new FileInfo(copy[file]).Length]));
    }

    [Fact]
    public async Task A_lost_manifest_alone_loses_nothing()
    {
        using var copy = known.Store.Copy();
        File.Delete(copy["manifest"]);
        var report = await RepairAsync(copy);
        Assert.Equal((4, 0, 0), (report.Partitions, report.Losses.Count, report.MissingFrames));
        Assert.Equal("manifest at offset 0: the file is missing", Assert.Single(report.Damages).ToString());
    }

    [Fact]
    public async Task A_hole_in_the_log_costs_the_partition_whose_commit_it_holds_and_no_other()
    {
        using var copy = known.Store.Copy();
        var log = copy.ReadLog("log-000002");
        var place = FramesOf(log).First(place => log[place + Frame.HeaderBytes] == (byte)FrameKind.Commit);
        var commit = CommitOutline.Read(log.AsSpan(place + Frame.HeaderBytes, Frame.LengthOf(log.AsSpan(place))));
        log[place + Frame.HeaderBytes + 5] ^= 1;
        File.WriteAllBytes(copy["log-000002"], log);
        var before = known.RevisionOf(commit.Partition);
        var report = await RepairAsync(copy);
        var loss = Assert.Single(report.Losses);
        Assert.Equal((commit.Partition, commit.Revision - 1, false), (loss.Partition, loss.KeptRevision, loss.IsBaseLost));
        Assert.Equal(before - commit.Revision, loss.DroppedCommits);
        Assert.Equal(1, report.MissingFrames);
        var sequence = Frame.SequenceOf(log.AsSpan(place));
        Assert.Equal($"log-000002 at offset {place}: 1 frames, {sequence} to {sequence}, are damaged or missing", Assert.Single(report.Damages).ToString());
    }

    [Fact]
    public void What_is_no_store_is_told()
    {
        using var empty = new StoreCopy();
        var fault = Assert.Throws<StateCorruptException>(() => EmbeddedFolder.Check(empty.Folder));
        Assert.Contains("is no store", fault.Message, StringComparison.Ordinal);
        Assert.Throws<StateUnavailableException>(() => EmbeddedFolder.Check(empty["nowhere"]));
        Assert.Empty(Directory.GetFiles(empty.Folder));
    }

    [Fact]
    public async Task A_store_that_is_open_is_not_touched_and_its_holder_is_told()
    {
        using var copy = known.Store.Copy();
        await using var engine = await copy.OpenAsync(KnownStore.Options);
        foreach (var attempt in (Func<Task>[])[() => Task.FromResult(EmbeddedFolder.Check(copy.Folder)), async () => await EmbeddedFolder.RepairAsync(copy.Folder, KnownStore.Options)])
        {
            var fault = await Assert.ThrowsAsync<StateMismatchException>(attempt);
            Assert.Contains($"process {Environment.ProcessId} (Holdfast.Tests", fault.Message, StringComparison.Ordinal);
        }
    }

    private static Span<byte> Sector(byte[] bytes, Random random)
    {
        var at = random.Next((bytes.Length + SectorBytes - 1) / SectorBytes) * SectorBytes;
        return bytes.AsSpan(at, Math.Min(SectorBytes, bytes.Length - at));
    }

    private static List<int> FramesOf(ReadOnlySpan<byte> log)
    {
        List<int> places = [];
        for (var at = LogHeader.Bytes; at < log.Length; at += Frame.HeaderBytes + Frame.LengthOf(log[at..]))
        {
            places.Add(at);
        }

        return places;
    }

    private static List<string> Contents(string folder) =>
        [.. Directory.GetFiles(folder).Where(static path => Path.GetFileName(path) is not (FolderLock.FileName or FolderLock.HolderName))
            .Order(StringComparer.Ordinal).Select(static path => $"{Path.GetFileName(path)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}")];

    private Action<StoreCopy> Anywhere(Action<byte[], Random> damage) => copy =>
    {
        var files = Directory.GetFiles(copy.Folder).Order(StringComparer.Ordinal).ToArray();
        var path = files[random.Next(files.Length)];
        var bytes = File.ReadAllBytes(path);
        damage(bytes, random);
        File.WriteAllBytes(path, bytes);
    };

    private void AnywhereCut(StoreCopy copy)
    {
        var files = Directory.GetFiles(copy.Folder).Order(StringComparer.Ordinal).ToArray();
        var path = files[random.Next(files.Length)];
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..random.Next(bytes.Length)]);
    }

    private async Task CheckAsync(Action<StoreCopy> damage)
    {
        using var copy = known.Store.Copy();
        damage(copy);
        await RepairAsync(copy);
    }

    /// <summary>Check and start agree, nothing is changed by a check, and the repaired store holds what it should.</summary>
    private async Task<FolderReport> RepairAsync(StoreCopy copy)
    {
        var before = Contents(copy.Folder);
        var found = EmbeddedFolder.Check(copy.Folder);
        Assert.Equal(before, Contents(copy.Folder));
        Assert.Equal(await StartsAsync(copy), found.IsSound);
        var report = await EmbeddedFolder.RepairAsync(copy.Folder, KnownStore.Options);
        Assert.Equal(found.Damages, report.Damages);
        Assert.Equal(found.Losses, report.Losses);
        if (report.Copy is { } kept)
        {
            Assert.Equal(before, Contents(kept));
            Directory.Delete(kept, recursive: true);
        }

        Assert.True(EmbeddedFolder.Check(copy.Folder).IsSound);
        await using var engine = await copy.OpenAsync(KnownStore.Options);
        await known.CheckAsync(engine, report);
        await engine.CommitAsync(new Commit(RecordChange.Update(new Address("left", "p0")).Add("n", 1)));
        return report;
    }

    private static async Task<bool> StartsAsync(StoreCopy store)
    {
        using var copy = store.Copy();
        try
        {
            await using var engine = await copy.OpenAsync(KnownStore.Options);
            return true;
        }
        catch (Exception fault) when (fault is StateCorruptException or StateMismatchException)
        {
            return false;
        }
    }
}
