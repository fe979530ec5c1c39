using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>A client that comes with a session of ASP.NET Core's own middleware and none of Holdfast's.</summary>
internal sealed class StockVisit(StockSession stock, HttpContext context, ILogger logger)
{
    /// <summary>Reads what the client brings, which may be nothing.</summary>
    /// <exception cref="StateUnavailableException">The distributed cache can't answer.</exception>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await stock.ReadAsync(context.Request, cancellationToken) ?? [];
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Whatever a cache throws: the client must not be taken for new, or it would lose what it has.
            throw new StateUnavailableException("The distributed cache that the session is to be moved from does not answer.", fault);
        }
    }

    /// <summary>The session has moved: it must not come back once that one has ended.</summary>
    public async ValueTask LeaveAsync()
    {
        try
        {
            await stock.RemoveAsync(context);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.StockSessionLeft(fault);
        }
    }
}
