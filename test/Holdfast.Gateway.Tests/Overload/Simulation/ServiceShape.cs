namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>How a service takes its time: each request first waits for something that has room for all, then is worked on.</summary>
/// <param name="Name">What it is like.</param>
/// <param name="AtOnce">How many are worked on at once.</param>
/// <param name="Work">The seconds that one is worked on when it is alone.</param>
/// <param name="MeanWork">Their mean.</param>
internal sealed record ServiceShape(string Name, int AtOnce, Func<Random, double> Work, double MeanWork)
{
    /// <summary>Shapes that services have.</summary>
    public static readonly IReadOnlyList<ServiceShape> All =
    [
        new("takes turns of 20 ms", 1, static _ => 0.02, 0.02),
        new("takes turns of 5 ms", 1, static random => Exponential(random, 0.005), 0.005),
        new("one processor", 1, static random => Uniform(random, 0.01, 0.03), 0.02) { IsShared = true },
        new("four processors", 4, static random => Exponential(random, 0.03), 0.03) { IsShared = true },
        new("four processors that suffer by many", 4, static random => Uniform(random, 0.01, 0.05), 0.03) { IsShared = true, Friction = 0.02 },
        new("100 at once, 20 ms", 100, static _ => 0.02, 0.02),
        new("16 at once, by chance", 16, static random => Exponential(random, 0.05), 0.05),
        new("100 at once, by chance", 100, static random => Exponential(random, 0.1), 0.1),
        new("8 at once, 100 to 1000 ms", 8, static random => Uniform(random, 0.1, 1), 0.55),
        new("64 at once, 100 to 1000 ms", 64, static random => Uniform(random, 0.1, 1), 0.55),
        new("32 at once, one in 20 takes 50 times as long", 32, static random => random.NextDouble() < 0.95 ? 0.01 : 0.5, 0.0345),
        new("a store of 50 ms and a processor", 1, static random => Uniform(random, 0.0025, 0.0075), 0.005) { Delay = 0.05, IsShared = true },
    ];

    /// <summary>The seconds that a request waits for something else before.</summary>
    public double Delay { get; init; }

    /// <summary>Whether all share the processors, as threads do; otherwise each has its turn.</summary>
    public bool IsShared { get; init; }

    /// <summary>The part of its capacity that is lost with each one that is there beyond <see cref="AtOnce"/>.</summary>
    public double Friction { get; init; }

    /// <summary>How much slower it is at a second: 2 for half as fast.</summary>
    public Func<double, double> Slowness { get; init; } = static _ => 1;

    /// <summary>Requests a second that it can do at most.</summary>
    public double Capacity => AtOnce / MeanWork;

    /// <summary>Whether it answers so many that those who come while the overload is being noticed are less than a hundredth of a minute's.</summary>
    public bool AnswersMany => Capacity > 40;

    public override string ToString() => Name;

    private static double Uniform(Random random, double least, double most) => least + ((most - least) * random.NextDouble());

    private static double Exponential(Random random, double mean) => -Math.Log(1 - random.NextDouble()) * mean;
}
