using System.Text;

namespace Holdfast;

/// <summary>
/// Names a commit so that it takes effect once however often it is sent. The first commit of an id and step makes its
/// change; the same again, within the window, changes nothing and tells the first one's result; the same id and step
/// with another fingerprint is <see cref="CommitOutcome.DifferentCommit"/>. A refused commit is not remembered.
/// </summary>
/// <remarks>Ids are remembered per partition: a repetition must go to the partition of the first.</remarks>
public sealed record RequestId
{
    /// <summary>How long an application's id is remembered unless it says otherwise: as long as can be.</summary>
    public static readonly TimeSpan DefaultWindow = StateLimits.MaxRequestWindow;

    private readonly TimeSpan window = DefaultWindow;

    /// <summary>Names a commit.</summary>
    /// <param name="id">The request, unique among those of the partition: scope a client's key by its principal. 1 to 255 bytes of UTF-8.</param>
    /// <param name="step">Which of the request's commits this is, when it makes several. Up to 255 bytes of UTF-8.</param>
    public RequestId(string id, string step = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        Id = Bounded(id, nameof(id));
        Step = Bounded(step, nameof(step));
    }

    /// <summary>The request.</summary>
    public string Id { get; }

    /// <summary>Which of the request's commits this is.</summary>
    public string Step { get; }

    /// <summary>
    /// What must be the same for a repetition to be one: by default a hash of the whole commit. Give your own, such as
    /// a hash of the HTTP request, when a repetition may compute other changes from what it reads by then.
    /// </summary>
    public string? Fingerprint
    {
        get;
        init => field = value is null ? null : Bounded(value, nameof(Fingerprint));
    }

    /// <summary>How long the id is remembered, from 1 ms to 24 h, the default. Repetitions do not extend it.</summary>
    public TimeSpan Window
    {
        get => window;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, StateLimits.MinTimeToLive);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, StateLimits.MaxRequestWindow);
            window = value;
        }
    }

    private static string Bounded(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        return Encoding.UTF8.GetByteCount(text) <= StateLimits.MaxRequestIdBytes
            ? text
            : throw new ArgumentException($"At most {StateLimits.MaxRequestIdBytes} bytes of UTF-8.", name);
    }
}
