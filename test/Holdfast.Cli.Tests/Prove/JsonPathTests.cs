using System.Text.Json;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Tests.Prove;

public sealed class JsonPathTests
{
    private static readonly JsonElement Root = JsonDocument.Parse("""{"a":{"b c":[1,{"d":"x"}]},"e":null}""").RootElement;

    [Theory]
    [InlineData("$.a['b c'][0]", "1")]
    [InlineData("$.a[\"b c\"][-1].d", "\"x\"")]
    [InlineData("$.e", "null")]
    [InlineData("$.a['b c'][2]", null)]
    [InlineData("$.a['b c'][-3]", null)]
    [InlineData("$.a.b", null)]
    [InlineData("$.e.f", null)]
    [InlineData("$[0]", null)]
    public void A_path_names_one_value_or_none(string path, string? expected)
    {
        Assert.True(JsonPath.IsValid(path));
        Assert.Equal(expected, JsonPath.Find(Root, path)?.GetRawText());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("$.")]
    [InlineData("$[*]")]
    [InlineData("$..a")]
    [InlineData("$[1:2]")]
    [InlineData("$.a[")]
    [InlineData("$.a ")]
    public void What_names_several_values_or_none_is_no_path(string path) => Assert.False(JsonPath.IsValid(path));
}
