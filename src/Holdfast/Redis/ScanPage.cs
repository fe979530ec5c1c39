namespace Holdfast.Redis;

/// <summary>A page of a scan.</summary>
/// <param name="Next">Where the next one begins, if there is one.</param>
/// <param name="Addresses">The records that the page names.</param>
internal readonly record struct ScanPage(ScanCursor Next, IReadOnlyList<Address> Addresses);
