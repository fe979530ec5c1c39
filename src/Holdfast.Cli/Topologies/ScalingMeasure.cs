namespace Holdfast.Cli.Topologies;

/// <summary>By what a service scales itself.</summary>
internal enum ScalingMeasure
{
    /// <summary>Processor time of an instance, as a part of the processors that it may use.</summary>
    Cpu,

    /// <summary>Requests a second that an instance gets.</summary>
    RequestsPerInstance,

    /// <summary>Seconds within which 95 of 100 requests are answered.</summary>
    Latency,
}
