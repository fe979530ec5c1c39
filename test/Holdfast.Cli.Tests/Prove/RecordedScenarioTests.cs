using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cli.Prove.Recordings;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Scenarios made of what a browser recorded, and of an OpenAPI document.</summary>
public sealed class RecordedScenarioTests
{
    [Fact]
    public void What_an_answer_told_is_captured_where_it_came_from()
    {
        var scenario = Made(
            Exchange("POST", "/login", """{"password":"secret"}""", """{"token":"3fa9c77b01","user":{"id":7}}"""),
            Exchange("GET", "/users/7", null, "{}") with { Headers = [KeyValuePair.Create("Authorization", "Bearer 3fa9c77b01"), KeyValuePair.Create("Accept", "*/*")] },
            Exchange("POST", "/orders", """{"userId":7}""", "{}"));
        Assert.Equal(["id", "token"], scenario.Steps[0].Captures.Select(static capture => capture.Name).Order());
        Assert.Equal("GET /users/{{id}}", scenario.Steps[1].Request);
        var header = Assert.Single(scenario.Steps[1].Headers);
        Assert.Equal(("Authorization", "Bearer {{token}}"), (header.Name, header.Value.ToString()));
        Assert.Equal("""{"userId":"{{id}}"}""", Assert.IsType<JsonBody>(scenario.Steps[2].Body).Value!.ToJsonString());
    }

    [Fact]
    public void What_the_browser_does_by_itself_is_left_out()
    {
        var scenario = Made(
            Exchange("GET", "/", null, """<form action="/cart"><input type="hidden" name="__token" value="abc"></form>""") with { AnswerType = "text/html" },
            Exchange("GET", "/site.css", null, "b{}") with { AnswerType = "text/css" },
            Exchange("GET", "/logo", null, "") with { AnswerType = "image/png" },
            Exchange("POST", "/cart", "sku=a&__token=abc", "") with { BodyType = "application/x-www-form-urlencoded", Status = 302, Location = "/cart" },
            Exchange("GET", "/cart", null, "<p>a</p>") with { AnswerType = "text/html" },
            Exchange("OPTIONS", "/api", null, ""));
        Assert.Equal(["GET /", "POST /cart"], scenario.Steps.Select(static step => step.Request));
        Assert.Equal("sku", Assert.Single(Assert.IsType<FormBody>(scenario.Steps[1].Body).Fields).Name);
    }

    [Fact]
    public void A_name_that_somebody_registers_under_is_new_in_each_run()
    {
        var scenario = Made(
            Exchange("POST", "/register", """{"email":"ann@example.com","password":"x"}""", "{}"),
            Exchange("POST", "/login", """{"email":"ann@example.com","password":"x"}""", "{}"));
        Assert.All(scenario.Steps, static step => Assert.Contains("{{unique}}@example.com", ((JsonBody)step.Body!).Value!.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Text_that_looks_like_something_else_stays_text()
    {
        var scenario = Made(Exchange("POST", "/notes", """{"a":"true","b":"12","c":null,"d":12.5,"e":"x: y # z","f":[]}""", "{}"));
        Assert.Equal("""{"a":"true","b":"12","c":null,"d":12.5,"e":"x: y # z","f":[]}""", ((JsonBody)scenario.Steps[0].Body!).Value!.ToJsonString());
    }

    [Fact]
    public void An_archive_of_a_browser_is_read_without_what_came_from_elsewhere()
    {
        using var archive = JsonDocument.Parse("""
            {"log":{"version":"1.2","entries":[
              {"request":{"method":"GET","url":"http://127.0.0.1:5000/","headers":[]},"response":{"status":200,"headers":[],"content":{"mimeType":"text/html; charset=utf-8","text":"<p>"}}},
              {"request":{"method":"GET","url":"https://cdn.example/x.js","headers":[]},"response":{"status":200,"content":{}}},
              {"request":{"method":"POST","url":"http://127.0.0.1:5000/cart?x=1","headers":[{"name":"Cookie","value":"a=b"}],
               "postData":{"mimeType":"application/json","text":"{\"sku\":\"a\"}"}},"response":{"status":201,"redirectURL":"/cart/1","content":{"mimeType":"application/json","encoding":"base64","text":"eyJpZCI6MX0="}}}]}}
            """);
        var exchanges = HarFile.Read(archive.RootElement);
        Assert.Equal(["/", "/cart?x=1"], exchanges.Select(static exchange => exchange.Target));
        Assert.Equal(("text/html", "{\"id\":1}", "/cart/1"), (exchanges[0].AnswerType, exchanges[1].Answer, exchanges[1].Location));
    }

    [Theory]
    [InlineData("""{"log":{}}""", "log.entries")]
    [InlineData("""{"log":{"entries":[]}}""", "no request")]
    public void An_archive_without_requests_is_refused(string text, string expected)
    {
        using var archive = JsonDocument.Parse(text);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => HarFile.Read(archive.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_becomes_a_walk_that_creates_reads_changes_and_deletes()
    {
        var text = OpenApiScenario.Of(JsonNode.Parse("""
            {"openapi":"3.0.1","servers":[{"url":"https://api.example/v1/"}],
             "paths":{"/things":{
                "post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/New"}}}},
                        "responses":{"201":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}}}},
                "get":{"parameters":[{"name":"page","in":"query","required":true,"schema":{"type":"integer"}}],"responses":{}}},
               "/things/{thingId}":{"get":{},"put":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/New"}}}}},"delete":{}},
               "/secret":{"get":{"parameters":[{"name":"X-Key","in":"header","required":true,"schema":{"type":"string"}}]}}},
             "components":{"schemas":{
               "New":{"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer","minimum":3},"kind":{"enum":["a","b"]}}},
               "Thing":{"allOf":[{"$ref":"#/components/schemas/New"},{"type":"object","properties":{"id":{"type":"integer","readOnly":true}}}]}}}}
            """)!.AsObject());
        var (scenario, problems) = ScenarioParser.Parse(text);
        Assert.Empty(problems);
        Assert.Equal(
            [
                "POST /v1/things", "GET /v1/things?page=1", "GET /v1/things/{{things_id}}", "PUT /v1/things/{{things_id}}", "GET /v1/things/{{things_id}}",
                "DELETE /v1/things/{{things_id}}", "GET /v1/things?page=1",
            ],
            scenario.Steps.Select(static step => step.Request));
        Assert.Equal("""{"name":"name {{unique}}","size":3,"kind":"a"}""", ((JsonBody)scenario.Steps[0].Body!).Value!.ToJsonString());
    }

    private static RecordedExchange Exchange(string method, string target, string? body, string answer) => new()
    {
        Method = method, Target = target, Body = body, BodyType = body is null ? null : "application/json", Status = 200, AnswerType = "application/json", Answer = answer,
    };

    private static Scenario Made(params RecordedExchange[] exchanges)
    {
        var (scenario, problems) = ScenarioParser.Parse(RecordedScenario.Of(exchanges));
        Assert.Empty(problems);
        return scenario;
    }
}
