using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Tests.Processes;

public sealed class SecretMaskTests
{
    [Fact]
    public void Secrets_are_taken_out_wherever_they_stand_and_line_by_line()
    {
        var mask = new SecretMask(["sesame", "open sesame", "-----BEGIN-----\nabcdefgh\n", "tiny"]);
        Assert.Equal("it is *** and *** and *** and tiny", mask.Apply("it is open sesame and sesame and abcdefgh and tiny"));
        Assert.Equal("nothing", SecretMask.None.Apply("nothing"));
    }
}
