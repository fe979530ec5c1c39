using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Telemetry;

/// <summary>
/// One line for each request: the combined format that log readers know, and after it the service, the instance, the
/// request's id, its time in milliseconds and how often it was sent. Lines gather in memory and are written each 200 ms
/// or 64 KiB; a disk that is slower than the requests loses lines, which are counted, and never a request. Secrets in queries are masked.
/// </summary>
/// <remarks><c>CLIENT - - [TIME] "METHOD TARGET PROTOCOL" STATUS BYTES "REFERER" "AGENT" SERVICE INSTANCE ID MS SENDINGS</c>.</remarks>
internal sealed class AccessLog : IAsyncDisposable
{
    private const int FlushBytes = 64 << 10;
    private const int MaxBytes = 8 << 20;
    private const int MaxFieldChars = 2048;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>What stands in a line as it is.</summary>
    private static readonly SearchValues<char> Plain =
        SearchValues.Create(string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code).Where(static letter => letter is not ('"' or '\\'))));

    private readonly Lock gate = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly TimeProvider clock;
    private readonly Func<Stream> open;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private ArrayBufferWriter<byte> lines = new(FlushBytes * 2);
    private ArrayBufferWriter<byte> spare = new(FlushBytes * 2);
    private long lost;
    private long second;
    private byte[] secondText = [];

    /// <summary>Opens the log.</summary>
    /// <param name="open">Opens the file to append to; called for each batch, so that a file which was moved away is made anew.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">For what goes wrong.</param>
    public AccessLog(Func<Stream> open, TimeProvider clock, ILogger<AccessLog> logger)
    {
        (this.open, this.clock, this.logger) = (open, clock, logger);
        timer = clock.CreateTimer(static log => _ = ((AccessLog)log!).WriteAsync(), this, Interval, Interval);
    }

    public void Add(HttpContext context, in RequestRecord record)
    {
        bool isFull;
        lock (gate)
        {
            if (lines.WrittenCount > MaxBytes)
            {
                lost++;
                return;
            }

            Format(context, record);
            isFull = lines.WrittenCount >= FlushBytes;
        }

        if (isFull && writing.CurrentCount > 0)
        {
            // By the timer's thread: to open a file may take long, and this one serves connections.
            timer.Change(TimeSpan.Zero, Interval);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await timer.DisposeAsync();
        await WriteAsync();
        writing.Dispose();
    }

    private async Task WriteAsync()
    {
        await writing.WaitAsync();
        try
        {
            ArrayBufferWriter<byte> full;
            long lostLines;
            lock (gate)
            {
                if (lines.WrittenCount == 0)
                {
                    return;
                }

                (full, lines) = (lines, spare);
                (lostLines, lost) = (lost, 0);
            }

            await WriteAsync(full, lostLines);
            full.ResetWrittenCount();
            spare = full;
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task WriteAsync(ArrayBufferWriter<byte> full, long lostLines)
    {
        try
        {
            await using var file = open();
            await file.WriteAsync(full.WrittenMemory);
            if (lostLines > 0)
            {
                Log.AccessLogLost(logger, lostLines);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Log.AccessLogFailed(logger, fault.Message);
        }
    }

    private void Format(HttpContext context, in RequestRecord record)
    {
        var request = context.Request;
        Raw(record.Client ?? "-");
        Raw(" - - [");
        Time();
        Raw("] \"");
        Quoted(request.Method);
        Raw(" ");
        Quoted(Secrets.Masked(record.Target));
        Raw(" ");
        Quoted(request.Protocol);
        Raw("\" ");
        Number(context.Response.StatusCode);
        Raw(" ");
        Number(record.Bytes);
        Raw(" \"");
        Quoted(Secrets.Masked(Or(request.Headers.Referer.ToString())));
        Raw("\" \"");
        Quoted(Or(request.Headers.UserAgent.ToString()));
        Raw("\" ");
        Quoted(record.Service ?? "-");
        Raw(" ");
        Quoted(record.Instance ?? "-");
        Raw(" ");
        Raw(record.Id);
        Raw(" ");
        Number(record.Elapsed.TotalMilliseconds);
        Raw(" ");
        Number(record.Sendings);
        Raw("\n");
    }

    private static string Or(string text) => text.Length == 0 ? "-" : text;

    private void Time()
    {
        var utc = clock.GetUtcNow();
        var current = utc.Ticks / TimeSpan.TicksPerSecond;
        if (current != second)
        {
            second = current;
            secondText = Encoding.ASCII.GetBytes(utc.ToString("dd/MMM/yyyy:HH:mm:ss +0000", CultureInfo.InvariantCulture));
        }

        lines.Write(secondText);
    }

    private void Number(long number)
    {
        const int longest = 20;
        Utf8Formatter.TryFormat(number, lines.GetSpan(longest), out var written);
        lines.Advance(written);
    }

    private void Number(double number)
    {
        const int longest = 32;
        Utf8Formatter.TryFormat(number, lines.GetSpan(longest), out var written, new StandardFormat('F', 3));
        lines.Advance(written);
    }

    private void Raw(string text)
    {
        var written = Encoding.UTF8.GetBytes(text, lines.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        lines.Advance(written);
    }

    /// <summary>What could end a field or a line, or move a terminal's cursor, is escaped as nginx does it.</summary>
    private void Quoted(string text)
    {
        var part = text.Length > MaxFieldChars ? text.AsSpan(0, MaxFieldChars) : text;
        var target = lines.GetSpan(part.Length * 4);
        if (!part.ContainsAnyExcept(Plain))
        {
            Ascii.FromUtf16(part, target, out var plain);
            lines.Advance(plain);
            return;
        }

        var written = 0;
        foreach (var letter in part)
        {
            if (Plain.Contains(letter))
            {
                target[written++] = (byte)letter;
                continue;
            }

            var code = letter <= byte.MaxValue ? (byte)letter : (byte)'?';
            "\\x"u8.CopyTo(target[written..]);
            Utf8Formatter.TryFormat(code, target[(written + 2)..], out _, new StandardFormat('X', 2));
            written += 4;
        }

        lines.Advance(written);
    }
}
