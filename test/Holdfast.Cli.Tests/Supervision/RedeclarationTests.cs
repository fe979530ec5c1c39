using Holdfast.Cli.Supervision;

namespace Holdfast.Cli.Tests.Supervision;

public sealed class RedeclarationTests
{
    private static readonly ServiceDeclaration Api = new("api", ["/one"], "/");
    private static readonly ServiceDeclaration NewApi = new("api", ["/two"], "/");
    private readonly Redeclaration change = new([NewApi]);
    private readonly Dictionary<string, ServiceDeclaration> declared = new() { ["api"] = Api };

    [Fact]
    public void What_is_written_is_done()
    {
        Assert.Equal([NewApi], change.Next(declared));
        Assert.False(change.Done.IsCompleted);

        change.End();
        Assert.True(change.Done.IsCompletedSuccessfully);
        Assert.False(change.TryWithdraw());
    }

    [Fact]
    public void What_is_withdrawn_before_it_began_writes_nothing()
    {
        Assert.True(change.TryWithdraw());

        Assert.Empty(change.Next(declared));
    }

    [Fact]
    public void What_is_withdrawn_on_the_way_goes_back()
    {
        // It may be in the store, though nobody was told.
        change.Next(declared);
        Assert.True(change.TryWithdraw());

        Assert.Equal([Api], change.Next(declared));
    }
}
