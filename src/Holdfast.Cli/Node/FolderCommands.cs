using System.CommandLine;

namespace Holdfast.Cli.Node;

/// <summary><c>holdfast node check</c>, <c>repair</c> and <c>backup</c>: what is done to a data folder without serving it.</summary>
internal static class FolderCommands
{
    public static void AddTo(Command node)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The data folder." };
        var check = new Command("check", "Reads all of a data folder that no node has open, and tells what is damaged. Changes nothing. Exit code 2 if it would not start.") { folder };
        check.SetAction((parsed, _) => RunAsync(() =>
        {
            var report = EmbeddedFolder.Check(parsed.GetValue(folder)!);
            FolderReportText.Write(Console.Out, report);
            Console.Out.WriteLine(report.IsSound
                ? "Sound."
                : "Damaged: it would not start. Restore it from a backup, or run 'holdfast node repair', which keeps a copy and drops what is listed here.");
            return ValueTask.FromResult(report.IsSound ? ExitCode.Done : ExitCode.Damaged);
        }));

        var repair = new Command("repair", "Makes a damaged data folder start again: copies it beside itself, drops what can't be trusted, and tells what that is.") { folder };
        repair.SetAction((parsed, cancellationToken) => RunAsync(async () =>
        {
            var report = await EmbeddedFolder.RepairAsync(parsed.GetValue(folder)!, new StateEngineOptions { Log = NodeEvents.Write }, cancellationToken);
            FolderReportText.Write(Console.Out, report);
            await Console.Out.WriteLineAsync(report.Copy is { } copy
                ? $"Repaired. The folder as it was is kept in {copy}."
                : "Sound: nothing was changed.");
            return ExitCode.Done;
        }));

        var target = new Argument<string>("TARGET") { Description = "The folder for the copy, empty or absent." };
        var backup = new Command("backup", "Copies a data folder, which a node may be serving, and checks the copy.") { folder, target };
        backup.SetAction((parsed, _) => RunAsync(() =>
        {
            var report = EmbeddedFolder.BackUp(parsed.GetValue(folder)!, parsed.GetValue(target)!);
            FolderReportText.Write(Console.Out, report);
            Console.Out.WriteLine(report.IsSound
                ? $"Copied to {Path.GetFullPath(parsed.GetValue(target)!)}."
                : "The copy is damaged, as the folder is: run 'holdfast node repair' on the copy to see what can be saved.");
            return ValueTask.FromResult(report.IsSound ? ExitCode.Done : ExitCode.Damaged);
        }));

        node.Subcommands.Add(check);
        node.Subcommands.Add(repair);
        node.Subcommands.Add(backup);
    }

    private static async Task<int> RunAsync(Func<ValueTask<int>> work)
    {
        try
        {
            return await work();
        }
        catch (StateException fault)
        {
            await Console.Error.WriteLineAsync($"holdfast: {NodeEvents.OnOneLine(fault.Message)}");
            return ExitCode.Failed;
        }
    }
}
