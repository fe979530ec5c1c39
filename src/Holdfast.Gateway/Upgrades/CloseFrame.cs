using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Gateway.Upgrades;

/// <summary>A WebSocket's Close with a status and a reason (RFC 6455, sections 5.5.1 and 7.4).</summary>
internal static class CloseFrame
{
    private const byte FinalClose = 0x88;
    private const byte Masked = 0x80;
    private const int MaskBytes = 4;

    /// <summary>The other side goes away, and will not come back (7.4.1).</summary>
    private const ushort GoingAway = 1001;

    public static byte[] ToClient(string reason) => [FinalClose, (byte)(2 + Encoding.UTF8.GetByteCount(reason)), .. Payload(reason)];

    /// <summary>What a client sends is masked (5.1).</summary>
    public static byte[] ToInstance(string reason)
    {
        var payload = Payload(reason);
        Span<byte> mask = stackalloc byte[MaskBytes];
        Entropy.System.Fill(mask);
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= mask[i % MaskBytes];
        }

        return [FinalClose, (byte)(Masked | payload.Length), .. mask, .. payload];
    }

    private static byte[] Payload(string reason)
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, GoingAway);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return payload;
    }
}
