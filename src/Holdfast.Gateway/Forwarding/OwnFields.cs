using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Requests;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Fields of a client's request that the gateway answers, or writes anew.</summary>
internal static class OwnFields
{
    public static bool Contains(string name) => name.Length switch
    {
        4 => name.Equals("Host", StringComparison.OrdinalIgnoreCase),
        6 => name.Equals("Expect", StringComparison.OrdinalIgnoreCase),
        10 => name.Equals(TraceContext.State, StringComparison.OrdinalIgnoreCase),
        11 => name.Equals(TraceContext.Parent, StringComparison.OrdinalIgnoreCase),
        12 => name.Equals(RequestNames.HeaderName, StringComparison.OrdinalIgnoreCase),
        20 => name.Equals(RequestDeadline.HeaderName, StringComparison.OrdinalIgnoreCase),
        21 => name.Equals(KeySupport.BuildHeaderName, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
