namespace Holdfast.Tree.Tests;

/// <summary>The public surface changes only when somebody means it to.</summary>
public sealed class PublicSurfaceTests
{
    private const string Accept = "HOLDFAST_ACCEPT_SURFACE";

    [Theory]
    [InlineData("Holdfast")]
    [InlineData("Holdfast.AspNetCore")]
    [InlineData("Holdfast.Cli")]
    [InlineData("Holdfast.Gateway")]
    [InlineData("Holdfast.Testing")]
    public void The_public_surface_is_the_one_on_record(string project)
    {
        var record = Tree.PathOf("test", "Holdfast.Tree.Tests", "PublicSurface", project + ".txt");
        var surface = PublicSurface.Of(Tree.Sources($"src/{project}")).ToArray();
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            File.WriteAllLines(record, surface);
        }

        var recorded = File.Exists(record) ? File.ReadAllLines(record) : [];
        var changes = surface.Except(recorded).Select(static line => "+ " + line).Concat(recorded.Except(surface).Select(static line => "- " + line)).ToArray();
        Assert.True(
            changes.Length == 0,
            $"The public surface of {project} has changed. If that is meant, run {Accept}=1 eng/test Holdfast.Tree.Tests and commit the record.\n{string.Join('\n', changes)}");
    }

    [Fact]
    public void What_users_see_is_listed_and_nothing_else()
    {
        const string Code = """
            namespace N;
            internal class Hidden { public int A; }
            public sealed record R(int A) { internal int B; public string C { get; private set; } = ""; protected void D() { } }
            public abstract class T<X> : object where X : class
            {
                public const int Most = 3;
                protected abstract int F([My] int a = 1);
                public async Task G() { await x; }
                public static T<X> operator +(T<X> a, T<X> b) => a;
                public int this[int i] => i;
                public enum E { One, Two = 2 }
            }
            """;
        Assert.Equal(
            [
                "N.R: public sealed record R(int A)",
                "N.R: public string C { get; }",
                "N.T.E: One",
                "N.T.E: Two = 2",
                "N.T.E: public enum E",
                "N.T: protected abstract int F([My] int a = 1)",
                "N.T: public Task G()",
                "N.T: public abstract class T<X> : object where X : class",
                "N.T: public const int Most = 3",
                "N.T: public int this[int i] { get; }",
                "N.T: public static T<X> operator +(T<X> a, T<X> b)",
            ],
            PublicSurface.Of([SourceFile.Parse("src/R.cs", Code)]));
    }
}
