using Holdfast.TestServers;

namespace Holdfast.Tests.Node.Commands;

/// <summary>Commands by chance, right ones and wrong ones, as the node and a real redis-server answer them.</summary>
public sealed class RandomCommandTests(Twins twins) : IClassFixture<Twins>
{
    private const int CommandsOfRound = 200;

    [Fact]
    [Trait("Experiment", "Twins")]
    public void Commands_by_chance_are_answered_as_by_a_redis_server()
    {
        for (var seed = 1; seed <= Experiment.Count(small: 60, large: 3000); seed++)
        {
            var commands = new RandomCommands(seed);
            using var clients = twins.Connect(2 + (seed % 2));
            clients.Empty(RandomCommands.Keys);
            try
            {
                clients.AnswerAlike([.. Enumerable.Range(0, CommandsOfRound).Select(_ => commands.Next())]);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"With seed {seed}: {exception.Message}", exception);
            }
        }
    }
}
