using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Tests.Prove;

public sealed class DeltaDebuggingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    public async Task Whatever_is_needed_is_left_and_nothing_else(int count)
    {
        var items = Enumerable.Range(0, count).ToArray();
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var needed = items.Where(_ => random.Next(count) < 3).ToArray();
            var left = await DeltaDebugging.MinimizeAsync(items, list => Task.FromResult(needed.All(list.Contains)));
            Assert.Equal(needed, left);
        }
    }

    [Fact]
    public async Task One_of_two_ways_is_enough()
    {
        var left = await DeltaDebugging.MinimizeAsync(
            Enumerable.Range(0, 20).ToArray(),
            static list => Task.FromResult((list.Contains(3) && list.Contains(17)) || list.Contains(5)));
        Assert.True(left is [5] or [3, 17]);
    }

    [Fact]
    public async Task Sixteen_items_take_no_more_than_a_few_dozen_tries()
    {
        var tries = 0;
        await DeltaDebugging.MinimizeAsync(Enumerable.Range(0, 16).ToArray(), list =>
        {
            tries++;
            return Task.FromResult(list.Contains(2) && list.Contains(11));
        });
        Assert.InRange(tries, 1, 48);
    }
}
