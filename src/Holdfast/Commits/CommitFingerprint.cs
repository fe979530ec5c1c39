using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast;

/// <summary>
/// The fingerprint of a commit whose request id gives none: SHA-256, cut to 128 bits, of everything that the commit
/// does and demands. Every part is preceded by its length and every list by its count, so that no two commits share
/// an encoding. Durability and window are left out: they are about the sending, not about the change.
/// </summary>
internal static class CommitFingerprint
{
    private const int Bytes = 16;

    /// <summary>The fingerprint, in unpadded base64url.</summary>
    public static string Of(Commit commit)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Number(hash, commit.Changes.Count);
        foreach (var change in commit.Changes)
        {
            Add(hash, change);
        }

        Number(hash, commit.Events.Count);
        foreach (var item in commit.Events)
        {
            Text(hash, item.Type);
            Value(hash, item.Payload.Span);
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Base64Url.EncodeToString(digest[..Bytes]);
    }

    private static void Add(IncrementalHash hash, RecordChange change)
    {
        Number(hash, (int)change.Kind);
        Text(hash, change.Address.ToString());
        Number(hash, change.Expiry.Milliseconds);
        Number(hash, change.Conditions.Count);
        foreach (var condition in change.Conditions)
        {
            Number(hash, (int)condition.Kind);
            Number(hash, condition.Number);
            Text(hash, condition.Field ?? "");
            Value(hash, condition.Value.Span);
        }

        Number(hash, change.Operations.Count);
        foreach (var operation in change.Operations)
        {
            Number(hash, (int)operation.Kind);
            Number(hash, operation.Number);
            Text(hash, operation.Field);
            Value(hash, operation.Value.Span);
        }
    }

    private static void Text(IncrementalHash hash, string text) => Value(hash, Encoding.UTF8.GetBytes(text));

    private static void Value(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Number(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Number(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
