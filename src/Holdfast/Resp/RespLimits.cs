namespace Holdfast.Resp;

/// <summary>What a reply may be at most; beyond it the connection is given up. The largest legal reply is about 70 MiB.</summary>
internal static class RespLimits
{
    public const int MaxLineBytes = 64 << 10;
    public const int MaxLength = 256 << 20;
    public const int MaxElements = 4 << 20;
}
