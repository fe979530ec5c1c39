namespace Holdfast.Cli.Prove.Comparison;

/// <summary>What a body consists of, whatever format it came in.</summary>
internal abstract record Shape;

/// <summary>A single value.</summary>
/// <param name="Kind">Text, number, boolean or null.</param>
/// <param name="Text">Its text.</param>
internal sealed record ScalarShape(ScalarKind Kind, string Text) : Shape
{
    public static ScalarShape OfText(string text) => new(ScalarKind.Text, text);
}

/// <summary>Values in a row.</summary>
internal sealed record ListShape(IReadOnlyList<Shape> Items) : Shape;

/// <summary>Values by name.</summary>
internal sealed record MapShape(IReadOnlyList<KeyValuePair<string, Shape>> Entries) : Shape;

/// <summary>What a single value is.</summary>
internal enum ScalarKind
{
    Text,
    Number,
    Boolean,
    Null,
}
