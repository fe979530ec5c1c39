using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Tests.Balancing;

/// <summary>Instances that nothing listens behind, for tests of how one is chosen.</summary>
internal static class Instances
{
    public static Upstream One(string id, TimeProvider clock, int weight = RegisteredInstance.DefaultWeight, string region = "") =>
        new("shop", new RegisteredInstance(id, new Uri("http://127.0.0.1:1"), InstanceState.Ready) { Weight = weight, Region = region }, static () => { }, clock);

    public static Upstream[] Several(int count, TimeProvider clock) =>
        [.. Enumerable.Range(1, count).Select(number => One($"shop-{number}", clock))];

    /// <summary>Has an instance answer so many requests.</summary>
    public static void Answer(Upstream upstream, int status, int times)
    {
        for (var i = 0; i < times; i++)
        {
            upstream.Answered(status);
        }
    }
}
