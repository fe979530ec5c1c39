using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// What makes a repetition one: SHA-256 of method, path, query, the declared headers and the whole body. Every part is preceded by its length
/// and every list by its count, so that no two requests share an encoding. Where a middleware has put another body in the place of the one that
/// arrived, it is SHA-256 of that hash and of another, of what the endpoint reads: the former knows a body that was read and can't be read again, and
/// the latter is held to the limit.
/// </summary>
internal static class RequestFingerprint
{
    private const int ChunkBytes = 16 << 10;

    /// <summary>The fingerprint, in unpadded base64url; null when the body is larger than is allowed. The body is rewound.</summary>
    public static async ValueTask<string?> OfAsync(HttpContext context, IdempotencyOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AddHead(hash, context.Request, options.FingerprintHeaders);
        if (context.Features.Get<ArrivedBody>() is { Content: var arrived } && arrived != context.Request.Body)
        {
            // Whoever reads it through something else goes on where that stands.
            var position = arrived.Position;
            if (!await AddBodyAsync(hash, arrived, options.MaxRequestBytes, context.RequestAborted))
            {
                return null;
            }

            arrived.Position = position;
            var ofArrived = hash.GetHashAndReset();
            if (!await AddBodyAsync(hash, ArrivedBody.MakeRewindable(context, options.MaxRequestBytes), options.MaxRequestBytes, context.RequestAborted))
            {
                return null;
            }

            return Base64Url.EncodeToString(SHA256.HashData([.. ofArrived, .. hash.GetHashAndReset()]));
        }

        var body = ArrivedBody.MakeRewindable(context, options.MaxRequestBytes);
        return await AddBodyAsync(hash, body, options.MaxRequestBytes, context.RequestAborted) ? Base64Url.EncodeToString(hash.GetHashAndReset()) : null;
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
