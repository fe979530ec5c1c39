using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>
/// The part of JSONPath (RFC 9535) that names one value: <c>$</c>, <c>.name</c>, <c>['name']</c>, <c>[0]</c>, and
/// <c>[-1]</c> for the last item.
/// </summary>
internal static partial class JsonPath
{
    /// <summary>Whether the text is such a path.</summary>
    public static bool IsValid(string path) => Whole().IsMatch(path);

    /// <summary>The value at the path; null when there is none.</summary>
    public static JsonElement? Find(JsonElement root, string path)
    {
        var found = root;
        foreach (Match part in Part().Matches(path))
        {
            if (part.Groups["index"] is { Success: true } index)
            {
                var number = int.Parse(index.Value, CultureInfo.InvariantCulture);
                if (found.ValueKind != JsonValueKind.Array)
                {
                    return null;
                }

                var length = found.GetArrayLength();
                var place = number < 0 ? length + number : number;
                if (place < 0 || place >= length)
                {
                    return null;
                }

                found = found[place];
            }
            else if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(part.Groups["name"].Value, out found))
            {
                return null;
            }
        }

        return found;
    }

    [GeneratedRegex(@"^\$(\.[\p{L}_$][\p{L}\p{N}_$-]*|\['[^']+'\]|\[""[^""]+""\]|\[-?\d{1,6}\])*$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\['(?<name>[^']+)'\]|\[""(?<name>[^""]+)""\]|\[(?<index>-?\d+)\]")]
    private static partial Regex Part();
}
