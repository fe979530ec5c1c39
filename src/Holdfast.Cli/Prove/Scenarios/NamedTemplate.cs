namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>A header, query parameter or form field.</summary>
internal sealed record NamedTemplate(string Name, Template Value);
