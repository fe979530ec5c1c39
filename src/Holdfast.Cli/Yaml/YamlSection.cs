using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Yaml;

/// <summary>A mapping of a file, whose values are read by type and whose problems are collected.</summary>
internal sealed class YamlSection
{
    private readonly string title;
    private readonly List<YamlProblem> problems;
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> entries = [];

    public YamlSection(YamlMappingNode node, string title, List<YamlProblem> problems)
    {
        (this.title, this.problems) = (title, problems);
        Line = (int)node.Start.Line;
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                entries[name] = (key, value);
            }
            else
            {
                Report((int)key.Start.Line, $"a key of {title} is plain text");
            }
        }
    }

    /// <summary>The section's first line.</summary>
    public int Line { get; }

    public IReadOnlyCollection<string> Keys => entries.Keys;

    /// <summary>The line of a key; the section's when it isn't there.</summary>
    public int LineOf(string key) => entries.TryGetValue(key, out var entry) ? (int)entry.Key.Start.Line : Line;

    public void ExpectOnly(IReadOnlyCollection<string> known)
    {
        foreach (var key in Keys.Where(key => !known.Contains(key)))
        {
            var nearest = NearestName.Of(key, known);
            Report(LineOf(key), nearest is null
                ? $"{title} has no key '{key}': it takes {string.Join(", ", known)}"
                : $"{title} has no key '{key}': did you mean '{nearest}'?");
        }
    }

    /// <summary>A plain value that isn't empty; null, and a problem unless it isn't there, otherwise.</summary>
    public string? Text(string key)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.Value is YamlScalarNode scalar && !string.IsNullOrWhiteSpace(scalar.Value) && !IsNull(scalar))
        {
            return scalar.Value;
        }

        Report(LineOf(key), entry.Value is YamlScalarNode
            ? $"{key} is empty: give it a value or remove it"
            : $"{key} is one line of text, not a {Shape(entry.Value)}");
        return null;
    }

    /// <summary>A plain value, which may be empty.</summary>
    public string? Value(string key)
    {
        if (entries[key].Value is YamlScalarNode scalar)
        {
            return IsNull(scalar) ? "" : scalar.Value ?? "";
        }

        Report(LineOf(key), $"{key} is one line of text, not a {Shape(entries[key].Value)}");
        return null;
    }

    public int? Number(string key, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Report(LineOf(key), $"{key} is a whole number from {least} to {most}, not '{text}'");
        return null;
    }

    /// <summary>A number of bytes, such as 512M.</summary>
    public long? Bytes(string key, long least, long most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (ByteSize.TryParse(text, out var bytes) && bytes >= least && bytes <= most)
        {
            return bytes;
        }

        Report(LineOf(key), $"{key} is {ByteSize.Form}, from {ByteSize.Text(least)} to {ByteSize.Text(most)}, not '{text}'");
        return null;
    }

    /// <summary>A time with its unit, such as 30s or 2m.</summary>
    public TimeSpan? Time(string key, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (Duration.Parse(text) is { } time && time >= least && time <= most)
        {
            return time;
        }

        Report(LineOf(key), $"{key} is a time such as 30s or 2m, from {least.TotalSeconds:0.###}s to {most.TotalSeconds:0}s, not '{text}'");
        return null;
    }

    /// <summary>A list of texts; one text alone counts as a list of one.</summary>
    public IReadOnlyList<(string Text, int Line)>? Texts(string key)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.Value is not YamlSequenceNode sequence)
        {
            return Text(key) is { } single ? [(single, LineOf(key))] : null;
        }

        var texts = new List<(string, int)>();
        foreach (var item in sequence.Children)
        {
            if (item is YamlScalarNode { Value: { Length: > 0 } text })
            {
                texts.Add((text, (int)item.Start.Line));
            }
            else
            {
                Report((int)item.Start.Line, $"each item of {key} is text, not a {Shape(item)}");
            }
        }

        return texts;
    }

    /// <summary>A mapping within this one; null, and a problem unless it isn't there, when the value is none.</summary>
    public YamlSection? Section(string key, string? sectionTitle = null)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            return null;
        }

        if (entry.Value is YamlMappingNode mapping)
        {
            return new YamlSection(mapping, sectionTitle ?? key, problems);
        }

        Report(LineOf(key), $"{sectionTitle ?? key} is a mapping of keys to values, not a {Shape(entry.Value)}");
        return null;
    }

    /// <summary>A list of mappings; a problem for each item that is none, and for a value that is no list.</summary>
    public IReadOnlyList<YamlSection> Sections(string key, string itemTitle)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            return [];
        }

        if (entry.Value is not YamlSequenceNode sequence)
        {
            Report(LineOf(key), $"{key} is a list, not a {Shape(entry.Value)}");
            return [];
        }

        var sections = new List<YamlSection>();
        foreach (var item in sequence.Children)
        {
            if (item is YamlMappingNode mapping)
            {
                sections.Add(new YamlSection(mapping, itemTitle, problems));
            }
            else
            {
                Report((int)item.Start.Line, $"{itemTitle} is a mapping of keys to values, not a {Shape(item)}");
            }
        }

        return sections;
    }

    /// <summary>The value as it was read, whatever its shape; null when the key isn't there.</summary>
    public YamlNode? Node(string key) => entries.TryGetValue(key, out var entry) ? entry.Value : null;

    public void Report(int line, string message) => problems.Add(new YamlProblem(line, message));

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is "~" or "null";

    private static string Shape(YamlNode node) => node switch
    {
        YamlSequenceNode => "list",
        YamlMappingNode => "mapping",
        _ => "single value",
    };
}
