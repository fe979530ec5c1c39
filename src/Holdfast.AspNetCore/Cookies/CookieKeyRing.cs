using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// The data-protection ring as keys for cookies. Which key seals follows the framework's own rule: the newest that has
/// been active and known long enough for every instance to have it, else the oldest active one. Any key that is not
/// revoked opens.
/// </summary>
internal sealed class CookieKeyRing(
    IKeyManager keys, IDataProtectionProvider protection, IOptions<KeyManagementOptions> options, TimeProvider clock, ILogger<CookieKeyRing> logger)
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshAfterUnknownKey = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Propagation = TimeSpan.FromDays(2);
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private volatile Snapshot? snapshot;
    private bool isRefreshing;

    /// <summary>The key that new cookies are sealed under.</summary>
    public CookieKey Sealing => Current().Sealing;

    /// <summary>
    /// The key of this id. An unknown one may be younger than what is remembered, so the ring is read again, though
    /// not more than once a second: a client can invent ids.
    /// </summary>
    public CookieKey? Find(Guid id)
    {
        var current = Current();
        if (current.Keys.TryGetValue(id, out var key) || clock.GetElapsedTime(current.Read) < RefreshAfterUnknownKey)
        {
            return key;
        }

        lock (gate)
        {
            if (ReferenceEquals(snapshot, current))
            {
                Refresh();
            }
        }

        return snapshot!.Keys.GetValueOrDefault(id);
    }

    private Snapshot Current()
    {
        var current = snapshot;
        return current is not null && IsFresh(current) ? current : CurrentSlow();
    }

    private bool IsFresh(Snapshot of) => !of.Expiration.IsCancellationRequested && clock.GetElapsedTime(of.Read) < of.Lasts;

    /// <summary>One caller reads the ring again; the others go on with what there is, or wait if there is nothing yet.</summary>
    private Snapshot CurrentSlow()
    {
        if (snapshot is { } stale && Volatile.Read(ref isRefreshing))
        {
            return stale;
        }

        lock (gate)
        {
            if (snapshot is not { } current || !IsFresh(current))
            {
                Refresh();
            }

            return snapshot!;
        }
    }

    private void Refresh()
    {
        Volatile.Write(ref isRefreshing, true);
        try
        {
            Renew();
            snapshot = Read();
        }
        catch (StateException fault) when (snapshot is { } known)
        {
            logger.RingUnread(fault);

            // That it is to be read again stays known, but not every request is to wait for a store that is away.
            snapshot = known with { Read = clock.GetTimestamp(), Expiration = CancellationToken.None, Lasts = RetryPeriod };
        }
        finally
        {
            Volatile.Write(ref isRefreshing, false);
        }
    }

    /// <summary>Protecting makes the framework create a key if the ring is empty or its last key is about to expire.</summary>
    private void Renew()
    {
        try
        {
            protection.CreateProtector("Holdfast.AspNetCore").Protect([]);
        }
        catch (CryptographicException)
        {
            // It wraps whatever was the matter; reading the ring tells what.
        }
    }

    private Snapshot Read()
    {
        var read = ReadOnce();
        if (read is null && options.Value.AutoGenerateKeys)
        {
            // All keys were revoked since the framework last looked. It will look again, and find this one.
            var now = clock.GetUtcNow();
            keys.CreateNewKey(now, now + options.Value.NewKeyLifetime);
            read = ReadOnce();
        }

        return read ?? throw new StateException(
            "The data-protection ring has no key that cookies can be sealed under. It needs one whose descriptor holds a master key, "
            + "as the framework's own do, and that this instance can decrypt.");
    }

    private Snapshot? ReadOnce()
    {
        var expiration = keys.GetCacheExpirationToken();
        var ring = keys.GetAllKeys().Where(static key => !key.IsRevoked).ToList();
        var usable = new Dictionary<Guid, CookieKey>();
        foreach (var key in ring)
        {
            if (TryMaster(key) is { } master)
            {
                usable[key.KeyId] = new CookieKey(key.KeyId, master);
            }
        }

        return Preferred(ring.Where(key => usable.ContainsKey(key.KeyId))) is { } sealing
            ? new Snapshot(usable, usable[sealing.KeyId], clock.GetTimestamp(), RefreshPeriod, expiration)
            : null;
    }

    private IKey? Preferred(IEnumerable<IKey> ring)
    {
        var now = clock.GetUtcNow();
        var active = ring.Where(key => key.ActivationDate <= now + Skew).ToList();
        var valid = active.Where(key => key.ExpirationDate > now).ToList();
        return valid.Where(key => key.CreationDate <= now - Propagation).MaxBy(static key => (key.ActivationDate, key.KeyId))
            ?? valid.MinBy(static key => (key.ActivationDate, key.KeyId))
            ?? active.MaxBy(static key => (key.ExpirationDate, key.KeyId));
    }

    /// <summary>The key's secret, as every descriptor of the framework exports it: <c>…&lt;masterKey&gt;&lt;value&gt;BASE64&lt;/value&gt;…</c>.</summary>
    private byte[]? TryMaster(IKey key)
    {
        try
        {
            var exported = key.Descriptor.ExportToXml().SerializedDescriptorElement;
            var value = exported.Descendants("masterKey").Elements("value").FirstOrDefault()?.Value;
            return value is null ? null : Convert.FromBase64String(value);
        }
        catch (Exception fault) when (fault is not StateException)
        {
            // Whatever a descriptor or its decryption throws: this key can't be used here, and the others can.
            logger.KeyUnusable(key.KeyId, fault);
            return null;
        }
    }

    private sealed record Snapshot(
        IReadOnlyDictionary<Guid, CookieKey> Keys, CookieKey Sealing, long Read, TimeSpan Lasts, CancellationToken Expiration);
}
