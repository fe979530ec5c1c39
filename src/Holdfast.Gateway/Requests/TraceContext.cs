using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Requests;

/// <summary>
/// A request's place in a trace (W3C Trace Context, level 1). What the client says is kept if it is well-formed, with
/// the gateway's own span in it; otherwise a trace begins here.
/// <c>traceparent: 00-TRACE(32 hex)-SPAN(16 hex)-FLAGS(2 hex)</c>.
/// </summary>
internal static class TraceContext
{
    public const string SourceName = "Holdfast.Gateway";
    public const string Parent = "traceparent";
    public const string State = "tracestate";
    private const int ParentLength = 55;
    private const int TraceStart = 3;
    private const int SpanStart = 36;
    private const int FlagsStart = 53;
    private const int TraceLength = 32;
    private const int SpanLength = 16;
    private static readonly ActivitySource Source = new(SourceName);
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>The gateway's own span, if somebody collects spans; whoever has it ends it.</summary>
    public static Activity? Begin(HttpRequest request)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // Whatever the server has begun for itself is not part of the client's trace.
        Activity.Current = null;
        var told = Told(request);
        var activity = told is not null && ActivityContext.TryParse(told, request.Headers[State], isRemote: true, out var parent)
            ? Source.StartActivity(request.Method, ActivityKind.Server, parent)
            : Source.StartActivity(request.Method, ActivityKind.Server);
        activity?.SetTag("http.request.method", request.Method).SetTag("url.path", request.Path.Value);
        return activity;
    }

    /// <summary>
    /// The field for the instance: the gateway's span, or, when nobody collects it, the client's trace with another span
    /// or a new trace. Null for the trace's state when the trace is not the client's.
    /// </summary>
    public static (string Parent, string? State) Of(HttpRequest request, Activity? span)
    {
        var told = Told(request);
        var state = told is null || !request.Headers.TryGetValue(State, out var states) ? null : states.ToString();
        return span?.Id is { } id ? (id, state) : (Write(told), state);
    }

    private static string? Told(HttpRequest request) =>
        request.Headers.TryGetValue(Parent, out var values) && values is [{ } told] && IsWellFormed(told) ? told : null;

    private static string Write(string? told)
    {
        Span<byte> random = stackalloc byte[(TraceLength + SpanLength) / 2];
        Entropy.System.Fill(random);
        Span<char> parent = stackalloc char[ParentLength];
        "00-00000000000000000000000000000000-0000000000000000-00".CopyTo(parent);
        if (told is not null)
        {
            told.AsSpan(TraceStart, TraceLength).CopyTo(parent[TraceStart..]);
            told.AsSpan(FlagsStart, 2).CopyTo(parent[FlagsStart..]);
        }
        else
        {
            Convert.TryToHexStringLower(random[..(TraceLength / 2)], parent[TraceStart..], out _);
        }

        Convert.TryToHexStringLower(random[(TraceLength / 2)..], parent[SpanStart..], out _);
        return new string(parent);
    }

    /// <summary>Whether it is one of version 00, or one of a later version that begins as such.</summary>
    private static bool IsWellFormed(string told) =>
        told.Length >= ParentLength
        && IsHex(told, 0, 2) && told[2] == '-' && !told.StartsWith("ff", StringComparison.Ordinal)
        && (told.Length == ParentLength || (!told.StartsWith("00", StringComparison.Ordinal) && told[ParentLength] == '-'))
        && IsHex(told, TraceStart, TraceLength) && told.AsSpan(TraceStart, TraceLength).ContainsAnyExcept('0') && told[SpanStart - 1] == '-'
        && IsHex(told, SpanStart, SpanLength) && told.AsSpan(SpanStart, SpanLength).ContainsAnyExcept('0') && told[FlagsStart - 1] == '-'
        && IsHex(told, FlagsStart, 2);

    private static bool IsHex(string text, int start, int length) => !text.AsSpan(start, length).ContainsAnyExcept(LowerHex);
}
