using System.Text;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>Writes a run's values so that those of another run can be equal: its unique and captured values as their names, times and random values as what they are.</summary>
internal sealed class Canonical(IReadOnlyDictionary<string, CapturedValue> values)
{
    /// <summary>Shortest captured value that is taken for the same value elsewhere in a list.</summary>
    private const int MinOwnLength = 4;

    private readonly string unique = values[Template.Unique].Text;

    /// <summary>Whether the text, in canonical form, has a value of the run in it.</summary>
    public static bool IsOwn(string canonical) => canonical.Contains("{{", StringComparison.Ordinal);

    public string Text(string text) => VolatileText.Mask(WithUnique(text));

    public string WithUnique(string text) => text.Replace(unique, "{{unique}}", StringComparison.OrdinalIgnoreCase);

    /// <summary>The names whose captured value the text is.</summary>
    public IEnumerable<string> NamesOf(string text) =>
        values.Where(value => value.Key != Template.Unique && value.Value.Text == text).Select(static value => value.Key);

    /// <summary>A whole value on one line.</summary>
    public string Whole(Shape shape)
    {
        var text = new StringBuilder();
        Write(shape, text);
        return text.ToString();
    }

    private void Write(Shape shape, StringBuilder text)
    {
        switch (shape)
        {
            case MapShape map:
                text.Append('{');
                foreach (var (name, value) in map.Entries)
                {
                    text.Append(text[^1] == '{' ? "" : ",").Append(Text(name)).Append(':');
                    Write(value, text);
                }

                text.Append('}');
                break;
            case ListShape list:
                text.Append('[');
                foreach (var item in list.Items)
                {
                    text.Append(text[^1] == '[' ? "" : ",");
                    Write(item, text);
                }

                text.Append(']');
                break;
            case ScalarShape scalar:
                text.Append(scalar.Kind == ScalarKind.Text ? $"\"{Scalar(scalar)}\"" : Scalar(scalar));
                break;
        }
    }

    private string Scalar(ScalarShape scalar) =>
        scalar.Text.Length >= MinOwnLength && NamesOf(scalar.Text).FirstOrDefault() is { } name ? $"{{{{{name}}}}}"
        : scalar.Kind == ScalarKind.Number && VolatileText.IsEpoch(scalar.Text) ? VolatileText.Time
        : Text(scalar.Text);
}
