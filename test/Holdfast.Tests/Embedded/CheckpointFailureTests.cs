using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>A snapshot that can't be made is tried again, less and less often.</summary>
public sealed class CheckpointFailureTests
{
    [Fact]
    public void What_fails_is_left_alone_for_a_second_then_twice_as_long_up_to_a_minute()
    {
        var clock = new SetClock();
        var pause = new RetryPause(new StoreClock(clock));
        Assert.True(pause.IsOver);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            AssertPauses(seconds);
        }

        pause.Lengthen();
        pause.End();
        Assert.True(pause.IsOver);
        AssertPauses(1);

        void AssertPauses(int seconds)
        {
            pause.Lengthen();
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.False(pause.IsOver);
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.True(pause.IsOver);
        }
    }
}
