namespace Holdfast.Cli.Tests.Prove.Corpus;

/// <summary>What is known of a case.</summary>
public sealed class CorpusAnswer
{
    public string Verdict { get; set; } = "";

    /// <summary>The kinds of the findings.</summary>
    public List<string> Kinds { get; set; } = [];
}
