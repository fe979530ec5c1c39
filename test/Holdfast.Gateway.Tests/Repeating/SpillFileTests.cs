using System.Runtime.CompilerServices;
using Holdfast.Gateway.Repeating;

namespace Holdfast.Gateway.Tests.Repeating;

public sealed class SpillFileTests
{
    [Fact]
    public async Task All_files_together_take_no_more_than_their_space_and_give_it_back()
    {
        var space = new SpillSpace(limitBytes: 3000);
        await using (var first = SpillFile.Create(space))
        {
            await first.WriteAsync(new byte[2000]);
            await using var second = SpillFile.Create(space);
            await new MemoryStream(new byte[1000]).CopyToAsync(second);
            await Assert.ThrowsAsync<IOException>(async () => await second.WriteAsync(new byte[1]));
            Assert.Equal((2000, 1000), (first.Length, second.Length));
        }

        await using var third = SpillFile.Create(space);
        await third.WriteAsync(new byte[3000]);
        Assert.Equal(3000, third.Length);
    }

    [Fact]
    public async Task What_was_written_is_in_the_file_at_once()
    {
        await using var file = SpillFile.Create(new SpillSpace(limitBytes: 3000));
        await file.WriteAsync(new byte[100]);

        // Not by its handle, for which a stream would write what it holds back.
        var open = Directory.EnumerateFiles("/proc/self/fd").Single(descriptor => new FileInfo(descriptor).LinkTarget?.StartsWith(file.Name, StringComparison.Ordinal) == true);
        await using var other = File.OpenRead(open);
        Assert.Equal(100, other.Length);
    }

    /// <summary>The runtime finalises a stream whose constructor failed too, on a thread on which an exception ends the process.</summary>
    [Fact]
    public void One_that_can_not_be_opened_ends_nothing()
    {
        var space = new SpillSpace(limitBytes: 1);
        Assert.Throws<DirectoryNotFoundException>(() => Open(space));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(space.TryTake(1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Open(SpillSpace space) => new SpillFile(
        Path.Combine(Path.GetTempPath(), "holdfast-no-folder", "body"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite }, space).Dispose();
}
