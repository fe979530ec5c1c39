using System.Globalization;

namespace Holdfast.Embedded;

/// <summary>
/// Keeps a store's folder to one engine: the file <c>lock</c>, locked while the engine lives, by the operating system,
/// so that a process that dies lets go. <c>holder</c> beside it tells the process's number and program, for people.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    public const string FileName = "lock";
    public const string HolderName = "holder";

    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    public static FolderLock Take(string folder)
    {
        var holder = Path.Combine(folder, HolderName);
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (fault.HResult is WouldBlock or WouldBlockOnMac or SharingViolation)
        {
            var who = File.Exists(holder) ? $"process {File.ReadAllText(holder).Trim()}" : "another process";
            throw new StateMismatchException(
                $"The store in {folder} is in use by {who}: end that one first, choose another folder, "
                + "or run 'holdfast node' and let both connect to it.",
                fault);
        }

        var program = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        File.WriteAllText(holder, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId} ({program})\n"));
        return new FolderLock(file);
    }

    public void Dispose() => file.Dispose();
}
