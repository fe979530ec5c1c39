namespace Holdfast;

/// <summary>
/// The bounds that every engine enforces alike. A commit beyond one of them changes nothing and fails with
/// <see cref="StateLimitException"/>.
/// </summary>
public static class StateLimits
{
    /// <summary>Longest field name, in bytes of UTF-8. A name is not empty and does not begin with <c>@</c>, which marks Holdfast's own.</summary>
    public const int MaxFieldNameBytes = 256;

    /// <summary>Most fields in one record.</summary>
    public const int MaxFieldsPerRecord = 4096;

    /// <summary>Largest record: the bytes of its field names and values together. 1 MiB.</summary>
    public const int MaxRecordBytes = 1 << 20;

    /// <summary>Most records that one commit changes or checks.</summary>
    public const int MaxRecordsPerCommit = 64;

    /// <summary>Largest commit: names, values, conditions and events together. 4 MiB.</summary>
    public const int MaxCommitBytes = 4 << 20;

    /// <summary>Most events that one commit appends.</summary>
    public const int MaxEventsPerCommit = 64;

    /// <summary>Largest event: its type and payload together. 256 KiB.</summary>
    public const int MaxEventBytes = 256 << 10;

    /// <summary>Longest request id, step name and fingerprint, each, in bytes of UTF-8.</summary>
    public const int MaxRequestIdBytes = 255;

    /// <summary>Longest time for which a request id is remembered.</summary>
    public static readonly TimeSpan MaxRequestWindow = TimeSpan.FromHours(24);

    /// <summary>Shortest time after which a record can expire.</summary>
    public static readonly TimeSpan MinTimeToLive = TimeSpan.FromMilliseconds(1);

    /// <summary>Longest time after which a record can expire. Ten years.</summary>
    public static readonly TimeSpan MaxTimeToLive = TimeSpan.FromDays(3653);

    /// <summary>Most events that a partition's journal keeps; older ones are trimmed.</summary>
    public const int JournalMaxEvents = 65_536;

    /// <summary>Most bytes of types and payloads that a partition's journal keeps; older events are trimmed. 64 MiB.</summary>
    public const long JournalMaxBytes = 64L << 20;

    /// <summary>How long a partition's journal keeps an event. Seven days.</summary>
    public static readonly TimeSpan JournalMaxAge = TimeSpan.FromDays(7);

    /// <summary>Longest channel name of a signal, in bytes of UTF-8.</summary>
    public const int MaxChannelBytes = 200;

    /// <summary>Largest payload of a signal. 64 KiB.</summary>
    public const int MaxSignalBytes = 64 << 10;
}
