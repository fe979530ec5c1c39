using System.Text.Json;

namespace Holdfast.Cli.Tests.Prove;

public sealed class JsonSchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load("docs/prove.schema.json");

    [Theory]
    [InlineData("""{"verdict":"fine","reason":"","findings":[],"arms":{},"noise":[],"timings":{"startMs":1,"stopMs":1,"recoverMs":1,"requestsWhileStopping":1,"errorsWhileStopping":1}}""", "$.verdict is fine")]
    [InlineData("""{"verdict":"stateless","findings":{},"arms":{"other":{"runs":"3"}},"noise":[],"timings":{}}""", "$ lacks reason", "$.findings is Object", "$.arms, the name other", "$.arms.other lacks missed", "$.arms.other.runs is String", "$.timings lacks startMs")]
    public void What_breaks_the_contract_is_seen(string json, params string[] problems)
    {
        var found = Schema.Problems(JsonDocument.Parse(json).RootElement);
        Assert.All(problems, problem => Assert.Contains(found, one => one.StartsWith(problem, StringComparison.Ordinal)));
    }
}
