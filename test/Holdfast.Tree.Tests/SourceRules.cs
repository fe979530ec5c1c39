using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Tree.Tests;

/// <summary>The rules that each C# file keeps by itself. Every rule tells its violations.</summary>
internal static partial class SourceRules
{
    public const int MaxMethodLines = 70;

    private static readonly string[] ForbiddenTails = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Base", "Impl", "Info", "Data"];

    /// <summary>Time has one seam, TimeProvider, and randomness one, Entropy: what goes around them can't be simulated.</summary>
    private static readonly string[] BannedMembers =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTime.Today", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Environment.TickCount",
        "Environment.TickCount64", "Task.Run", "Thread.Sleep", "Guid.NewGuid", "Guid.CreateVersion7", "Random.Shared",
    ];

    private static readonly string[] BannedTypes = ["Stopwatch", "Random", "NotImplementedException"];

    public static IEnumerable<string> MethodsFitAScreen(SourceFile file) =>
        from node in file.Syntax.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax or ArrowExpressionClauseSyntax
        let span = node.SyntaxTree.GetLineSpan(node.Span)
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MaxMethodLines
        select file.At(node, $"{lines} lines in one method, over {MaxMethodLines}: split it.");

    public static IEnumerable<string> NothingBannedIsCalled(SourceFile file)
    {
        foreach (var access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            var text = access.ToString();
            if (BannedMembers.Any(banned => text == banned || text.EndsWith("." + banned, StringComparison.Ordinal)))
            {
                yield return file.At(access, $"{text} is banned: time comes from TimeProvider, randomness and ids from Entropy, and work runs on the caller.");
            }
        }

        foreach (var name in file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            var isType = name.Parent is ObjectCreationExpressionSyntax || (name.Parent is MemberAccessExpressionSyntax access && access.Expression == name);
            if (isType && BannedTypes.Contains(name.Identifier.Text))
            {
                yield return file.At(name, $"{name.Identifier.Text} is banned in what ships.");
            }
        }
    }

    public static IEnumerable<string> TheFileIsNamedAfterItsType(SourceFile file)
    {
        var names = file.TopTypes.Select(SourceFile.NameOf).ToArray();
        var expected = Path.GetFileNameWithoutExtension(file.Path).Split('.')[0].Replace("OfT", "", StringComparison.Ordinal);
        return names.Length == 0 || names.Contains(expected) ? [] : [$"{file.Path}: declares {string.Join(", ", names)} and no {expected}."];
    }

    public static IEnumerable<string> NamesSayWhatThingsAre(SourceFile file) =>
        from node in file.Syntax.DescendantNodes().OfType<MemberDeclarationSyntax>()
        let name = SourceFile.NameOf(node)
        let tail = ForbiddenTails.FirstOrDefault(tail => name.EndsWith(tail, StringComparison.Ordinal))
        where tail is not null
        select file.At(node, $"{name} ends in {tail}: name what it is.");

    public static IEnumerable<string> CommentsAreSentences(SourceFile file)
    {
        foreach (var trivia in file.Syntax.DescendantTrivia(descendIntoTrivia: true))
        {
            if (trivia.IsKind(SyntaxKind.RegionDirectiveTrivia))
            {
                yield return file.At(trivia.GetLocation(), "No regions: split the type.");
            }

            var isComment = trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);
            if (isComment && Banner().IsMatch(trivia.ToString()))
            {
                yield return file.At(trivia.GetLocation(), "No banners.");
            }

            if (isComment && Promise().IsMatch(trivia.ToString()))
            {
                yield return file.At(trivia.GetLocation(), "Nothing is left to be done: do it, or file an issue.");
            }
        }
    }

    public static IEnumerable<string> NoTestIsSkipped(SourceFile file)
    {
        foreach (var argument in file.Syntax.DescendantNodes().OfType<AttributeArgumentSyntax>())
        {
            if (argument.NameEquals?.Name.Identifier.Text is "Skip" or "SkipWhen" or "SkipUnless" or "SkipExceptions" or "Explicit")
            {
                yield return file.At(argument, "Tests are not skipped: assert what is there instead.");
            }
        }

        foreach (var access in file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>())
        {
            if (access.ToString() is "Assert.Skip" or "Assert.SkipWhen" or "Assert.SkipUnless" or "Thread.Sleep")
            {
                yield return file.At(access, "Tests are not skipped and do not sleep.");
            }
        }
    }

    [GeneratedRegex(@"^\s*(//|/\*)\s*[-=*#~_]{4,}")]
    private static partial Regex Banner();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Promise();
}
