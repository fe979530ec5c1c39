using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>An open file of a simulated disk.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, string name, SimulatedContent content) : StoreFile
{
    public override long Length => content.Seen.Length;

    public override int Read(Span<byte> target, long offset)
    {
        disk.Settle();
        var rest = content.Seen[(int)Math.Min(offset, content.Seen.Length)..];
        var read = Math.Min(rest.Length, target.Length);
        rest[..read].CopyTo(target);
        return read;
    }

    public override void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        disk.Call($"write {name} {offset}+{bytes.Length}", bytes, part => content.Write(part, offset));
        Do(bytes, offset, isSynced: false);
    }

    public override void WriteSynced(ReadOnlySpan<byte> bytes, long offset)
    {
        disk.Call($"write-synced {name} {offset}+{bytes.Length}", bytes, part => content.Write(part, offset), () => content.FailSync(disk.Random));
        Do(bytes, offset, isSynced: true);
    }

    public override void SetLength(long length)
    {
        disk.Call($"length {name} {length}");
        content.SetLength(length);
    }

    public override void Sync()
    {
        disk.Call($"sync {name}", failing: () => content.FailSync(disk.Random));
        if (!disk.ForgetsSync(name))
        {
            content.Sync();
        }
    }

    public override void Dispose()
    {
    }

    private void Do(ReadOnlySpan<byte> bytes, long offset, bool isSynced)
    {
        var whole = disk.Bug == PlantedBug.SwappedFrames && name.StartsWith("log", StringComparison.Ordinal) ? Swapped(bytes) : bytes.ToArray();
        var syncs = isSynced && !disk.ForgetsSync(name);
        disk.DoNowOrLater(name, () =>
        {
            content.Write(whole, offset);
            if (syncs)
            {
                content.Sync(offset, whole.Length);
            }
        });
    }

    private static byte[] Swapped(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Frame.HeaderBytes && Frame.LengthOf(bytes) is > 0 and var length && Frame.HeaderBytes + length < bytes.Length - Frame.HeaderBytes
            && Frame.LengthOf(bytes[(Frame.HeaderBytes + length)..]) > 0)
        {
            var first = Frame.HeaderBytes + length;
            var second = Frame.HeaderBytes + Frame.LengthOf(bytes[first..]);
            return [.. bytes.Slice(first, second), .. bytes[..first], .. bytes[(first + second)..]];
        }

        return bytes.ToArray();
    }
}
