using System.Globalization;
using Holdfast.Cli.Yaml;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads how many instances a service has: a number, or bounds and what it scales itself by.</summary>
internal static class ReplicasParser
{
    private const string Key = "replicas";
    private static readonly string[] Keys = ["min", "max", "target"];
    private static readonly string[] Targets = ["cpu", "requests_per_instance", "latency"];

    public static (int Replicas, ScalingTopology? Scaling) Parse(YamlSection service)
    {
        if (service.Node(Key) is not YamlMappingNode)
        {
            return (service.Number(Key, 1, ServiceTopology.MaxReplicas) ?? ServiceTopology.DefaultReplicas, null);
        }

        var section = service.Section(Key)!;
        section.ExpectOnly(Keys);
        foreach (var missing in Keys.Where(key => !section.Keys.Contains(key)))
        {
            section.Report(service.LineOf(Key), $"replicas has no {missing}: write {{ min: 1, max: 4, target: {{ cpu: 70% }} }}, or one number");
        }

        var min = section.Number("min", 1, ServiceTopology.MaxReplicas);
        var max = section.Number("max", 1, ServiceTopology.MaxReplicas);
        if (min > max)
        {
            section.Report(section.LineOf("max"), $"max is {max}, less than min, which is {min}: exchange them");
        }

        return (min ?? 1, section.Section("target", "target of replicas") is { } target && Target(target) is var (measure, value) && min is not null && max is not null
            ? new ScalingTopology(min.Value, max.Value, measure, value)
            : null);
    }

    private static (ScalingMeasure Measure, double Value)? Target(YamlSection target)
    {
        target.ExpectOnly(Targets);
        string[] given = [.. target.Keys.Where(Targets.Contains)];
        if (given.Length != 1)
        {
            target.Report(target.Line, $"target of replicas is one of cpu, requests_per_instance and latency, not {(given.Length == 0 ? "none" : $"{given.Length}")}");
            return null;
        }

        if (target.Text(given[0]) is not { } text)
        {
            return null;
        }

        (ScalingMeasure, double)? parsed = given[0] switch
        {
            "cpu" => Number(text.EndsWith('%') ? text[..^1] : "", 1, 100) is { } percent ? (ScalingMeasure.Cpu, percent / 100) : null,
            "latency" => Duration.Parse(text) is { TotalMilliseconds: >= 1 and <= 60_000 } time ? (ScalingMeasure.Latency, time.TotalSeconds) : null,
            _ => Number(text, 0.1, 1_000_000) is { } requests ? (ScalingMeasure.RequestsPerInstance, requests) : null,
        };
        if (parsed is null)
        {
            target.Report(target.LineOf(given[0]), given[0] switch
            {
                "cpu" => $"cpu is a part of the processors that an instance may use, from 1% to 100%, not '{text}'",
                "latency" => $"latency is the time for 95 of 100 requests, from 1ms to 60s, not '{text}'",
                _ => $"requests_per_instance is a number of requests a second, from 0.1 to 1000000, not '{text}'",
            });
        }

        return parsed;
    }

    private static double? Number(string text, double least, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;
}
