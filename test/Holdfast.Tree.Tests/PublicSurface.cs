using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Tree.Tests;

/// <summary>What a project shows to its users, one line for each type and member, read from its sources.</summary>
internal static class PublicSurface
{
    public static IEnumerable<string> Of(IEnumerable<SourceFile> files) =>
        files.SelectMany(static file => file.TopTypes.SelectMany(type => OfType(type, NamespaceOf(type)))).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> OfType(MemberDeclarationSyntax type, string within)
    {
        if (!IsShown(type, type.Parent is InterfaceDeclarationSyntax))
        {
            yield break;
        }

        var name = $"{within}.{SourceFile.NameOf(type)}";
        yield return $"{name}: {Signature(type)}";
        var members = type switch
        {
            TypeDeclarationSyntax declared => declared.Members.AsEnumerable(),
            EnumDeclarationSyntax declared => declared.Members,
            _ => [],
        };
        foreach (var member in members)
        {
            if (member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            {
                foreach (var line in OfType(member, name))
                {
                    yield return line;
                }
            }
            else if (member is EnumMemberDeclarationSyntax || IsShown(member, type is InterfaceDeclarationSyntax))
            {
                yield return $"{name}: {Signature(member)}";
            }
        }
    }

    private static bool IsShown(MemberDeclarationSyntax member, bool isByDefault)
    {
        var modifiers = member.Modifiers.Select(static modifier => modifier.Kind()).ToHashSet();
        return modifiers.Contains(SyntaxKind.PublicKeyword)
            || (modifiers.Contains(SyntaxKind.ProtectedKeyword) && !modifiers.Contains(SyntaxKind.PrivateKeyword) && !IsSealed(member.Parent))
            || (isByDefault && !modifiers.Contains(SyntaxKind.PrivateKeyword) && !modifiers.Contains(SyntaxKind.InternalKeyword));
    }

    /// <summary>Nobody derives a sealed type, so nobody sees what it protects.</summary>
    private static bool IsSealed(SyntaxNode? type) => type is TypeDeclarationSyntax declared && declared.Modifiers.Any(SyntaxKind.SealedKeyword);

    private static string NamespaceOf(SyntaxNode type) => type.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";

    /// <summary>The declaration without attributes, bodies, initial values and comments.</summary>
    private static string Signature(MemberDeclarationSyntax member)
    {
        member = member.WithAttributeLists([]);
        SyntaxNode bare = member switch
        {
            TypeDeclarationSyntax type => type.WithMembers([]).WithOpenBraceToken(default).WithCloseBraceToken(default).WithSemicolonToken(default),
            EnumDeclarationSyntax type => type.WithMembers([]).WithOpenBraceToken(default).WithCloseBraceToken(default).WithSemicolonToken(default),
            MethodDeclarationSyntax method => method.WithBody(null).WithExpressionBody(null).WithSemicolonToken(default).WithModifiers(WithoutAsync(method)),
            ConstructorDeclarationSyntax method => method.WithBody(null).WithExpressionBody(null).WithInitializer(null).WithSemicolonToken(default),
            OperatorDeclarationSyntax method => method.WithBody(null).WithExpressionBody(null).WithSemicolonToken(default),
            ConversionOperatorDeclarationSyntax method => method.WithBody(null).WithExpressionBody(null).WithSemicolonToken(default),
            PropertyDeclarationSyntax property => property.WithInitializer(null).WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(Accessors(property)),
            IndexerDeclarationSyntax property => property.WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(Accessors(property)),
            FieldDeclarationSyntax field when !field.Modifiers.Any(SyntaxKind.ConstKeyword) => field.WithDeclaration(WithoutValues(field)),
            _ => member,
        };
        return bare.NormalizeWhitespace(" ", " ").WithoutTrivia().ToString().TrimEnd(';', ' ');
    }

    private static SyntaxTokenList WithoutAsync(MethodDeclarationSyntax method) => [.. method.Modifiers.Where(static modifier => !modifier.IsKind(SyntaxKind.AsyncKeyword))];

    private static VariableDeclarationSyntax WithoutValues(FieldDeclarationSyntax field) =>
        field.Declaration.WithVariables([.. field.Declaration.Variables.Select(static variable => variable.WithInitializer(null))]);

    private static AccessorListSyntax Accessors(BasePropertyDeclarationSyntax property)
    {
        var shown = property.AccessorList?.Accessors.Where(static accessor =>
            !accessor.Modifiers.Any(SyntaxKind.PrivateKeyword) && !accessor.Modifiers.Any(SyntaxKind.InternalKeyword))
            ?? [SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration)];
        return SyntaxFactory.AccessorList([.. shown.Select(static accessor =>
            accessor.WithBody(null).WithExpressionBody(null).WithAttributeLists([]).WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken)))]);
    }
}
