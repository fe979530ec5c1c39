using System.Net.Sockets;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>Why there is no connection to a server, as the fault that its callers get.</summary>
internal static class DialFault
{
    /// <summary>What TLS alerts begin with, where the first byte of a reply belongs.</summary>
    private const string AlertByte = "0x15";

    /// <param name="error">What the attempt ended with.</param>
    /// <param name="end">What the connection ended with, if one was made: it may tell more.</param>
    /// <param name="address">Whom it was to lead to.</param>
    /// <param name="timeout">How long it was tried.</param>
    public static StateException Of(Exception error, Exception? end, RedisAddress address, TimeSpan timeout) =>
        error switch
        {
            StoreErrorException reply => reply.Error.ToException(),
            StateMismatchException fault => fault,
            _ when OfEnd(end, address) is { } fault => fault,
            StateUnavailableException when end is not null && !IsOwn(end) => new StateUnavailableException(
                $"The store at {address} ended the connection before it answered. {HintFor(address)} {Reasons(end)}", end),
            StateException fault => fault,
            OperationCanceledException or TimeoutException => new StateUnavailableException($"The store at {address} did not answer within {timeout.TotalSeconds:0} s."),
            _ => new StateUnavailableException($"The store at {address} can't be reached: {error.Message}", error),
        };

    // It was this side that gave the connection up: how it ended says nothing of the server.
    private static bool IsOwn(Exception end) => end is ObjectDisposedException or IOException { InnerException: SocketException { SocketErrorCode: SocketError.OperationAborted } };

    private static string HintFor(RedisAddress address) =>
        address.Tls is null ? "If it speaks TLS there, begin the connection string with rediss:// or rediss+sentinel://."
        : address.Tls.CertificateFile is null ? "If it wants a client certificate, name its file and its key's with ?cert=FILE&key=FILE."
        : "";

    private static string Reasons(Exception end) => end.InnerException is { } inner ? $"{end.Message} {Reasons(inner)}" : end.Message;

    // Before the first answer, a server that breaks TLS off with an alert has looked at our certificate, or at that there is none.
    private static StateMismatchException? OfEnd(Exception? end, RedisAddress address)
    {
        if (end is RespFormatException && end.Message.StartsWith(AlertByte, StringComparison.Ordinal))
        {
            return new StateMismatchException($"{address} speaks TLS: begin the connection string with rediss:// or rediss+sentinel://.", end);
        }

        return address.IsTls && end is not null && Reasons(end).Contains("alert", StringComparison.OrdinalIgnoreCase)
            ? new StateMismatchException(
                $"{address} wants a client certificate that it accepts: name its file and its key's with ?cert=FILE&key=FILE. {Reasons(end)}", end)
            : null;
    }
}
