namespace Holdfast.Cli.Readings;

/// <summary>Requests that were sent to instances, since a gateway began to count.</summary>
/// <param name="All">All of them.</param>
/// <param name="Failed">Those that were answered with a status of 500 and more, or not at all.</param>
internal readonly record struct RequestCount(long All, long Failed)
{
    /// <summary>The part of them that failed.</summary>
    public double FailedShare => All == 0 ? 0 : (double)Failed / All;

    public static RequestCount operator +(RequestCount one, RequestCount other) => new(one.All + other.All, one.Failed + other.Failed);

    /// <summary>What came since an earlier count. A gateway that was started again counts from nothing: then it is not less than none.</summary>
    public RequestCount Since(RequestCount earlier) => new(Math.Max(0, All - earlier.All), Math.Max(0, Failed - earlier.Failed));
}
