using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// The data-protection ring as one record, <c>keyring/default</c>, with a field for each element and no expiry.
/// </summary>
/// <remarks>
/// Instances that start together on an empty ring all find that it needs a key, and each makes one. A key is therefore
/// stored only if the ring is as it was when no key in it would serve as well; the loser's is dropped, and its key
/// provider, which reads the ring again after creating, takes the winner's.
/// The framework's interface is synchronous; it is called at the start and when the ring is refreshed, about once a day.
/// </remarks>
internal sealed class StateKeyRepository(StateEngine engine, ILogger<StateKeyRepository> logger) : IXmlRepository
{
    public static readonly Address Ring = new("keyring", "default");

    public IReadOnlyCollection<XElement> GetAllElements() => Elements(Read());

    public void StoreElement(XElement element, string friendlyName) => StoreAsync(element, friendlyName).AsTask().GetAwaiter().GetResult();

    private Record? Read() => engine.ReadAsync(Ring).AsTask().GetAwaiter().GetResult().Record;

    private async ValueTask StoreAsync(XElement element, string friendlyName)
    {
        var field = FieldName(friendlyName);
        var text = WithoutVersions(element).ToString(SaveOptions.DisableFormatting);
        if (!KeyElement.IsKey(element))
        {
            await engine.CommitAsync(new Commit(RecordChange.Update(Ring).Set(field, text)));
            logger.Stored(field);
            return;
        }

        var ring = (await engine.ReadAsync(Ring)).Record;
        while (!KeyElement.IsCovered(element, Elements(ring)))
        {
            var unchanged = ring is null ? Condition.Absent : Condition.RevisionIs(ring.Revision);
            var result = await engine.CommitAsync(new Commit(RecordChange.Update(Ring).When(unchanged).Set(field, text)));
            if (result.IsCommitted)
            {
                logger.Stored(field);
                return;
            }

            ring = result.Refusal?.Current;
        }

        logger.KeyDropped();
    }

    /// <summary>The framework names the decrypting type with its assembly's version, and then a release could not read the next one's keys.</summary>
    private static XElement WithoutVersions(XElement element)
    {
        var copy = new XElement(element);
        foreach (var type in copy.Descendants().Attributes("decryptorType").Where(static type => type.Value == typeof(KeyDecryptor).AssemblyQualifiedName))
        {
            type.Value = KeyDecryptor.NameInRing;
        }

        return copy;
    }

    private string FieldName(string? friendlyName) =>
        friendlyName is { Length: > 0 and <= 80 } && friendlyName[0] != '@' ? friendlyName : engine.Options.Entropy.NextText(16);

    private static List<XElement> Elements(Record? ring) =>
        ring is null ? [] : ring.Fields.Select(static field => Parse(field.Key, field.Value.Span)).ToList();

    private static XElement Parse(string field, ReadOnlySpan<byte> value)
    {
        try
        {
            return XElement.Parse(Encoding.UTF8.GetString(value));
        }
        catch (XmlException fault)
        {
            throw new StateCorruptException($"Field '{field}' of {Ring} is no XML: the data-protection ring was written by something else. Remove the field.", fault);
        }
    }
}
