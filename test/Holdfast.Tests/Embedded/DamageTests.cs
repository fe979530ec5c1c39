using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A store that was closed, or whose process was killed, is damaged in one place: it shows all that it held, or nothing at all.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private const int SectorBytes = 512;
    private const int Records = 40;
    private readonly StoreCopy store = new();
    private readonly Random random = new(6);

    /// <summary>A snapshot, and a log that goes on after it.</summary>
    public async ValueTask InitializeAsync()
    {
        await using (var engine = await store.OpenAsync())
        {
            await WriteAsync(engine, 0);
        }

        await using var again = await store.OpenAsync();
        await WriteAsync(again, 1);
        using var copy = store.Copy();
        await again.DisposeAsync();
        foreach (var path in Directory.GetFiles(store.Folder))
        {
            File.Delete(path);
        }

        foreach (var path in Directory.GetFiles(copy.Folder))
        {
            File.Copy(path, store[Path.GetFileName(path)]);
        }

        // Of the zeros ahead of the log a few, so that damage hits what it holds.
        File.WriteAllBytes(store["log-000002"], [.. store.ReadLog("log-000002"), .. new byte[2 * SectorBytes]]);
    }

    public ValueTask DisposeAsync()
    {
        store.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    [Trait("Experiment", "R6")]
    public async Task No_flipped_bit_is_silent()
    {
        for (var run = 0; run < Experiment.Count(small: 400, large: 10_000); run++)
        {
            await CheckAsync(static (bytes, random) =>
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            });
        }
    }

    [Fact]
    [Trait("Experiment", "R7")]
    public async Task No_truncated_zeroed_or_swapped_sector_is_silent()
    {
        for (var run = 0; run < Experiment.Count(small: 100, large: 3_000); run++)
        {
            await CheckAsync(static (bytes, random) => bytes[..random.Next(bytes.Length)]);
            await CheckAsync(static (bytes, random) =>
            {
                Sector(bytes, random).Clear();
                return bytes;
            });
            await CheckAsync(static (bytes, random) =>
            {
                Span<byte> kept = stackalloc byte[SectorBytes];
                var one = Sector(bytes, random);
                var other = Sector(bytes, random);
                var length = Math.Min(one.Length, other.Length);
                one[..length].CopyTo(kept);
                other[..length].CopyTo(one);
                kept[..length].CopyTo(other);
                return bytes;
            });
        }
    }

    [Theory]
    [Trait("Experiment", "R8")]
    [InlineData("manifest")]
    [InlineData("synced")]
    [InlineData("snapshot-000001")]
    [InlineData("log-000002")]
    public async Task A_missing_emptied_or_zeroed_file_refuses_the_start(string file)
    {
        var whole = File.ReadAllBytes(store[file]);
        await RefusedAsync(copy => File.Delete(copy[file]), file);
        await RefusedAsync(copy => File.WriteAllBytes(copy[file], []), file);
        await RefusedAsync(copy => File.WriteAllBytes(copy[file], new byte[whole.Length]), file);
    }

    private static Span<byte> Sector(byte[] bytes, Random random)
    {
        var at = random.Next((bytes.Length + SectorBytes - 1) / SectorBytes) * SectorBytes;
        return bytes.AsSpan(at, Math.Min(SectorBytes, bytes.Length - at));
    }

    private static async Task WriteAsync(EmbeddedEngine engine, int round)
    {
        for (var i = 0; i < Records; i++)
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(new Address("thing", $"t{i}")).Set($"round{round}", $"{i}").Add("n", i).Set("filler", new byte[100])));
        }
    }

    /// <summary>Damages one of the files. The store then shows everything, or refuses to start and names that file.</summary>
    private async Task CheckAsync(Func<byte[], Random, byte[]> damage)
    {
        using var copy = store.Copy();
        var files = Directory.GetFiles(copy.Folder);
        var path = files[random.Next(files.Length)];
        await File.WriteAllBytesAsync(path, damage(await File.ReadAllBytesAsync(path), random));
        EmbeddedEngine engine;
        try
        {
            engine = await copy.OpenAsync();
        }
        catch (Exception fault) when (fault is StateCorruptException or StateMismatchException)
        {
            Assert.Contains(path, fault.Message, StringComparison.Ordinal);
            Assert.Matches(@"\boffset \d+\b", fault.Message);
            return;
        }

        await using (engine)
        {
            for (var i = 0; i < Records; i++)
            {
                var record = (await engine.ReadAsync(new Address("thing", $"t{i}"))).Record;
                Assert.Equal(($"{i}", $"{i}", 2 * i), (record?.Text("round0"), record?.Text("round1"), record?.Counter("n")));
                Assert.Equal(new byte[100], record!["filler"]!.Value.ToArray());
            }
        }
    }

    private async Task RefusedAsync(Action<StoreCopy> damage, string file)
    {
        using var copy = store.Copy();
        damage(copy);
        var before = Directory.GetFiles(copy.Folder).Length;
        var fault = await Assert.ThrowsAsync<StateCorruptException>(() => copy.OpenAsync());
        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(copy.Folder).Count(static path => Path.GetFileName(path) is not (FolderLock.FileName or FolderLock.HolderName)));
    }
}
