namespace Holdfast.Embedded;

/// <summary>What is told when the log can't be written.</summary>
internal static class LogFaults
{
    /// <summary>The disk had no room, and what was to be written is taken back.</summary>
    public static StateFullException Full(string folder, IOException fault) =>
        new($"The disk of {folder} is full: free some space and repeat. Nothing was changed.", fault);

    /// <summary>The disk failed under commits that were being written.</summary>
    public static CommitUnknownException Unknown(string folder, Exception fault) =>
        new($"The log of {folder} could not be written: the commit may or may not be found after a restart.", fault);

    /// <summary>It failed, and nothing is written any more.</summary>
    public static StateUnavailableException Ended(string folder, Exception fault) =>
        new($"Writing the log of {folder} failed ({fault.Message}), so writing has ended; reading goes on. Check the disk, then start the process again.", fault);

    /// <summary>Nothing can be appended for this reason, of which each caller gets an exception of its own.</summary>
    public static StateException Closed(Exception cause) => cause switch
    {
        StateFullException => new StateFullException(cause.Message, cause),
        _ => new StateUnavailableException(cause.Message, cause),
    };
}
