using System.Text;
using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>Runs whose answers are made up.</summary>
internal static class FakeRuns
{
    public static Walk Walk(params string[] requests) => Holdfast.Cli.Prove.Runs.Walk.Of(new Scenario([.. requests.Select(static (request, index) => new Step
    {
        Line = index + 2,
        Method = request.Split(' ')[0],
        Path = new Template(request.Split(' ')[1]),
    })]));

    /// <summary>A run on an instance, whose answers have these JSON bodies.</summary>
    public static RunReadings Run(Walk walk, string unique, params string[] bodies) => Run(walk, 0, unique, [.. bodies.Select(static body => Answer(200, body))]);

    public static RunReadings Run(Walk walk, int instance, string unique, params Answer[] answers) => RunReadings.Of(new Run(
        walk,
        Schedule.Control(walk.Requests.Count, instance),
        answers,
        new Dictionary<string, CapturedValue> { [Template.Unique] = new(unique) }));

    public static Answer Answer(int status, string body, string type = "application/json", params Cookie[] cookies) => new([
        new Hop
        {
            Instance = 1,
            Method = "GET",
            Target = "/",
            Status = status,
            Headers = [KeyValuePair.Create("content-type", type)],
            Set = cookies,
            Body = new ResponseBody(Encoding.UTF8.GetBytes(body), type, IsWhole: true),
        },
    ]);
}
