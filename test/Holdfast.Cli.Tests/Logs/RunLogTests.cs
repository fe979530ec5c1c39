using System.IO.Pipelines;
using System.Text;
using Holdfast.Cli.Logs;

namespace Holdfast.Cli.Tests.Logs;

public sealed class RunLogTests
{
    [Fact]
    public async Task Lines_are_prefixed_with_their_name_and_stand_under_each_other()
    {
        var target = new MemoryStream();
        await using (var log = new RunLog(target, coloured: false))
        {
            log.Expect("a-long-name");
            log.Event("begins");
            log.Output("shop-1", "hello");
        }

        Assert.Equal("holdfast    | begins\nshop-1      | hello\n", Encoding.UTF8.GetString(target.ToArray()));
    }

    [Fact]
    public async Task Names_are_coloured_on_a_terminal()
    {
        var target = new MemoryStream();
        await using (var log = new RunLog(target, coloured: true))
        {
            log.Output("shop-1", "hello");
        }

        Assert.Equal("\e[36mshop-1   |\e[0m hello\n", Encoding.UTF8.GetString(target.ToArray()));
    }

    [Fact]
    public async Task Output_that_nobody_takes_holds_nothing_up_and_is_counted()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var log = new RunLog(pipe.Writer.AsStream(), coloured: false);
        for (var line = 0; line < RunLog.MaxQueuedLines * 2; line++)
        {
            log.Event("line");
        }

        using var reader = new StreamReader(pipe.Reader.AsStream());
        var ending = log.DisposeAsync();
        var told = "";
        while (!told.Contains("were left out", StringComparison.Ordinal))
        {
            told = await reader.ReadLineAsync().WaitAsync(TestServers.HoldfastTool.Deadline) ?? throw new InvalidOperationException("It ended in silence.");
        }

        pipe.Reader.CancelPendingRead();
        await ending;
    }
}
