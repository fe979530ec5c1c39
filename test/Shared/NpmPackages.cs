using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>The packages that a folder's lock file names.</summary>
internal static class NpmPackages
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(200);

    /// <summary>Installs them, unless they have been since the lock file was written.</summary>
    /// <param name="folder">The folder of the lock file.</param>
    /// <param name="deadline">How long that may take; 200 s unless told.</param>
    public static async Task InstallAsync(string folder, TimeSpan? deadline = null)
    {
        var installed = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (File.Exists(installed) && File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
        {
            return;
        }

        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var timeout = new CancellationTokenSource(deadline ?? Deadline);
        await using var end = timeout.Token.Register(() => npm.Kill(entireProcessTree: true));
        var output = npm.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = await npm.StandardError.ReadToEndAsync(CancellationToken.None);
        await npm.WaitForExitAsync(CancellationToken.None);
        Assert.True(npm.ExitCode == 0, $"npm ci in {folder} ended with {npm.ExitCode}:\n{await output}{errors}");
    }
}
