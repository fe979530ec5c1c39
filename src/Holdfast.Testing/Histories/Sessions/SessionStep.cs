namespace Holdfast.Testing;

/// <summary>What a session did to something that has versions, such as a record with its revision.</summary>
/// <param name="IsWrite">Whether it wrote that version, or read it.</param>
/// <param name="Version">The version; later ones are higher. 0 when there was nothing to read.</param>
/// <param name="Value">What the version holds, if that is known: all who see a version must see the same.</param>
public sealed record SessionStep(bool IsWrite, long Version, string? Value = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(IsWrite ? "wrote" : "read")} version {Version}{(Value is null ? "" : $" ({Value})")}";
}
