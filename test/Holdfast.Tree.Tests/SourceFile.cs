using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Tree.Tests;

/// <summary>A C# file: where it lies in the repository, and its syntax.</summary>
internal sealed record SourceFile(string Path, CompilationUnitSyntax Syntax)
{
    /// <summary>The types that stand in the file outside of others.</summary>
    public IEnumerable<MemberDeclarationSyntax> TopTypes =>
        Syntax.DescendantNodes(static node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .OfType<MemberDeclarationSyntax>()
            .Where(static node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    public bool IsTest => Path.StartsWith("test/", StringComparison.Ordinal);

    public static SourceFile Parse(string path, string text) =>
        new(path, CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.CSharp14), path).GetCompilationUnitRoot());

    public static string NameOf(MemberDeclarationSyntax type) => type switch
    {
        BaseTypeDeclarationSyntax declared => declared.Identifier.Text,
        DelegateDeclarationSyntax declared => declared.Identifier.Text,
        _ => "",
    };

    /// <summary>A problem at a place, as compilers write it.</summary>
    public string At(SyntaxNode node, string problem) => At(node.GetLocation(), problem);

    public string At(Location location, string problem) => $"{Path}:{location.GetLineSpan().StartLinePosition.Line + 1}: {problem}";
}
