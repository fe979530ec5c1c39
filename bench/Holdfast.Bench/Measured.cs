namespace Holdfast.Bench;

/// <summary>Something whose rate is measured.</summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
internal abstract record Measured(string Name)
{
    /// <summary>Does it for so long.</summary>
    /// <returns>How often a second it was done, and the bytes that one took of the managed heap if that is known.</returns>
    public abstract Task<(double Rate, double? Bytes)> MeasureAsync(TimeSpan slice);
}
