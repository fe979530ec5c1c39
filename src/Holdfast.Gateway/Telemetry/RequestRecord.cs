namespace Holdfast.Gateway.Telemetry;

/// <summary>What the gateway has to say of a request once it is over.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Client">The client's address.</param>
/// <param name="Target">What it asked for, as it wrote it.</param>
/// <param name="Service">The service, if there was one for it.</param>
/// <param name="Instance">The instance that had it last.</param>
/// <param name="Bytes">How many bytes of a body the client got.</param>
/// <param name="Elapsed">From its arrival to the end of the answer.</param>
/// <param name="Sendings">How often it was given to an instance.</param>
internal readonly record struct RequestRecord(
    string Id, string? Client, string Target, string? Service, string? Instance, long Bytes, TimeSpan Elapsed, int Sendings);
