using System.Globalization;
using System.Text;

namespace Holdfast.Embedded;

/// <summary>
/// The store's root: which files make it up. A few lines of text, the last one their CRC32C; replaced as a whole, so
/// that a crash leaves the old or the new one. <c>docs/storage-format.md</c> shows one.
/// </summary>
internal sealed record Manifest
{
    /// <summary>The storage format that is written. Format 1, which has no file <c>synced</c>, is read too.</summary>
    public const int CurrentVersion = 2;

    public const string FileName = "manifest";
    public const string ReplacementName = "manifest.new";

    private const string Title = "holdfast-store";

    /// <summary>The storage format.</summary>
    public int Version { get; init; } = CurrentVersion;

    public required int Partitions { get; init; }

    /// <summary>Goes into every frame's checksum.</summary>
    public required ulong Salt { get; init; }

    /// <summary>The number of the snapshot, or 0 for none.</summary>
    public int Snapshot { get; init; }

    /// <summary>The numbers of the first and the last log segment; 0 for none.</summary>
    public int FirstLog { get; init; }

    /// <inheritdoc cref="FirstLog"/>
    public int LastLog { get; init; }

    public static string SnapshotName(int number) => $"snapshot-{number:d6}";

    public static string LogName(int number) => $"log-{number:d6}";

    /// <summary>Reads the folder's manifest; null if there is none.</summary>
    public static Manifest? Load(StoreDisk disk, string folder)
    {
        var path = Path.Combine(folder, FileName);
        return disk.Exists(path) ? Read(path, disk.ReadAll(path)) : null;
    }

    /// <summary>Reads a manifest out of its file's content.</summary>
    public static Manifest Read(string path, byte[] bytes)
    {
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        var version = VersionIn(path, lines[0]);
        var body = bytes.AsSpan().LastIndexOf("crc "u8);
        var at = body < 0 ? bytes.Length : body;
        var expected = $"crc {Checksum(bytes.AsSpan(0, at))}\n";
        if (body < 0 || Encoding.UTF8.GetString(bytes.AsSpan(body)) != expected)
        {
            throw Damaged(path, at, "its checksum does not fit");
        }

        try
        {
            return Parse(lines) with { Version = version };
        }
        catch (Exception fault) when (fault is FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw Damaged(path, 0, "it can't be understood");
        }
    }

    /// <summary>Whether the bytes are a manifest's, of any version, whole and undamaged.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.LastIndexOf("crc "u8) is >= 0 and var body && Encoding.UTF8.GetString(bytes[body..]) == $"crc {Checksum(bytes[..body])}\n";

    /// <summary>Makes this the folder's manifest, durably.</summary>
    public void Save(StoreDisk disk, string folder)
    {
        Prepare(disk, folder);
        Replace(disk, folder);
    }

    /// <summary>Writes this beside the folder's manifest. A failure leaves that one in force.</summary>
    public void Prepare(StoreDisk disk, string folder)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Title} {Version}\npartitions {Partitions}\nsalt {Salt:x16}\nsnapshot {Snapshot}\nlogs {FirstLog} {LastLog}\n");
        var body = Encoding.UTF8.GetBytes(text);
        using var file = disk.Create(Path.Combine(folder, ReplacementName));
        file.Write(Encoding.UTF8.GetBytes($"{text}crc {Checksum(body)}\n"), 0);
        file.Sync();
    }

    /// <summary>Puts what was prepared in force. After a failure either may be.</summary>
    public static void Replace(StoreDisk disk, string folder)
    {
        disk.Rename(Path.Combine(folder, ReplacementName), Path.Combine(folder, FileName));
        disk.SyncFolder(folder);
    }

    private static Manifest Parse(string[] lines)
    {
        var logs = Value(lines[4], "logs").Split(' ');
        return new Manifest
        {
            Partitions = Number(Value(lines[1], "partitions")),
            Salt = ulong.Parse(Value(lines[2], "salt"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            Snapshot = Number(Value(lines[3], "snapshot")),
            FirstLog = Number(logs[0]),
            LastLog = Number(logs[1]),
        };
    }

    private static string Value(string line, string name) =>
        line.StartsWith(name + " ", StringComparison.Ordinal) ? line[(name.Length + 1)..] : throw new FormatException();

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static int VersionIn(string path, string line)
    {
        if (!line.StartsWith(Title + " ", StringComparison.Ordinal))
        {
            throw Damaged(path, 0, "it does not begin as a manifest does");
        }

        return line[(Title.Length + 1)..] switch
        {
            "1" => 1,
            "2" => CurrentVersion,
            var other => throw new StateMismatchException(
                $"{path} says at offset {Title.Length + 1} that it is of storage format {other}, and this version of Holdfast reads formats 1 and {CurrentVersion}: "
                + "open the folder with the Holdfast version that wrote it, or choose an empty folder."),
        };
    }

    private static StateCorruptException Damaged(string path, int offset, string what) =>
        new($"{path} is damaged at offset {offset}: {what}. Nothing was changed. Restore the folder from a backup.");

    private static string Checksum(ReadOnlySpan<byte> body) => Frame.Sum(Frame.SumPayload(0, body), 0, body.Length).ToString("x8", CultureInfo.InvariantCulture);
}
