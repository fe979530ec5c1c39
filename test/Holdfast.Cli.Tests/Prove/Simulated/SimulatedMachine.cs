using System.Threading;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>
/// A machine that has much else to do or little, by a seed. Its clock moves on only by what is waited for and by what its
/// processes take, so that minutes pass at once and each run of a seed is the same.
/// </summary>
/// <param name="seed">Decides how long everything takes.</param>
/// <param name="delay">By how much everything comes later than on an idle machine, on average.</param>
internal sealed class SimulatedMachine(int seed, TimeSpan delay) : TimeProvider
{
    private readonly Random random = new(seed);
    private long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Now => TimeSpan.FromTicks(now);

    public override long GetTimestamp() => now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56).AddTicks(now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        now += Late(dueTime).Ticks;
        callback(state);
        return new Fired();
    }

    /// <summary>When something is done that takes so long on an idle machine: mostly a little later, and at times much.</summary>
    public TimeSpan Late(TimeSpan least) => least - (delay * Math.Log(1 - random.NextDouble()));

    /// <summary>Does something that takes so long on an idle machine.</summary>
    public void Work(double milliseconds) => now += Late(TimeSpan.FromMilliseconds(milliseconds)).Ticks;

    /// <summary>Between 0 and 1.</summary>
    public double Chance() => random.NextDouble();

    public void Fill(Span<byte> bytes) => random.NextBytes(bytes);

    private sealed class Fired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
