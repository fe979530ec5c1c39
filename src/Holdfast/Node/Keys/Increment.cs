using System.Buffers.Text;

namespace Holdfast.Node;

/// <summary>
/// INCR, HINCRBY and their kin: counts in the whole range of 64 bits, as Redis does, where Holdfast's own counters stay
/// within what every language counts exactly.
/// </summary>
internal sealed class Increment(PlainKey key, string? field, long by) : KeyWrite(key)
{
    private long sum;

    protected override RecordChange? Change(Record? newest)
    {
        var isRight = field is null ? TryString(newest, out _) : IsHashOrAbsent(newest);
        if (!isRight)
        {
            return null;
        }

        var name = field ?? PlainRecord.ValueField;
        var current = 0L;
        if (newest?[name] is { } text && !Number.TryParse(text.Span, out current))
        {
            Refusal = field is null ? RedisErrors.NotAnInteger : "ERR hash value is not an integer";
            return null;
        }

        sum = unchecked(current + by);
        if (((current ^ sum) & (by ^ sum)) < 0)
        {
            Refusal = "ERR increment or decrement would overflow";
            return null;
        }

        var digits = new byte[20];
        Utf8Formatter.TryFormat(sum, digits, out var length);
        return Update().Set(name, digits.AsMemory(0, length));
    }

    protected override void Reply(ReplyBuffer reply) => reply.Integer(sum);
}
