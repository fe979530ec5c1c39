using System.Text;
using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>Has a record have this one field, the short way where it can.</summary>
internal sealed class SimulatedDecision(Address address, string value, Expiry expiry) : RecordDecision(address)
{
    private readonly byte[] bytes = Encoding.UTF8.GetBytes(value);

    public override bool TryReplace(in RecordView newest, out FieldReplacement field)
    {
        field = new FieldReplacement("n"u8, bytes, expiry);
        return newest.IsAbsent || (newest.FieldCount == 1 && newest.TryField("n"u8, out _));
    }

    public override RecordChange Decide(Record? newest)
    {
        var change = RecordChange.Update(Address).Set("n", value).Remove("filler");
        return expiry.IsNever ? change.NeverExpire() : expiry.IsUnchanged ? change : change.ExpireAfter(TimeSpan.FromMilliseconds(expiry.Milliseconds));
    }
}
