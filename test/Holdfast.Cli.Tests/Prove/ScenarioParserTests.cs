using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Tests.Prove;

public sealed class ScenarioParserTests
{
    [Fact]
    public void A_scenario_is_read_as_it_is_documented()
    {
        var (scenario, problems) = ScenarioParser.Parse("""
            steps:
              - request: POST /login
                json: { user: "{{unique}}", age: 42, tags: [ a, 1.5, true, null, "7" ] }
              - request: POST /cart?from=home
                form: { sku: a }
                headers: { X-Trace: "{{unique}}" }
                query: { n: 1 }
                times: 3
                concurrently: 4
              - request: GET /cart
                capture: { first: "$.cart[0]", place: header:Location, sid: cookie:sid, next: "css:a.next@href" }
                expect: { status: 200 }
              - request: PUT {{place}}
                body: "{{first}}"
            """);
        Assert.Empty(problems);
        Assert.Equal(["POST /login", "POST /cart?from=home", "GET /cart", "PUT {{place}}"], scenario.Steps.Select(static step => step.Request));
        Assert.Equal(1 + 12 + 1 + 1, scenario.RequestCount);
        Assert.Equal([2, 4, 10, 13], scenario.Steps.Select(static step => step.Line));
        Assert.Equal(
            """{"user":"u1","age":42,"tags":["a",1.5,true,null,"7"]}""",
            ((JsonBody)scenario.Steps[0].Body!).Render(new Dictionary<string, CapturedValue> { ["unique"] = new("u1") }));
        Assert.Equal(["$.cart[0]", "header:Location", "cookie:sid", "css:a.next@href"], scenario.Steps[2].Captures.Select(static capture => capture.Text));
        Assert.Equal(200, scenario.Steps[2].ExpectedStatus);
        Assert.Equal(["place", "first"], scenario.Steps[3].Names);
    }

    [Fact]
    public void Every_problem_is_told_with_its_line_and_what_helps()
    {
        var (_, problems) = ScenarioParser.Parse("""
            steps:
              - request: /login
              - json: { a: 1 }
              - request: FETCH /a
              - request: GET /a
                times: 0
                capture: { x: cart, y: "$..z", unique: "$.a", z: "css:a[" }
              - request: POST /b/{{zz}}
                json: {}
                form: {}
                timse: 2
                expect: { status: ok }
                headers: { "a b": c }
              - what
            """);
        (int, string)[] expected =
        [
            (2, "a request is a method and a path"), (3, "a step has a request"), (4, "'FETCH' is no method"), (6, "times is a whole number from 1 to 100"),
            (7, "'cart' is no place in an answer"), (7, "'$..z' is no JSON path"), (7, "can't be captured as 'unique'"), (7, "'a[' is no CSS selector"),
            (8, "nothing before this step captures {{zz}}"), (10, "a request has one body, not json and form"), (11, "did you mean 'times'?"),
            (12, "status is a whole number from 100 to 599"), (13, "'a b' can't be the name of a header"), (14, "a step is a mapping"),
        ];
        Assert.All(expected, problem => Assert.Contains(problems, told => told.Line == problem.Item1 && told.Message.Contains(problem.Item2, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData("", 1, "one document, not 0")]
    [InlineData("- request: GET /", 1, "one mapping")]
    [InlineData("steps: GET /", 1, "steps is a list")]
    [InlineData("steps: []", 1, "there are no steps")]
    [InlineData("step: []", 1, "did you mean 'steps'?")]
    [InlineData("steps:\n  - request: GET /\n\t- request: GET /", 3, "not YAML")]
    [InlineData("steps:\n  - request: POST /\n    json: { user: {{unique}} }", 3, "needs quotes")]
    [InlineData("steps:\n  - { request: GET /, times: 100, concurrently: 3 }", 1, "over 200")]
    public void What_is_no_scenario_is_told(string text, int line, string message)
    {
        var (_, problems) = ScenarioParser.Parse(text);
        Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_number_that_was_captured_stays_one_in_json()
    {
        var (scenario, problems) = ScenarioParser.Parse("""
            steps:
              - request: GET /a
                capture: { id: "$.id" }
              - request: POST /b
                json: { id: "{{id}}", text: "no. {{id}}" }
            """);
        Assert.Empty(problems);
        var values = new Dictionary<string, CapturedValue> { ["unique"] = new("u1"), ["id"] = new("7", "7") };
        Assert.Equal("""{"id":7,"text":"no. 7"}""", ((JsonBody)scenario.Steps[1].Body!).Render(values));
    }
}
