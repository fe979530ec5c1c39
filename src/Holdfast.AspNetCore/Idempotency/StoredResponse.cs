using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>A response as a repetition gets it: status, headers and body.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The headers that the endpoint set, one a line.</param>
/// <param name="Body">The whole body.</param>
/// <param name="Cookies">The application's cookies, sealed, for one client only.</param>
internal sealed record StoredResponse(int Status, string Headers, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte>? Cookies)
{
    /// <summary>Tells the client that the response is a stored one.</summary>
    public const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>
    /// What is of one connection (RFC 9110, 7.6.1), of one moment, or of one client. Content-Length follows from the body, if there is one.
    /// </summary>
    private static readonly FrozenSet<string> NotStored = new[]
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, "Proxy-Connection", HeaderNames.ProxyAuthenticate, HeaderNames.TE, HeaderNames.Trailer,
        HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.AltSvc, HeaderNames.Date, HeaderNames.Server, HeaderNames.ContentLength,
        HeaderNames.SetCookie, ReplayedHeader, IdempotencySupport.HeaderName,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public int Bytes => Encoding.UTF8.GetByteCount(Headers) + Body.Length + (Cookies?.Length ?? 0);

    /// <summary>Takes a response that is about to be sent.</summary>
    /// <param name="response">The response.</param>
    /// <param name="before">The headers that stood before the endpoint ran, which a repetition gets anew.</param>
    /// <param name="body">The body, which is copied.</param>
    /// <param name="cookies">What of its cookies is stored.</param>
    public static StoredResponse Of(
        HttpResponse response, IReadOnlyDictionary<string, StringValues> before, ReadOnlySpan<byte> body, byte[]? cookies)
    {
        var lines = new StringBuilder();
        foreach (var (name, values) in response.Headers)
        {
            if (NotStored.Contains(name) || (before.TryGetValue(name, out var stood) && stood == values))
            {
                continue;
            }

            foreach (var value in values)
            {
                lines.Append(name).Append(": ").Append(value).Append('\n');
            }
        }

        // An endpoint that says so wants no content, also of who would add a page to an error that has none.
        if (body.IsEmpty && response.ContentLength == 0 && !ForbidsContent(response.StatusCode))
        {
            lines.Append(HeaderNames.ContentLength).Append(": 0\n");
        }

        return new StoredResponse(response.StatusCode, lines.ToString(), body.ToArray(), cookies is null ? default(ReadOnlyMemory<byte>?) : cookies);
    }

    /// <summary>The response that the record holds; null when its request has not finished.</summary>
    public static StoredResponse? Of(Record record) =>
        int.TryParse(record.Text(ClaimFields.Status), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? new StoredResponse(status, record.Text(ClaimFields.Headers) ?? "", record[ClaimFields.Body] ?? default, record[ClaimFields.Cookies])
            : null;

    public void AddTo(RecordChange change)
    {
        change.Set(ClaimFields.Status, Status.ToString(CultureInfo.InvariantCulture)).Set(ClaimFields.Headers, Headers).Set(ClaimFields.Body, Body);
        if (Cookies is { } cookies)
        {
            change.Set(ClaimFields.Cookies, cookies);
        }
    }

    /// <summary>Answers with it.</summary>
    public async Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        foreach (var header in Headers.Split('\n', StringSplitOptions.RemoveEmptyEntries).GroupBy(NameOf, ValueOf, StringComparer.OrdinalIgnoreCase))
        {
            response.Headers[header.Key] = header.ToArray();
        }

        response.Headers[ReplayedHeader] = "true";
        if (Body.Length > 0 && !ForbidsContent(Status))
        {
            response.ContentLength = Body.Length;
            await response.Body.WriteAsync(Body, CancellationToken.None);
        }
    }

    private static bool ForbidsContent(int status) => status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified;

    private static string NameOf(string line) => line[..line.IndexOf(':', StringComparison.Ordinal)];

    private static string ValueOf(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..];
}
