using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// What makes a repetition one: SHA-256 of method, path, query, the declared headers and the whole body. Every part is preceded by its length
/// and every list by its count, so that no two requests share an encoding.
/// </summary>
internal static class RequestFingerprint
{
    private const int ChunkBytes = 16 << 10;

    /// <summary>The fingerprint, in unpadded base64url; null when the body is larger than is allowed. The body is rewound.</summary>
    public static async ValueTask<string?> OfAsync(HttpRequest request, IdempotencyOptions options, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AddHead(hash, request, options.FingerprintHeaders);
        var isWhole = !request.Body.CanSeek || await AddBodyAsync(hash, request.Body, options.MaxRequestBytes, cancellationToken);
        return isWhole ? Base64Url.EncodeToString(hash.GetHashAndReset()) : null;
    }

    private static void AddHead(IncrementalHash hash, HttpRequest request, IReadOnlyList<string> headers)
    {
        Add(hash, request.Method.ToUpperInvariant());
        Add(hash, (request.PathBase + request.Path).Value ?? "");
        Add(hash, request.QueryString.Value ?? "");
        foreach (var name in headers)
        {
            var values = request.Headers[name];
            Add(hash, values.Count);
            foreach (var value in values)
            {
                Add(hash, value ?? "");
            }
        }
    }

    /// <summary>Reads the body to its end and rewinds it; false as soon as it is too large.</summary>
    private static async ValueTask<bool> AddBodyAsync(IncrementalHash hash, Stream body, long maxBytes, CancellationToken cancellationToken)
    {
        body.Position = 0;
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            long length = 0;
            while (await body.ReadAsync(chunk.AsMemory(0, ChunkBytes), cancellationToken) is > 0 and var read)
            {
                length += read;
                if (length > maxBytes)
                {
                    return false;
                }

                hash.AppendData(chunk, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        body.Position = 0;
        return true;
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Add(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
