using System.CommandLine;

namespace Holdfast.Cli.Control;

/// <summary>Which running topology a command acts on.</summary>
internal static class TopologyOption
{
    public static Option<string> Create() => new("--topology")
    {
        Description = "The running topology's file, or the folder that holds its holdfast.yaml.",
        HelpName = "PATH",
        DefaultValueFactory = static _ => ".",
    };
}
