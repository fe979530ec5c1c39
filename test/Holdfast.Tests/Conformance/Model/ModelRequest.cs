namespace Holdfast.Tests.Conformance;

internal sealed record ModelRequest(string Fingerprint, Stamp At, IReadOnlyList<Record?> Records, long Expires);
