using System.Xml.Linq;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// What a ring's element says of a key's life, as the framework writes it:
/// <c>&lt;key id&gt;&lt;creationDate/&gt;&lt;activationDate/&gt;&lt;expirationDate/&gt;…</c> and
/// <c>&lt;revocation&gt;&lt;revocationDate/&gt;&lt;key id="GUID or *"/&gt;…</c>.
/// </summary>
internal static class KeyElement
{
    /// <summary>How far two keys of instances that started together may lie apart: the clock skew that the framework allows for.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    public static bool IsKey(XElement element) => element.Name == "key";

    /// <summary>Whether the ring holds a key that serves wherever the new one would: one of another instance that found the same need.</summary>
    public static bool IsCovered(XElement created, IEnumerable<XElement> ring)
    {
        var elements = ring.ToList();
        return elements.Any(element =>
            IsKey(element)
            && Date(element, "activationDate") <= Date(created, "activationDate") + Skew
            && Date(element, "expirationDate") >= Date(created, "expirationDate") - Skew
            && !elements.Any(other => Revokes(other, element)));
    }

    private static bool Revokes(XElement revocation, XElement key)
    {
        if (revocation.Name != "revocation")
        {
            return false;
        }

        var id = (string?)revocation.Element("key")?.Attribute("id");
        return id == "*"
            ? Date(key, "creationDate") < Date(revocation, "revocationDate")
            : Guid.TryParse(id, out var revoked) && Guid.TryParse((string?)key.Attribute("id"), out var own) && revoked == own;
    }

    private static DateTimeOffset? Date(XElement element, string name) => (DateTimeOffset?)element.Element(name);
}
