using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// A client that comes with a session of ASP.NET Core's own middleware. It stays in the distributed cache until the client comes with Holdfast's, which
/// proves that the response arrived; until then it may have to be moved again.
/// </summary>
internal sealed class StockVisit
{
    private readonly StockSession stock;
    private readonly HttpContext context;
    private readonly ILogger logger;
    private readonly string? key;

    public StockVisit(StockSession stock, HttpContext context, PartitionMap partitions, ILogger logger)
    {
        (this.stock, this.context, this.logger) = (stock, context, logger);
        key = stock.KeyOf(context.Request);
        SessionId = key is null ? null : IdOf(key, partitions);
    }

    /// <summary>The id of the session that it becomes, the same whoever moves it; null when the cookie names none.</summary>
    public string? SessionId { get; }

    /// <summary>Reads what the client brings, as fields; null when it is nothing.</summary>
    /// <exception cref="StateUnavailableException">The distributed cache can't answer.</exception>
    /// <exception cref="StateLimitException">It is more than a session holds.</exception>
    public async ValueTask<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>?> ReadAsync(CancellationToken cancellationToken)
    {
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (name, value) in await ReadStockAsync(cancellationToken))
        {
            SessionFields.CheckLimits(name, value);
            fields[SessionFields.NameOf(name)] = value;
        }

        return fields.Count > 0 ? fields : null;
    }

    /// <summary>The client has Holdfast's session, or has ended what it had: the stock one must not come back.</summary>
    public async ValueTask LeaveAsync()
    {
        if (key is null)
        {
            // It may be another application's, which has the same host and keys of its own.
            return;
        }

        stock.RemoveCookie(context.Response);

        try
        {
            await stock.RemoveAsync(key);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.StockSessionLeft(fault);
        }
    }

    private async ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadStockAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await stock.ReadAsync(key!, cancellationToken) ?? [];
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whatever a cache throws: the client must not be taken for new, or it would lose what it has.
            throw new StateUnavailableException("The distributed cache that the session is to be moved from does not answer.", fault);
        }
    }

    /// <summary>144 bits of a hash that nobody can compute who does not know the key, in a partition that it chooses.</summary>
    private static string IdOf(string key, PartitionMap partitions)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes("Holdfast, moved session: " + key), hash);
        var partition = (int)(BitConverter.ToUInt32(hash[SessionCommit.IdBytes..]) % (uint)partitions.Count);
        return partitions.Pin(partition, Base64Url.EncodeToString(hash[..SessionCommit.IdBytes]));
    }
}
