namespace Holdfast.Cli.Yaml;

/// <summary>Something in a file of YAML that must be mended, and how.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Message">What is wrong and what helps.</param>
internal sealed record YamlProblem(int Line, string Message);
