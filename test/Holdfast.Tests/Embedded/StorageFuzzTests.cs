using System.Buffers.Binary;
using Holdfast.Embedded;
using Holdfast.Tests.Embedded.Simulation;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>
/// What reads a store is given files that nobody wrote: cut at every byte, and with frames whose content was changed and whose checksums are right. It
/// reads them, or refuses and names the file; and so does a repair.
/// </summary>
public sealed class StorageFuzzTests
{
    private const int Partitions = 2;
    private const int SlotBytes = 4096;
    private static readonly string Corpus = Path.Combine(Repository.Root, "test/Holdfast.Tests/Embedded/Corpus/format-2");

    private readonly (string Name, byte[] Bytes)[] files =
        [.. Directory.GetFiles(Corpus).Order(StringComparer.Ordinal).Select(static path => (Path.GetFileName(path), File.ReadAllBytes(path)))];

    private readonly ulong salt = Manifest.Load(StoreDisk.Machine, Corpus)!.Salt;

    [Fact]
    public async Task A_file_that_ends_at_any_byte_is_read_or_refused()
    {
        var opened = 0;
        foreach (var (name, bytes) in files)
        {
            for (var length = 0; length < bytes.Length; length++)
            {
                // Between the two slots of what was synchronised there is nothing.
                if (name != SyncedFile.FileName || length is < 2 * Frame.HeaderBytes or >= SlotBytes)
                {
                    opened += await TryAsync(name, bytes[..length]) ? 1 : 0;
                }
            }
        }

        // One of the slots may be missing, and nothing else.
        Assert.Equal(2 * Frame.HeaderBytes, opened);
    }

    [Fact]
    [Trait("Experiment", "Fuzz")]
    public async Task Frames_with_right_checksums_and_any_content_are_read_or_refused()
    {
        var random = new Random(8);
        var opened = 0;
        var runs = Experiment.Count(small: 3_000, large: 200_000);
        for (var run = 0; run < runs; run++)
        {
            var mutated = random.Next(2) == 0 ? "log-000002" : "snapshot-000001";
            var (name, bytes) = files.Single(file => file.Name == mutated);
            opened += await TryAsync(name, Mutated(bytes, random)) ? 1 : 0;
        }

        Assert.InRange(opened, 1, runs - 1);
    }

    /// <summary>Some frames with other payloads, or in another order, and with sequences and checksums that fit.</summary>
    private byte[] Mutated(byte[] bytes, Random random)
    {
        var first = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        List<byte[]> payloads = [];
        for (var at = LogHeader.Bytes; at < bytes.Length; at += Frame.HeaderBytes + Frame.LengthOf(bytes.AsSpan(at)))
        {
            payloads.Add(bytes.AsSpan(at + Frame.HeaderBytes, Frame.LengthOf(bytes.AsSpan(at))).ToArray());
        }

        for (var mutations = random.Next(1, 4); mutations > 0 && payloads.Count > 1; mutations--)
        {
            var one = random.Next(payloads.Count);
            var other = random.Next(payloads.Count);
            switch (random.Next(8))
            {
                case 0:
                    (payloads[one], payloads[other]) = (payloads[other], payloads[one]);
                    break;
                case 1:
                    payloads.RemoveAt(one);
                    break;
                case 2:
                    payloads.Insert(one, payloads[other]);
                    break;
                default:
                    payloads[one] = MutatedPayload(payloads[one], payloads[other], random);
                    break;
            }
        }

        return [.. bytes[..LogHeader.Bytes], .. payloads.SelectMany((payload, index) => Framed(payload, first + index))];
    }

    private static byte[] MutatedPayload(byte[] payload, byte[] other, Random random)
    {
        var at = random.Next(payload.Length);
        byte[] number = random.Next(6) switch
        {
            0 => [0],
            1 => [1],
            2 => [0x7f],
            3 => [0xff, 0xff, 0xff, 0xff, 0x07],
            4 => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            _ => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        };
        byte[] changed = random.Next(5) switch
        {
            // A number in place of a byte, a byte, less, more, and the rest of another frame.
            0 => [.. payload[..at], .. number, .. payload[(at + 1)..]],
            1 => [.. payload[..at], (byte)random.Next(256), .. payload[(at + 1)..]],
            2 => payload[..at],
            3 => [.. payload[..at], .. payload[(at / 2)..at], .. payload[at..]],
            _ => [.. payload[..at], .. other[Math.Min(at, other.Length)..]],
        };
        return changed.Length == 0 ? [0] : changed;
    }

    private byte[] Framed(byte[] payload, long sequence)
    {
        var frame = new byte[Frame.HeaderBytes + payload.Length];
        Frame.Write(frame, Frame.SumPayload(salt, payload), sequence, payload);
        return frame;
    }

    /// <summary>Opens the store with this file in it, on a disk in memory, and reads everything; false if it is refused with the file's name.</summary>
    private async Task<bool> TryAsync(string name, byte[] bytes)
    {
        Salvage(Disk());
        EmbeddedEngine engine;
        try
        {
            engine = await EmbeddedEngine.OpenAsync("/store", new StateEngineOptions { PartitionCount = Partitions }, new EmbeddedSettings { Disk = Disk(), IsStepped = true, MinLogBytes = long.MaxValue });
        }
        catch (Exception fault) when (fault is StateCorruptException or StateMismatchException)
        {
            // A cut log may end where the one that is named after it does not begin.
            Assert.Contains("/store/", fault.Message, StringComparison.Ordinal);
            return false;
        }

        await using (engine)
        {
            for (var partition = 0; partition < Partitions; partition++)
            {
                await foreach (var record in engine.ScanAsync(partition, "order"))
                {
                    Assert.NotNull(record.Fields);
                }

                await engine.ReadJournalAsync(partition, JournalPosition.Start, 1000);
            }
        }

        return true;

        SimulatedDisk Disk() => SimulatedDisk.With(files.Select(file => file.Name == name ? (name, bytes) : file));
    }

    private static void Salvage(SimulatedDisk disk)
    {
        try
        {
            new Salvage(disk, "/store", SalvagedFiles.Find(disk, "/store")).Run();
        }
        catch (Exception fault) when (fault is StateCorruptException or StateMismatchException)
        {
            // Too little is left.
        }
    }
}
