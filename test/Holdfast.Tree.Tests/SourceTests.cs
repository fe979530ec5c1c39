namespace Holdfast.Tree.Tests;

/// <summary>The rules, on every file.</summary>
public sealed class SourceTests
{
    private static readonly SourceFile[] Shipped = [.. Tree.Sources("src", "samples")];
    private static readonly SourceFile[] All = [.. Shipped, .. Tree.Sources("test", "bench")];

    [Fact]
    public void Methods_fit_a_screen() => Keep(All, SourceRules.MethodsFitAScreen);

    [Fact]
    public void Nothing_banned_is_called() => Keep(Tree.Sources("src"), SourceRules.NothingBannedIsCalled);

    [Fact]
    public void Files_are_named_after_their_types() => Keep(Shipped, SourceRules.TheFileIsNamedAfterItsType);

    [Fact]
    public void Names_say_what_things_are() => Keep(All, SourceRules.NamesSayWhatThingsAre);

    [Fact]
    public void Comments_are_sentences() => Keep(All, SourceRules.CommentsAreSentences);

    [Fact]
    public void No_test_is_skipped() => Keep(Tree.Sources("test", "src/Holdfast.Testing"), SourceRules.NoTestIsSkipped);

    [Fact]
    public void Folders_are_features()
    {
        string[] shapes = ["Interfaces", "Enums", "Models", "Helpers", "Utils", "Common", "Misc"];
        Assert.DoesNotContain(All, file => file.Path.Split('/').Any(shapes.Contains));
    }

    private static void Keep(IEnumerable<SourceFile> files, Func<SourceFile, IEnumerable<string>> rule)
    {
        var problems = files.SelectMany(rule).ToArray();
        Assert.True(problems.Length == 0, string.Join('\n', problems));
    }
}
