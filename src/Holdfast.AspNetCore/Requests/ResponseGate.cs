using System.IO.Pipelines;
using Holdfast.AspNetCore.Idempotency;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Holds a response back until the request's commit is made. Closed, it gathers the body and what the application asked to be
/// done when the response starts; the first flush, start, file, upgrade or overflow, or the handler's end, opens it. Opening runs
/// those callbacks (they may still change the session, as MVC's TempData does), makes the commit, sends what was
/// gathered, and from then on the gate stands open: writes go to the server without another copy.
/// </summary>
/// <remarks>
/// If the commit fails, nothing has been sent. The gate then swallows what the handler still writes, and the
/// middleware answers with the failure. <c>OnStarting</c> of the server would be too late for this: a failure there is
/// a bare 500, or even sends the handler's body.
/// </remarks>
internal sealed class ResponseGate : IHttpResponseBodyFeature, IHttpResponseFeature, IDisposable
{
    private readonly IHttpResponseFeature response;
    private readonly IHttpResponseBodyFeature body;
    private readonly IHttpBodyControlFeature? control;
    private readonly Func<ValueTask> commit;
    private readonly ResponseBuffer buffer = new();
    private Stack<(Func<object, Task> Callback, object State)>? starting;
    private GatedStream? stream;
    private GatedWriter? writer;
    private int maxBufferBytes;
    private bool isCompleted;

    public ResponseGate(IFeatureCollection features, int maxBufferBytes, Func<ValueTask> commit)
    {
        response = features.GetRequiredFeature<IHttpResponseFeature>();
        body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        control = features.Get<IHttpBodyControlFeature>();
        (this.maxBufferBytes, this.commit) = (maxBufferBytes, commit);
    }

    /// <summary>Whether the commit is made and writes pass.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Why the gate will never open.</summary>
    public Exception? Failure { get; private set; }

    public ResponseBuffer Buffer => buffer;

    public IHttpResponseBodyFeature Body => body;

    public Stream Stream => stream ??= new GatedStream(this);

    public PipeWriter Writer => writer ??= new GatedWriter(this);

    public int StatusCode
    {
        get => response.StatusCode;
        set => response.StatusCode = value;
    }

    public string? ReasonPhrase
    {
        get => response.ReasonPhrase;
        set => response.ReasonPhrase = value;
    }

    public Microsoft.AspNetCore.Http.IHeaderDictionary Headers
    {
        get => response.Headers;
        set => response.Headers = value;
    }

    public bool HasStarted => response.HasStarted;

    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException("Replace IHttpResponseBodyFeature instead.");
    }

    /// <summary>Whether the gate gathers the whole response, whatever would send it earlier.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Whether this many more bytes still fit into what waits.</summary>
    public bool HasRoomFor(int bytes) => buffer.Length + bytes <= maxBufferBytes;

    /// <summary>
    /// From here on the gate gathers the whole response, up to this many bytes: flushes, starts and files do not open it. A response that
    /// is longer, or no body, fails, and nothing is committed.
    /// </summary>
    public void Hold(int maxBytes) => (IsHeld, maxBufferBytes) = (true, maxBytes);

    public void OnStarting(Func<object, Task> callback, object state)
    {
        if (IsOpen)
        {
            response.OnStarting(callback, state);
        }
        else
        {
            (starting ??= new()).Push((callback, state));
        }
    }

    public void OnCompleted(Func<object, Task> callback, object state) => response.OnCompleted(callback, state);

    public void DisableBuffering()
    {
        if (!IsHeld)
        {
            maxBufferBytes = 0;
            body.DisableBuffering();
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (!IsHeld)
        {
            await OpenAsync();
            await body.StartAsync(cancellationToken);
        }
    }

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        if (IsHeld)
        {
            await Microsoft.AspNetCore.Http.SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);
            return;
        }

        await OpenAsync();
        await body.SendFileAsync(path, offset, count, cancellationToken);
    }

    public async Task CompleteAsync()
    {
        if (!IsHeld)
        {
            await OpenAsync();
            await body.CompleteAsync();
        }
    }

    /// <summary>Whether the server was told to take synchronous writes; by default it is not.</summary>
    public void ThrowIfSynchronousIsForbidden()
    {
        if (control is { AllowSynchronousIO: false })
        {
            throw new InvalidOperationException("Synchronous writes are not allowed: call WriteAsync, or set AllowSynchronousIO.");
        }
    }

    /// <summary>The application will write no more through the pipe.</summary>
    public void CompleteWriter() => isCompleted = true;

    /// <summary>
    /// Opens the gate, unless it is open. No cancellation ends that: a commit that has begun is made, and what was gathered is the response's beginning,
    /// without which nothing that follows makes sense.
    /// </summary>
    public ValueTask OpenAsync() => IsOpen ? ValueTask.CompletedTask : OpenSlowAsync();

    /// <summary>Opens the gate for an upgrade, after which there is no response to gather.</summary>
    /// <exception cref="UnstorableResponseException">The response is to be stored.</exception>
    public ValueTask OpenToUpgradeAsync() =>
        IsHeld ? throw Fail(UnstorableResponseException.Upgrade()) : OpenAsync();

    /// <summary>Makes sure that a response that is to be stored stays within its limit.</summary>
    /// <exception cref="UnstorableResponseException">It does not.</exception>
    public void ThrowIfTooLong(int more)
    {
        if (IsHeld && Failure is null && !HasRoomFor(more))
        {
            throw Fail(UnstorableResponseException.TooLong(maxBufferBytes));
        }
    }

    /// <summary>The handler failed: what it asked to be done at the start of the response is left to the server, for the error page.</summary>
    public void Abandon()
    {
        foreach (var (callback, state) in starting?.Reverse() ?? [])
        {
            response.OnStarting(callback, state);
        }

        starting = null;
        buffer.Clear();
    }

    public void Dispose() => buffer.Dispose();

    /// <summary>What a handler still writes through the pipe, once it is known that nothing will be sent, goes nowhere.</summary>
    public void DropAfterFailure()
    {
        if (Failure is not null)
        {
            buffer.Clear();
        }
    }

    private Exception Fail(Exception fault)
    {
        Failure = fault;
        buffer.Clear();
        return fault;
    }

    private async ValueTask OpenSlowAsync()
    {
        if (Failure is { } failed)
        {
            throw new IOException("The response can't be written: the request's commit failed.", failed);
        }

        try
        {
            while (starting is not null && starting.TryPop(out var next))
            {
                await next.Callback(next.State);
            }

            await commit();
        }
        catch (Exception fault)
        {
            Fail(fault);
            throw;
        }

        IsOpen = true;
        if (buffer.Length > 0)
        {
            await body.Writer.WriteAsync(buffer.Written, CancellationToken.None);
        }

        buffer.Dispose();
        if (isCompleted)
        {
            await body.Writer.CompleteAsync();
        }
    }
}
