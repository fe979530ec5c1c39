using System.Text;
using Holdfast;
using Shop.Requests;

namespace Shop.SignIn;

/// <summary>The rule for users' names, in one place.</summary>
internal static class UserName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 64;

    private const string AlsoAllowed = " .-_@+'";

    /// <summary>The name without space around it; refused when it breaks the rule.</summary>
    public static string Checked(string? name) =>
        ProblemOf(name) is { } problem ? throw new RefusedException(StatusCodes.Status400BadRequest, problem) : name!.Trim();

    /// <summary>What is wrong with the name, for a person; null when nothing is.</summary>
    public static string? ProblemOf(string? name)
    {
        var trimmed = name?.Trim() ?? "";
        return trimmed.Length is > 0 and <= MaxLength
            && trimmed.EnumerateRunes().All(IsAllowed)
            && Address.Escape(trimmed).Length <= Address.MaxPartLength
            ? null
            : $"A name is 1 to {MaxLength} letters, digits, spaces and . - _ @ + '.";
    }

    private static bool IsAllowed(Rune rune) => Rune.IsLetterOrDigit(rune) || (rune.IsAscii && AlsoAllowed.Contains((char)rune.Value));
}
