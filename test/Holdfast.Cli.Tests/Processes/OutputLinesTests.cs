using System.Text;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Tests.Processes;

public sealed class OutputLinesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Lines_are_whole_however_they_arrive(int pieceBytes)
    {
        var stream = new PieceStream(Encoding.UTF8.GetBytes("one\ntwö\r\n\nlast"), pieceBytes);
        Assert.Equal(["one", "twö", "", "last"], OutputLines.Read(stream));
    }

    [Fact]
    public void A_line_that_never_ends_is_told_in_pieces()
    {
        var stream = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', OutputLines.MaxLineBytes * 2 + 5)));
        Assert.Equal([OutputLines.MaxLineBytes, OutputLines.MaxLineBytes, 5], OutputLines.Read(stream).Select(static line => line.Length));
    }

    private sealed class PieceStream(byte[] bytes, int pieceBytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(pieceBytes, buffer.Length)]);
    }
}
