using System.Diagnostics;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>What is on one copy's disk: the folder that it works in, its home and its temporary folder.</summary>
internal sealed record InstanceFolder(string Work, string Home, string Temporary)
{
    /// <summary>What a version control system or a topology's run keeps beside the application is no part of it.</summary>
    private static readonly string[] LeftOut = [".git", ".hg", ".svn", ".holdfast"];

    /// <summary>A fresh copy of the application's folder, under a folder that doesn't exist yet.</summary>
    /// <exception cref="CommandException">It can't be copied.</exception>
    public static async Task<InstanceFolder> CopyAsync(string source, string root, CancellationToken cancellationToken)
    {
        var folder = Create(Path.Combine(root, "work"), root);
        string[] entries = [.. Directory.EnumerateFileSystemEntries(source).Where(static path => !LeftOut.Contains(Path.GetFileName(path)))];
        if (entries.Length > 0)
        {
            // cp knows links, modes and what is no file, and makes copies that share blocks where the disk can.
            await CopyAsync(["-a", "--reflink=auto", "--", .. entries, folder.Work], source, cancellationToken);
        }

        return folder;
    }

    /// <summary>The application's folder itself, with a home and a temporary folder under the root that all copies share.</summary>
    public static InstanceFolder Shared(string source, string root) => Create(source, root);

    private static InstanceFolder Create(string work, string root)
    {
        var folder = new InstanceFolder(work, Path.Combine(root, "home"), Path.Combine(root, "tmp"));
        foreach (var path in (string[])[folder.Work, folder.Home, folder.Temporary])
        {
            Directory.CreateDirectory(path);
        }

        return folder;
    }

    private static async Task CopyAsync(IEnumerable<string> arguments, string source, CancellationToken cancellationToken)
    {
        using var copy = Process.Start(new ProcessStartInfo("cp", arguments) { RedirectStandardError = true })!;
        try
        {
            var errors = await copy.StandardError.ReadToEndAsync(cancellationToken);
            await copy.WaitForExitAsync(cancellationToken);
            if (copy.ExitCode != 0)
            {
                throw new CommandException($"{source} can't be copied: {errors.Split('\n')[0]}; make its files readable, or name another folder with --folder");
            }
        }
        finally
        {
            if (!copy.HasExited)
            {
                copy.Kill();
                await copy.WaitForExitAsync(CancellationToken.None);
            }
        }
    }
}
