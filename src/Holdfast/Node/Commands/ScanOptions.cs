namespace Holdfast.Node;

/// <summary>The options of SCAN and HSCAN.</summary>
internal sealed class ScanOptions
{
    private const int DefaultCount = 10;
    private const int MaxPatternBytes = 1024;

    private Glob? pattern;
    private byte[]? type;
    private long count = DefaultCount;

    public bool HasType => type is not null;

    public long Count => count;

    public bool Matches(ReadOnlySpan<byte> name) => pattern?.Matches(name) ?? true;

    public bool IsOfType(ReadOnlySpan<byte> type) => this.type is null || System.Text.Ascii.EqualsIgnoreCase(this.type, type);

    /// <summary>Reads the options from the argument on; answers Redis's error if they are wrong.</summary>
    public string? Read(in Command command, int first, bool takesType)
    {
        string? error = null;
        for (var i = first; error is null && i < command.Count; i += 2)
        {
            error = i + 1 == command.Count ? RedisErrors.Syntax : Read(command, i, i + 1, takesType);
        }

        return error;
    }

    private string? Read(in Command command, int name, int value, bool takesType)
    {
        if (command.Is(name, "MATCH"u8))
        {
            if (command[value].Length > MaxPatternBytes)
            {
                return $"HFLIMIT a pattern has at most {MaxPatternBytes} bytes";
            }

            pattern = new Glob(command[value]);
            return null;
        }

        if (command.Is(name, "COUNT"u8))
        {
            return !Number.TryParse(command[value], out count) ? RedisErrors.NotAnInteger
                : count < 1 ? RedisErrors.Syntax
                : null;
        }

        if (!takesType || !command.Is(name, "TYPE"u8))
        {
            return RedisErrors.Syntax;
        }

        type = command[value].ToArray();
        return null;
    }
}
