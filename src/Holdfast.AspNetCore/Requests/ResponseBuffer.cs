using System.Buffers;

namespace Holdfast.AspNetCore.Requests;

/// <summary>The bytes of a response that wait for the request's commit, in one pooled array that grows.</summary>
internal sealed class ResponseBuffer : IDisposable
{
    private const int FirstBytes = 4096;
    private byte[] array = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => array.AsMemory(0, Length);

    public Memory<byte> GetMemory(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed > array.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstBytes, 2 * array.Length)));
            array.AsSpan(0, Length).CopyTo(larger);
            Return();
            array = larger;
        }

        return array.AsMemory(Length);
    }

    public void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, array.Length - Length);
        Length += bytes;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetMemory(bytes.Length).Span);
        Length += bytes.Length;
    }

    public void Clear() => Length = 0;

    public void Dispose()
    {
        Length = 0;
        Return();
        array = [];
    }

    private void Return()
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
