using Holdfast.NearCaching;
using Holdfast.Redis;

namespace Holdfast.Tests.Redis;

/// <summary>How a client's stamp stands to what a server has answered, and to what the store tells of itself.</summary>
public sealed class StampCheckTests
{
    private static readonly PartitionHead Head = new(3, 40, [new TermStart(1, 0), new TermStart(2, 30)]);

    [Theory]
    [InlineData(2, 40, 2, 40, nameof(StampVerdict.Contained))]
    [InlineData(1, 30, 2, 31, nameof(StampVerdict.Contained))]
    [InlineData(2, 35, 1, 99, nameof(StampVerdict.Later))]
    [InlineData(2, 35, 2, 34, nameof(StampVerdict.Later))]
    [InlineData(1, 31, 2, 31, nameof(StampVerdict.Lost))]
    [InlineData(2, 41, 2, 40, nameof(StampVerdict.Lost))]
    public async Task What_was_read_knows_of_a_stamp_or_is_to_be_read_again_or_the_stamp_is_lost(long term, long revision, long atTerm, long atRevision, string verdict)
    {
        Assert.Equal(verdict, (await CheckOf(new StateEngineOptions()).CheckAsync(new Stamp(3, term, revision), new Stamp(3, atTerm, atRevision), default)).ToString());
    }

    [Fact]
    public async Task A_lost_stamp_is_refused_where_the_options_say_so()
    {
        var check = CheckOf(new StateEngineOptions { RefuseLostStamps = true });
        await Assert.ThrowsAsync<StateLostException>(async () => await check.CheckAsync(new Stamp(3, 1, 31), new Stamp(3, 2, 31), default));
        Assert.Equal(StampVerdict.Later, await check.CheckAsync(new Stamp(3, 2, 35), new Stamp(3, 1, 99), default));
    }

    private static StampCheck CheckOf(StateEngineOptions options) => new(new NearCache(options), options, static (_, _) => ValueTask.FromResult(Head));
}
