using System.Text;

namespace Holdfast.Redis;

/// <summary>Which server a connection leads to, as it told when the connection was made.</summary>
internal sealed record ServerProfile
{
    /// <summary>Before the server has told anything.</summary>
    public static readonly ServerProfile Unknown = new() { Name = "?", Version = "?", RunId = "", Tenure = "", ConnectionId = 0, Durability = Durability.Memory };

    /// <summary><c>redis</c>, <c>valkey</c> or <c>node</c>.</summary>
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>The server process's own name.</summary>
    public required string RunId { get; init; }

    /// <summary>
    /// The process and the time for which it is the primary, of which a partition's term is one (docs/wire.md, "A head"): once it has been a
    /// replica this is another one, though the process is the same.
    /// </summary>
    public required string Tenure { get; init; }

    /// <summary>The connection's number in the server.</summary>
    public required long ConnectionId { get; init; }

    /// <summary>The highest durability that an acknowledgement promises, as the server is configured.</summary>
    public required Durability Durability { get; init; }

    /// <summary>Whether it is <c>holdfast node</c>.</summary>
    public bool IsNode => Name == "node";

    /// <summary>Whether a reply names this tenure.</summary>
    public bool IsTenure(ReadOnlySpan<byte> run) => Ascii.Equals(run, Tenure);
}
