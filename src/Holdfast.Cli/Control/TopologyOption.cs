using System.CommandLine;
using System.CommandLine.Parsing;

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

    /// <summary>The same as an argument, as <c>up</c> takes it, for commands that have no other; it goes before the option.</summary>
    public static Argument<string?> CreateArgument()
    {
        var path = new Argument<string?>("PATH") { Description = "The same as --topology.", Arity = ArgumentArity.ZeroOrOne };
        path.Validators.Add(RefuseOption);
        return path;
    }

    /// <summary>An option that a command does not have would count as its path.</summary>
    public static void RefuseOption(ArgumentResult path)
    {
        if (path.Tokens is [{ Value: ['-', ..] option }])
        {
            path.AddError($"There is no option '{option}'.");
        }
    }
}
