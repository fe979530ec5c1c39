using System.Globalization;

namespace Holdfast.Cli.Node;

/// <summary>Says what was found in a data folder, a line for each thing.</summary>
internal static class FolderReportText
{
    public static void Write(TextWriter output, FolderReport report)
    {
        foreach (var damage in report.Damages)
        {
            output.WriteLine($"damage: {damage}");
        }

        foreach (var loss in report.Losses)
        {
            output.WriteLine($"loss: partition {loss.Partition}: {Loss(loss)}");
        }

        if (report.MissingFrames > 0)
        {
            output.WriteLine($"loss: {Count(report.MissingFrames, "frame")} of the log can't be read: what they held is in no other count");
        }

        if (report.TornBytes > 0)
        {
            output.WriteLine($"unfinished: {Count(report.TornBytes, "byte")} at the log's end, never acknowledged as synchronised; a start cuts them off");
        }

        output.WriteLine($"{Count(report.Records, "record")} in {Count(report.Partitions, "partition")}, {Count(report.Commits, "commit")} in the log");
    }

    private static string Loss(PartitionLoss loss)
    {
        var basis = loss.IsBaseLost ? "a part of its snapshot is missing: its journal begins anew, and every earlier stamp counts as lost" : "";
        var commits = loss.DroppedCommits == 0 ? ""
            : $"{Count(loss.DroppedCommits, "commit")} that follow a missing one, to {Count(loss.DroppedRecords, "record")}; revision {loss.KeptRevision} is the last that is kept";
        return string.Join("; ", new[] { basis, commits }.Where(static part => part.Length > 0));
    }

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:n0} {what}{(count == 1 ? "" : "s")}");
}
