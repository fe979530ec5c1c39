namespace Holdfast.Node;

/// <summary>Errors as docs/wire.md has them.</summary>
internal static class FaultReply
{
    public static void Write(ReplyBuffer reply, Exception exception, Session session)
    {
        var code = exception switch
        {
            StateUnavailableException or ObjectDisposedException or OperationCanceledException => "HFDOWN",
            StateFullException => "HFFULL",
            StateLimitException => "HFLIMIT",
            StateMismatchException => "HFSTORE",
            WireArgumentException or ArgumentException or FormatException => "HFARG",
            StateException => "HFDOWN",
            _ => "ERR internal error:",
        };
        if (exception is not (StateException or WireArgumentException or ArgumentException or FormatException))
        {
            session.Node.Report(EngineEventLevel.Error, "CommandFailed", $"A command failed: {exception.Message}", exception);
        }

        reply.Error($"{code} {exception.Message}");
    }
}
