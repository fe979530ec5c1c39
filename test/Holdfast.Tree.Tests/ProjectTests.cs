using System.Xml.Linq;

namespace Holdfast.Tree.Tests;

/// <summary>Which project may know which, and which packages.</summary>
public sealed class ProjectTests
{
    /// <summary>Everything that a project in src may refer to. A line here is a decision about the design.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Holdfast"] = [],
        ["Holdfast.AspNetCore"] = ["Holdfast", "Microsoft.AspNetCore.App"],
        ["Holdfast.Gateway"] = ["Holdfast", "Microsoft.AspNetCore.App", "OpenTelemetry.Exporter.OpenTelemetryProtocol"],
        ["Holdfast.Cli"] = ["Holdfast", "Holdfast.AspNetCore", "Holdfast.Gateway", "Microsoft.AspNetCore.App", "AngleSharp", "Spectre.Console", "System.CommandLine", "YamlDotNet"],
        ["Holdfast.Testing"] = ["Holdfast", "xunit.v3.assert", "xunit.v3.extensibility.core"],
    };

    [Fact]
    public void Projects_know_only_what_the_design_lets_them_know()
    {
        var shipped = Projects("src").ToArray();
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), shipped.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.All(shipped, static path =>
            Assert.Empty(ReferencesOf(path).Except(Allowed[Path.GetFileNameWithoutExtension(path)])));
    }

    [Fact]
    public void Package_versions_stand_in_one_place()
    {
        var used = Projects("src", "test", "samples", "bench").Where(static path => !path.Contains("/Consumer/", StringComparison.Ordinal)).ToArray();
        Assert.All(used, static path => Assert.DoesNotContain(
            XDocument.Load(path).Descendants("PackageReference"), static item => item.Attribute("Version") is not null));

        var references = used.Append(Tree.PathOf("test", "Directory.Build.props")).SelectMany(ReferencesOf).ToHashSet();
        var versions = XDocument.Load(Tree.PathOf("Directory.Packages.props")).Descendants("PackageVersion").Select(Included);
        Assert.Empty(versions.Except(references));
    }

    [Fact]
    public void The_solution_lists_every_project()
    {
        var listed = XDocument.Load(Tree.PathOf("Holdfast.slnx")).Descendants("Project").Select(static item => item.Attribute("Path")!.Value);
        var present = Projects("src", "test", "samples", "bench").Select(Tree.Relative).Where(static path => path != "test/Consumer/Consumer.csproj");
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Projects(params string[] folders) =>
        folders.SelectMany(static folder => Tree.Files(Tree.PathOf(folder), "*.csproj"));

    private static IEnumerable<string> ReferencesOf(string path) =>
        from item in XDocument.Load(path).Descendants()
        where item.Name.LocalName is "PackageReference" or "ProjectReference" or "FrameworkReference"
        where item.Attribute("Include") is not null
        select item.Name.LocalName == "ProjectReference" ? Path.GetFileNameWithoutExtension(Included(item).Replace('\\', '/')) : Included(item);

    private static string Included(XElement item) => item.Attribute("Include")!.Value;
}
