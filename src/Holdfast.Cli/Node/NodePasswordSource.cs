namespace Holdfast.Cli.Node;

/// <summary>Where the node's password comes from: never the command line, which every user of the machine can read.</summary>
internal static class NodePasswordSource
{
    public const string Variable = "HOLDFAST_NODE_PASSWORD";

    /// <summary>The first line of the file, or else the environment's; null for none.</summary>
    public static string? Read(string? file)
    {
        if (file is not null)
        {
            var line = File.ReadLines(file).FirstOrDefault();
            return string.IsNullOrEmpty(line)
                ? throw new ArgumentException($"{file} holds no password: its first line is empty. Put the password there, or leave --password-file out.")
                : line;
        }

        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } password ? password : null;
    }
}
