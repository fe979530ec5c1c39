using System.Text;

namespace Holdfast.Tests.Conformance;

/// <summary>A text that differs whenever two commits do.</summary>
internal static class ModelFingerprint
{
    public static string Of(Commit commit)
    {
        var text = new StringBuilder();
        foreach (var change in commit.Changes)
        {
            text.Append($"{change.Address} {change.Kind} {change.Expiry.Milliseconds};");
            foreach (var condition in change.Conditions)
            {
                Append(text, $"if {condition.Kind} {condition.Number}", condition.Field ?? "", condition.Value);
            }

            foreach (var operation in change.Operations)
            {
                Append(text, $"do {operation.Kind} {operation.Number}", operation.Field, operation.Value);
            }
        }

        foreach (var item in commit.Events)
        {
            Append(text, "event", item.Type, item.Payload);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string what, string name, ReadOnlyMemory<byte> value) =>
        text.Append($"{what} {name.Length} {name} {Convert.ToBase64String(value.Span)};");
}
