using Holdfast.Cli.Yaml;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Reads a scenario and reports every problem in it, each with its line.</summary>
internal static class ScenarioParser
{
    private const string Title = "a scenario";

    public static (Scenario Scenario, IReadOnlyList<YamlProblem> Problems) Parse(string text)
    {
        var problems = new List<YamlProblem>();
        var (node, problem) = YamlText.Read(text, Title);
        if (problem is not null || node is not YamlMappingNode root)
        {
            problems.Add(problem ?? new YamlProblem((int)node!.Start.Line, "a scenario is one mapping with the key steps, a list of requests"));
            return (new Scenario([]), problems);
        }

        var top = new YamlSection(root, "the scenario", problems);
        top.ExpectOnly(["steps"]);
        var sections = top.Sections("steps", "a step");
        if (sections.Count == 0 && problems.Count == 0)
        {
            problems.Add(new YamlProblem(top.LineOf("steps"), "there are no steps: add one under steps, such as - request: GET /"));
        }

        var known = new HashSet<string> { Template.Unique };
        var scenario = new Scenario([.. sections.Select(section => new StepParser(section, known).Parse()).OfType<Step>()]);
        if (scenario.RequestCount > Scenario.MaxRequests)
        {
            problems.Add(new YamlProblem(
                top.LineOf("steps"), $"the steps make {scenario.RequestCount} requests with their repeats, over {Scenario.MaxRequests}: repeat less often"));
        }

        return (scenario, problems);
    }
}
