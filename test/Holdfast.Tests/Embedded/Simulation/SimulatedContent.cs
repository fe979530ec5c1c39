namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>
/// A file's content twice: as programs see it, and as it is on the disk, with what was done in between and may reach the disk in any part.
/// </summary>
internal sealed class SimulatedContent
{
    private const int SectorBytes = 512;

    private readonly List<(long Offset, byte[] Bytes)> pending = [];
    private readonly SimulatedImage seen = new();
    private readonly SimulatedImage durable = new();

    public ReadOnlySpan<byte> Seen => seen.Bytes;

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        seen.Write(bytes, offset);
        for (var at = 0; at < bytes.Length;)
        {
            // Each sector reaches the disk by itself or not at all.
            var end = Math.Min(bytes.Length, (int)(((offset + at) / SectorBytes * SectorBytes) + SectorBytes - offset));
            pending.Add((offset + at, bytes[at..end].ToArray()));
            at = end;
        }
    }

    public void SetLength(long length)
    {
        seen.SetLength(length);
        pending.Add((length, []));
    }

    public void Sync()
    {
        pending.ForEach(durable.Do);
        pending.Clear();
    }

    /// <summary>What of it lies in this range reaches the disk.</summary>
    public void Sync(long offset, int bytes)
    {
        durable.Write(Seen.Slice((int)offset, bytes), offset);
        pending.RemoveAll(write => write.Bytes.Length > 0 && write.Offset >= offset && write.Offset + write.Bytes.Length <= offset + bytes);
    }

    /// <summary>
    /// A synchronising fails: some of what was done has reached the disk, and the rest never will, though programs see it.
    /// </summary>
    public void FailSync(Random random)
    {
        // Now and then nothing or all of it, and otherwise any part.
        var chance = random.Next(5) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() };
        foreach (var change in pending)
        {
            if (random.NextDouble() < chance)
            {
                durable.Do(change);
            }
        }

        pending.Clear();
    }

    /// <summary>Loses power: what programs see from now on is what has reached the disk, with any part of what was on its way.</summary>
    public void LosePower(Random random)
    {
        FailSync(random);
        seen.SetLength(0);
        seen.Write(durable.Bytes, 0);
    }
}
