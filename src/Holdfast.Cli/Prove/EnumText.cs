namespace Holdfast.Cli.Prove;

/// <summary>Names of arms, verdicts and disturbances as people and scripts read them: one word in lower case.</summary>
internal static class EnumText
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
