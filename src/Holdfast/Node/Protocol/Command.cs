using System.Text;

namespace Holdfast.Node;

/// <summary>
/// The arguments of one command, the name first. It points into the connection's input and is valid only until the
/// next command is read; <see cref="Detach"/> copies it for those that outlive that.
/// </summary>
internal readonly struct Command(byte[] bytes, int start, ArgumentRange[] ranges, int count)
{
    public int Count => count;

    /// <summary>Bytes of all arguments together, roughly: what holding the command costs.</summary>
    public int Bytes => count == 0 ? 0 : ranges[count - 1].Offset + ranges[count - 1].Length;

    public ReadOnlySpan<byte> this[int index] => bytes.AsSpan(start + Checked(index).Offset, ranges[index].Length);

    public ReadOnlyMemory<byte> Memory(int index) => bytes.AsMemory(start + Checked(index).Offset, ranges[index].Length);

    public string Text(int index) => Encoding.UTF8.GetString(this[index]);

    /// <summary>Whether the argument is this word, given in upper case, in any case.</summary>
    public bool Is(int index, ReadOnlySpan<byte> upperCaseWord) => Ascii.EqualsIgnoreCase(this[index], upperCaseWord);

    public Command Detach() =>
        new(bytes.AsSpan(start, Bytes).ToArray(), 0, ranges.AsSpan(0, count).ToArray(), count);

    private ArgumentRange Checked(int index) =>
        (uint)index < (uint)count ? ranges[index] : throw new ArgumentOutOfRangeException(nameof(index));
}
