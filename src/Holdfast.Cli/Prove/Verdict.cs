using System.Text.Json.Serialization;

namespace Holdfast.Cli.Prove;

/// <summary>What a proof comes to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>Any instance can serve any request of the scenario, and none of them is missed when it goes.</summary>
    [JsonStringEnumMemberName("stateless")]
    Stateless,

    /// <summary>Something depends on which instance serves, or is lost with one.</summary>
    [JsonStringEnumMemberName("stateful")]
    Stateful,

    /// <summary>Neither is shown.</summary>
    [JsonStringEnumMemberName("inconclusive")]
    Inconclusive,
}
