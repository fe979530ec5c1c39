namespace Holdfast;

/// <summary>A place in a store's folder where something is damaged or missing.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Offset">Where in it.</param>
/// <param name="What">What is wrong there.</param>
public sealed record FolderDamage(string File, long Offset, string What)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{File} at offset {Offset}: {What}";
}
