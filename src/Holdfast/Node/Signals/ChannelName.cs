using System.Text;

namespace Holdfast.Node;

/// <summary>The name of a channel or a pattern: any bytes, each kept as one character.</summary>
internal readonly record struct ChannelName
{
    /// <summary>What the channel of a signal begins with (docs/wire.md, Keys).</summary>
    public const string SignalPrefix = "hf:signal:";

    private readonly string characters;

    public ChannelName(ReadOnlySpan<byte> bytes) => characters = Encoding.Latin1.GetString(bytes);

    public ReadOnlySpan<byte> Bytes => Encoding.Latin1.GetBytes(characters);

    /// <summary>The signal's channel, if it is one of a signal.</summary>
    public string? Signal =>
        characters.StartsWith(SignalPrefix, StringComparison.Ordinal) ? Encoding.UTF8.GetString(Bytes[SignalPrefix.Length..]) : null;

    public static ChannelName OfSignal(string channel) => new(Encoding.UTF8.GetBytes(SignalPrefix + channel));
}
