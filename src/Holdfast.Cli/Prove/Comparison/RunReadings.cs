using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>All that can be said of the values of one run.</summary>
internal sealed partial class RunReadings
{
    /// <summary>Shortest value that is looked for elsewhere in the run.</summary>
    private const int MinTokenLength = 6;

    private readonly Canonical canonical;
    private readonly Dictionary<(int Ordinal, string Path), LeafReadings> leaves = [];
    private readonly Dictionary<string, string> firstPlaces = [];
    private readonly Dictionary<(string Request, string Path), (HashSet<long> Seen, long Last)> numbers = [];

    private RunReadings(Run run)
    {
        Run = run;
        canonical = new Canonical(run.Values);
        for (var index = 0; index < run.Answers.Count; index++)
        {
            Read(run.Walk.Requests[index], AnswerLeaves.Of(run.Answers[index]));
        }
    }

    public Run Run { get; }

    public IReadOnlyDictionary<(int Ordinal, string Path), LeafReadings> Leaves => leaves;

    /// <summary>The values of the run that are long enough to be told from others.</summary>
    public IEnumerable<string> Tokens => firstPlaces.Keys;

    public static RunReadings Of(Run run) => new(run);

    private void Read(WalkRequest request, IReadOnlyList<Leaf> parts)
    {
        foreach (var leaf in parts)
        {
            var path = canonical.WithUnique(leaf.Path);
            leaves.TryAdd((request.Ordinal, path), leaf.Shape switch
            {
                ListShape list => ReadList(request, path, list),
                ScalarShape scalar => ReadScalar(request, path, scalar),
                _ => throw new InvalidOperationException($"{leaf.Path} is neither a value nor a list."),
            });
        }

        // What an answer has twice is no relation between answers.
        foreach (var leaf in parts)
        {
            if (leaf.Shape is ScalarShape { Text.Length: >= MinTokenLength } scalar && VolatileText.KindOf(scalar.Text) is not VolatileText.Time)
            {
                firstPlaces.TryAdd(scalar.Text, $"{request.Ordinal} {Leaf.ReplaceIndexes(leaf.Path, "")}");
            }
        }
    }

    private LeafReadings ReadScalar(WalkRequest request, string path, ScalarShape scalar)
    {
        var kind = scalar.Kind == ScalarKind.Text && scalar.Text.Length == 0 ? "nothing" : VolatileText.KindOf(scalar.Text) ?? $"{scalar.Kind}".ToLowerInvariant();
        var text = canonical.Text(scalar.Text);
        var readings = new List<Reading> { new(ReadingTier.Kind, kind) };
        if (VolatileText.KindOf(text) is null && !CacheMark().IsMatch(path))
        {
            readings.Add(new Reading(ReadingTier.Exact, $"is {text}"));
        }

        readings.AddRange(canonical.NamesOf(scalar.Text).Select(static name => new Reading(ReadingTier.Exact, $"is {{{{{name}}}}}")));
        if (firstPlaces.TryGetValue(scalar.Text, out var place))
        {
            readings.Add(new Reading(ReadingTier.Exact, $"same as {place}", scalar.Text));
        }

        foreach (Match number in WholeNumber().Matches(canonical.Text(scalar.Text)))
        {
            AddNovelty(readings, request, $"{path}#{number.Index}", long.Parse(number.Value, CultureInfo.InvariantCulture));
        }

        return new LeafReadings(readings, Shown(scalar.Text, text, scalar.Kind));
    }

    private LeafReadings ReadList(WalkRequest request, string path, ListShape list)
    {
        string[] items = [.. list.Items.Select(canonical.Whole)];
        var readings = new List<Reading>
        {
            new(ReadingTier.Kind, items.Length == 0 ? "empty list" : "list"),
            new(ReadingTier.Amount, $"{items.Length} items"),
            new(ReadingTier.Bag, string.Join('\n', items.Order(StringComparer.Ordinal))),
            new(ReadingTier.Ordered, string.Join('\n', items)),
        };
        string[] mine = [.. items.Where(Canonical.IsOwn).Order(StringComparer.Ordinal)];
        if (mine.Length > 0)
        {
            readings.Add(new Reading(ReadingTier.Mine, string.Join('\n', mine)));
        }

        AddNovelty(readings, request, path, items.Length);
        return new LeafReadings(readings, Shortened($"[{string.Join(',', items)}]"));
    }

    /// <summary>That a number had not been there in the run's earlier answers to the same request.</summary>
    private void AddNovelty(List<Reading> readings, WalkRequest request, string path, long number)
    {
        var key = (request.Step.Request, path);
        if (!numbers.TryGetValue(key, out var earlier))
        {
            numbers[key] = ([number], number);
            return;
        }

        if (earlier.Seen.Add(number))
        {
            readings.Add(new Reading(ReadingTier.Amount, $"new number {path}", By: number - earlier.Last));
        }

        numbers[key] = earlier with { Last = number };
    }

    private static string Shown(string raw, string canonicalText, ScalarKind kind)
    {
        var text = VolatileText.KindOf(canonicalText) is null ? canonicalText : raw;
        return Shortened(kind == ScalarKind.Text ? $"\"{text}\"" : text);
    }

    private static string Shortened(string text) => text.Length <= 200 ? text : $"{text[..197]}...";

    // A number by itself, not one inside a word, a decimal or a masked value.
    [GeneratedRegex(@"(?<![\w.⟨-])\d{1,15}(?![\w.⟩-])")]
    private static partial Regex WholeNumber();

    // Whether an answer came from a cache is no part of what it says.
    [GeneratedRegex(@"(^|[._])(from_?)?cache(d|_?hit|_?status)?$|(?<=[a-z])Cache(d|Hit|Status)?$", RegexOptions.IgnoreCase)]
    private static partial Regex CacheMark();
}
