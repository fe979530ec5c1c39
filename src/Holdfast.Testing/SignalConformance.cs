using System.Text;
using Xunit;

namespace Holdfast.Testing;

/// <summary>Signals: told to everyone who listens right now, in order, and to nobody later.</summary>
public abstract class SignalConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task Listeners_get_signals_in_the_order_of_the_sender()
    {
        var elsewhere = await ElsewhereAsync();
        await using var here = await Engine.ListenAsync(Affinity);
        await using var there = await elsewhere.ListenAsync(Affinity);
        for (var i = 0; i < 100; i++)
        {
            await Engine.SignalAsync(Affinity, Utf8($"{i}"));
        }

        var expected = Enumerable.Range(0, 100).Select(static i => $"{i}");
        Assert.Equal(expected, await TakeAsync(here, 100));
        Assert.Equal(expected, await TakeAsync(there, 100));
    }

    [Fact]
    public async Task Listeners_get_the_signals_of_their_own_channel_only()
    {
        await using var own = await Engine.ListenAsync(Affinity);
        await using var other = await Engine.ListenAsync(Affinity + "*");
        await Engine.SignalAsync(Affinity + "x", Utf8("not theirs"));
        await Engine.SignalAsync(Affinity + "*", Utf8("the other's"));
        await Engine.SignalAsync(Affinity, Utf8("its own"));

        Assert.Equal(["its own"], await TakeAsync(own, 1));
        Assert.Equal(["the other's"], await TakeAsync(other, 1));
    }

    [Fact]
    public async Task What_was_sent_before_is_not_told()
    {
        await Engine.SignalAsync(Affinity, Utf8("before"));
        await using var listener = await Engine.ListenAsync(Affinity);
        await Engine.SignalAsync(Affinity, Utf8("after"));

        Assert.Equal(["after"], await TakeAsync(listener, 1));
    }

    [Fact]
    public async Task Payloads_are_any_bytes_up_to_the_limit()
    {
        var large = new byte[StateLimits.MaxSignalBytes];
        Entropy.System.Fill(large);
        byte[] everyByte = [.. Enumerable.Range(0, 256).Select(static number => (byte)number)];
        await using var listener = await Engine.ListenAsync(Affinity);
        foreach (var payload in new[] { [], everyByte, large })
        {
            await Engine.SignalAsync(Affinity, payload);
            await using var signals = listener.ReadAllAsync().GetAsyncEnumerator();
            Assert.True(await InTimeAsync(signals.MoveNextAsync().AsTask()));
            Assert.Equal(payload, signals.Current.ToArray());
        }
    }

    [Fact]
    public async Task Channels_have_any_name_up_to_the_limit()
    {
        foreach (var channel in new[] { $"{Affinity} ä\r\n漢", (Affinity + "/*?[a]").PadRight(StateLimits.MaxChannelBytes, 'x') })
        {
            await using var listener = await Engine.ListenAsync(channel);
            await Engine.SignalAsync(channel, Utf8("1"));
            Assert.Equal(channel, listener.Channel);
            Assert.Equal(["1"], await TakeAsync(listener, 1));
        }
    }

    [Fact]
    public async Task A_listener_that_ended_ends_its_reading_and_leaves_the_others()
    {
        await using var stays = await Engine.ListenAsync(Affinity);
        var ends = await Engine.ListenAsync(Affinity);
        await ends.DisposeAsync();
        await Engine.SignalAsync(Affinity, Utf8("1"));

        Assert.Equal(["1"], await TakeAsync(stays, 1));
        Assert.Empty(await TakeAsync(ends, 1));
    }

    [Fact]
    public async Task A_slow_listener_loses_the_oldest_and_holds_up_nobody()
    {
        await using var slow = await Engine.ListenAsync(Affinity);
        await using var quick = await Engine.ListenAsync(Affinity + "-quick");
        const int Sent = SignalSubscription.Capacity + 100;
        for (var i = 0; i < Sent; i++)
        {
            await Engine.SignalAsync(Affinity, Utf8($"{i}"));
        }

        await Engine.SignalAsync(Affinity + "-quick", Utf8("1"));
        Assert.Equal(["1"], await TakeAsync(quick, 1));
        await EventuallyAsync(() => ValueTask.FromResult(slow.Dropped == 100), "the listener lost what was over its capacity");
        Assert.Equal(Enumerable.Range(100, SignalSubscription.Capacity).Select(static i => $"{i}"), await TakeAsync(slow, SignalSubscription.Capacity));
    }

    private Task<List<string>> TakeAsync(SignalSubscription listener, int count) => InTimeAsync(ReadAsync(listener, count));

    private static async Task<List<string>> ReadAsync(SignalSubscription listener, int count)
    {
        var taken = new List<string>();
        await foreach (var payload in listener.ReadAllAsync())
        {
            taken.Add(Encoding.UTF8.GetString(payload.Span));
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }
}
