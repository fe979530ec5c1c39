namespace Holdfast.Tree.Tests;

/// <summary>Each rule finds its violation, and only that.</summary>
public sealed class SourceRulesTests
{
    [Fact]
    public void A_long_method_is_found()
    {
        string Method(int lines) => $"class A {{ void B()\n{{{new string('\n', lines - 2)}}} }}";
        Assert.Empty(SourceRules.MethodsFitAScreen(Of(Method(SourceRules.MaxMethodLines))));
        Assert.Single(SourceRules.MethodsFitAScreen(Of(Method(SourceRules.MaxMethodLines + 1))));
    }

    [Theory]
    [InlineData("var a = DateTime.UtcNow;")]
    [InlineData("var a = System.DateTimeOffset.Now.Ticks;")]
    [InlineData("Task.Run(() => 1);")]
    [InlineData("Thread.Sleep(1);")]
    [InlineData("var a = global::System.Guid.NewGuid();")]
    [InlineData("var a = Stopwatch.StartNew();")]
    [InlineData("throw new NotImplementedException();")]
    public void A_banned_call_is_found(string code)
    {
        Assert.Single(SourceRules.NothingBannedIsCalled(Of(code)));
        Assert.Empty(SourceRules.NothingBannedIsCalled(Of("var a = clock.GetUtcNow(); // DateTime.Now is banned")));
    }

    [Fact]
    public void A_file_that_is_not_named_after_its_type_is_found()
    {
        Assert.Empty(SourceRules.TheFileIsNamedAfterItsType(SourceFile.Parse("src/A.cs", "namespace X; class A; enum B { C }")));
        Assert.Empty(SourceRules.TheFileIsNamedAfterItsType(SourceFile.Parse("src/A.Parts.cs", "namespace X; partial class A;")));
        Assert.Single(SourceRules.TheFileIsNamedAfterItsType(SourceFile.Parse("src/A.cs", "namespace X { class B; }")));
    }

    [Theory]
    [InlineData("class SessionManager;")]
    [InlineData("class A { struct PathHelper; }")]
    [InlineData("enum UserInfo { A }")]
    public void A_name_with_an_empty_tail_is_found(string code)
    {
        Assert.Single(SourceRules.NamesSayWhatThingsAre(Of(code)));
        Assert.Empty(SourceRules.NamesSayWhatThingsAre(Of("class Session { int DataBytes; }")));
    }

    [Theory]
    [InlineData("#region A\n#endregion")]
    [InlineData("// ---------- parts")]
    [InlineData("int a; // TODO later")]
    public void A_comment_that_is_no_sentence_is_found(string code)
    {
        Assert.Single(SourceRules.CommentsAreSentences(Of(code)));
        Assert.Empty(SourceRules.CommentsAreSentences(Of("// Why it is so - and how.\nint a;")));
    }

    [Theory]
    [InlineData("class A { [Fact(Skip = \"later\")] void B() { } }")]
    [InlineData("class A { [Fact(Explicit = true)] void B() { } }")]
    [InlineData("class A { void B() { Assert.SkipWhen(true, \"\"); } }")]
    public void A_skipped_test_is_found(string code)
    {
        Assert.Single(SourceRules.NoTestIsSkipped(Of(code)));
        Assert.Empty(SourceRules.NoTestIsSkipped(Of("class A { [Fact] void B() { list.Skip(1); } }")));
    }

    private static SourceFile Of(string code) => SourceFile.Parse("src/A.cs", code);
}
