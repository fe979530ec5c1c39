using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Tests.Redis;

public sealed class StoreLinkTests
{
    [Fact]
    public async Task A_waiting_call_that_cannot_be_written_fails_alone_and_what_it_submits_is_sent()
    {
        var options = new StateEngineOptions();
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        await using var routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        var link = routes.Nodes[0].Link;
        var behind = new Call();
        var next = new Call();
        var broken = new Call { Unwritable = true, WhenFailed = () => link.Submit(next) };
        link.Submit(broken);
        link.Submit(behind);

        using var stream = new MemoryStream();
        link.Adopt(new RedisConnection(stream, link, TimeProvider.System));
        Assert.Equal((1, 1), (broken.Written, broken.Failed));
        Assert.Equal((1, 0), (behind.Written, behind.Failed));
        Assert.Equal((1, 0), (next.Written, next.Failed));
    }

    private sealed class Call : StoreCall
    {
        public bool Unwritable { get; init; }

        public Action? WhenFailed { get; init; }

        public int Written { get; private set; }

        public int Failed { get; private set; }

        public override bool IsSettled => Failed > 0;

        public override void Write(RespWriter writer, ServerProfile server)
        {
            Written++;
            if (Unwritable)
            {
                throw new InvalidOperationException("This can't be written.");
            }

            writer.Command(1);
            writer.Bulk("PING"u8);
        }

        public override ReplyVerdict Read(ref RespReader reader, ServerProfile server) => ReplyVerdict.Settled;

        public override void Fail(StateException fault)
        {
            if (Failed++ == 0)
            {
                WhenFailed?.Invoke();
            }
        }

        public override void Tell(StateException fault) => Fail(fault);
    }
}
