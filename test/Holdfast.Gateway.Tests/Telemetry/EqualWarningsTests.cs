using System.Globalization;
using Holdfast.Gateway.Telemetry;
using Microsoft.Extensions.Logging;

namespace Holdfast.Gateway.Tests.Telemetry;

public sealed class EqualWarningsTests
{
    private readonly List<string> lines = [];
    private readonly HandClock clock = new();

    [Fact]
    public void The_first_is_news_and_those_that_follow_are_told_by_their_number_until_there_are_none()
    {
        using var warnings = new EqualWarnings(clock, new Lines(lines));
        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(_ => warnings.IsNews("shop", "it rains")));
        Assert.True(warnings.IsNews("shop", "it snows"));
        Assert.True(warnings.IsNews("blog", "it rains"));

        clock.Tick();
        Assert.Equal(["shop: it rains, 2 times more within 10 s."], lines);
        Assert.False(warnings.IsNews("shop", "it rains"));
        Assert.True(warnings.IsNews("blog", "it rains"));

        clock.Tick();
        clock.Tick();
        Assert.Equal(["shop: it rains, 2 times more within 10 s.", "shop: it rains, 1 times more within 10 s."], lines);
        Assert.True(warnings.IsNews("shop", "it rains"));
    }

    [Fact]
    public void What_was_counted_is_told_at_the_end()
    {
        var warnings = new EqualWarnings(clock, new Lines(lines));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => warnings.IsNews("shop", "it rains")));
        warnings.Dispose();
        Assert.Single(lines);
    }

    [Fact]
    public async Task None_is_lost_that_come_in_while_they_are_told()
    {
        const int Each = 100_000;
        using (var warnings = new EqualWarnings(clock, new Lines(lines)))
        {
            var coming = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, Each).Count(_ => warnings.IsNews("shop", "it rains")))));
            while (!coming.IsCompleted)
            {
                clock.Tick();
            }

            lines.AddRange((await coming).Select(static news => $"shop: it rains, {news} times"));
        }

        Assert.Equal(4 * Each, lines.Sum(static line => int.Parse(line.Split(' ')[3], CultureInfo.InvariantCulture)));
    }

    private sealed class Lines(List<string> lines) : ILogger<EqualWarnings>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }

    /// <summary>A clock whose timers are moved by hand.</summary>
    private sealed class HandClock : TimeProvider
    {
        private Action ticks = static () => { };

        public void Tick() => ticks();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ticks += () => callback(state);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
