using Holdfast.TestServers;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>An application of test/prove-corpus, and what the prover has to say of it.</summary>
public sealed class CorpusCase
{
    /// <summary>The corpus's folder.</summary>
    public static string Root { get; } = Path.Combine(Repository.Root, "test", "prove-corpus");

    /// <summary>The case's folder in the corpus.</summary>
    [YamlIgnore]
    public string Name { get; private set; } = "";

    /// <summary>What it is, for people.</summary>
    public string About { get; set; } = "";

    /// <summary>The command of one copy.</summary>
    public string Run { get; set; } = "";

    /// <summary>The store that all copies use: <c>redis</c>, <c>node</c>, or none.</summary>
    public string? Store { get; set; }

    /// <summary><c>shared</c>: all copies find one folder at <c>$SHARED_DIR</c>.</summary>
    public string? Folder { get; set; }

    public Dictionary<string, string> Env { get; set; } = [];

    public CorpusAnswer Expect { get; set; } = new();

    /// <summary>The names of all cases.</summary>
    public static IEnumerable<string> Names { get; } =
        [.. Directory.EnumerateFiles(Root, "case.yaml", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Select(static file => Path.GetFileName(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)];

    public static CorpusCase Load(string name)
    {
        var reader = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build();
        var loaded = reader.Deserialize<CorpusCase>(File.ReadAllText(Path.Combine(Root, name, "case.yaml")));
        loaded.Name = name;
        return loaded;
    }

    public override string ToString() => Name;
}
